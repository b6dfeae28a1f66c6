/**
 * How a trace stands, as a node knows it: from the hub, or from what it heard of the hub last.
 */
import type { Direction } from '../../../shared/domain/rule-pack.ts';

export type TraceState = 'queued' | 'running' | 'partial' | 'complete' | 'closed';
export type CoverageState = 'current' | 'behind' | 'unreachable' | 'refused' | 'excluded';

/** What one province has contributed; instants in epoch seconds, null = never or unknown. */
export interface Coverage {
  readonly province: string;
  readonly state: CoverageState;
  readonly behind: number;
  readonly answeredAt: number | null;
  readonly dataAt: number | null;
  /** Why it refused, else empty. */
  readonly reason: string;
  /** Identifiers that its answers leave out because they have no token yet. */
  readonly pendingIdentifiers: number;
}

/** Status as the hub tells it; kept as JSON in `traces.status`. Instants in epoch seconds. */
export interface HubStatus {
  readonly state: TraceState;
  readonly province: string;
  readonly rules: number;
  readonly direction: Direction;
  readonly maxDegree: number;
  readonly asOf: number;
  readonly revision: number;
  readonly coverage: readonly Coverage[];
  /** Contacts by degree and by the province responsible. */
  readonly byDegree: Readonly<Record<string, number>>;
  readonly byProvince: Readonly<Record<string, number>>;
  readonly questions: number;
  readonly awaited: number;
  readonly openedAt: number | null;
  readonly completedAt: number | null;
  readonly elapsedMs: number;
  /** What somebody should look at: TRACE_DELAYED, TRACE_UNREADABLE, INDEX_WINDOW_EMPTY, and alarms. */
  readonly warnings: readonly string[];
  /**
   * For each entry of the opening's index: 1 = another province knows it, 0 = none that has answered does.
   * Empty if none has; absent or empty from a hub that does not say it.
   */
  readonly indexKnown?: readonly number[] | undefined;
}

/**
 * How a trace stood when somebody was shown contacts of it: what is missing is said wherever they go. The
 * state is unknown while the hub, which alone knows another province's trace, is away.
 */
export interface Completeness {
  readonly trace: string;
  readonly state: TraceState | 'unknown';
  /** Provinces that have not answered everything. */
  readonly missingProvinces: readonly string[];
  readonly rules: number | null;
}

/** What of a case looks wrong from here. */
export interface IndexWarning {
  readonly reason: 'INDEX_WINDOW_EMPTY' | 'INDEX_UNKNOWN' | 'INDEX_UNKNOWN_ANYWHERE';
  readonly case: string;
  /** Which of the case's identifiers, from 0; absent if it is the case as a whole. */
  readonly identifier?: number | undefined;
  /** Of that identifier in the opening's index; absent where a program of before noticed it. */
  readonly entry?: number | undefined;
}

/** What this province noticed of its cases, with what the hub says of the same revision's index. */
export function noticedBeyond(
  noticed: readonly IndexWarning[],
  { indexKnown = [] }: Pick<HubStatus, 'indexKnown'>,
): IndexWarning[] {
  return noticed.flatMap((one): IndexWarning[] => {
    const known = one.entry === undefined ? undefined : indexKnown[one.entry];
    // Somebody elsewhere knows it: it is no slip.
    if (known === 1) return [];
    return [known === 0 ? { ...one, reason: 'INDEX_UNKNOWN_ANYWHERE' } : one];
  });
}

/** What a node shows of a trace. */
export interface TraceStatus extends HubStatus {
  readonly id: string;
  /** Ids of its cases; empty at other provinces than the one that opened it. */
  readonly cases: readonly string[];
  /** What of its cases looks wrong; as `cases`. */
  readonly noticed: readonly IndexWarning[];
  /** Why the hub refused the opening, null if it did not. */
  readonly refusal: string | null;
  /** Grows with each amendment and with the end; null for another province's trace. */
  readonly version: number | null;
}

/** What of a trace's status goes with its contacts. */
export function completenessOf({ id, state, coverage, rules }: TraceStatus): Completeness {
  const missing = coverage.filter((one) => one.state !== 'current');
  return { trace: id, state, missingProvinces: missing.map(({ province }) => province).sort(), rules };
}

/** The same where nobody can say how the trace stands. */
export function completenessUnknown(id: string): Completeness {
  return { trace: id, state: 'unknown', missingProvinces: [], rules: null };
}
