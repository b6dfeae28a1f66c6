/**
 * A small seeded source of randomness for generated worlds: the same seed, the same world, on every machine.
 * Not for secrets.
 */
import { Dice } from '../../deploy/demo/outbreak/dice.ts';

/** Draws from one seed; every method consumes from the same sequence. */
export class Random extends Dice {
  /** One item of a list that is not empty; an item listed twice is twice as likely. */
  override pick<T>(items: readonly T[]): T {
    const item = super.pick(items) as T | undefined;
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** All items in random order. */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.int(0, left.length - 1), 1)[0] as T);
  }

  /** `count` different items (all, if there are fewer), in random order. */
  override some<T>(count: number, items: readonly T[]): T[] {
    return this.shuffled(items).slice(0, count);
  }
}
