/**
 * Lets small traces go before large ones. A fold cannot be interrupted, and all traces share one thread: so
 * a trace whose last step was long pauses after it as long as others are at work, for a multiple of what it
 * took. A flood, or a true crowd, has a fifth of the hub then, and all of it when nobody else wants any.
 */
import { type Clock, monotonicMs } from '../../shared/clock.ts';

/** A step of a trace of a thousand people takes less. */
const LONG_MS = 25;
const PAUSE = 4;
/** How soon is seen that nobody else is at work any more. */
const LOOK_MS = 20;

export class Pace {
  readonly #clock: Pick<Clock, 'sleep'>;
  /** Of the traces at work, milliseconds of work since the last turn; who waits for one has those still. */
  readonly #atWork = new Map<string, number>();
  #freeAtMs = 0;

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
  }

  /** Resolves when it is the trace's turn to do the work of a step, or `signal` aborts. */
  async turn(id: string, signal: AbortSignal): Promise<void> {
    if ((this.#atWork.get(id) ?? 0) >= LONG_MS) {
      for (;;) {
        const waitMs = this.#freeAtMs - monotonicMs();
        if (waitMs <= 0 || signal.aborted || !this.#othersAtWork(id)) break;
        await this.#clock.sleep(Math.min(waitMs, LOOK_MS), signal);
      }
    }
    this.#atWork.set(id, 0);
  }

  /** Does a piece of work of the trace. */
  work<T>(id: string, piece: () => T): T {
    const beganMs = monotonicMs();
    try {
      return piece();
    } finally {
      const now = monotonicMs();
      const ms = (this.#atWork.get(id) ?? 0) + now - beganMs;
      this.#atWork.set(id, ms);
      if (ms >= LONG_MS) this.#freeAtMs = Math.max(this.#freeAtMs, now) + PAUSE * (now - beganMs);
    }
  }

  /** The trace has nothing to do now. */
  rest(id: string): void {
    this.#atWork.delete(id);
  }

  #othersAtWork(id: string): boolean {
    return [...this.#atWork].some(([other, ms]) => other !== id && ms < LONG_MS);
  }
}
