/**
 * Who goes first at one database: before each further step of a long change (an import) those go that have
 * one thing to change. Nobody is held for longer than a moment, and nothing is held while somebody waits.
 */
import { monotonicMs, systemClock } from '../clock.ts';

/** A step waits this long at most, so that a file gets on however many people write. */
const MOST_WAIT_MS = 100;
/** Somebody who has just written will write again. */
const SHARED_MS = 1_000;

export class Way {
  /** Who go first now; of them `#single` are known to have one thing to change. */
  #under = 0;
  #single = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #left = new AbortController();

  /** A change that goes first, until it is disposed of. */
  enter(): Disposable {
    const leave = this.#enter();
    this.#single++;
    return {
      [Symbol.dispose]: () => {
        this.note();
        this.#single--;
        leave();
      },
    };
  }

  /** A change that may be long: it goes first until its first step is done, then lets others go first. */
  goInSteps(): { step<R>(work: () => Promise<R>): Promise<R>; end(): void } {
    let leave: (() => void) | undefined = this.#enter();
    let steps = 0;
    const leaveOnce = () => {
      leave?.();
      leave = undefined;
    };
    return {
      step: async (work) => {
        if (steps++ > 0) await this.#clear();
        return work().finally(leaveOnce);
      },
      end: leaveOnce,
    };
  }

  /** Somebody has just changed one thing, whatever it looked like before. */
  note(): void {
    this.#lastAt = monotonicMs();
  }

  /** Whether somebody has been on it just now: a long change then goes in short steps. */
  get isShared(): boolean {
    return this.#single > 0 || monotonicMs() - this.#lastAt < SHARED_MS;
  }

  #enter(): () => void {
    this.#under++;
    return () => {
      this.#under--;
      if (this.#under > 0) return;
      this.#left.abort();
      this.#left = new AbortController();
    };
  }

  /** Resolves when nobody is on it, or after a moment. */
  async #clear(): Promise<void> {
    if (this.#under > 0) await systemClock.sleep(MOST_WAIT_MS, this.#left.signal);
  }
}

const ways = new WeakMap<object, Way>();

/** That of a database. */
export function wayOf(db: object): Way {
  const way = ways.get(db) ?? new Way();
  ways.set(db, way);
  return way;
}
