/**
 * Which generations of the federation key this node's traces still need.
 */
import type { Queryable } from '../../../shared/db/database.ts';

/**
 * Generations under which an unexpired opening is admitted here, or a trace of this province is not over;
 * `now` in epoch seconds. A trace that was never admitted anywhere counts until it is closed.
 */
export async function listGenerationsInUse({ sql }: Pick<Queryable, 'sql'>, now: number): Promise<number[]> {
  const rows = await sql<{ generation: number }[]>`
    SELECT DISTINCT federation_key AS generation FROM openings WHERE expires_at > ${now}
    UNION
    SELECT federation_key FROM traces
    WHERE federation_key IS NOT NULL AND closed_at IS NULL AND accepted_at IS NULL LIMIT 1000`;
  return rows.map(({ generation }) => generation);
}
