/**
 * What fault tests share: a federation with one rule pack, worlds imported into it, traces that must converge
 * on the oracle, and hands on the databases (locks that hold a program at a chosen statement, connections cut
 * off).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Federation, FederationOptions } from '../../deploy/federation/federation.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { Dataset, TraceRequest } from '../simulation/dataset.ts';
import { RULES } from '../simulation/examples.ts';
import { type OracleContact, oracleOf } from '../simulation/oracle.ts';
import { type World as Generated, makeWorld } from '../simulation/world.ts';
import { startProcesses, World, type WorldOptions } from '../support/federations.ts';
import { waitFor } from '../support/wait.ts';
import {
  call,
  type Door,
  differences,
  enterCases,
  importDataset,
  listContacts,
  openTrace,
  type ProvincialContact,
  type TraceStatus,
} from './drive.ts';

export const PROVINCES = ['24', '79', '01'];
/** Those that keep years: what is recorded in these worlds happened in 2021. */
export const rules: RulePack = { ...RULES, max_degree: 4, trace_open_days: 21, retention_days: 4000 };
/** Short, so that tests see what becomes of a trace whose province does not answer. */
export const ROUND_DEADLINE_MS = '1000';
/** Less than a test may take, so that its failure says how the trace stood. */
const PATIENCE_MS = 30_000;

/** A federation of processes under `rules`. */
export function startScenario(options: Partial<FederationOptions> = {}): Promise<Federation> {
  return underRules(startProcesses, options);
}

/** A federation in this process, but for the programs that are killed, under `rules`. */
export function createWorld(options: Partial<WorldOptions> = {}): Promise<Federation> {
  return underRules(World.create, options);
}

