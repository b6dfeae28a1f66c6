/**
 * `npm run sbom`: what a release consists of, as a CycloneDX 1.5 document that anybody can make again, byte
 * for byte, out of the same lockfile. Nothing else is read: no clock, no network, no installed file. (`npm
 * sbom` names the time, the folder and its own version, and leaves out packages that development needs too.)
 * Source: CycloneDX 1.5 JSON; RFC 9562 section 5.8.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/package-root.ts';

export const SBOM_FILE = 'sbom.cdx.json';

/** What of package-lock.json (version 3) is read here. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

type Wanted = Readonly<Record<string, string>>;

export interface LockedPackage {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  /** Only development needs it. */
  readonly dev?: boolean;
  /** Not on every platform. */
  readonly optional?: boolean;
  readonly dependencies?: Wanted;
  readonly optionalDependencies?: Wanted;
  readonly peerDependencies?: Wanted;
}

interface Component {
  readonly 'bom-ref': string;
  readonly type: 'application' | 'library';
  readonly name: string;
  readonly version: string;
  readonly scope?: 'required' | 'optional';
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses: readonly unknown[];
  readonly purl: string;
}

/** A document of runtime packages on every platform, sorted. */
export interface Sbom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.5';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** The document of a lockfile, given as its text. */
export function makeSbom(text: string): Sbom {
  const { packages } = JSON.parse(text) as Lockfile;
  const paths = Object.keys(packages).filter((path) => packages[path]?.dev !== true);
  const refs = new Map(paths.map((path) => [path, refOf(path, packages[path] as LockedPackage)]));
  const components = new Map(paths.map((path) => [refs.get(path), component(path, packages[path]!)]));
  const dependsOn = new Map<string, Set<string>>();
  for (const path of paths) {
    const ref = refs.get(path) as string;
    const found = namesOf(packages[path]!).map((name) => refs.get(resolve(packages, path, name) ?? 'none'));
    const known = dependsOn.get(ref) ?? new Set();
    dependsOn.set(ref, new Set([...known, ...found.filter((other) => other !== undefined)]));
  }
  const root = components.get(refs.get('')) as Component;
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 },
    serialNumber: `urn:uuid:${uuidOf(text)}`,
    metadata: { component: root },
    components: sorted([...components.values()].filter((each) => each !== root)),
    dependencies: sorted(
      [...dependsOn].map(([ref, others]) => ({ 'bom-ref': ref, others: [...others].sort() })),
    ).map(({ 'bom-ref': ref, others }) => ({ ref, dependsOn: others })),
  };
}

function component(path: string, locked: LockedPackage): Component {
  const name = nameOf(path, locked);
  const { version = '', integrity, license = 'NOASSERTION', optional } = locked;
  const [group, base] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const purl = group === undefined ? `pkg:npm/${base}` : `pkg:npm/%40${group.slice(1)}/${base}`;
  const scope = optional ? ('optional' as const) : ('required' as const);
  return {
    'bom-ref': refOf(path, locked),
    type: path === '' ? 'application' : 'library',
    ...{ name, version },
    ...(path === '' ? {} : { scope }),
    ...(integrity === undefined ? {} : { hashes: [hashOf(integrity)] }),
    licenses: [/ /.test(license) ? { expression: license } : { license: { id: license } }],
    purl: `${purl}@${version}`,
  };
}

/** `sha512-…` in base64 as CycloneDX writes it. */
function hashOf(integrity: string) {
  const [algorithm = '', base64 = ''] = integrity.split('-', 2);
  const alg = algorithm.toUpperCase().replace(/^SHA/, 'SHA-');
  return { alg, content: Buffer.from(base64, 'base64').toString('hex') };
}

function nameOf(path: string, { name }: LockedPackage): string {
  return name ?? (path.split('node_modules/').at(-1) as string);
}

function refOf(path: string, locked: LockedPackage): string {
  return `${nameOf(path, locked)}@${locked.version}`;
}

function namesOf({ dependencies, optionalDependencies, peerDependencies }: LockedPackage): string[] {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

/** The path at which Node would find `name` for the package at `path`; undefined if it is not installed. */
function resolve(packages: Lockfile['packages'], path: string, name: string): string | undefined {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1))) {
    const candidate = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`;
    if (candidate in packages) return candidate;
    if (from === '') return undefined;
  }
}

/** By code units: what `localeCompare` says depends on the machine. */
function sorted<T extends { readonly 'bom-ref': string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
}

/** A UUID of version 8 that says which text it was made from. */
function uuidOf(text: string): string {
  const digest = createHash('sha256').update(text).digest().subarray(0, 16);
  digest[6] = (digest.readUInt8(6) & 0x0f) | 0x80;
  digest[8] = (digest.readUInt8(8) & 0x3f) | 0x80;
  return digest.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  const sbom = makeSbom(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8'));
  writeFileSync(join(packageRoot, SBOM_FILE), `${JSON.stringify(sbom, null, 2)}\n`);
  console.log(`${SBOM_FILE}: ${sbom.components.length} packages, ${sbom.serialNumber}`);
}
