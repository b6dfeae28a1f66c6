/**
 * Where a trace looks first: the windows of its index cases. Source: README.md, Forward and Backward.
 */
import { vietnamMidnight } from '../../../shared/domain/instant.ts';
import { type Direction, daysToSeconds, type RulePack } from '../../../shared/domain/rule-pack.ts';

/** What of a case decides its window; instants in epoch seconds, `onsetOn` as YYYY-MM-DD. */
export interface IndexFacts {
  readonly onsetOn: string | null;
  readonly sampledAt: number | null;
  readonly isolatedAt: number | null;
}

/** `[from, until)`; empty if from = until, never from > until. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

export interface TraceTerms {
  readonly direction: Direction;
  readonly asOf: number;
  readonly rules: Pick<RulePack, 'infectious_days_before' | 'latent_days' | 'source_days'>;
}

/** The window of each case, in their order. Forward windows end by `asOf`. */
export function indexWindows(cases: readonly IndexFacts[], { direction, asOf, rules }: TraceTerms): Window[] {
  const onsets = cases.map(onsetOf);
  const earliestSource = Math.min(...onsets) - daysToSeconds(rules.source_days);
  return cases.map(({ isolatedAt }, index) => {
    const onset = onsets[index] as number;
    return direction === 'forward'
      ? window(onset - daysToSeconds(rules.infectious_days_before), Math.min(isolatedAt ?? asOf, asOf))
      : window(earliestSource, onset - daysToSeconds(rules.latent_days));
  });
}

/** Instant of onset: its midnight in Asia/Ho_Chi_Minh, else the sampling. */
function onsetOf({ onsetOn, sampledAt }: IndexFacts): number {
  return onsetOn === null ? (sampledAt as number) : vietnamMidnight(onsetOn);
}

/** Instants before 1970 cannot travel and nothing is recorded there. */
function window(from: number, until: number): Window {
  const end = Math.max(0, until);
  return { from: Math.min(Math.max(0, from), end), until: end };
}
