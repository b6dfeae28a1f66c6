/**
 * A federation on one machine (design.md 7): a hub and 1 to 63 nodes as processes of their own, with databases, keys and
 * tokens made for this one run. Demo, tests and benchmarks build on `startFederation`; run as a program, this file is
 * `npm run federation`. It only wires: what the programs do is theirs.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Env } from '../../shared/config.ts';
import { AppError, invalidField } from '../../shared/errors.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { type DatabaseOptions, type Databases, openDatabases } from './databases.ts';
import { createTemporaryDirectory } from './directory.ts';
import { runFederation } from './federation-command.ts';
import { createKeyFiles } from './key-files.ts';
import { audienceOf, type FederationSummary, type Member, memberOf, summaryOf } from './member.ts';
import { forEachParallel } from './parallel.ts';
import { takePorts } from './ports.ts';
import { Program } from './program.ts';
import { type Place, programEnvironments } from './program-environments.ts';
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';

export interface FederationOptions extends DatabaseOptions {
  /** Two-digit codes, at least one (`provinces.ts`). */
  readonly provinces: readonly string[];
  /** A rule pack (JSON file) instead of the shipped ones. */
  readonly rulesFile?: string | undefined;
  /** Variables on top of the programs' own: under `hub`, a province code, or `*` for all. */
  readonly env?: Readonly<Record<string, Env>>;
  /** Programs' logs go here, and stay; else they disappear with the rest. */
  readonly logsDir?: string | undefined;
  /** Scripts to run instead of the built programs. */
  readonly programs?: { readonly hub?: string; readonly node?: string };
  /** How many programs start at the same time; 4 unless told. */
  readonly parallelism?: number;
}

export interface Federation extends AsyncDisposable {
  readonly hub: Member;
  /** In the order of `provinces`. */
  readonly nodes: readonly Member[];
  /** For tokens with other roles, of other people. */
  readonly tokens: Pick<TokenIssuer, 'issue'>;
  /** The node of a province. Throws NO_SUCH_PROGRAM. */
  node(province: string): Member;
  /** Sends a signal to `hub` or a province's node; resolves when it has ended, if the signal ends it. */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Starts whatever does not run, on the same ports; resolves when all are ready. */
  restart(): Promise<void>;
  /** Resolves when the program has ended; at once if it does not run. */
  exited(name: string): Promise<void>;
  summary(): FederationSummary;
}

const PARALLELISM = 4;
const ROLES = {
  hub: ['hub_operator', 'analyst'],
  node: ['ward_tracer', 'epidemiologist', 'lab', 'integrator', 'operator'],
};

/**
 * Starts everything; resolves when all programs are ready. Disposing stops the programs and removes databases, keys and
 * logs. Throws PROGRAM_FAILED with the log of a program that did not start, and leaves nothing behind.
 */
export async function startFederation(options: FederationOptions): Promise<Federation> {
  if (options.provinces.length === 0) throw invalidField('provinces', 'at least one is needed');
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
  const logsDir = resolve(options.logsDir ?? join(directory, 'logs'));
  await mkdir(logsDir, { recursive: true, mode: 0o700 });
  const tokens = hold(await startTokenIssuer());
  const databases = hold(await openDatabases(options, directory));
  const [hub, ...nodes] = await findPlaces(options.provinces, databases);
  const keys = await createKeyFiles(join(directory, 'keys'), options.provinces);
  const { rulesFile } = options;
  const environments = await programEnvironments({ hub, nodes, keys, tokens, rulesFile, directory });

  const programs = new Map<string, Program>();
  const members = new Map<string, Member>();
  for (const place of [hub, ...nodes]) {
    const program = hold(programAt(place, { ...environments.get(place.name), ...extraOf(options, place) }, options, logsDir));
    programs.set(place.name, program);
    members.set(place.name, memberOf(program, {
      name: place.name,
      url: `http://${place.httpAddress}`,
      grpcAddress: place.grpcAddress,
      databaseUrl: place.databaseUrl,
      token: await tokens.issue({ audience: audienceOf(place.name), roles: ROLES[kindOf(place)] }),
      logFile: program.options.logFile,
    }));
  }
}
