/**
 * Which generations of the federation key this node's traces still need.
 */
import { and, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { openings } from '../../tracing/asking/tables.ts';
import { traces } from '../../tracing/openings/tables.ts';

/**
 * Generations under which an unexpired opening is admitted here, or a trace of this province is not over;
 * `now` in epoch seconds. A trace that was never admitted anywhere counts until it is closed.
 */
export async function listGenerationsInUse({ orm }: Queryable, now: number): Promise<number[]> {
  const { federationKey, closedAt, acceptedAt } = traces;
  const own = orm
    .select({ generation: sql<number>`${federationKey}` })
    .from(traces)
    .where(and(isNotNull(federationKey), isNull(closedAt), isNull(acceptedAt)));
  const rows = await orm
    .select({ generation: sql<number>`${openings.federationKey}` })
    .from(openings)
    .where(gt(openings.expiresAt, now))
    .union(own)
    .limit(1000);
  return rows.map(({ generation }) => generation);
}
