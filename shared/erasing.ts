/**
 * The one loop of a program that erases what has been kept long enough. Owns when, and that one thing that
 * cannot be erased does not keep the others; what is erased is each room's own.
 */
import { type Loop, type LoopParts, startLoop } from './loop.ts';

/** A start has better to do: its first pass comes after this part of what lies between two. */
const FIRST_IN = 1 / 10;

/** Erases some of what is due; whether there is more. A crash in the midst of it harms nothing. */
export type Erasure = () => Promise<boolean>;

/** Goes through all of them, again and again, with `everyMs` between two passes. */
export function startErasing(
  erasures: readonly Erasure[],
  { everyMs, ...parts }: LoopParts & { readonly everyMs: number },
): Loop {
  return startLoop({
    ...{ name: 'erasing', everyMs, firstInMs: everyMs * FIRST_IN, ...parts },
    pass: async (signal) => {
      const failures: unknown[] = [];
      let more = false;
      for (const erase of erasures) {
        if (signal.aborted) return undefined;
        try {
          more = (await erase()) || more;
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return more ? { nextInMs: 0 } : undefined;
    },
  });
}
