/**
 * The table `budgets`, and what has been used of them. By hand is what every question of a trace asks for:
 * drizzle builds a statement anew each time, which is some 0.15 ms of the 3 that a question takes.
 */
import { and, eq, or, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { askedCounts } from '../../tracing/asking/tables.ts';
import type { Asked } from './rules.ts';
import { budgets } from './tables.ts';

/** Stands for every province without a budget of its own. */
export const EVERY_PROVINCE = '*';

/** `province`: two-digit code, or EVERY_PROVINCE. */
export type BudgetRow = Readonly<typeof budgets.$inferSelect>;

/** Budgets that the operator has set, by province; at most 64. */
export function listBudgets({ orm }: Queryable): Promise<BudgetRow[]> {
  return orm.select().from(budgets).orderBy(budgets.province);
}

/** The budget set for a province, else that for every province; undefined if neither was set. */
export async function findBudget({ sql }: Queryable, province: string): Promise<BudgetRow | undefined> {
  const [row] = await sql<BudgetRow[]>`
    SELECT province, questions_per_hour AS "questionsPerHour", persons_per_hour AS "personsPerHour",
      questions_per_day AS "questionsPerDay", persons_per_day AS "personsPerDay"
    FROM budgets WHERE province IN (${province}, ${EVERY_PROVINCE}) ORDER BY province DESC LIMIT 1`;
  return row;
}

/** Sets a budget in place of an earlier one. */
export async function upsertBudget({ orm }: Queryable, row: BudgetRow): Promise<void> {
  const { province, ...set } = row;
  await orm
    .insert(budgets)
    .values({ province, ...set })
    .onConflictDoUpdate({ target: budgets.province, set });
}

/** Takes a budget away. */
export async function deleteBudget({ orm }: Queryable, province: string): Promise<void> {
  await orm.delete(budgets).where(eq(budgets.province, province));
}

export interface UseRow extends Asked {
  readonly province: string;
  readonly period: 'hour' | 'day';
}

/** What the provinces have asked in the hour and the day that began at `hour` and `day`. */
export function listUse({ orm }: Queryable, { hour, day }: { hour: number; day: number }): Promise<UseRow[]> {
  const { holder, period, beganAt, questions, persons } = askedCounts;
  return orm
    .select({ province: holder, period: sql<'hour' | 'day'>`${period}`, questions, persons })
    .from(askedCounts)
    .where(or(and(eq(period, 'hour'), eq(beganAt, hour)), and(eq(period, 'day'), eq(beganAt, day))))
    .orderBy(holder)
    .limit(200);
}
