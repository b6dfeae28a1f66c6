/**
 * Taking over a contact that this province also claims: the wish is stored with the contact, and waits in
 * `outgoing` until the hub, which alone decides who is responsible, has heard it. What follows from a yes
 * comes as a delivery; a no stands at the contact with the hub's reason.
 */
import type { Caller } from '../../../shared/acts/access.ts';
import { HUB_ACTOR } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import { AppError, isFinalRefusal, toAppError } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { type OutgoingSender, outgoingChannel } from '../../../shared/outgoing/channels.ts';
import { requireTrace, type TracesCtx } from '../openings/operations.ts';
import { change } from './acts.ts';
import type { HubTakeOvers } from './hub.ts';
import type { TakeOverState, TakeOverWish } from './rules.ts';
import * as queries from './taking-over-queries.ts';

/** How a wish stands; `null`: this province is responsible, and there is nothing to wish for. */
export interface TakeOver {
  readonly contact: string;
  readonly takeOver: TakeOverState | null;
}

const TAKE_OVERS = outgoingChannel<TakeOverWish>('take-overs');

/**
 * Wishes for a contact; once more is the same wish, to be heard again. Changes nothing if the contact is this
 * province's already. Throws NOT_FOUND NO_SUCH_TRACE as `readTrace`, CONTACT_UNKNOWN also for one outside the
 * caller's area.
 */
export function askToTakeOver(
  ctx: Pick<TracesCtx, 'db' | 'clock'>,
  caller: Caller,
  wish: TakeOverWish,
): Promise<TakeOver> {
  const { traceId, contactId } = wish;
  const on = [{ trace: traceId }, { contact: contactId }];
  return change(ctx, caller, 'contacts.take_over', { on }, async (tx, leave) => {
    await requireTrace({ db: tx }, leave, traceId);
    const found = await queries.lockContact(tx, wish, leave.scope);
    if (!found) throw new AppError('NOT_FOUND', 'CONTACT_UNKNOWN', 'no such contact here');
    if (found.alsoClaimed) {
      await queries.markAsked(tx, wish);
      await tx.enqueue(TAKE_OVERS, [{ key: newId(), subject: `${traceId} ${contactId}`, body: wish }]);
    }
    const answer = { contact: contactId, takeOver: found.alsoClaimed ? ('asked' as const) : null };
    leave.keep({ ...answer });
    return answer;
  });
}

const SECOND = 1_000;
/** One day of the hub's absence is many tries; after a week an operator decides. */
const PAUSES_MS = [
  ...[250, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND],
  ...Array.from({ length: 7 * 24 * 120 }, () => 30 * SECOND),
];

export interface TakeOverSenderCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly hub: HubTakeOvers;
}

/** Brings the wishes to the hub; a final no is an answer like a yes, and on record. */
export function takeOverSender({ db, clock, hub }: TakeOverSenderCtx): OutgoingSender<TakeOverWish> {
  return {
    channel: TAKE_OVERS,
    withinMs: 6 * SECOND,
    pausesMs: PAUSES_MS,
    send: async ({ body: wish }, signal) => {
      // Delivered meanwhile: the hub did hear it, and whoever has taken the contact back since keeps it.
      if (!(await queries.isAsked(db, wish))) return;
      const reason = await hub.takeOver(wish, signal).then(() => undefined, finalReasonOf);
      await withTransaction(db, async (tx) => {
        if (!(await queries.markAnswered(tx, wish, reason ?? null)) || reason === undefined) return;
        const on = [{ trace: wish.traceId }, { contact: wish.contactId }];
        const refused = { actor: HUB_ACTOR, outcome: 'refused', reason, on } as const;
        await recordAudit(tx, { action: 'contacts.taken_over', ...refused }, nowSeconds(clock));
      });
    },
  };
}

/** The reason of what will be refused again; anything else is thrown on, to be tried again. */
function finalReasonOf(error: unknown): string {
  const known = toAppError(error);
  if (!isFinalRefusal(known)) throw error;
  return known.reason;
}
