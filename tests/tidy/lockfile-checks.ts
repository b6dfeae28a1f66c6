/**
 * Checks of package-lock.json: what `npm ci` installs is what somebody looked at, byte for byte, from the
 * registry alone. Lockfile and manifest in, problems out.
 */
import { WHY } from './code-rules.ts';
import type { Problem } from './problem.ts';

/** What of package-lock.json is read here. */
export interface Lockfile {
  readonly lockfileVersion?: number;
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Wanted;
  readonly devDependencies?: Wanted;
  readonly optionalDependencies?: Wanted;
}

type Wanted = Readonly<Record<string, string>>;

/** What of package.json is read here. */
export interface Manifest {
  readonly dependencies?: Wanted;
  readonly devDependencies?: Wanted;
  readonly overrides?: unknown;
}

/** Packages that run a script when installed and about which `allowScripts` says nothing. */
export function checkInstallScripts({ packages }: Lockfile, allowed: Record<string, boolean>): Problem[] {
  return Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => nameOf(path))
    .filter((name) => !(name in allowed))
    .map((name) => ({
      path: 'package.json',
      line: 1,
      what: `${name} runs a script when it is installed: put true or false into allowScripts`,
      why: WHY.installScript,
    }));
}

const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** What is not a version of the registry: git, http, a folder, another package's name. */
const ELSEWHERE = /[:/]/;

/**
 * Packages without a SHA-512, from somewhere else than the registry, linked, or with an address of their own;
 * dependencies of either kind that package.json names otherwise, or not exactly.
 */
export function checkLockfile(lockfile: Lockfile, manifest: Manifest): Problem[] {
  const { '': root, ...packages } = lockfile.packages;
  const problem = (what: string): Problem => ({
    ...{ path: 'package-lock.json', line: 1, what },
    why: WHY.lockfile,
  });
  return [
    ...(lockfile.lockfileVersion === 3 ? [] : [problem('is not of version 3')]),
    ...Object.entries(packages).flatMap(([path, locked]) =>
      faultsOf(locked).map((fault) => problem(`${path} ${fault}`)),
    ),
    ...(['dependencies', 'devDependencies'] as const).flatMap((kind) =>
      differences(manifest[kind] ?? {}, root?.[kind] ?? {}, packages).map((what) => problem(what)),
    ),
  ];
}

function faultsOf({ integrity = '', resolved, link, version = '', ...locked }: LockedPackage): string[] {
  const wanted = { ...locked.dependencies, ...locked.optionalDependencies };
  return [
    ...(SHA512.test(integrity) ? [] : ['has no SHA-512']),
    ...(resolved === undefined && link !== true ? [] : ['names where it comes from']),
    ...(/^\d+\.\d+\.\d+/.test(version) ? [] : [`has the version ${version}`]),
    ...Object.entries(wanted)
      .filter(([, range]) => ELSEWHERE.test(range))
      .map(([name, range]) => `wants ${name} from ${range}`),
  ];
}

function differences(wanted: Wanted, locked: Wanted, packages: Lockfile['packages']): string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(locked)])].flatMap((name) => {
    const version = wanted[name];
    if (version === undefined || !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
      return [`${name}: package.json names no exact version`];
    }
    const installed = packages[`node_modules/${name}`]?.version;
    return locked[name] === version && installed === version
      ? []
      : [`${name}: package.json wants ${version}, the lockfile ${locked[name]}, installed is ${installed}`];
  });
}

function nameOf(path: string): string {
  return path.split('node_modules/').at(-1) ?? path;
}
