/**
 * Budgets as the province's operator sets them, and as tracing asks for them.
 */

import type { Caller } from '../../../shared/acts/access.ts';
import { findVersion, nextVersion } from '../../../shared/acts/versions.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database, Queryable } from '../../../shared/db/database.ts';
import { change, read } from './acts.ts';
import * as queries from './queries.ts';
import { type Asked, type Budget, DEFAULT_BUDGET } from './rules.ts';

export interface BudgetsCtx {
  readonly db: Database;
  readonly clock: Clock;
}

/** Budgets in force and what is used of them. */
export interface BudgetsView {
  /** Grows with each change of any of them. */
  readonly version: number;
  /** For every province without one of its own. */
  readonly default: Budget;
  readonly provinces: readonly (Budget & { readonly province: string })[];
  readonly used: readonly { readonly province: string; readonly hour: Asked; readonly day: Asked }[];
}

const NOTHING: Asked = { questions: 0, persons: 0 };

/** What a province's traces may ask this node. */
export async function budgetOf(db: Queryable, province: string): Promise<Budget> {
  return (await queries.findBudget(db, province)) ?? DEFAULT_BUDGET;
}

/** All budgets, and what this hour and this day have used of them. */
export function readBudgets(ctx: BudgetsCtx, caller: Caller): Promise<BudgetsView> {
  return read(ctx, caller, 'budgets.read', {}, () => findBudgets(ctx));
}

async function findBudgets({ db, clock }: BudgetsCtx): Promise<BudgetsView> {
  const [rows, use, version] = await Promise.all([
    queries.listBudgets(db),
    queries.listUse(db, periodsAt(nowSeconds(clock))),
    findVersion(db, 'budgets'),
  ]);
  const usedOf = (province: string, period: 'hour' | 'day') =>
    use.find((row) => row.province === province && row.period === period) ?? NOTHING;
  const isDefault = ({ province }: queries.BudgetRow) => province === queries.EVERY_PROVINCE;
  return {
    version,
    default: rows.find(isDefault) ?? DEFAULT_BUDGET,
    provinces: rows.filter((row) => !isDefault(row)),
    used: [...new Set(use.map(({ province }) => province))].map((province) => ({
      province,
      hour: usedOf(province, 'hour'),
      day: usedOf(province, 'day'),
    })),
  };
}

/** A change of one budget: of `province`, of every province without its own if that is undefined. */
export interface BudgetChange {
  readonly province?: string | undefined;
  /** null = as if none had been set. */
  readonly budget: Budget | null;
}

/** Sets or takes away a budget; on the record. Holds for the next question. */
export function changeBudget(ctx: BudgetsCtx, caller: Caller, wanted: BudgetChange): Promise<void> {
  const { province = queries.EVERY_PROVINCE, budget } = wanted;
  const detail = { province, ...(budget ? columnsOf(budget) : { removed: true }) };
  return change(ctx, caller, 'budgets.change', { detail }, async (tx, { note }) => {
    note({ version: await nextVersion(tx, caller, { name: 'budgets', action: 'budgets.changed' }) });
    if (budget) await queries.upsertBudget(tx, { province, ...budget });
    else await queries.deleteBudget(tx, province);
  });
}

/** A budget under the names that files, columns and JSON use. */
export function columnsOf(budget: Budget) {
  return {
    questions_per_hour: budget.questionsPerHour,
    persons_per_hour: budget.personsPerHour,
    questions_per_day: budget.questionsPerDay,
    persons_per_day: budget.personsPerDay,
  };
}

/** When the clock hour and day of an instant began; all in epoch seconds. */
export function periodsAt(now: number): { hour: number; day: number } {
  return { hour: now - (now % 3_600), day: now - (now % 86_400) };
}
