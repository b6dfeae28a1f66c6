/**
 * The key service's counts of evaluations, by province: daily use by the hour, first loading in all; and the
 * budgets of both. What was used is summed by hand-written SQL: there are no rows to map.
 */
import { desc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable } from '../../shared/db/database.ts';
import type { KeyPayment, KeyUse } from './rules.ts';
import { firstLoadings, keyBudgets, keyEvaluations } from './tables.ts';

/**
 * A province at a time: its hour and day that began then, epoch seconds; and the generation that is loaded.
 */
export interface KeyPeriod {
  readonly province: string;
  readonly generation: number;
  readonly hour: number;
  readonly day: number;
}

/** Stands for every province without a budget of its own. */
export const EVERY_PROVINCE = '*';

/** `province`: two-digit code, or EVERY_PROVINCE. */
export type KeyBudgetRow = Readonly<typeof keyBudgets.$inferSelect>;

/** Budgets that the operator has set, by province; at most 64. */
export function listKeyBudgets({ orm }: Queryable): Promise<KeyBudgetRow[]> {
  return orm.select().from(keyBudgets).orderBy(keyBudgets.province);
}

/** The budget set for a province, else that for every province; undefined if neither was set. */
export async function findKeyBudget({ orm }: Queryable, province: string): Promise<KeyBudgetRow | undefined> {
  const [row] = await orm
    .select()
    .from(keyBudgets)
    .where(inArray(keyBudgets.province, [province, EVERY_PROVINCE]))
    .orderBy(desc(keyBudgets.province))
    .limit(1);
  return row;
}

/** Sets a budget in place of an earlier one. */
export async function upsertKeyBudget({ orm }: Queryable, row: KeyBudgetRow): Promise<void> {
  const { province, ...set } = row;
  await orm.insert(keyBudgets).values(row).onConflictDoUpdate({ target: keyBudgets.province, set });
}

/** Takes a budget away. */
export async function deleteKeyBudget({ orm }: Queryable, province: string): Promise<void> {
  await orm.delete(keyBudgets).where(eq(keyBudgets.province, province));
}

/** What a province has used so far. */
export async function findKeyUse({ sql }: Queryable, period: KeyPeriod): Promise<KeyUse> {
  const { province, generation, hour, day } = period;
  const [row] = await sql<KeyUse[]>`SELECT
      coalesce(sum(evaluations) FILTER (WHERE hour >= to_timestamp(${hour}::float8)), 0)::bigint AS hour,
      coalesce(sum(evaluations), 0)::bigint AS day,
      coalesce(sum(cases), 0)::bigint AS cases,
      coalesce((SELECT evaluations FROM first_loadings
        WHERE province = ${province} AND generation = ${generation}), 0) AS loading
    FROM key_evaluations WHERE province = ${province} AND hour >= to_timestamp(${day}::float8)`;
  return row as KeyUse;
}

/** What all provinces have used so far, of the loading of the newest generation; by province, at most 64. */
export function listKeyUse(
  { sql }: Queryable,
  { hour, day }: Pick<KeyPeriod, 'hour' | 'day'>,
): Promise<(KeyUse & { province: string })[]> {
  return sql<(KeyUse & { province: string })[]>`SELECT coalesce(l.province, e.province) AS province,
      coalesce(e.hour, 0) AS hour, coalesce(e.day, 0) AS day, coalesce(e.cases, 0) AS cases,
      coalesce(l.evaluations, 0) AS loading
    FROM (SELECT DISTINCT ON (province) province, evaluations FROM first_loadings
        ORDER BY province, generation DESC) l FULL JOIN (
      SELECT province, sum(evaluations)::bigint AS day, sum(cases)::bigint AS cases,
        coalesce(sum(evaluations) FILTER (WHERE hour >= to_timestamp(${hour}::float8)), 0)::bigint AS hour
      FROM key_evaluations WHERE hour >= to_timestamp(${day}::float8) GROUP BY province) e
      ON e.province = l.province
    ORDER BY 1 LIMIT 200`;
}

/** Lets nobody else count for this province, under any generation, until the transaction ends. */
export async function lockKeyUse({ sql }: Queryable, province: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`key_use ${province}`}, 0))`;
}

/** Counts evaluations of a province whose counts are locked. */
export async function addKeyUse(
  { orm }: Queryable,
  { province, generation, hour }: KeyPeriod,
  { daily, loading, cases }: KeyPayment,
): Promise<void> {
  const { evaluations } = keyEvaluations;
  await Promise.all([
    orm
      .insert(keyEvaluations)
      .values({ province, hour, evaluations: daily, cases })
      .onConflictDoUpdate({
        target: [keyEvaluations.province, keyEvaluations.hour],
        set: {
          evaluations: sql`${evaluations} + excluded.evaluations`,
          cases: sql`${keyEvaluations.cases} + excluded.cases`,
        },
      }),
    orm
      .insert(firstLoadings)
      .values({ province, generation, evaluations: loading })
      .onConflictDoUpdate({
        target: [firstLoadings.province, firstLoadings.generation],
        set: { evaluations: sql`${firstLoadings.evaluations} + excluded.evaluations` },
      }),
  ]);
}
