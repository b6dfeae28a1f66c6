/**
 * How a trace stood when it was put to rest or closed, as it is stored: what the hub can say of it without
 * its fold.
 */
import type { Direction } from '../../shared/domain/rule-pack.ts';
import type { CoverageView, TraceStateWord, TraceStatusView } from './status.ts';

/** As JSON in `traces.status`; without what its row says. */
export interface StoredStatus {
  readonly state: TraceStateWord;
  readonly rules: number;
  readonly direction: Direction;
  readonly maxDegree: number;
  readonly asOf: number;
  readonly revision: number;
  readonly coverage: readonly CoverageView[];
  readonly byDegree: Readonly<Record<string, number>>;
  readonly byProvince: Readonly<Record<string, number>>;
  /** Left out by hubs that told nobody. */
  readonly claimants?: readonly string[];
  readonly questions: number;
  readonly awaited: number;
  /** Left out by hubs that did not keep them. */
  readonly warnings?: readonly string[];
  readonly indexKnown?: readonly number[];
  /** When its latest revision began to be worked on, epoch milliseconds. */
  readonly startedAtMs: number;
}

/** What the trace's row says. */
export interface StatusRow {
  readonly id: string;
  readonly province: string;
  readonly openedAtMs: number;
  readonly completedAtMs: number | null;
}

export function toStored(view: TraceStatusView, startedAtMs: number): StoredStatus {
  const { state, rules, direction, maxDegree, asOf, revision, coverage, questions, awaited, warnings } = view;
  const { claimants, indexKnown } = view;
  return {
    ...{ state, rules, direction, maxDegree, asOf, revision, coverage, questions, awaited, startedAtMs },
    ...{ claimants, indexKnown },
    // A delay passes, and is at the hub.
    warnings: warnings.filter((warning) => warning !== 'TRACE_DELAYED'),
    byDegree: Object.fromEntries(view.byDegree),
    byProvince: Object.fromEntries(view.byProvince),
  };
}

/** The stored status of an open trace at `nowMs`; provinces that are revoked or refuse are shown as such. */
export function restingView(
  row: StatusRow,
  stored: StoredStatus,
  { nowMs, refusalOf }: { nowMs: number; refusalOf(province: string): string },
): TraceStatusView {
  const coverage = stored.coverage.map((one): CoverageView => {
    const reason = refusalOf(one.province);
    return one.state === 'excluded' || reason === '' ? one : { ...one, state: 'refused', reason };
  });
  const isCurrent = coverage.every(({ state }) => state === 'current');
  return {
    ...fromStored(row, stored),
    coverage,
    state: stored.state === 'complete' && !isCurrent ? 'partial' : stored.state,
    elapsedMs: (row.completedAtMs ?? nowMs) - stored.startedAtMs,
  };
}

/** The stored status of a trace that was closed at `closedAtMs`; coverage is no longer kept. */
export function closedView(row: StatusRow & { closedAtMs: number }, stored: StoredStatus): TraceStatusView {
  return {
    ...fromStored(row, stored),
    ...{ state: 'closed', coverage: [], questions: 0, awaited: 0 },
    elapsedMs: (row.completedAtMs ?? row.closedAtMs) - row.openedAtMs,
  };
}

function fromStored({ id, province, openedAtMs, completedAtMs }: StatusRow, stored: StoredStatus) {
  const { startedAtMs: _, byDegree, byProvince, ...same } = stored;
  return {
    ...same,
    ...{ id, province, openedAtMs, completedAtMs },
    byDegree: new Map(Object.entries(byDegree).map(([degree, count]) => [Number(degree), count])),
    byProvince: new Map(Object.entries(byProvince)),
    warnings: stored.warnings ?? [],
    claimants: stored.claimants ?? [],
    indexKnown: stored.indexKnown ?? [],
  };
}
