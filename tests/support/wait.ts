/**
 * Waiting on conditions, never on time: a test that waits for what does not come ends by its own limit, and
 * says for what it waited.
 */
import { systemClock } from '../../shared/clock.ts';

const LIMIT_MS = 45_000;
/** Bounds of the pause before it is asked again: a fifth of what it has taken so far. */
const PAUSE_MS = { least: 10, most: 100 };

/** Resolves when `condition` holds (it may throw meanwhile); fails naming `what` after `limitMs` (45 s). */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const sinceMs = systemClock.nowMs();
  let waitedMs = 0;
  let last: unknown;
  while (waitedMs < limitMs) {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    waitedMs = systemClock.nowMs() - sinceMs;
    await systemClock.sleep(Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, waitedMs / 5)));
  }
  throw new Error(`waited in vain for ${what}`, { cause: last });
}
