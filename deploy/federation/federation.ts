/**
 * A federation on one machine (README.md): a hub and 1 to 63 nodes as processes of their own, with
 * databases, keys and tokens made for this one run. Demo, tests and benchmarks build on `startFederation`;
 * run as a program, this file is `npm run federation`. It only wires: what the programs do is theirs.
 */
import { realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HUB_ROLES, NODE_ROLES } from '../../shared/acts/access.ts';
import type { Env } from '../../shared/config.ts';
import { AppError, invalidField } from '../../shared/errors.ts';
import { provinceName } from '../../shared/gazetteer.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { type DatabaseOptions, type Databases, type DatabaseUrls, openDatabases } from './databases.ts';
import { createTemporaryDirectory } from './directory.ts';
import { runFederation } from './federation-command.ts';
import { createKeyFiles, type KeyFiles } from './key-files.ts';
import { forEachParallel } from './parallel.ts';
import {
  audienceOf,
  type FederationSummary,
  type Participant,
  participantOf,
  summaryOf,
} from './participant.ts';
import type { PersonasOf } from './personas.ts';
import { takePorts } from './ports.ts';
import { type LaunchedProgram, Program, type ProgramOptions } from './program.ts';
import { type Place, programEnvironments, type Wiring } from './program-environments.ts';
import type { SignInClient } from './sign-in.ts';
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';

export interface FederationOptions extends DatabaseOptions {
  /** Two-digit codes, at least one (`provinces.ts`). */
  readonly provinces: readonly string[];
  /** A rule pack (JSON file) instead of the shipped ones. */
  readonly rulesFile?: string | undefined;
  /** Variables on top of the programs' own: under `hub`, a province code, or `*` for all. */
  readonly env?: Readonly<Record<string, Env>>;
  /**
   * Told where everything is before anything starts; adds variables, by program name, for what it puts in
   * between.
   */
  readonly intercept?: ((wiring: Wiring) => Promise<Readonly<Record<string, Env>>>) | undefined;
  /** Who can sign in where, by one click; nobody unless told. */
  readonly personas?: PersonasOf | undefined;
  /** Programs' logs go here, and stay; else they disappear with the rest. */
  readonly logsDir?: string | undefined;
  /** Scripts to run instead of the built programs. */
  readonly programs?: { readonly hub?: string; readonly node?: string };
  /** Runs a program otherwise than as a process. */
  readonly launch?: ((program: ProgramOptions) => LaunchedProgram) | undefined;
  /** How many programs start at the same time; 4 unless told. */
  readonly parallelism?: number;
  /** Gives the start up. What runs already is not concerned: it is disposed of. */
  readonly signal?: AbortSignal;
}

export interface Federation extends AsyncDisposable {
  readonly hub: Participant;
  /** In the order of `provinces`. */
  readonly nodes: readonly Participant[];
  /** For tokens with other roles, of other people. */
  readonly tokens: Pick<TokenIssuer, 'issue'>;
  /** The node of a province. Throws NO_SUCH_PROGRAM. */
  node(province: string): Participant;
  /** Sends a signal to `hub` or a province's node; resolves when it has ended, if the signal ends it. */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Starts whatever does not run, on the same ports; resolves when all are ready. */
  restart(): Promise<void>;
  /** Resolves when the program has ended; at once if it does not run. */
  exited(name: string): Promise<void>;
  summary(): FederationSummary;
}

const PARALLELISM = 4;

/**
 * Starts everything; resolves when all programs are ready. Disposing stops the programs and removes
 * databases, keys and logs. Throws PROGRAM_FAILED with the log of a program that did not start, and leaves
 * nothing behind.
 */
export async function startFederation(options: FederationOptions): Promise<Federation> {
  if (options.provinces.length === 0) throw invalidField('provinces', 'TOO_FEW', { least: 1 });
  const held: AsyncDisposable[] = [];
  try {
    return await build(options, held);
  } catch (error) {
    await disposeAll(held);
    throw error;
  }
}

async function build(options: FederationOptions, held: AsyncDisposable[]): Promise<Federation> {
  const hold = <T extends AsyncDisposable>(thing: T): T => {
    held.push(thing);
    return thing;
  };
  const directory = hold(await createTemporaryDirectory()).path;
  const tokens = hold(await startTokenIssuer());
  const databases = hold(await openDatabases(options, directory));
  const [hub, ...nodes] = await findPlaces(options.provinces, databases);
  const keys = await createKeyFiles(join(directory, 'keys'), {
    hubAddress: hub.grpcAddress,
    provinces: options.provinces,
  });
  const { rulesFile, personas } = options;
  const signsIn = personas !== undefined;
  const wiring: Wiring = { hub, nodes, keys, tokens, rulesFile, directory, signsIn };
  for (const place of [hub, ...nodes]) {
    if (personas) tokens.serve(clientOf(place, personas));
  }
  const environments = await programEnvironments(wiring);
  const intercepted = await options.intercept?.(wiring);
  const logsDir = resolve(options.logsDir ?? join(directory, 'logs'));
  await mkdir(logsDir, { recursive: true, mode: 0o700 });

  const launch = options.launch ?? ((program: ProgramOptions) => new Program(program));
  const entries: Entry[] = [];
  for (const place of [hub, ...nodes]) {
    const told = { ...intercepted?.[place.name], ...options.env?.['*'], ...options.env?.[place.name] };
    const env = { ...environments.get(place.name), ...told };
    const program = hold(launch(programOptions(place, env, { ...options, logsDir })));
    const roles = place.name === 'hub' ? HUB_ROLES : NODE_ROLES.map((role) => `${role}@${place.name}`);
    const token = await tokens.issue({ audience: audienceOf(place.name), roles });
    entries.push({ program, participant: participantAt(place, program, { token, keys }) });
  }
  const start = (signal?: AbortSignal) => startPrograms(entries, options.parallelism ?? PARALLELISM, signal);
  await start(options.signal);
  return federationOf({ entries, tokens, start: () => start(), dispose: () => disposeAll(held) });
}

