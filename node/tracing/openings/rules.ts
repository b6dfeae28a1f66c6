/**
 * Where a trace looks first: the windows of its index cases. Source: README.md, Forward and Backward.
 */
import { vietnamMidnight } from '../../../shared/domain/instant.ts';
import {
  type Direction,
  daysToSeconds,
  earliestKept,
  type RulePack,
} from '../../../shared/domain/rule-pack.ts';

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
  readonly rules: Pick<RulePack, 'infectious_days_before' | 'latent_days' | 'source_days' | 'retention_days'>;
}

/**
 * The window of each case, in their order; all end by `asOf`, and none begins before what is kept. Backward
 * all begin at one instant, also the empty ones: it is where the windows of labels begin.
 */
export function indexWindows(cases: readonly IndexFacts[], { direction, asOf, rules }: TraceTerms): Window[] {
  const onsets = cases.map(onsetOf);
  const earliest = earliestKept(asOf, rules);
  const source = onsets.reduce((a, b) => Math.min(a, b)) - daysToSeconds(rules.source_days);
  const begin = Math.min(Math.max(source, earliest), asOf);
  return cases.map(({ isolatedAt }, index) => {
    const onset = onsets[index] as number;
    return direction === 'forward'
      ? forward(onset - daysToSeconds(rules.infectious_days_before), {
          earliest,
          end: Math.min(isolatedAt ?? asOf, asOf),
        })
      : backward(begin, Math.min(onset - daysToSeconds(rules.latent_days), asOf));
  });
}

/** Instant of onset: its midnight in Asia/Ho_Chi_Minh, else the sampling. */
function onsetOf({ onsetOn, sampledAt }: IndexFacts): number {
  return onsetOn === null ? (sampledAt as number) : vietnamMidnight(onsetOn);
}

/** An empty window ends by `end`. */
function forward(from: number, { earliest, end }: { earliest: number; end: number }): Window {
  const until = Math.max(earliest, end);
  return { from: Math.min(Math.max(earliest, from), until), until };
}

/** The same, but an empty window begins at `from`. */
function backward(from: number, until: number): Window {
  return { from, until: Math.max(from, until) };
}
