/**
 * Break-glass: somebody reads beyond the own area, for a while, with a reason, on the record; a supervisor
 * sees each and says what they think of it. Reasons are free text: they go to supervisors and nowhere else.
 */
import { type BreakGlass, type Caller, isAreaWithin } from '../../../shared/acts/access.ts';
import { type Leave, mayOf } from '../../../shared/acts/act.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { allowedCommands, step } from '../../../shared/domain/machine.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import { isAreaOf } from '../../../shared/gazetteer.ts';
import { newId } from '../../../shared/ids.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { holdSealer } from '../../sealing/operations.ts';
import { BREAK_GLASS_ACTS, change, read } from './acts.ts';
import * as queries from './queries.ts';
import { BREAK_GLASS, type BreakGlassCommand, type BreakGlassState, stateOf, type Verdict } from './rules.ts';

export type { BreakGlassPage } from './queries.ts';

export interface BreakGlassCtx {
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
  ctx: BreakGlassCtx,
  caller: Caller,
  { reason, area, minutes }: BreakGlassRequest,
): Promise<BreakGlass> {
  const id = newId();
  const asked = { on: [{ break_glass: id }], detail: { area, minutes } };
  return change(ctx, caller, 'break_glass.open', asked, async (tx, { scope, keep }) => {
    if (!isAreaOf(area, ctx.province)) throw invalidField('area', 'NOT_OF_PROVINCE');
    const openedAt = nowSeconds(ctx.clock);
    const openAlready = (await queries.listOpen(tx, caller.subject, openedAt)).length;
    const facts = { inOwnArea: isAreaWithin(scope, area), openAlready };
    step(BREAK_GLASS, { state: undefined, command: 'open', facts });
    const row = { id, subject: caller.subject, area, reason, openedAt, endsAt: openedAt + minutes * 60 };
    await queries.insertBreakGlass(await holdSealer(tx, ctx.dataKeys), row);
    keep({ id, area, ends_at: row.endsAt });
    return { id, area, endsAt: row.endsAt };
  });
}

/** What a person has open now. For the door; asks nobody's leave. */
export function findOpenBreakGlass(
  { db, clock }: Pick<BreakGlassCtx, 'db' | 'clock'>,
  subject: string,
): Promise<BreakGlass[]> {
  return queries.listOpen(db, subject, nowSeconds(clock));
}

/** One as somebody sees it: how it stands, and what they may do with it. */
export interface ShownBreakGlass extends queries.BreakGlassRow {
  readonly state: BreakGlassState;
  readonly allowed: readonly BreakGlassCommand[];
}

/** For supervisors: newest first, `limit` of them, and one more if there are more. */
export function listBreakGlass(
  ctx: BreakGlassCtx,
  caller: Caller,
  page: queries.BreakGlassPage,
): Promise<ShownBreakGlass[]> {
  return read(ctx, caller, 'break_glass.list', {}, async (leave) => {
    const db = { orm: ctx.db.orm, sealer: ctx.dataKeys.sealer };
    const found = await queries.listBreakGlass(db, { ...page, limit: page.limit + 1 });
    leave.on(...found.slice(0, page.limit).map(({ id }) => ({ break_glass: id })));
    return found.map((row) => shownTo(ctx, { caller, leave }, row));
  });
}

/**
 * A supervisor's verdict; `unjustified` ends what is still open. The same verdict once more changes nothing.
 * Throws NOT_FOUND NO_SUCH_BREAK_GLASS, WRONG_STATE, PERMISSION_DENIED OWN_BREAK_GLASS.
 */
export function reviewBreakGlass(
  ctx: BreakGlassCtx,
  caller: Caller,
  { id, verdict }: { readonly id: string; readonly verdict: Verdict },
): Promise<ShownBreakGlass> {
  const asked = { on: [{ break_glass: id }], detail: { verdict } };
  return change(ctx, caller, 'break_glass.review', asked, async (tx, leave) => {
    const db = { orm: tx.orm, sealer: ctx.dataKeys.sealer };
    const found = await queries.findBreakGlass(db, id, true);
    if (!found) throw new AppError('NOT_FOUND', 'NO_SUCH_BREAK_GLASS', 'there is no such break-glass here');
    await requireVersion(tx, caller, { version: found.version, on: { break_glass: id } });
    const now = nowSeconds(ctx.clock);
    const facts = {
      ...{ own: found.subject === caller.subject, running: found.endsAt > now, verdict },
      verdictByCaller: found.reviewedBy === caller.subject && found.verdict === verdict,
    };
    const move = { state: stateOf(found, now), command: 'review', facts } as const;
    const { repeated, effects } = step(BREAK_GLASS, move);
    if (repeated) leave.note({ repeated });
    else {
      const endNow = effects.includes('end_now');
      leave.note({ version: found.version + 1 });
      await queries.markReviewed(tx, { id, verdict, reviewer: caller.subject, now, endNow });
    }
    return shownTo(ctx, { caller, leave }, (await queries.findBreakGlass(db, id, true)) ?? found);
  });
}

/** One as it stands after its review, for whoever reviewed it and asks for their answer again. */
export async function readReviewed(ctx: BreakGlassCtx, id: string): Promise<ShownBreakGlass> {
  const found = await queries.findBreakGlass({ orm: ctx.db.orm, sealer: ctx.dataKeys.sealer }, id);
  if (!found) throw new AppError('NOT_FOUND', 'NO_SUCH_BREAK_GLASS', 'there is no such break-glass here');
  return { ...found, state: stateOf(found, nowSeconds(ctx.clock)), allowed: [] };
}

function shownTo(
  { clock }: Pick<BreakGlassCtx, 'clock'>,
  { caller, leave }: { readonly caller: Caller; readonly leave: Leave },
  row: queries.BreakGlassRow,
): ShownBreakGlass {
  const now = nowSeconds(clock);
  const state = stateOf(row, now);
  const facts = { own: row.subject === caller.subject };
  const may = mayOf(leave, BREAK_GLASS_ACTS);
  return { ...row, state, allowed: allowedCommands(BREAK_GLASS, { state, facts }, may) };
}
