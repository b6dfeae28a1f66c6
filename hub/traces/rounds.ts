/**
 * Has something done by the provinces, all at once or a few at a time, and waits for them no longer than a
 * round's deadline. Measures what each took: a slow province must be seen.
 */
import { type Clock, monotonicMs } from '../../shared/clock.ts';
import type { ChangeSignal } from './change-signal.ts';
import type { ProvinceSession } from './province-session.ts';

export interface RoundsOptions {
  readonly clock: Clock;
  readonly changes: ChangeSignal;
  readonly deadlineMs: number;
  /** Provinces that are asked at the same time, all unless told; benchmarks ask one by one. */
  readonly fanout?: number | undefined;
  readonly stop: AbortSignal;
}

export interface ProvinceTime {
  readonly province: string;
  readonly ms: number;
}

/** A piece of work for a province. */
export interface Task {
  start(session: ProvinceSession): void;
  /** Whether the round should still wait for the province. */
  isBusy(session: ProvinceSession): boolean;
}

export class Rounds {
  readonly #options: RoundsOptions;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /**
   * Starts the task at every session and waits for it; provinces with nothing to do are left out of the
   * times.
   */
  async run(sessions: readonly ProvinceSession[], task: Task): Promise<ProvinceTime[]> {
    const { fanout = Math.max(1, sessions.length), stop } = this.#options;
    const times: ProvinceTime[] = [];
    for (let at = 0; at < sessions.length && !stop.aborted; at += fanout) {
      times.push(...(await this.#runBatch(sessions.slice(at, at + fanout), task)));
    }
    return times;
  }

  async #runBatch(sessions: readonly ProvinceSession[], task: Task): Promise<ProvinceTime[]> {
    const startedMs = monotonicMs();
    for (const session of sessions) task.start(session);
    const times: ProvinceTime[] = [];
    let busy = sessions.filter((session) => task.isBusy(session));
    await this.#waitWhile(() => {
      const still = busy.filter((session) => task.isBusy(session));
      const ms = monotonicMs() - startedMs;
      for (const session of busy)
        if (!still.includes(session)) times.push({ province: session.province, ms });
      busy = still;
      return busy.length > 0;
    });
    return times;
  }

  async #waitWhile(condition: () => boolean): Promise<void> {
    const { clock, changes, deadlineMs, stop } = this.#options;
    if (!condition()) return;
    const timeout = new AbortController();
    let expired = false;
    const deadline = clock.sleep(deadlineMs, timeout.signal).then(() => {
      expired = true;
      changes.mark();
    });
    while (!stop.aborted && !expired && condition()) await changes.next();
    timeout.abort();
    await deadline;
    // Somebody may have to look at what ended the wait.
    changes.mark();
  }
}
