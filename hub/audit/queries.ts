/**
 * What the hub's tables remember of the questions that it asked: for the comparison with its own log and with
 * those of the provinces.
 */
import { and, eq, sql } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import { answers, questions } from '../traces/tables.ts';
import type { RememberedQuestion } from './shown-log.ts';

type Orm = Pick<Queryable, 'orm'>;
type Place = Pick<RememberedQuestion, 'trace' | 'seq'>;

/** A question that a province has answered, and when its answer was stored (epoch seconds). */
export type AnsweredQuestion = Place & { readonly answeredAt: number };

/** Questions after `after`, by (trace, seq), at most `limit`. */
export function listStoredQuestions(
  { orm }: Orm,
  after: Place,
  limit: number,
): Promise<RememberedQuestion[]> {
  const { traceId: trace, seq, body } = questions;
  const sha256 = sql<string>`encode(sha256(${body}), 'hex')`;
  return orm
    .select({ trace, seq, sha256 })
    .from(questions)
    .where(sql`(${trace}, ${seq}) > (${after.trace}, ${after.seq})`)
    .orderBy(trace, seq)
    .limit(limit);
}

/** Questions that a province has answered after `after`, by (trace, seq), at most `limit`. */
export function listAnsweredQuestions(
  { orm }: Orm,
  province: string,
  { after, limit }: { after: Place; limit: number },
): Promise<AnsweredQuestion[]> {
  const { traceId: trace, seq, answeredAt } = answers;
  return orm
    .select({ trace, seq, answeredAt })
    .from(answers)
    .where(and(eq(answers.province, province), sql`(${trace}, ${seq}) > (${after.trace}, ${after.seq})`))
    .orderBy(trace, seq)
    .limit(limit);
}
