/**
 * What one province's session (province-session.ts) needs of its trace and tells it, and is to it.
 */
import type { Clock } from '../../shared/clock.ts';
import type { AnswerHeader } from '../../shared/grpc/trace-messages.ts';
import type { Logger } from '../../shared/log.ts';
import type { AnswerVersion } from '../../shared/trace/messages.ts';
import type { OpeningRow } from './queries.ts';

/** A session, as its trace is told of it. */
export interface AskedProvince {
  readonly province: string;
  readonly exclusion: string | undefined;
  readonly isByItself: boolean;
  heard(answeredAt: number, header: AnswerHeader): void;
  settles(seq: number, version: AnswerVersion): boolean;
  settle(seq: number): void;
  setAside(seq: number): void;
}

/** What the session needs of its trace. */
export interface SessionTrace {
  readonly id: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A refusal may end: a budget is refilled, a clock is set right. */
  readonly refusedRetryMs: number;
  /** Aborts when the trace is closed or the hub stops. */
  readonly signal: AbortSignal;
  /** All revisions of the opening, ascending. */
  openings(): readonly OpeningRow[];
  /** The encoded TraceRequest of a question. */
  request(seq: number): Uint8Array;
  /** Bytes from which on an answer of the province to a question is not read further. */
  mostBytes(session: AskedProvince, seq: number): number;
  /** An answer was longer: the rest of it is not read. */
  onTooMuch(session: AskedProvince, seq: number): void;
  /** Takes an encoded answer. Throws if it is none to a question of this trace. */
  onAnswer(session: AskedProvince, body: Uint8Array): void;
  /** A province accepted the warrant in this life of its node. */
  onIncarnation(session: AskedProvince, incarnation: number): void;
  /** Deliveries up to `seq` are applied. */
  onDelivered(session: AskedProvince, seq: number): void;
  /** Something that rounds or coverage depend on has changed. */
  onProgress(): void;
}
