/**
 * Traces to be taken up in the background, a few at a time: all that were in motion when the hub starts, or
 * all that wait for a province that comes back. Whoever asks for one of them does not wait in this queue.
 */
import type { Clock } from '../../shared/clock.ts';
import { toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../shared/loop.ts';

export interface WakeQueueOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch: LoopWatch | undefined;
  /** Takes a trace up. UNAVAILABLE is tried again; whatever else is wrong with a trace, it has been told. */
  take(id: string): Promise<void>;
}

/** Each reads a whole trace into memory. */
const AT_ONCE = 4;
const IDLE_MS = 600_000;

export class WakeQueue implements AsyncDisposable {
  readonly #options: WakeQueueOptions;
  readonly #ids = new Set<string>();
  #loop: Loop | undefined;

  constructor(options: WakeQueueOptions) {
    this.#options = options;
  }

  add(ids: readonly string[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#ids.add(id);
    const { clock, logger, watch } = this.#options;
    const pass = (signal: AbortSignal) => this.#pass(signal);
    this.#loop ??= startLoop({ name: 'trace-restore', everyMs: IDLE_MS, clock, logger, watch, pass });
    this.#loop.wake();
  }

  async #pass(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#work(signal)));
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let [id] = this.#ids; id !== undefined && !signal.aborted; [id] = this.#ids) {
      this.#ids.delete(id);
      try {
        await this.#options.take(id);
      } catch (error) {
        if (toAppError(error).code !== 'UNAVAILABLE') continue;
        this.#ids.add(id);
        throw error;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ids.clear();
    await this.#loop?.[Symbol.asyncDispose]();
  }
}
