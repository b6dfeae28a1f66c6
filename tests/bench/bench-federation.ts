/**
 * A federation and a merged database on one embedded server, filled with the same world. Disposing removes
 * everything.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Federation, startFederation } from '../../deploy/federation/federation.ts';
import { parseProvinces } from '../../deploy/federation/provinces.ts';
import { type EmbeddedPostgres, startPostgres } from '../../deploy/postgres/embedded.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { Disposal } from '../../shared/disposal.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { fillMerged } from './merged-tables.ts';
import { fillNodes } from './node-tables.ts';
import { tokensOf } from './rows.ts';
import type { World } from './world.ts';

/** On top of deploy/postgres/embedded/settings.ts; the same server, so the same for both sides. */
export const SERVER_SETTINGS = { max_connections: 800, shared_buffers: '3GB' } as const;

const PROGRAMS = join(packageRoot, 'dist', 'tests', 'bench');
const PROFILED = { shared_preload_libraries: 'pg_stat_statements' };

/** Codes of the first `count` provinces, in the world's order. */
export function provinceCodes(count: number): string[] {
  return parseProvinces(`first:${count}`);
}

export interface BenchOptions {
  say(what: string): void;
  /**
   * Programs write processor profiles there when they end, and the server counts what each statement takes.
   */
  readonly profileDir?: string | undefined;
}

export class BenchFederation implements AsyncDisposable {
  readonly federation: Federation;
  readonly merged: Database;
  readonly #server: EmbeddedPostgres;
  readonly #directory: string;
  readonly #held: Disposal;

  private constructor({ federation, merged, server, directory }: Parts, held: Disposal) {
    this.federation = federation;
    this.merged = merged;
    this.#server = server;
    this.#directory = directory;
    this.#held = held;
  }

  /** Starts the programs once for the schema, fills the databases while they are down, starts them again. */
  static async start(world: World, options: BenchOptions): Promise<BenchFederation> {
    await using building = new Disposal();
    const parts = await startParts(world.options.provinces, options.profileDir, building);
    const bench = new BenchFederation(parts, building.move());
    building.use(bench);
    await bench.#fill(world, options.say);
    building.move();
    return bench;
  }

  /** Of the merged database's server, which is that of all. */
  get serverPid(): number {
    return this.#server.pid;
  }

  get nodes() {
    return this.federation.nodes.map(({ name, databaseUrl, dataKeysFile = '' }) => ({
      province: name,
      ...{ databaseUrl, dataKeysFile },
    }));
  }

  /** Restarts the hub so that it asks `fanout` provinces at a time; undefined = all. */
  async setFanout(fanout: number | undefined): Promise<void> {
    await writeFile(join(this.#directory, 'fanout'), fanout === undefined ? '' : String(fanout));
    await this.federation.kill('hub', 'SIGTERM');
    await this.federation.restart();
  }

  async #fill(world: World, say: (what: string) => void): Promise<void> {
    for (const { name } of this.federation.nodes) await this.federation.kill(name, 'SIGTERM');
    say('loading the merged database');
    const tokens = tokensOf(world);
    await fillMerged(world, tokens, this.merged);
    say('loading the nodes');
    await fillNodes(world, tokens, this.nodes);
    await this.merged.sql.unsafe('CHECKPOINT');
    say('starting the nodes');
    await this.federation.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]();
  }
}

interface Parts {
  readonly federation: Federation;
  readonly merged: Database;
  readonly server: EmbeddedPostgres;
  readonly directory: string;
}

async function startParts(provinces: number, profileDir: string | undefined, held: Disposal): Promise<Parts> {
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-bench-'));
  held.defer(() => rm(directory, { recursive: true, force: true }));
  const settings = { ...SERVER_SETTINGS, ...(profileDir ? PROFILED : {}) };
  const dataDir = join(directory, 'postgres');
  const server = held.use(await startPostgres({ dataDir, temporary: true, settings }));
  await server.createDatabase('merged');
  const merged = held.use(openDatabase(server.url('merged'), { max: 1, name: 'bench merged' }));
  await writeFile(join(directory, 'fanout'), '');
  const federation = await startFederation({
    provinces: provinceCodes(provinces),
    databaseUrl: server.url('postgres'),
    logsDir: join(directory, 'logs'),
    programs: { hub: join(PROGRAMS, 'hub-program.js'), node: join(PROGRAMS, 'node-program.js') },
    env: {
      '*': profileDir ? { BENCH_PROFILE_DIR: profileDir } : {},
      hub: { ROUND_DEADLINE_MS: '120000', BENCH_FANOUT_FILE: join(directory, 'fanout') },
    },
  });
  return { federation: held.use(federation), merged, server, directory };
}
