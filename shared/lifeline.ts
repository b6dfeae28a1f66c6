/**
 * Ties a program's life to its launcher's: the launcher holds the other end of the program's standard
 * input, which the kernel closes when the launcher is gone, however it went. Programs started by hand or by
 * systemd have no lifeline.
 */
import type { Readable } from 'node:stream';
import { systemClock } from './clock.ts';
import type { Env } from './config.ts';

/** What a launcher puts into the environment of a program whose standard input is a lifeline. */
export const LIFELINE: Env = { TRUYVET_LIFELINE: 'stdin' };

/** How long a program may take to stop in good order once nobody holds it any more. */
const STOP_MS = 3_000;

/**
 * Calls `stop` when the launcher is gone, and ends the process if it still runs 3 s later: what nobody
 * watches must not stay. Does nothing, for ever, in a program without a lifeline.
 */
export function holdLifeline(env: Env, stop: () => void, stdin: Readable = process.stdin): void {
  if (env.TRUYVET_LIFELINE !== LIFELINE.TRUYVET_LIFELINE) return;
  const cut = () => {
    stdin.removeAllListeners();
    // A last error on a broken pipe must not stand in the way of stopping.
    stdin.on('error', () => undefined);
    stop();
    void systemClock.sleep(STOP_MS).then(() => process.exit(1));
  };
  stdin.once('end', cut).once('close', cut).once('error', cut);
  stdin.resume();
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
}
