/**
 * The hub's memory of traces: openings, questions, answers, deliveries. One statement, one meaning.
 * Hand-written SQL: most of these rows are encoded messages, which the driver sends as they are.
 */
import { type Database, type Queryable, withTransaction } from '../../shared/db/database.ts';
import { isUniqueViolation } from '../../shared/db/errors.ts';

export interface TraceRow {
  readonly id: string;
  readonly province: string;
  /** Milliseconds since 1970. */
  readonly openedAtMs: number;
  readonly completedAtMs: number | null;
  readonly closedAtMs: number | null;
}

const TRACE_COLUMNS = `id, province,
  (extract(epoch from opened_at) * 1000)::bigint AS "openedAtMs",
  (extract(epoch from completed_at) * 1000)::bigint AS "completedAtMs",
  (extract(epoch from closed_at) * 1000)::bigint AS "closedAtMs"`;

/** All traces that are not closed, oldest first. */
export function listOpenTraces({ sql }: Queryable): Promise<TraceRow[]> {
  return sql<
    TraceRow[]
  >`SELECT ${sql.unsafe(TRACE_COLUMNS)} FROM traces WHERE closed_at IS NULL ORDER BY opened_at`;
}

/** Newest first; `after` is the id of the last trace of the page before. */
export function listTraceRows({ sql }: Queryable, limit: number, after?: string): Promise<TraceRow[]> {
  const before = after
    ? sql`WHERE (opened_at, id) < ((SELECT opened_at FROM traces WHERE id = ${after}), ${after})`
    : sql``;
  return sql<TraceRow[]>`SELECT ${sql.unsafe(TRACE_COLUMNS)} FROM traces ${before}
    ORDER BY opened_at DESC, id DESC LIMIT ${limit}`;
}

export async function findTrace({ sql }: Queryable, id: string): Promise<TraceRow | undefined> {
  const rows = await sql<TraceRow[]>`SELECT ${sql.unsafe(TRACE_COLUMNS)} FROM traces WHERE id = ${id}`;
  return rows[0];
}

export interface OpeningRow {
  readonly revision: number;
  readonly opening: string;
  readonly countersignature: string;
}

/** Revisions of a trace's opening, ascending. */
export function listOpenings({ sql }: Queryable, traceId: string): Promise<OpeningRow[]> {
  return sql<OpeningRow[]>`SELECT revision, opening, countersignature FROM openings
    WHERE trace_id = ${traceId} ORDER BY revision`;
}

/** A new trace. */
export async function insertTrace(
  { sql }: Queryable,
  trace: { id: string; province: string; expiresAt: number },
): Promise<void> {
  await sql`INSERT INTO traces (id, province, expires_at)
    VALUES (${trace.id}, ${trace.province}, to_timestamp(${trace.expiresAt}))`;
}

/**
 * A revision of a trace's opening; false if it is there already (a first attempt went unheard): then it
 * stays.
 */
export async function insertOpening(
  { sql }: Queryable,
  traceId: string,
  opening: OpeningRow,
): Promise<boolean> {
  const rows = await sql`INSERT INTO openings (trace_id, revision, opening, countersignature)
    VALUES (${traceId}, ${opening.revision}, ${opening.opening}, ${opening.countersignature})
    ON CONFLICT DO NOTHING RETURNING 1`;
  return rows.length === 1;
}

export interface LoggedBody {
  readonly seq: number;
  readonly body: Uint8Array;
}

/**
 * Appends to the log of questions, with `record` in the same transaction; durable when it resolves, and only
 * then may they be asked. False if the log has others under some of the numbers, or has these already: then
 * nothing was appended.
 */
export function insertQuestions(
  db: Database,
  traceId: string,
  questions: LoggedBody[],
  record: (tx: Queryable) => Promise<void>,
): Promise<boolean> {
  const rows = questions.map(({ seq, body }) => ({ trace_id: traceId, seq, body }));
  return appended(
    withTransaction(db, async (tx) => {
      await Promise.all([tx.sql`INSERT INTO questions ${tx.sql(rows)}`, record(tx)]);
    }),
  );
}

