/**
 * How long two persons met (README.md, How long two persons met): at each instant the strongest event
 * counts, with its weight. Nothing that is reported twice is counted twice.
 */

/** Events of one pair in one window, in parallel arrays of which the first `count` entries hold. */
export interface MeetingEvents {
  readonly from: ArrayLike<number>;
  readonly until: ArrayLike<number>;
  /** Percent, 0 to 100. */
  readonly weight: ArrayLike<number>;
}

/** ⌊Σ length · weight / 100⌋ over the instants covered by `order`, event positions sorted by their start. */
export function weightedSeconds(events: MeetingEvents, order: readonly number[]): number {
  const distinct = new Set<number>();
  for (const i of order) distinct.add(events.weight[i] as number);
  const descending = [...distinct].sort((a, b) => b - a);
  let sum = 0;
  let coveredBefore = 0;
  for (const weight of descending) {
    const covered = coveredSeconds(events, order, weight);
    sum += (covered - coveredBefore) * weight;
    coveredBefore = covered;
  }
  return Math.floor(sum / 100);
}

/** Length of the union of the events of at least `weight`; `order` is sorted by start. */
export function coveredSeconds(events: MeetingEvents, order: readonly number[], weight = 0): number {
  let covered = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const i of order) {
    if ((events.weight[i] as number) < weight) continue;
    const from = Math.max(events.from[i] as number, end);
    const until = events.until[i] as number;
    if (until <= from) continue;
    covered += until - from;
    end = until;
  }
  return covered;
}
