/**
 * The key service's counts of evaluations, by province and hour.
 */
import type { Queryable } from '../../shared/db/database.ts';

/** One province's evaluations in the hour that begins at `hour` (epoch seconds). */
export interface HourKey {
  readonly province: string;
  readonly hour: number;
}

/** Evaluations counted so far; 0 if there are none. */
export async function findEvaluations(
  db: Pick<Queryable, 'sql'>,
  { province, hour }: HourKey,
): Promise<number> {
  const [row] = await db.sql<{ evaluations: number }[]>`
    SELECT evaluations FROM key_evaluations
    WHERE province = ${province} AND hour = to_timestamp(${hour}::float8)`;
  return row?.evaluations ?? 0;
}

/**
 * Counts `count` more evaluations unless that would pass `limit` (count ≤ limit); whether it did. Checked and
 * counted in one statement, so that concurrent calls cannot pass the limit together.
 */
export async function addEvaluations(
  db: Pick<Queryable, 'sql'>,
  { province, hour }: HourKey,
  { count, limit }: { readonly count: number; readonly limit: number },
): Promise<boolean> {
  const rows = await db.sql`
    INSERT INTO key_evaluations AS counted (province, hour, evaluations)
    VALUES (${province}, to_timestamp(${hour}::float8), ${count}::bigint)
    ON CONFLICT (province, hour) DO UPDATE SET evaluations = counted.evaluations + excluded.evaluations
      WHERE counted.evaluations + excluded.evaluations <= ${limit}::bigint
    RETURNING 1`;
  return rows.length === 1;
}
