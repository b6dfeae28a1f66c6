/**
 * Break-glass: somebody reads beyond the own area, for a while, with a reason, on the record; a supervisor
 * sees each and says what they think of it. Reasons are free text: they go to supervisors and nowhere else.
 */
import { type BreakGlass, type Caller, isAreaWithin } from '../../../shared/acts/access.ts';
import { changeAs, readAs } from '../../../shared/acts/act.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import { isAreaOf } from '../../../shared/gazetteer.ts';
import { newId } from '../../../shared/ids.ts';
import { lockIntake } from '../../records/people/operations.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import * as queries from './queries.ts';
import { MAX_OPEN, type Verdict } from './rules.ts';

export type { BreakGlassPage, BreakGlassRow } from './queries.ts';

export interface BreakGlassContext {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly clock: Clock;
  readonly province: string;
}

export interface BreakGlassRequest {
  readonly reason: string;
  readonly area: string;
  readonly minutes: number;
}

/**
 * Opens reading in a wider area. Throws INVALID_FIELD (no area of this province), FAILED_PRECONDITION
 * ALREADY_IN_AREA, RESOURCE_EXHAUSTED TOO_MANY_OPEN.
 */
export function openBreakGlass(
  ctx: BreakGlassContext,
  caller: Caller,
  { reason, area, minutes }: BreakGlassRequest,
): Promise<BreakGlass> {
  const id = newId();
  const detail = { break_glass: id, area, minutes };
  const act = { group: 'break_glass.open', action: 'break_glass.opened', detail } as const;
  return changeAs(ctx, caller, act, async (tx, { scope }) => {
    if (!isAreaOf(area, ctx.province)) throw invalidField('area', 'no area of this province');
    if (isAreaWithin(scope, area))
      throw new AppError('FAILED_PRECONDITION', 'ALREADY_IN_AREA', 'area: lies in your own');
    const openedAt = nowSeconds(ctx.clock);
    const open = await queries.listOpen(tx, caller.subject, openedAt);
    if (open.length >= MAX_OPEN)
      throw new AppError('RESOURCE_EXHAUSTED', 'TOO_MANY_OPEN', `${MAX_OPEN} are open already`);
    const row = { id, subject: caller.subject, area, reason, openedAt, endsAt: openedAt + minutes * 60 };
    await queries.insertBreakGlass(await lockIntake(tx, ctx.dataKeys), row);
    return { id, area, endsAt: row.endsAt };
  });
}

/** What a person has open now. For the door; asks nobody's leave. */
export function findOpenBreakGlass(
  { db, clock }: Pick<BreakGlassContext, 'db' | 'clock'>,
  subject: string,
): Promise<BreakGlass[]> {
  return queries.listOpen(db, subject, nowSeconds(clock));
}

/** For supervisors: newest first, `limit` of them, and one more if there are more. */
export function listBreakGlass(
  ctx: BreakGlassContext,
  caller: Caller,
  page: queries.BreakGlassPage,
): Promise<queries.BreakGlassRow[]> {
  const act = { group: 'break_glass.read', action: 'break_glass.read' } as const;
  return readAs(ctx, caller, act, async ({ note }) => {
    const db = { sql: ctx.db.sql, sealer: ctx.dataKeys.sealer };
    const found = await queries.listBreakGlass(db, { ...page, limit: page.limit + 1 });
    note({ ids: found.slice(0, page.limit).map(({ id }) => id) });
    return found;
  });
}

/**
 * A supervisor's verdict; `unjustified` ends what is still open. Throws NOT_FOUND NO_SUCH_BREAK_GLASS,
 * PERMISSION_DENIED OWN_BREAK_GLASS, FAILED_PRECONDITION ALREADY_REVIEWED.
 */
export function reviewBreakGlass(
  ctx: BreakGlassContext,
  caller: Caller,
  { id, verdict }: { readonly id: string; readonly verdict: Verdict },
): Promise<queries.BreakGlassRow> {
  const detail = { break_glass: id, verdict };
  const act = { group: 'break_glass.review', action: 'break_glass.reviewed', detail } as const;
  return changeAs(ctx, caller, act, async (tx) => {
    const db = { sql: tx.sql, sealer: ctx.dataKeys.sealer };
    const found = await queries.lockBreakGlass(db, id);
    if (!found) throw new AppError('NOT_FOUND', 'NO_SUCH_BREAK_GLASS', 'there is no such break-glass here');
    if (found.subject === caller.subject)
      throw new AppError('PERMISSION_DENIED', 'OWN_BREAK_GLASS', 'nobody reviews their own');
    if (found.verdict !== null)
      throw new AppError('FAILED_PRECONDITION', 'ALREADY_REVIEWED', 'it has been reviewed');
    await queries.markReviewed(tx, { id, verdict, reviewer: caller.subject, now: nowSeconds(ctx.clock) });
    return (await queries.lockBreakGlass(db, id)) ?? found;
  });
}
