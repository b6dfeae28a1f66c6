/**
 * What the tests of the audit log share: entries, a grower that only works when told, and a look at the tree.
 */
import { generateKeyPairSync } from 'node:crypto';
import { HUB_ORIGIN, nodeOrigin } from '../../shared/audit/checkpoint.ts';
import { AuditLog } from '../../shared/audit/log.ts';
import { type AuditEntry, recordAct } from '../../shared/audit/record.ts';
import { TreeGrower } from '../../shared/audit/tree-grower.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase, withTransaction } from '../../shared/db/database.ts';
import { Disposal } from '../../shared/disposal.ts';
import { createLogger } from '../../shared/log.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

export const silent = createLogger('test', 'silent');

/** A clock whose timers never ring: background work is done when the test says so. */
export const stillClock: Clock = {
  ...systemClock,
  nowMs: () => systemClock.nowMs(),
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    }),
};

export interface AuditFixture extends AsyncDisposable {
  readonly database: TestDatabase;
  /** As the running program. */
  readonly db: Database;
  readonly grower: TreeGrower;
  readonly log: AuditLog;
  readonly key: ReturnType<typeof generateKeyPairSync>;
}

export interface AuditFixtureOptions {
  readonly kind?: 'node' | 'hub';
  /** Entries placed in one transaction. */
  readonly batch?: number;
  /** Of the log; a new one unless told. */
  readonly key?: AuditFixture['key'];
}

/** A migrated database with a log of node 24 or of the hub. */
export async function createAuditFixture(options: AuditFixtureOptions = {}): Promise<AuditFixture> {
  const { kind = 'node', batch = 7, key = generateKeyPairSync('ed25519') } = options;
  await using building = new Disposal();
  const database = building.use(await createTestDatabase(kind));
  const db = building.use(openDatabase(database.programUrl, { max: 6, name: 'program' }));
  const grower = building.use(new TreeGrower({ db, clock: stillClock, logger: silent, batch }));
  await grower.grow();
  const origin = kind === 'hub' ? HUB_ORIGIN : nodeOrigin('24');
  const log = new AuditLog({ db, clock: stillClock, grower, origin, key: key.privateKey });
  const built = building.move();
  return { database, db, grower, log, key, [Symbol.asyncDispose]: () => built[Symbol.asyncDispose]() };
}

/** An entry that says its number. */
export function entryOf(
  n: number,
  action: `${string}.${string}` = 'cases.read',
): AuditEntry<`${string}.${string}`> {
  return { action, actor: { kind: 'person', id: 'subject' }, outcome: 'done', detail: { n } };
}

/** Records `count` entries, each in a transaction of its own. */
export async function recordEntries(db: Database, count: number, first = 0): Promise<void> {
  for (let n = first; n < first + count; n++)
    await withTransaction(db, (tx) => recordAct(tx, entryOf(n), 1_800_000_000 + n));
}

export interface PlacedRow {
  readonly position: number;
  readonly recordId: number;
  readonly body: string;
  readonly n: number;
}

/** The log in its order. */
export async function placedRows(db: Database): Promise<PlacedRow[]> {
  const rows = await db.sql<Omit<PlacedRow, 'n'>[]>`
    SELECT position, record_id AS "recordId", body
    FROM audit_tree JOIN audit_records r ON r.id = record_id WHERE level = 0 ORDER BY position`;
  return rows.map((row) => ({ ...row, n: JSON.parse(row.body).detail?.n }));
}

/** Runs `statements` as somebody who owns the database and disables what stands in the way. */
export async function tamper(database: TestDatabase, ...statements: string[]): Promise<void> {
  await database.db.sql.begin(async (sql) => {
    await sql`SET LOCAL session_replication_role = replica`;
    for (const statement of statements) await sql.unsafe(statement);
  });
}
