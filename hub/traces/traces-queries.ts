/**
 * The table `traces`: one row a trace, how it stands while nothing of it is held in memory, and its end.
 */
import { and, asc, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import type { Rest } from './register.ts';
import type { StoredStatus } from './stored-status.ts';
import { traces } from './tables.ts';

export interface TraceRow {
  readonly id: string;
  readonly province: string;
  /** Milliseconds since 1970. */
  readonly openedAtMs: number;
  readonly completedAtMs: number | null;
  readonly closedAtMs: number | null;
  /** Nothing was under way when the hub looked last. */
  readonly isAtRest: boolean;
  /** How it stood when it was put to rest last, or closed; null = neither yet. */
  readonly status: StoredStatus | null;
  /** Grows with each amendment, and with what people at the hub decide on it. */
  readonly version: number;
}

const isAtRest = sql<boolean>`${traces.restedAt} IS NOT NULL`;
const { id, province, openedAt, completedAt, closedAt, restedAt, version } = traces;
const COLUMNS = {
  ...{ id, province, openedAtMs: openedAt, completedAtMs: completedAt, closedAtMs: closedAt, isAtRest },
  version,
  status: sql<StoredStatus | null>`${traces.status}`,
};

/** A trace that is not closed, without its status. */
export interface OpenTraceRow extends Rest {
  readonly id: string;
  readonly province: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  readonly isAtRest: boolean;
}

/** All traces that are not closed, those in motion first, the oldest of each first. */
export function listOpenTraces({ orm }: Queryable): Promise<OpenTraceRow[]> {
  const { expiresAt, asked, waitsFor } = traces;
  return orm
    .select({ id, province, expiresAt, isAtRest, asked, waitsFor })
    .from(traces)
    .where(isNull(closedAt))
    .orderBy(asc(isAtRest), openedAt);
}

/** Newest first; `after` is the id of the last trace of the page before. */
export function listTraceRows({ orm }: Queryable, limit: number, after?: string): Promise<TraceRow[]> {
  const place = sql`(SELECT opened_at FROM traces WHERE id = ${after})`;
  return orm
    .select(COLUMNS)
    .from(traces)
    .where(after === undefined ? undefined : sql`(${openedAt}, ${id}) < (${place}, ${after})`)
    .orderBy(desc(openedAt), desc(id))
    .limit(limit);
}

export async function findTrace(db: Queryable, wanted: string): Promise<TraceRow | undefined> {
  return (await findTraces(db, [wanted]))[0];
}

/** Which of these traces are closed, in no order. */
export async function findClosed({ sql }: Queryable, ids: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    SELECT id FROM traces WHERE id = ANY (${[...ids]}::text[]) AND closed_at IS NOT NULL`;
  return rows.map(({ id }) => id);
}

/** The traces of these ids that there are, in no order. */
export function findTraces({ orm }: Queryable, ids: readonly string[]): Promise<TraceRow[]> {
  return orm.select(COLUMNS).from(traces).where(inArray(id, ids));
}

/** A new trace, in motion; when it was opened, epoch milliseconds. */
export async function insertTrace(
  { orm }: Queryable,
  trace: { id: string; province: string; expiresAt: number; keyGeneration: number },
): Promise<number> {
  const [row] = await orm.insert(traces).values(trace).returning({ openedAtMs: openedAt });
  return row?.openedAtMs as number;
}

/** The version of a trace, locked; undefined if there is none. */
export async function lockVersion({ orm }: Queryable, wanted: string): Promise<number | undefined> {
  const [row] = await orm.select({ version }).from(traces).where(eq(id, wanted)).for('update');
  return row?.version;
}

/** Makes the next version of a trace that there is, and answers it. */
export async function raiseVersion({ orm }: Queryable, wanted: string): Promise<number> {
  const next = { version: sql`${version} + 1` };
  const [row] = await orm.update(traces).set(next).where(eq(id, wanted)).returning({ version });
  return (row as { version: number }).version;
}

/** A trace to be put to rest. */
export interface RestingRow extends Rest {
  readonly id: string;
  readonly status: StoredStatus;
}

/** Puts traces to rest, but for those that are closed. By hand: hundreds in one statement. */
export async function markAtRest({ sql }: Queryable, traces: readonly RestingRow[]): Promise<void> {
  const rows = traces.map(({ id, status, asked, waitsFor }) => ({ id, status, asked, waits_for: waitsFor }));
  await sql`UPDATE traces SET rested_at = now(), status = resting.status, asked = resting.asked,
      waits_for = resting.waits_for
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS resting (id text, status jsonb, asked text[], waits_for text[])
    WHERE traces.id = resting.id AND closed_at IS NULL`;
}

/** The trace is in motion: taken up again when the hub starts. Its row, undefined if there is none. */
export async function markInMotion(db: Queryable, wanted: string): Promise<TraceRow | undefined> {
  const [moved] = await db.orm
    .update(traces)
    .set({ restedAt: null })
    .where(and(eq(id, wanted), isNotNull(restedAt)))
    .returning(COLUMNS);
  return moved ?? findTrace(db, wanted);
}

/** Of these traces, those at rest are in motion from now on: their ids. By hand: a report names thousands. */
export async function moveTraces({ sql }: Queryable, ids: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`UPDATE traces SET rested_at = NULL
    WHERE id = ANY (${[...ids]}::text[]) AND rested_at IS NOT NULL AND closed_at IS NULL RETURNING id`;
  return rows.map(({ id }) => id);
}

/** Sets or clears when the trace became complete last. */
export async function markCompleted(
  { orm }: Queryable,
  traceId: string,
  completedAtMs: number | null,
): Promise<void> {
  await orm.update(traces).set({ completedAt: completedAtMs }).where(eq(id, traceId));
}

/**
 * Ends a trace, and keeps how it stood: as given, else as it was put to rest, else it is not known. False if
 * it had ended before.
 */
export async function markClosed(
  { orm }: Queryable,
  traceId: string,
  status: StoredStatus | undefined,
): Promise<boolean> {
  const known = sql`CASE WHEN ${restedAt} IS NOT NULL THEN ${traces.status} END`;
  const rows = await orm
    .update(traces)
    .set({ closedAt: sql`now()`, status: status ?? known })
    .where(and(eq(id, traceId), isNull(closedAt)))
    .returning({ id });
  return rows.length === 1;
}

/** Keeps how a closed trace stood. */
export async function keepStatus({ orm }: Queryable, traceId: string, status: StoredStatus): Promise<void> {
  await orm.update(traces).set({ status }).where(eq(id, traceId));
}
