/**
 * Forgets answered requests once nobody asks for their answers again, a batch at a time: others who note
 * theirs wait for a moment at most.
 */
import { type Clock, nowSeconds } from '../clock.ts';
import { type Database, withTransaction } from '../db/database.ts';
import type { Logger } from '../log.ts';
import { type Loop, type LoopWatch, startLoop } from '../loop.ts';
import { forgetRequests } from './requests.ts';

const EVERY_MS = 10 * 60_000;
const BATCH = 1_000;

export interface ForgettingOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly watch?: LoopWatch | undefined;
}

/** Starts to forget; disposing ends it. */
export function startForgetting({ db, clock, logger, watch }: ForgettingOptions): Loop {
  return startLoop({
    ...{ name: 'requests', everyMs: EVERY_MS, clock, logger, watch },
    pass: async () => {
      const gone = await withTransaction(db, (tx) => forgetRequests(tx, nowSeconds(clock), BATCH));
      return gone === BATCH ? { nextInMs: 0 } : undefined;
    },
  });
}
