/**
 * What has been asked of this node, by number, and how much in all: the tables `answered_questions` and
 * `asked_counts`. By hand: each question of a trace waits for them, and a statement costs drizzle 1.3 times
 * as much (tests/bench/RESULTS.md).
 */
import type { Queryable } from '../../../shared/db/database.ts';

/** One question as it is counted. */
export interface CountedQuestion {
  readonly traceId: string;
  readonly seq: number;
  readonly sha256: Uint8Array;
  /** Pseudonyms in it. */
  readonly persons: number;
  /** That opened the trace. */
  readonly province: string;
  /** When this clock hour and day began, epoch seconds. */
  readonly hour: number;
  readonly day: number;
}

export type CountPeriod = 'trace' | 'hour' | 'day';

export interface CountRow {
  readonly period: CountPeriod;
  readonly questions: number;
  readonly persons: number;
}

/** What is known of a question before it is answered. */
export interface EarlierRow {
  /** Digest of the question that had this number; null = none had. */
  readonly sha256: Uint8Array | null;
  /** Whether this province opened the trace and has closed it. */
  readonly closed: boolean;
}

/** What was asked under the question's number, and whether its trace is over. */
export async function findEarlier(
  { sql }: Queryable,
  { traceId, seq }: CountedQuestion,
): Promise<EarlierRow> {
  const [row] = await sql<EarlierRow[]>`SELECT
    (SELECT question_sha256 FROM answered_questions WHERE trace_id = ${traceId} AND seq = ${seq}) AS sha256,
    EXISTS (SELECT FROM traces WHERE id = ${traceId} AND closing) AS closed`;
  return row as EarlierRow;
}

/** What has been asked in the periods of the question, those without a row left out. */
export function listCounts({ sql }: Queryable, asked: CountedQuestion): Promise<CountRow[]> {
  const { traceId, province, hour, day } = asked;
  return sql<CountRow[]>`SELECT period, questions, persons FROM asked_counts
    WHERE (holder, period, began_at) IN
      ((${traceId}, 'trace', 0), (${province}, 'hour', ${hour}::bigint),
       (${province}, 'day', ${day}::bigint))`;
}

export interface CountedRow extends CountRow {
  /** Digest under the number: the question's own if nothing else was asked under it before. */
  readonly sha256: Uint8Array;
  /** Answers given to the number, this one included. */
  readonly answers: number;
}

/**
 * Notes an answer, and counts the question if it is the first to it; rows of all three periods if it was,
 * else one without a period. One statement, which holds the counters' rows until the transaction ends: no two
 * questions can pass a limit together.
 */
export function countQuestion({ sql }: Queryable, asked: CountedQuestion): Promise<CountedRow[]> {
  const { traceId, seq, sha256, persons, province, hour, day } = asked;
  return sql<CountedRow[]>`WITH answered AS (
      INSERT INTO answered_questions AS a (trace_id, seq, question_sha256)
      VALUES (${traceId}, ${seq}, ${sha256 as Buffer})
      ON CONFLICT (trace_id, seq) DO UPDATE SET answers = a.answers + 1
      RETURNING question_sha256 AS sha256, answers
    ), counted AS (
      INSERT INTO asked_counts AS c (holder, period, began_at, questions, persons)
      SELECT p.holder, p.period, p.began_at, 1, ${persons}::bigint
      FROM answered, (VALUES (1, ${traceId}, 'trace', 0), (2, ${province}, 'hour', ${hour}::bigint),
        (3, ${province}, 'day', ${day}::bigint)) AS p (n, holder, period, began_at)
      WHERE answered.answers = 1 ORDER BY p.n
      ON CONFLICT (holder, period, began_at) DO UPDATE
      SET questions = c.questions + 1, persons = c.persons + excluded.persons
      RETURNING period, questions, persons
    )
    SELECT sha256, answers, period, questions, persons FROM answered LEFT JOIN counted ON true`;
}

/** Deletes what was counted of hours and days that began before an instant (epoch seconds). */
export async function deleteCounts({ sql }: Queryable, before: number): Promise<void> {
  await sql`DELETE FROM asked_counts WHERE period <> 'trace' AND began_at < ${before}::bigint`;
}

/** Deletes what was asked in a trace, and under which openings; how many questions. */
export async function deleteAsked({ sql }: Queryable, traceId: string): Promise<number> {
  const { count } = await sql`DELETE FROM answered_questions WHERE trace_id = ${traceId}`;
  await sql`DELETE FROM asked_counts WHERE holder = ${traceId} AND period = 'trace'`;
  await sql`DELETE FROM openings WHERE trace_id = ${traceId}`;
  return count;
}
