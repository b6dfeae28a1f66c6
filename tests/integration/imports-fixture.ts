/**
 * A node's intake on a database of its own: imports as text, everything that was stored, and what tracing
 * heard.
 */

import { importRoutes } from '../../node/records/intake/http.ts';
import { type ImportCtx, type ImportReport, importRows } from '../../node/records/intake/operations.ts';
import type { ImportKind } from '../../node/records/intake/rows.ts';
import {
  type ChangedStays,
  ENCOUNTERS_CHANGED,
  IDENTIFIERS_CHANGED,
  STAYS_CHANGED,
  unpackStays,
} from '../../node/records/kinds.ts';
import { IdentifierQuota } from '../../node/records/people/quota.ts';
import { NODE_ACTS } from '../../node/rooms.ts';
import type { DataKeys } from '../../node/sealing/data-keys.ts';
import type { Database } from '../../shared/db/database.ts';
import { bodyOf, type FeedEvent } from '../../shared/feed/kinds.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { createLogger } from '../../shared/log.ts';
import { RULES } from '../simulation/examples.ts';
import { personWith } from '../support/callers.ts';
import { createTestDatabase } from '../support/database.ts';
import { askPlain, testDataKeys } from '../support/sealed.ts';

/** 2021-06-01T00:00:00Z; the tests' clock stands there. */
export const NOW = 1_622_505_600;

/** Who imports. */
export const CALLER = personWith(['integrator@24'], 'tester');

export interface Heard {
  identifiers: number[];
  stays: ChangedStays[];
  encounters: [number, number][];
}

export type Intake = Awaited<ReturnType<typeof createIntake>>;

const TABLES = [
  'identifiers',
  'records',
  'record_identifiers',
  'record_versions',
  'households',
  'places',
  'check_ins',
  'encounters',
];

export async function createIntake() {
  const database = await createTestDatabase('node');
  return {
    ...intakeOn(database.db, testDataKeys()),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** The same on a migrated database of somebody else's. */
export function intakeOn(db: Database, dataKeys: DataKeys) {
  let read = 0;
  const clock = { nowMs: () => NOW * 1000 };
  const ctx: ImportCtx = {
    ...{ db, dataKeys, province: '24', rules: { inForceAt: () => RULES } },
    ...{ clock, quota: new IdentifierQuota(clock) },
  };
  return {
    ...{ ctx, db, dataKeys },
    /** Rows of a statement in which sealed columns are plain. */
    askPlain: <Row extends object>(statement: string) => askPlain<Row>(db, dataKeys, statement),
    /** What the feed has been told since the last call. */
    takeHeard: async (): Promise<Heard> => {
      const events = await db.sql<FeedEvent[]>`
        SELECT id, kind, 0 AS at, body FROM feed WHERE id > ${read} ORDER BY id`;
      read = events.at(-1)?.id ?? read;
      return heardOf(events);
    },
    importCsv: (kind: ImportKind, ...lines: string[]): Promise<ImportReport> =>
      importRows(ctx, CALLER, { kind, source: { format: 'csv', bytes: chunksOf(`${lines.join('\n')}\n`) } }),
    importNdjson: (kind: ImportKind, ...rows: unknown[]): Promise<ImportReport> =>
      importRows(ctx, CALLER, {
        kind,
        source: { format: 'ndjson', bytes: chunksOf(rows.map((row) => JSON.stringify(row)).join('\n')) },
      }),
    /** All rows of all tables with the transaction that wrote each: equal dumps = nothing was written. */
    dump: async (): Promise<Record<string, readonly unknown[]>> => {
      const tables = TABLES.map(async (name) => {
        const rows = await db.sql.unsafe(
          `SELECT t::text AS row, xmin::text AS xmin FROM ${name} t ORDER BY 1`,
        );
        return [name, [...rows]] as const;
      });
      return Object.fromEntries(await Promise.all(tables));
    },
    app: (grants = ['integrator@24'], changes: Partial<ImportCtx> = {}) =>
      httpApp({ ...ctx, ...changes }, grants),
  };
}

function heardOf(events: readonly FeedEvent[]): Heard {
  return {
    identifiers: events.flatMap((event) => bodyOf(event, IDENTIFIERS_CHANGED) ?? []),
    stays: events.flatMap((event) => {
      const packed = bodyOf(event, STAYS_CHANGED);
      return packed ? [unpackStays(packed)] : [];
    }),
    encounters: events.flatMap((event) => {
      const { a, b } = bodyOf(event, ENCOUNTERS_CHANGED) ?? { a: [], b: [] };
      return a.map((id, i): [number, number] => [id, b[i] as number]);
    }),
  };
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

function httpApp(ctx: ImportCtx, grants: readonly string[]) {
  return createHttpApp({
    info: { title: 'test', version: '0', description: 'test' },
    routes: [importRoutes(ctx)],
    authenticate: async () => personWith(grants),
    acts: NODE_ACTS,
    recordRefusal: async () => undefined,
    logger: createLogger('test', 'silent'),
    metrics: createMetrics('node'),
    checks: {},
    cursorKey: new Uint8Array(32),
    stopping: new AbortController().signal,
  });
}
