/**
 * The key service's counts of evaluations, by province: daily use by the hour, first loading in all; and the
 * budgets of both.
 */
import type { Queryable } from '../../shared/db/database.ts';
import type { KeyBudget, KeyUse } from './rules.ts';

/** A province at a time: its hour and day that began then, epoch seconds. */
export interface KeyPeriod {
  readonly province: string;
  readonly hour: number;
  readonly day: number;
}

/** Stands for every province without a budget of its own. */
export const EVERY_PROVINCE = '*';

export interface KeyBudgetRow extends KeyBudget {
  /** Two-digit code, or EVERY_PROVINCE. */
  readonly province: string;
}

const COLUMNS = 'province, per_hour AS "perHour", per_day AS "perDay", first_loading AS "firstLoading"';

/** Budgets that the operator has set, by province; at most 64. */
export function listKeyBudgets({ sql }: Queryable): Promise<KeyBudgetRow[]> {
  return sql<KeyBudgetRow[]>`SELECT ${sql.unsafe(COLUMNS)} FROM key_budgets ORDER BY province`;
}

/** The budget set for a province, else that for every province; undefined if neither was set. */
export async function findKeyBudget({ sql }: Queryable, province: string): Promise<KeyBudget | undefined> {
  const [row] = await sql<KeyBudgetRow[]>`SELECT ${sql.unsafe(COLUMNS)} FROM key_budgets
    WHERE province IN (${province}, ${EVERY_PROVINCE}) ORDER BY province DESC LIMIT 1`;
  return row;
}

/** Sets a budget in place of an earlier one. */
export async function upsertKeyBudget({ sql }: Queryable, row: KeyBudgetRow): Promise<void> {
  await sql`INSERT INTO key_budgets (province, per_hour, per_day, first_loading)
    VALUES (${row.province}, ${row.perHour}, ${row.perDay}, ${row.firstLoading})
    ON CONFLICT (province) DO UPDATE SET per_hour = excluded.per_hour, per_day = excluded.per_day,
      first_loading = excluded.first_loading`;
}

/** Takes a budget away. */
export async function deleteKeyBudget({ sql }: Queryable, province: string): Promise<void> {
  await sql`DELETE FROM key_budgets WHERE province = ${province}`;
}

/** What a province has used so far. */
export async function findKeyUse({ sql }: Queryable, period: KeyPeriod): Promise<KeyUse> {
  const { province, hour, day } = period;
  const [row] = await sql<KeyUse[]>`SELECT
      coalesce(sum(evaluations) FILTER (WHERE hour >= to_timestamp(${hour}::float8)), 0)::bigint AS hour,
      coalesce(sum(evaluations), 0)::bigint AS day,
      coalesce((SELECT evaluations FROM first_loadings WHERE province = ${province}), 0) AS loading
    FROM key_evaluations WHERE province = ${province} AND hour >= to_timestamp(${day}::float8)`;
  return row as KeyUse;
}

/** What all provinces have used so far, by province; at most 64. */
export function listKeyUse(
  { sql }: Queryable,
  { hour, day }: Pick<KeyPeriod, 'hour' | 'day'>,
): Promise<(KeyUse & { province: string })[]> {
  return sql<(KeyUse & { province: string })[]>`SELECT coalesce(l.province, e.province) AS province,
      coalesce(e.hour, 0) AS hour, coalesce(e.day, 0) AS day, coalesce(l.evaluations, 0) AS loading
    FROM first_loadings l FULL JOIN (
      SELECT province, sum(evaluations)::bigint AS day,
        coalesce(sum(evaluations) FILTER (WHERE hour >= to_timestamp(${hour}::float8)), 0)::bigint AS hour
      FROM key_evaluations WHERE hour >= to_timestamp(${day}::float8) GROUP BY province) e
      ON e.province = l.province
    ORDER BY 1 LIMIT 200`;
}

/** Lets nobody else count for this province until the transaction ends. */
export async function lockKeyUse({ sql }: Queryable, province: string): Promise<void> {
  await sql`INSERT INTO first_loadings AS l (province, evaluations) VALUES (${province}, 0)
    ON CONFLICT (province) DO UPDATE SET evaluations = l.evaluations`;
}

/** Counts evaluations of a province whose counts are locked. */
export async function addKeyUse(
  { sql }: Queryable,
  { province, hour }: KeyPeriod,
  { daily, loading }: { readonly daily: number; readonly loading: number },
): Promise<void> {
  await Promise.all([
    sql`INSERT INTO key_evaluations AS e (province, hour, evaluations)
      VALUES (${province}, to_timestamp(${hour}::float8), ${daily}::bigint)
      ON CONFLICT (province, hour) DO UPDATE SET evaluations = e.evaluations + excluded.evaluations`,
    sql`UPDATE first_loadings SET evaluations = evaluations + ${loading}::bigint
      WHERE province = ${province}`,
  ]);
}
