/**
 * How what leaves the program gets on: it waits, and is sent or becomes a dead letter, which a person tries
 * again or gives up. A dead letter holds up nobody: what is behind it about the same subject is sent. Pure.
 */
import type { Machine } from '../domain/machine.ts';
import { type AppError, isFinalRefusal } from '../errors.ts';

export const OUTGOING_STATES = ['waiting', 'sent', 'dead', 'discarded'] as const;

export type OutgoingState = (typeof OUTGOING_STATES)[number];
export type OutgoingCommand = 'retry' | 'discard';

export const OUTGOING: Machine<OutgoingState, OutgoingCommand, object, never> = {
  states: OUTGOING_STATES,
  commands: {
    retry: { from: ['dead'], to: 'waiting', act: 'outgoing.retry' },
    discard: { from: ['dead'], to: 'discarded', act: 'outgoing.discard' },
  },
  passes: [
    { from: 'waiting', to: 'sent' },
    { from: 'waiting', to: 'dead' },
  ],
};

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Eleven tries in about three days. Source: Standard Webhooks, "Retry schedule". */
export const PAUSES_MS: readonly number[] = [
  ...[0, 5 * SECOND, 300 * SECOND, HOUR / 2],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
];

/** Until the next try after `attempt` of them have failed; undefined: there is none. */
export function pauseAfter(
  attempt: number,
  error: Pick<AppError, 'code' | 'retryAfterSeconds'>,
  pausesMs: readonly number[],
): number | undefined {
  const pause = pausesMs[attempt - 1];
  if (pause === undefined || isFinalRefusal(error)) return undefined;
  return Math.max(pause, (error.retryAfterSeconds ?? 0) * SECOND);
}
