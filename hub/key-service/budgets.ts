/**
 * The key service's budgets as the hub's operator sets them, and what the provinces have used.
 */
import type { Caller } from '../../shared/acts/access.ts';
import { findVersion, nextVersion } from '../../shared/acts/versions.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { change, read } from './acts.ts';
import * as queries from './queries.ts';
import { DEFAULT_KEY_BUDGET, type KeyBudget, type KeyUse } from './rules.ts';

export interface KeyBudgetsCtx {
  readonly db: Database;
  readonly clock: Clock;
}

export interface KeyBudgetsView {
  /** Grows with each change of any of them. */
  readonly version: number;
  /** For every province without one of its own. */
  readonly default: KeyBudget;
  readonly provinces: readonly (KeyBudget & { readonly province: string })[];
  readonly used: readonly (KeyUse & { readonly province: string })[];
}

/** All budgets, and what this hour, this day and the first loading have used of them. */
export function readKeyBudgets(ctx: KeyBudgetsCtx, caller: Caller): Promise<KeyBudgetsView> {
  return read(ctx, caller, 'key_budgets.read', {}, () => findKeyBudgets(ctx));
}

async function findKeyBudgets({ db, clock }: KeyBudgetsCtx): Promise<KeyBudgetsView> {
  const now = nowSeconds(clock);
  const [rows, used, version] = await Promise.all([
    queries.listKeyBudgets(db),
    queries.listKeyUse(db, { hour: now - (now % 3_600), day: now - (now % 86_400) }),
    findVersion(db, 'budgets'),
  ]);
  const isDefault = ({ province }: queries.KeyBudgetRow) => province === queries.EVERY_PROVINCE;
  return {
    version,
    default: rows.find(isDefault) ?? DEFAULT_KEY_BUDGET,
    provinces: rows.filter((row) => !isDefault(row)),
    used,
  };
}

/** A change of one budget: of `province`, of every province without its own if that is undefined. */
export interface KeyBudgetChange {
  readonly province?: string | undefined;
  /** null = as if none had been set. */
  readonly budget: KeyBudget | null;
}

/** Sets or takes away a budget; on the record. Holds for the next request. */
export function changeKeyBudget(ctx: KeyBudgetsCtx, caller: Caller, wanted: KeyBudgetChange): Promise<void> {
  const { province = queries.EVERY_PROVINCE, budget } = wanted;
  const detail = { province, ...(budget ? columnsOf(budget) : { removed: true }) };
  return change(ctx, caller, 'key_budgets.change', { detail }, async (tx, { note }) => {
    note({ version: await nextVersion(tx, caller, { name: 'budgets', action: 'budgets.changed' }) });
    if (budget) await queries.upsertKeyBudget(tx, { province, ...budget });
    else await queries.deleteKeyBudget(tx, province);
  });
}

/** A budget under the names that columns and JSON use. */
export function columnsOf({ perHour, perDay, firstLoading, casesPerDay }: KeyBudget) {
  return { per_hour: perHour, per_day: perDay, first_loading: firstLoading, cases_per_day: casesPerDay };
}
