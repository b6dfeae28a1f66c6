/**
 * A small seeded source of randomness for generated worlds: the same seed, the same world, on every machine.
 * Not for secrets.
 */

/** Draws from one seed; every method consumes from the same sequence. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number in [0, 1) (mulberry32). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1));
  }

  /** True in `percent` of 100 draws. */
  chance(percent: number): boolean {
    return this.#next() * 100 < percent;
  }

  /** One item of a list that is not empty; an item listed twice is twice as likely. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** All items in random order. */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.int(0, left.length - 1), 1)[0] as T);
  }

  /** `count` different items (all, if there are fewer), in random order. */
  some<T>(count: number, items: readonly T[]): T[] {
    return this.shuffled(items).slice(0, count);
  }
}
