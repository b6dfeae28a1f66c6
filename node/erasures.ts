/**
 * What a node erases after the rules' time, in this order: each room erases its own.
 */
import type { Clock } from '../shared/clock.ts';
import type { Database, Queryable } from '../shared/db/database.ts';
import type { Erasure } from '../shared/erasing.ts';
import type { RuleBook } from './federation/packs/operations.ts';
import { eraseWeeks } from './records/intake/erasing.ts';
import { PeopleErasing } from './records/people/erasing.ts';
import { eraseTraces } from './tracing/erasing.ts';
import { isReached, type Reached } from './tracing/openings/reach.ts';

export interface ErasingCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly rules: Pick<RuleBook, 'inForceAt' | 'pack'>;
}

/** All of them, for the loop (shared/erasing.ts). */
export function erasuresOf(ctx: ErasingCtx): Erasure[] {
  const reached = (db: Queryable, interval: Reached) => isReached(db, interval, ctx.rules.pack);
  const people = new PeopleErasing(ctx);
  return [
    () => eraseTraces(ctx),
    () => eraseWeeks({ ...ctx, isReached: reached }),
    // Last: what was named by the others is named no more.
    () => people.erase(),
  ];
}
