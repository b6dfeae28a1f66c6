/**
 * A contact changes hands: a province that claims the person as its resident takes it over from the one that
 * was responsible, which is told. On record; what the provinces hold follows as the trace is published.
 */
import { nodeActor } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { nowSeconds } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { isTraceId } from '../../shared/ids.ts';
import { type TracesCtx, unknownTrace } from './operations.ts';
import { type TakeOver, upsertTakeOver } from './taken-over-queries.ts';

/**
 * Makes the province responsible for a contact that it also claims. Idempotent. Throws NOT_FOUND
 * TRACE_UNKNOWN, CONTACT_UNKNOWN if it was not told of the contact.
 */
export function takeOver(ctx: TracesCtx, wish: TakeOver): Promise<void> {
  const { traceId, contactId, province } = wish;
  const on = isTraceId(traceId) && isTraceId(contactId) ? [{ trace: traceId }, { contact: contactId }] : [];
  const attempt = { action: 'contacts.taken_over', actor: nodeActor(province), on } as const;
  return ctx.refusals.recording(takeOverKnown(ctx, wish), () => attempt);
}

async function takeOverKnown(ctx: TracesCtx, wish: TakeOver): Promise<void> {
  const { traceId, contactId, province } = wish;
  if (!isTraceId(traceId)) throw unknownTrace();
  if (!isTraceId(contactId)) throw unknownContact();
  const done = await ctx.engine.change(traceId, async (live) => {
    const standing = live.standingOf(contactId, province);
    if (standing === 'owner') return;
    if (standing === undefined) throw unknownContact();
    await withTransaction(ctx.db, async (tx) => {
      await upsertTakeOver(tx, wish);
      const entry = { action: 'contacts.taken_over', actor: nodeActor(province), outcome: 'done' } as const;
      const on = [{ trace: traceId }, { contact: contactId }, { province }];
      await recordAudit(tx, { ...entry, on }, nowSeconds(ctx.clock));
    });
    live.moveContact(contactId, province);
  });
  if (!done) throw unknownTrace();
}

function unknownContact(): AppError {
  return new AppError('NOT_FOUND', 'CONTACT_UNKNOWN', 'no such contact at this province');
}
