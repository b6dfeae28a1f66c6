/**
 * The state of a trace as the hub tells it: what is known, by whom, and what is missing. No person is in it.
 */
import type { Direction } from '../../shared/domain/rule-pack.ts';

export type TraceStateWord = 'queued' | 'running' | 'partial' | 'complete' | 'closed';
/** `excluded`: its answers do not count, by the word of the hub's operator or because it brought too much. */
export type CoverageWord = 'current' | 'behind' | 'unreachable' | 'refused' | 'excluded';

/** What one province has contributed. Instants are epoch seconds; 0 = never or unknown. */
export interface CoverageView {
  readonly province: string;
  readonly state: CoverageWord;
  /** Questions without an answer that still holds. */
  readonly behind: number;
  readonly answeredAt: number;
  readonly dataAt: number;
  /** Why it refused, or is behind (PROTOCOL_OLDER, TOKENS_PENDING, ANSWER_SET_ASIDE), else empty. */
  readonly reason: string;
  /** Identifiers that its answers leave out because they have no token yet. */
  readonly pendingIdentifiers: number;
}

export interface TraceStatusView {
  readonly id: string;
  readonly state: TraceStateWord;
  /** Province that opened it. */
  readonly province: string;
  readonly rules: number;
  readonly direction: Direction;
  readonly maxDegree: number;
  readonly asOf: number;
  readonly revision: number;
  readonly coverage: readonly CoverageView[];
  /** Contacts by degree and by responsible province, those that the provinces hold or are about to. */
  readonly byDegree: ReadonlyMap<number, number>;
  readonly byProvince: ReadonlyMap<string, number>;
  /** Codes of the provinces that also claim contacts which others are responsible for. */
  readonly claimants: readonly string[];
  readonly questions: number;
  readonly awaited: number;
  readonly openedAtMs: number;
  readonly completedAtMs: number | null;
  /** From the accepted request to completion, or until now. */
  readonly elapsedMs: number;
  /** What somebody should look at: TRACE_DELAYED, TRACE_UNREADABLE, INDEX_WINDOW_EMPTY, and alarms. */
  readonly warnings: readonly string[];
  /**
   * For each entry of the index whether another province knows it (shared/trace/index-known.ts); empty while
   * none has answered.
   */
  readonly indexKnown: readonly number[];
}