async function underRules(
  start: (options: WorldOptions) => Promise<Federation>,
  options: Partial<WorldOptions>,
): Promise<Federation> {
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-scenario-'));
  const rulesFile = join(directory, 'rules.json');
  await writeFile(rulesFile, JSON.stringify(rules));
  const federation = await start({
    provinces: PROVINCES,
    rulesFile,
    ...options,
    env: { ...options.env, hub: { ROUND_DEADLINE_MS, ...options.env?.hub } },
  });
  try {
    await linksAreUp(federation);
  } catch (error) {
    await federation[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...federation,
    async [Symbol.asyncDispose]() {
      await federation[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What is assigned before a home province's link is up stands, and would not be the oracle's answer. */
export function linksAreUp({ hub: { url, token } }: Federation): Promise<void> {
  return waitFor('all links', async () => {
    const answer = await fetch(`${url}/v1/provinces`, { headers: { authorization: `Bearer ${token}` } });
    return answer.ok && !/"state":"(?:connecting|down)"/.test(await answer.text());
  });
}

/** A world that has been imported, and the ids that its cases got. */
export interface Imported {
  readonly world: Generated;
  readonly caseIds: ReadonlyMap<string, string>;
}

/** Imports a world of `people` under identifiers of its own series. */
export async function importWorld(federation: Federation, series: number, people = 60): Promise<Imported> {
  const provinces = federation.nodes.map(({ name }) => name);
  const world = makeWorld(series, { people, provinces, rules, series });
  await importDataset(federation, world);
  return { world, caseIds: await enterCases(federation, world) };
}

/** The province whose cases a request names. */
export function ownerOf(dataset: Dataset, request: TraceRequest): string {
  return dataset.cases.find(({ id }) => id === request.cases[0])?.province as string;
}

/** Opens the request's trace at its owner. */
export function open(
  federation: Federation,
  { world, caseIds }: Imported,
  request: TraceRequest,
): Promise<string> {
  const cases = request.cases.map((id) => caseIds.get(id) as string);
  return openTrace(federation.node(ownerOf(world, request)), { ...request, cases });
}

/**
 * Opens the picked request's trace, and closes it after the test: a node that starts anew is asked everything
 * again, of every open trace.
 */
export function beginsForATest(
  given: () => {
    readonly federation: Federation;
    readonly imported: Imported;
    readonly picked: ReturnType<typeof pickRequest>;
  },
): () => Promise<string> {
  const begun: string[] = [];
  afterEach(async () => {
    const { federation, picked } = given();
    for (const id of begun.splice(0)) {
      await call(federation.node(picked.owner), `/v1/traces/${id}/close`, { method: 'POST' });
    }
  });
  return async () => {
    const { federation, imported, picked } = given();
    const id = await open(federation, imported, picked.request);
    begun.push(id);
    return id;
  };
}

/** What the oracle says of a request on merged data. */
export function expectedOf(dataset: Dataset, request: TraceRequest): OracleContact[] {
  return oracleOf(dataset, rules).contacts(request);
}

/** The first of the world's requests that `accepts`, with the contacts it must find. */
export function pickRequest(
  world: Generated,
  accepts: (request: TraceRequest, expected: OracleContact[]) => boolean = (_, found) => found.length > 8,
): { request: TraceRequest; expected: OracleContact[]; owner: string } {
  for (const request of world.traces) {
    const expected = expectedOf(world, request);
    if (accepts(request, expected)) return { request, expected, owner: ownerOf(world, request) };
  }
  throw new Error(`no trace of world ${world.seed} will do`);
}

/** How a trace stands, asked at `door`. */
export function statusOf(door: Door, id: string): Promise<TraceStatus> {
  return call<TraceStatus>(door, `/v1/traces/${id}`);
}

/**
 * Waits until the trace is complete and equal to `expected`, every contact at exactly one province; the
 * contacts. A first assignment stands whatever is learned of residence later, so here every province that
 * knows the person will do.
 */
export async function converges(
  federation: Federation,
  id: string,
  { at, expected, firm = true }: { at: string; expected: readonly OracleContact[]; firm?: boolean },
): Promise<ProvincialContact[]> {
  const wanted = firm ? expected : expected.map((contact) => ({ ...contact, residentIn: [] }));
  let last = 'nothing yet';
  let found: ProvincialContact[] = [];
  const converged = async () => {
    const { state, coverage, contacts } = await statusOf(federation.node(at), id);
    const total = Object.values(contacts.by_degree).reduce((sum, n) => sum + n, 0);
    last = `${state} ${JSON.stringify(coverage)} ${total} of ${expected.length}`;
    // Only then all provinces are asked for their lists.
    if (state !== 'complete' || total !== expected.length) return false;
    found = await listContacts(federation, id);
    return differences(found, wanted).length === 0;
  };
  await waitFor(`trace ${id}`, converged, PATIENCE_MS).catch(async (cause) => {
    const lines = differences(await listContacts(federation, id), wanted).slice(0, 3);
    throw new Error(`trace ${id} does not converge: ${last}; ${lines.join('; ')}`, { cause });
  });
  return found;
}

/** Rows that a statement returns. */
export async function rowsOf<T extends object>(
  { databaseUrl }: { databaseUrl: string },
  statement: string,
): Promise<T[]> {
  const kept = idle.get(databaseUrl);
  idle.delete(databaseUrl);
  const db = kept ?? openDatabase(databaseUrl, { max: 1, name: 'test' });
  try {
    return [...(await db.sql.unsafe<T[]>(statement))];
  } finally {
    const former = idle.get(databaseUrl);
    idle.set(databaseUrl, db);
    void endIdle(databaseUrl, db);
    await former?.[Symbol.asyncDispose]();
  }
}

/**
 * A connection costs more than what most statements of tests ask on it: one serves those that follow each
 * other.
 */
const idle = new Map<string, Database>();
const IDLE_MS = 100;

async function endIdle(databaseUrl: string, db: Database): Promise<void> {
  await systemClock.sleep(IDLE_MS);
  if (idle.get(databaseUrl) !== db) return;
  idle.delete(databaseUrl);
  await db[Symbol.asyncDispose]();
}

/** Programs held back at a lock. Disposal, also a second one, lets them go. */
export interface Hold extends AsyncDisposable {
  /** Resolves when so many of the program's statements wait. */
  reached(statements?: number): Promise<void>;
}

/** Holds whoever writes to `table` as it prepares to, until disposed of. Readers are not concerned. */
export function holdWriters(participant: { databaseUrl: string }, table: string): Promise<Hold> {
  return holdAt(participant, `LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
}

/**
 * Holds whoever needs a lock that `statement` takes. `letGo` runs in the same transaction, before it is
 * committed.
 */
export async function holdAt(
  { databaseUrl }: { databaseUrl: string },
  statement: string,
  letGo: () => Promise<string> = async () => 'SELECT',
): Promise<Hold> {
  const holder = openDatabase(databaseUrl, { max: 1, name: 'test holder' });
  const watcher = openDatabase(databaseUrl, { max: 1, name: 'test watcher' });
  let release = () => {};
  const over = new Promise<void>((resolve) => {
    release = resolve;
  });
  let held: Promise<unknown> = Promise.resolve();
  await new Promise<void>((locked, failed) => {
    held = holder.sql
      .begin(async (sql) => {
        await sql.unsafe(statement);
        locked();
        await over;
        await sql.unsafe(await letGo());
      })
      .catch(failed);
  });
  return {
    reached: (statements = 1) =>
      waitFor('somebody at the lock', async () => {
        const rows = await watcher.sql`SELECT FROM pg_stat_activity WHERE datname = current_database()
          AND wait_event_type = 'Lock' AND application_name NOT LIKE 'test%'`;
        return rows.length >= statements;
      }),
    async [Symbol.asyncDispose]() {
      release();
      // The server may have been told to cut it off.
      await held.catch(() => undefined);
      await holder[Symbol.asyncDispose]();
      await watcher[Symbol.asyncDispose]();
    },
  };
}

/** Cuts all connections of a program to its database; their number. */
export async function cutConnections({ databaseUrl }: { databaseUrl: string }): Promise<number> {
  const rows = await rowsOf(
    { databaseUrl },
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name NOT LIKE 'test%'`,
  );
  return rows.length;
}
