/**
 * Ids for rows that are about to be stored: what is sealed is bound to its row, so that the id comes first.
 */
import type { Queryable } from './database.ts';

/** As many unused ids of a sequence, each a safe integer. In one row: a row each costs four times as much. */
export async function drawIds(
  db: Pick<Queryable, 'sql'>,
  sequence: string,
  count: number,
): Promise<number[]> {
  const [drawn] = await db.sql<{ ids: string | null }[]>`
    SELECT string_agg(nextval(${sequence}::text::regclass)::text, ' ') AS ids
    FROM generate_series(1, ${count}::int)`;
  return drawn?.ids ? drawn.ids.split(' ').map(Number) : [];
}
