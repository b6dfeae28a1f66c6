/**
 * How many identifiers a province may turn into tokens. Daily use has an hourly and a daily budget; what goes
 * beyond them is taken from the province's first loading, which is granted once. A node needs to declare
 * nothing, and one that guesses phone numbers has used it up when its registers are loaded. Pure.
 */

/** Evaluations. */
export interface KeyBudget {
  readonly perHour: number;
  readonly perDay: number;
  /** In all, beyond daily use. */
  readonly firstLoading: number;
}

/**
 * Until the operator says otherwise. The largest province has nine million people, most of them under a cccd
 * and a phone; strangers who scan there come on top by the day. Of the thousand million numbers that a
 * Vietnamese phone can have a province could thus try two in a hundred before it has to wait, and one in a
 * thousand a day from then on, on the record.
 */
export const DEFAULT_KEY_BUDGET: KeyBudget = {
  perHour: 200_000,
  perDay: 1_000_000,
  firstLoading: 20_000_000,
};

/** What a province has used: this hour, this day, and ever of its first loading. */
export interface KeyUse {
  readonly hour: number;
  readonly day: number;
  readonly loading: number;
}

/** How `count` more evaluations are paid for; undefined if they are not to be had. */
export function payFor(
  count: number,
  budget: KeyBudget,
  used: KeyUse,
): { daily: number; loading: number } | undefined {
  const left = Math.max(0, Math.min(budget.perHour - used.hour, budget.perDay - used.day));
  const daily = Math.min(count, left);
  const loading = count - daily;
  return used.loading + loading <= budget.firstLoading || loading === 0 ? { daily, loading } : undefined;
}
