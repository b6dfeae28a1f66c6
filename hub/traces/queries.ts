/**
 * The hub's memory of traces: openings, questions, answers, deliveries, and what provinces say of themselves.
 * Questions, answers and deliveries by hand: a trace waits for them, and 64 answers cost drizzle 2.8 times as
 * much (tests/bench/RESULTS.md).
 */
import { eq, lte, sql } from 'drizzle-orm';
import { type Database, type Queryable, withTransaction } from '../../shared/db/database.ts';
import { isUniqueViolation } from '../../shared/db/errors.ts';
import { openings, provinces } from './tables.ts';
import { moveTraces } from './traces-queries.ts';

/** A revision of a trace's opening, and what the hub has signed under it. */
export type OpeningRow = Readonly<
  Pick<typeof openings.$inferSelect, 'revision' | 'opening' | 'countersignature'>
>;

/** Revisions of a trace's opening, ascending. */
export function listOpenings({ orm }: Queryable, traceId: string): Promise<OpeningRow[]> {
  const { revision, opening, countersignature } = openings;
  return orm
    .select({ revision, opening, countersignature })
    .from(openings)
    .where(eq(openings.traceId, traceId))
    .orderBy(revision);
}

/**
 * A revision of a trace's opening; false if it is there already (a first attempt went unheard): then it
 * stays.
 */
export async function insertOpening(
  { orm }: Queryable,
  traceId: string,
  { revision, opening, countersignature }: OpeningRow,
): Promise<boolean> {
  const rows = await orm
    .insert(openings)
    .values({ traceId, revision, opening, countersignature })
    .onConflictDoNothing()
    .returning({ revision: openings.revision });
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

/**
 * Marks all answers of a province's earlier lives to open traces, and sends it all deliveries again; ids of
 * the traces.
 */
async function markEarlierLifeStale(
  { sql }: Queryable,
  province: string,
  incarnation: number,
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`WITH open AS (
      SELECT id FROM traces WHERE closed_at IS NULL
    ), marked AS (
      UPDATE answers SET stale = true FROM open
      WHERE trace_id = open.id AND province = ${province} AND incarnation < ${incarnation} AND NOT stale
      RETURNING trace_id
    ), undone AS (
      UPDATE deliveries SET acknowledged_at = NULL FROM open
      WHERE trace_id = open.id AND province = ${province} AND acknowledged_at IS NOT NULL
      RETURNING trace_id
    ) SELECT trace_id AS id FROM marked UNION SELECT trace_id FROM undone`;
  return rows.map(({ id }) => id);
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
 * Resolves with the ids of traces that were at rest and are in motion now.
 */
export function recordProvinceReport(
  db: Database,
  report: ProvinceReport,
  stale: readonly StaleAnswers[],
): Promise<string[]> {
  return withTransaction(db, async (tx) => {
    const { province, incarnation } = provinces;
    const found = tx.orm.select({ incarnation }).from(provinces).where(eq(province, report.province));
    const [known] = await found.for('update');
    await upsertProvince(tx, report);
    const touched = stale.map(({ traceId }) => traceId);
    if (report.incarnation > (known?.incarnation ?? 0))
      touched.push(...(await markEarlierLifeStale(tx, report.province, report.incarnation)));
    await markStale(tx, report.province, stale);
    return touched.length > 0 ? moveTraces(tx, touched) : [];
  });
}

async function upsertProvince(
  { orm }: Queryable,
  { province, dataAt, ...said }: ProvinceReport,
): Promise<void> {
  const set = { ...said, dataAt: dataAt > 0 ? dataAt : null, reportedAt: sql`now()` };
  await orm
    .insert(provinces)
    .values({ province, ...set })
    .onConflictDoUpdate({
      target: provinces.province,
      set,
      setWhere: lte(provinces.incarnation, said.incarnation),
    });
}