/** Free ports and databases without rows: the hub's, then those of the provinces. */
async function findPlaces(provinces: readonly string[], databases: Databases): Promise<[Place, ...Place[]]> {
  const ports = await takePorts(2 * (provinces.length + 1));
  const placeOf = (name: string, database: DatabaseUrls): Place => ({
    name,
    httpAddress: `127.0.0.1:${ports.pop()}`,
    grpcAddress: `127.0.0.1:${ports.pop()}`,
    databaseUrl: database.owner,
    programDatabaseUrl: database.program,
  });
  const places: [Place, ...Place[]] = [placeOf('hub', await databases.create('hub', 'hub'))];
  for (const province of provinces) {
    places.push(placeOf(province, await databases.create(`node_${province}`, 'node')));
  }
  return places;
}

/** A program as the provider knows it. */
function clientOf({ name, httpAddress }: Place, personas: PersonasOf): SignInClient {
  return {
    ...{ clientId: audienceOf(name), redirectUri: `http://${httpAddress}/auth/callback` },
    ...{ title: provinceName(name) ?? 'Trung tâm quốc gia', personas: personas(name) },
  };
}

type ProgramSetting = Pick<FederationOptions, 'programs'> & { readonly logsDir: string };

function programOptions(place: Place, env: Env, { programs, logsDir }: ProgramSetting): ProgramOptions {
  const kind = place.name === 'hub' ? 'hub' : 'node';
  const title = kind === 'hub' ? 'hub' : `node-${place.name}`;
  return {
    name: title,
    script: programs?.[kind] ?? join(packageRoot, 'dist', kind, 'main.js'),
    env,
    readyUrl: `http://${place.httpAddress}/readyz`,
    logFile: join(logsDir, `${title}.log`),
  };
}

function participantAt(
  place: Place,
  program: LaunchedProgram,
  { token, keys }: { token: string; keys: KeyFiles },
): Participant {
  return participantOf(program, {
    name: place.name,
    url: `http://${place.httpAddress}`,
    grpcAddress: place.grpcAddress,
    databaseUrl: place.databaseUrl,
    dataKeysFile: place.name === 'hub' ? undefined : keys.dataKeysFile(place.name),
    token,
    logFile: program.options.logFile,
  });
}

interface Entry {
  readonly program: LaunchedProgram;
  readonly participant: Participant;
}

/** The hub first: nodes that find it at once need not come back later. */
async function startPrograms(
  [hub, ...nodes]: readonly Entry[],
  parallelism: number,
  signal?: AbortSignal,
): Promise<void> {
  await hub?.program.start(signal);
  await forEachParallel(nodes, parallelism, ({ program }) => program.start(signal));
}

interface Parts {
  readonly entries: readonly Entry[];
  readonly tokens: TokenIssuer;
  readonly start: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

function federationOf({ entries, tokens, start, dispose }: Parts): Federation {
  const find = (name: string): Entry => {
    const entry = entries.find(({ participant }) => participant.name === name);
    if (entry) return entry;
    throw new AppError('NOT_FOUND', 'NO_SUCH_PROGRAM', `no program ${name} in this federation`, {
      params: { name },
    });
  };
  const hub = find('hub').participant;
  const nodes = entries.slice(1).map(({ participant }) => participant);
  return {
    hub,
    nodes,
    tokens,
    node: (province) => find(province).participant,
    kill: (name, signal) => find(name).program.kill(signal),
    restart: start,
    exited: (name) => find(name).program.exited,
    summary: () => summaryOf(hub, nodes),
    [Symbol.asyncDispose]: dispose,
  };
}

/**
 * Programs before their databases, those before the directory; programs together, for each may take a
 * while.
 */
async function disposeAll(held: AsyncDisposable[]): Promise<void> {
  const isProgram = (thing: AsyncDisposable) => 'exited' in thing;
  await Promise.all(held.filter(isProgram).map((program) => program[Symbol.asyncDispose]()));
  for (const thing of held.filter((thing) => !isProgram(thing)).reverse()) await thing[Symbol.asyncDispose]();
  held.length = 0;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  process.exitCode = await runFederation(process.argv.slice(2), process.env, startFederation);
}
