/**
 * The table `traces`: one row a trace, how it stands while nothing of it is held in memory, and its end.
 */
import type { Queryable } from '../../shared/db/database.ts';
import type { Rest } from './register.ts';
import type { StoredStatus } from './stored-status.ts';

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
  /** Grows with what people at the hub decide on it. */
  readonly version: number;
}

const TRACE_COLUMNS = `id, province,
  (extract(epoch from opened_at) * 1000)::bigint AS "openedAtMs",
  (extract(epoch from completed_at) * 1000)::bigint AS "completedAtMs",
  (extract(epoch from closed_at) * 1000)::bigint AS "closedAtMs",
  rested_at IS NOT NULL AS "isAtRest", status, version`;

/** A trace that is not closed, without its status. */
export interface OpenTraceRow extends Rest {
  readonly id: string;
  readonly province: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
  readonly isAtRest: boolean;
}

/** All traces that are not closed, those in motion first, the oldest of each first. */
export function listOpenTraces({ sql }: Queryable): Promise<OpenTraceRow[]> {
  return sql<OpenTraceRow[]>`SELECT id, province, extract(epoch from expires_at)::bigint AS "expiresAt",
      rested_at IS NOT NULL AS "isAtRest", asked, waits_for AS "waitsFor"
    FROM traces WHERE closed_at IS NULL ORDER BY (rested_at IS NOT NULL), opened_at`;
}

/** Newest first; `after` is the id of the last trace of the page before. */
export function listTraceRows({ sql }: Queryable, limit: number, after?: string): Promise<TraceRow[]> {
  const before = after
    ? sql`WHERE (opened_at, id) < ((SELECT opened_at FROM traces WHERE id = ${after}), ${after})`
    : sql``;
  return sql<TraceRow[]>`SELECT ${sql.unsafe(TRACE_COLUMNS)} FROM traces ${before}
    ORDER BY opened_at DESC, id DESC LIMIT ${limit}`;
}

export async function findTrace(db: Queryable, id: string): Promise<TraceRow | undefined> {
  return (await findTraces(db, [id]))[0];
}

/** The traces of these ids that there are, in no order. */
export function findTraces({ sql }: Queryable, ids: readonly string[]): Promise<TraceRow[]> {
  return sql<
    TraceRow[]
  >`SELECT ${sql.unsafe(TRACE_COLUMNS)} FROM traces WHERE id = ANY (${[...ids]}::text[])`;
}

/** A new trace, in motion; when it was opened, epoch milliseconds. */
export async function insertTrace(
  { sql }: Queryable,
  trace: { id: string; province: string; expiresAt: number },
): Promise<number> {
  const rows = await sql<{ openedAtMs: number }[]>`INSERT INTO traces (id, province, expires_at)
    VALUES (${trace.id}, ${trace.province}, to_timestamp(${trace.expiresAt}))
    RETURNING (extract(epoch from opened_at) * 1000)::bigint AS "openedAtMs"`;
  return (rows[0] as { openedAtMs: number }).openedAtMs;
}

/** The version of a trace, locked; undefined if there is none. */
export async function lockVersion({ sql }: Queryable, id: string): Promise<number | undefined> {
  const [row] = await sql<{ version: number }[]>`SELECT version FROM traces WHERE id = ${id} FOR UPDATE`;
  return row?.version;
}

/** Sets the version of a trace. */
export async function setVersion({ sql }: Queryable, id: string, version: number): Promise<void> {
  await sql`UPDATE traces SET version = ${version} WHERE id = ${id}`;
}

/** A trace to be put to rest. */
export interface RestingRow extends Rest {
  readonly id: string;
  readonly status: StoredStatus;
}

/** Puts traces to rest, but for those that are closed. */
export async function markAtRest({ sql }: Queryable, traces: readonly RestingRow[]): Promise<void> {
  const rows = traces.map(({ id, status, asked, waitsFor }) => ({ id, status, asked, waits_for: waitsFor }));
  await sql`UPDATE traces SET rested_at = now(), status = resting.status, asked = resting.asked,
      waits_for = resting.waits_for
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS resting (id text, status jsonb, asked text[], waits_for text[])
    WHERE traces.id = resting.id AND closed_at IS NULL`;
}

/** The trace is in motion: taken up again when the hub starts. Its row, undefined if there is none. */
export async function markInMotion({ sql }: Queryable, id: string): Promise<TraceRow | undefined> {
  const rows = await sql<TraceRow[]>`WITH moved AS (
      UPDATE traces SET rested_at = NULL WHERE id = ${id} AND rested_at IS NOT NULL
    ) SELECT ${sql.unsafe(TRACE_COLUMNS)} FROM traces WHERE id = ${id}`;
  return rows[0];
}

/** Of these traces, those at rest are in motion from now on: their ids. */
export async function moveTraces({ sql }: Queryable, ids: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`UPDATE traces SET rested_at = NULL
    WHERE id = ANY (${[...ids]}::text[]) AND rested_at IS NOT NULL AND closed_at IS NULL RETURNING id`;
  return rows.map(({ id }) => id);
}

/** Sets or clears when the trace became complete last. */
export async function markCompleted(
  { sql }: Queryable,
  traceId: string,
  completedAtMs: number | null,
): Promise<void> {
  const at = completedAtMs === null ? null : completedAtMs / 1000;
  await sql`UPDATE traces SET completed_at = to_timestamp(${at}::float8) WHERE id = ${traceId}`;
}

/**
 * Ends a trace, and keeps how it stood: as given, else as it was put to rest, else it is not known. False if
 * it had ended before.
 */
export async function markClosed(
  { sql }: Queryable,
  traceId: string,
  status: StoredStatus | undefined,
): Promise<boolean> {
  const last = status === undefined ? null : JSON.stringify(status);
  const rows = await sql`UPDATE traces SET closed_at = now(),
      status = coalesce(${last}::jsonb, CASE WHEN rested_at IS NOT NULL THEN status END)
    WHERE id = ${traceId} AND closed_at IS NULL RETURNING 1`;
  return rows.length === 1;
}

/** Keeps how a closed trace stood. */
export async function keepStatus({ sql }: Queryable, traceId: string, status: StoredStatus): Promise<void> {
  await sql`UPDATE traces SET status = ${JSON.stringify(status)}::jsonb WHERE id = ${traceId}`;
}
