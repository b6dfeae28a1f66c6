/**
 * Makes the weekly partitions of check-ins and encounters ahead, for the weeks in which something can have
 * been seen, so that no import waits for one.
 */
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { type Loop, type LoopParts, startLoop } from '../../../shared/loop.ts';
import { ensurePartitions, partitionOf, WEEK_SECONDS } from '../../db/partitions.ts';
import type { RuleBook } from '../../federation/packs/operations.ts';
import { boundsAt } from './bounds.ts';

const EVERY_MS = 6 * 3_600_000;
/**
 * Rules that keep years would make a thousand tables that hardly anything lies in, and every question asks
 * all of them: weeks further back are made when a row that the rules allow comes from one.
 */
const MOST_WEEKS = 16;

interface WeeksCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly rules: Pick<RuleBook, 'inForceAt'>;
}

/** Instants of the weeks that can occur now, the latest first; at least those up to the end of tomorrow. */
export function weeksAt({ clock, rules }: Pick<WeeksCtx, 'clock' | 'rules'>): number[] {
  const now = nowSeconds(clock);
  const { earliest, end } = boundsAt(now, rules.inForceAt(now));
  // A week beyond, so that the loop may be late; none before, for that is being erased.
  const last = partitionOf('check_ins', end + WEEK_SECONDS);
  const count = Math.min(MOST_WEEKS + 1, Math.ceil((last.until - earliest) / WEEK_SECONDS));
  return Array.from({ length: count }, (_, i) => last.from - i * WEEK_SECONDS);
}

/** Makes what is missing, now and every six hours. */
export function startMakingWeeks(ctx: WeeksCtx & LoopParts): Loop {
  return startLoop({
    ...{ name: 'weeks', everyMs: EVERY_MS, clock: ctx.clock, logger: ctx.logger, watch: ctx.watch },
    pass: async () => {
      const weeks = weeksAt(ctx);
      await ensurePartitions(ctx.db, 'check_ins', weeks);
      await ensurePartitions(ctx.db, 'encounters', weeks);
    },
  });
}
