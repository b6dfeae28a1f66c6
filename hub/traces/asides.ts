/**
 * Answers of one trace that were set aside (allowances.ts), taken up when the result of the others is out:
 * of each province in one trace at a time, so that one that floods all traces costs them no more than one.
 */
import type { ProvinceSession } from './province-session.ts';
import type { Turns } from './turns.ts';

export class Asides {
  readonly #turns: Turns;
  readonly #signal: AbortSignal;
  readonly #queued = new Set<ProvinceSession>();
  readonly #held = new Map<ProvinceSession, AsyncDisposable>();

  /** @param signal aborts when the trace is stopped. */
  constructor(turns: Turns, signal: AbortSignal) {
    this.#turns = turns;
    this.#signal = signal;
  }

  /** The result is out: turns are over, and whoever has something aside waits for the next. */
  next(sessions: readonly ProvinceSession[]): void {
    this.release();
    for (const session of sessions) {
      if (!session.hasAside || this.#queued.has(session)) continue;
      this.#queued.add(session);
      void this.#takeUp(session);
    }
  }

  async #takeUp(session: ProvinceSession): Promise<void> {
    const turn = await this.#turns.take(session.province, this.#signal);
    this.#queued.delete(session);
    this.#held.set(session, turn);
    if (this.#signal.aborted || !session.takeUpAside()) this.release();
  }

  release(): void {
    for (const turn of this.#held.values()) void turn[Symbol.asyncDispose]();
    this.#held.clear();
  }
}
