/**
 * The table `budgets`, and what has been used of them.
 */
import type { Queryable } from '../../../shared/db/database.ts';
import type { Asked, Budget } from './rules.ts';

/** Stands for every province without a budget of its own. */
export const EVERY_PROVINCE = '*';

export interface BudgetRow extends Budget {
  /** Two-digit code, or EVERY_PROVINCE. */
  readonly province: string;
}

/** Budgets that the operator has set, by province; at most 64. */
export function listBudgets({ sql }: Queryable): Promise<BudgetRow[]> {
  return sql<BudgetRow[]>`SELECT ${sql.unsafe(COLUMNS)} FROM budgets ORDER BY province`;
}

/** The budget set for a province, else that for every province; undefined if neither was set. */
export async function findBudget({ sql }: Queryable, province: string): Promise<BudgetRow | undefined> {
  const [row] = await sql<BudgetRow[]>`SELECT ${sql.unsafe(COLUMNS)} FROM budgets
    WHERE province IN (${province}, ${EVERY_PROVINCE}) ORDER BY province DESC LIMIT 1`;
  return row;
}

const COLUMNS = `province, questions_per_hour AS "questionsPerHour", persons_per_hour AS "personsPerHour",
  questions_per_day AS "questionsPerDay", persons_per_day AS "personsPerDay"`;

/** Sets a budget in place of an earlier one. */
export async function upsertBudget({ sql }: Queryable, row: BudgetRow): Promise<void> {
  await sql`INSERT INTO budgets
    VALUES (${row.province}, ${row.questionsPerHour}, ${row.personsPerHour}, ${row.questionsPerDay},
      ${row.personsPerDay})
    ON CONFLICT (province) DO UPDATE SET questions_per_hour = excluded.questions_per_hour,
      persons_per_hour = excluded.persons_per_hour, questions_per_day = excluded.questions_per_day,
      persons_per_day = excluded.persons_per_day`;
}

/** Takes a budget away. */
export async function deleteBudget({ sql }: Queryable, province: string): Promise<void> {
  await sql`DELETE FROM budgets WHERE province = ${province}`;
}

export interface UseRow extends Asked {
  readonly province: string;
  readonly period: 'hour' | 'day';
}

/** What the provinces have asked in the hour and the day that began at `hour` and `day`. */
export function listUse({ sql }: Queryable, { hour, day }: { hour: number; day: number }): Promise<UseRow[]> {
  return sql<UseRow[]>`SELECT holder AS province, period, questions, persons FROM asked_counts
    WHERE (period = 'hour' AND began_at = ${hour}) OR (period = 'day' AND began_at = ${day})
    ORDER BY holder LIMIT 200`;
}
