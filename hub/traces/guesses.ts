/**
 * How many contacts of the traces that a province opened in a day may be guesses (shared/trace/alarms.ts),
 * closed traces included: who splits guesses over many traces closes them, too. In memory alone: after a
 * start of the hub the day begins anew.
 */
import type { Clock } from '../../shared/clock.ts';

const DAY_MS = 86_400_000;

interface GuessedTrace {
  readonly id: string;
  readonly province: string;
  readonly openedAtMs: number;
}

export class Guesses {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #traces = new Map<string, GuessedTrace & { readonly guesses: number }>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** What the trace has now; those in the others of its province and day. */
  note({ id, province, openedAtMs }: GuessedTrace, guesses: number): number {
    this.#forget();
    if (guesses > 0) this.#traces.set(id, { id, province, openedAtMs, guesses });
    else this.#traces.delete(id);
    let others = 0;
    for (const one of this.#traces.values())
      if (one.province === province && one.id !== id) others += one.guesses;
    return others;
  }

  #forget(): void {
    const since = this.#clock.nowMs() - DAY_MS;
    for (const { id, openedAtMs } of this.#traces.values()) if (openedAtMs < since) this.#traces.delete(id);
  }
}
