/**
 * Waiting on conditions, never on time: a test that waits for what does not come ends by its own limit, and
 * says for what it waited.
 */
import { systemClock } from '../../shared/clock.ts';

const LIMIT_MS = 45_000;
const POLL_MS = 20;

/** Resolves when `condition` holds (it may throw meanwhile); fails naming `what` after `limitMs` (45 s). */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const untilMs = systemClock.nowMs() + limitMs;
  let last: unknown;
  while (systemClock.nowMs() < untilMs) {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await systemClock.sleep(POLL_MS);
  }
  throw new Error(`waited in vain for ${what}`, { cause: last });
}
