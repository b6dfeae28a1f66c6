/**
 * How many identifiers a province may turn into tokens. Daily use has an hourly and a daily budget; what goes
 * beyond them is taken from the province's first loading, which is granted once. A node needs to declare
 * nothing, and one that guesses phone numbers has used it up when its registers are loaded. Cases whose
 * traces wait have a budget apart, so that no flood of others keeps them waiting. Pure.
 */

/** Evaluations. */
export interface KeyBudget {
  readonly perHour: number;
  readonly perDay: number;
  /** In all, beyond daily use. */
  readonly firstLoading: number;
  /** For identifiers of cases that are traced, before they are paid as all others. */
  readonly casesPerDay: number;
}

/**
 * Until the operator says otherwise. The largest province has nine million people, most of them under a cccd
 * and a phone; strangers who scan there come on top by the day. Of the thousand million numbers that a
 * Vietnamese phone can have a province could thus try two in a hundred before it has to wait, and one in a
 * thousand a day from then on, on the record. HCMC's worst day of 2021 had 10,011 cases, of a few identifiers
 * each.
 */
export const DEFAULT_KEY_BUDGET: KeyBudget = {
  perHour: 200_000,
  perDay: 1_000_000,
  firstLoading: 20_000_000,
  casesPerDay: 40_000,
};

/** What a province has used: this hour, this day, ever of its first loading, and for cases this day. */
export interface KeyUse {
  readonly hour: number;
  readonly day: number;
  readonly loading: number;
  readonly cases: number;
}

/** How evaluations are paid for: their sum is their number. */
export interface KeyPayment {
  readonly daily: number;
  readonly loading: number;
  readonly cases: number;
}

/** How `count` more evaluations are paid for; undefined if they are not to be had. */
export function payFor(
  { count, forCases }: { readonly count: number; readonly forCases: boolean },
  budget: KeyBudget,
  used: KeyUse,
): KeyPayment | undefined {
  const cases = forCases ? Math.min(count, Math.max(0, budget.casesPerDay - used.cases)) : 0;
  const daily = Math.min(count - cases, leftOfDaily(budget, used));
  const loading = count - cases - daily;
  return used.loading + loading <= budget.firstLoading || loading === 0
    ? { daily, loading, cases }
    : undefined;
}

/** Whether less than a fifth of daily use is to be had now, first loading included. */
export function isLow(budget: KeyBudget, used: KeyUse): boolean {
  const left = leftOfDaily(budget, used) + Math.max(0, budget.firstLoading - used.loading);
  return left * 5 < Math.min(budget.perHour, budget.perDay);
}

function leftOfDaily(budget: KeyBudget, used: KeyUse): number {
  return Math.max(0, Math.min(budget.perHour - used.hour, budget.perDay - used.day));
}