/** The log of a trace's questions in order, those after number `after`. */
export function listQuestions({ sql }: Queryable, traceId: string, after = 0): Promise<LoggedBody[]> {
  return sql<LoggedBody[]>`SELECT seq, body FROM questions
    WHERE trace_id = ${traceId} AND seq > ${after} ORDER BY seq`;
}

/** False if rows of these keys are there already. */
async function appended(insertion: PromiseLike<unknown>): Promise<boolean> {
  try {
    await insertion;
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

export interface AnswerRow {
  readonly traceId: string;
  readonly seq: number;
  readonly province: string;
  readonly incarnation: number;
  readonly dataVersion: number;
  readonly body: Uint8Array;
}

/** Stores answers, each in place of an older one of the same province to the same question. */
export async function upsertAnswers({ sql }: Queryable, answers: readonly AnswerRow[]): Promise<void> {
  const rows = answers.map((a) => ({
    trace_id: a.traceId,
    seq: a.seq,
    province: a.province,
    incarnation: a.incarnation,
    data_version: a.dataVersion,
    body: a.body,
  }));
  await sql`INSERT INTO answers ${sql(rows)}
    ON CONFLICT (trace_id, seq, province) DO UPDATE
    SET incarnation = excluded.incarnation, data_version = excluded.data_version, stale = false,
        body = excluded.body, answered_at = now()
    WHERE (answers.incarnation, answers.data_version) <= (excluded.incarnation, excluded.data_version)`;
}

export interface StoredAnswer extends AnswerRow {
  readonly stale: boolean;
  readonly answeredAt: number;
}

/** All answers held to a trace's questions, by question. */
export function listAnswers({ sql }: Queryable, traceId: string): Promise<StoredAnswer[]> {
  // An answer of an earlier life may have come after the first word of the later one.
  return sql<StoredAnswer[]>`SELECT trace_id AS "traceId", seq, answers.province, answers.incarnation,
      answers.data_version AS "dataVersion", body,
      stale OR answers.incarnation < coalesce(provinces.incarnation, 0) AS stale,
      extract(epoch from answered_at)::bigint AS "answeredAt"
    FROM answers LEFT JOIN provinces USING (province)
    WHERE trace_id = ${traceId} ORDER BY seq, answers.province`;
}

/** Questions of a trace whose answers by one province no longer hold. */
export interface StaleAnswers {
  readonly traceId: string;
  readonly seqs: readonly number[];
}

/** Marks answers of a province that no longer hold, of however many traces. */
async function markStale(
  { sql }: Queryable,
  province: string,
  stale: readonly StaleAnswers[],
): Promise<void> {
  const traceIds = stale.flatMap(({ traceId, seqs }) => seqs.map(() => traceId));
  const seqs = stale.flatMap((one) => one.seqs);
  if (seqs.length === 0) return;
  await sql`UPDATE answers SET stale = true
    FROM unnest(${traceIds}::text[], ${seqs}::int[]) AS changed (trace_id, seq)
    WHERE answers.trace_id = changed.trace_id AND answers.seq = changed.seq AND province = ${province}
      AND NOT stale`;
}

/** Marks all answers of a province's earlier lives to open traces, and sends it all deliveries again. */
async function markEarlierLifeStale(
  { sql }: Queryable,
  province: string,
  incarnation: number,
): Promise<void> {
  await sql`UPDATE answers SET stale = true
    WHERE province = ${province} AND incarnation < ${incarnation} AND NOT stale
      AND trace_id IN (SELECT id FROM traces WHERE closed_at IS NULL)`;
  await sql`UPDATE deliveries SET acknowledged_at = NULL
    WHERE province = ${province} AND acknowledged_at IS NOT NULL
      AND trace_id IN (SELECT id FROM traces WHERE closed_at IS NULL)`;
}

export interface DeliveryRow extends LoggedBody {
  readonly province: string;
  readonly acknowledged: boolean;
}

/**
 * Stores deliveries before they are sent; false if there are some of these numbers already: then none was
 * stored.
 */
export async function insertDeliveries(
  { sql }: Queryable,
  traceId: string,
  deliveries: readonly (LoggedBody & { province: string })[],
): Promise<boolean> {
  const rows = deliveries.map(({ province, seq, body }) => ({ trace_id: traceId, province, seq, body }));
  return appended(sql`INSERT INTO deliveries ${sql(rows)}`);
}

/** All deliveries of a trace, in order for each province. */
export function listDeliveries({ sql }: Queryable, traceId: string): Promise<DeliveryRow[]> {
  return sql<DeliveryRow[]>`SELECT province, seq, body, acknowledged_at IS NOT NULL AS acknowledged
    FROM deliveries WHERE trace_id = ${traceId} ORDER BY seq, province`;
}

/** The province has applied all deliveries up to `seq`. */
export async function markDelivered(
  { sql }: Queryable,
  traceId: string,
  province: string,
  seq: number,
): Promise<void> {
  await sql`UPDATE deliveries SET acknowledged_at = now()
    WHERE trace_id = ${traceId} AND province = ${province} AND seq <= ${seq} AND acknowledged_at IS NULL`;
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

/** Ends a trace; false if it had ended before. */
export async function markClosed({ sql }: Queryable, traceId: string): Promise<boolean> {
  const rows = await sql`UPDATE traces SET closed_at = now()
    WHERE id = ${traceId} AND closed_at IS NULL RETURNING 1`;
  return rows.length === 1;
}

export interface ProvinceReport {
  readonly province: string;
  readonly incarnation: number;
  readonly dataVersion: number;
  readonly dataAt: number;
  readonly protocol: number;
}

/**
 * What a province says of itself; an older life never overwrites a newer one. With the first word of a new
 * life all answers of the earlier ones become stale, and so do those that it names, in the same transaction.
 */
export function recordProvinceReport(
  db: Database,
  report: ProvinceReport,
  stale: readonly StaleAnswers[],
): Promise<void> {
  return withTransaction(db, async (tx) => {
    const [known] = await tx.sql<{ incarnation: number }[]>`
      SELECT incarnation FROM provinces WHERE province = ${report.province} FOR UPDATE`;
    await upsertProvince(tx, report);
    if (report.incarnation > (known?.incarnation ?? 0))
      await markEarlierLifeStale(tx, report.province, report.incarnation);
    await markStale(tx, report.province, stale);
  });
}

async function upsertProvince({ sql }: Queryable, report: ProvinceReport): Promise<void> {
  const { province, incarnation, dataVersion, dataAt, protocol } = report;
  const at = dataAt > 0 ? sql`to_timestamp(${dataAt})` : sql`NULL`;
  await sql`INSERT INTO provinces (province, incarnation, data_version, data_at, protocol, reported_at)
    VALUES (${province}, ${incarnation}, ${dataVersion}, ${at}, ${protocol}, now())
    ON CONFLICT (province) DO UPDATE
    SET incarnation = excluded.incarnation, data_version = excluded.data_version,
      data_at = excluded.data_at, protocol = excluded.protocol, reported_at = now()
    WHERE provinces.incarnation <= excluded.incarnation`;
}

export interface ProvinceRow extends Omit<ProvinceReport, 'dataAt'> {
  readonly dataAt: number | null;
  readonly reportedAt: number | null;
}

/** What every province has said of itself last, by code. */
export function listProvinceRows({ sql }: Queryable): Promise<ProvinceRow[]> {
  return sql<ProvinceRow[]>`SELECT province, incarnation, data_version AS "dataVersion", protocol,
      extract(epoch from data_at)::bigint AS "dataAt", extract(epoch from reported_at)::bigint AS "reportedAt"
    FROM provinces ORDER BY province`;
}
