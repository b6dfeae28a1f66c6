/**
 * What the hub's tables remember of the questions that it asked: for the comparison with its own log and with
 * those of the provinces.
 */
import type { Queryable } from '../../shared/db/database.ts';
import type { RememberedQuestion } from './shown-log.ts';

type Sql = Pick<Queryable, 'sql'>;
type Place = Pick<RememberedQuestion, 'trace' | 'seq'>;

/** A question that a province has answered, and when its answer was stored (epoch seconds). */
export type AnsweredQuestion = Place & { readonly answeredAt: number };

/** Questions after `after`, by (trace, seq), at most `limit`. */
export async function listStoredQuestions(
  { sql }: Sql,
  after: Place,
  limit: number,
): Promise<RememberedQuestion[]> {
  return sql<RememberedQuestion[]>`
    SELECT trace_id AS trace, seq, encode(sha256(body), 'hex') AS sha256 FROM questions
    WHERE (trace_id, seq) > (${after.trace}, ${after.seq}) ORDER BY trace_id, seq LIMIT ${limit}`;
}

/** Questions that a province has answered after `after`, by (trace, seq), at most `limit`. */
export async function listAnsweredQuestions(
  { sql }: Sql,
  province: string,
  { after, limit }: { after: Place; limit: number },
): Promise<AnsweredQuestion[]> {
  return sql<AnsweredQuestion[]>`
    SELECT trace_id AS trace, seq, extract(epoch FROM answered_at)::bigint AS "answeredAt" FROM answers
    WHERE province = ${province} AND (trace_id, seq) > (${after.trace}, ${after.seq})
    ORDER BY trace_id, seq LIMIT ${limit}`;
}
