/**
 * Records that wait because they name people of other wards than their writer's: listed for those whose area
 * covers these people, who confirm or reject them.
 */
import { type Caller, isWithin, type Scope } from '../../../shared/acts/access.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import { AppError } from '../../../shared/errors.ts';
import {
  type CheckRecord,
  confirmRecord,
  enterIntake,
  type IntakeTx,
  type ReadWaiting,
  readWaiting,
  withdrawRecord,
} from '../people/operations.ts';
import { change, read } from './acts.ts';
import { type CorrectionsCtx, noSuchRecord } from './operations.ts';

export type { ReadWaiting } from '../people/operations.ts';

/** Records that wait for the caller's area, newest first: `limit`, and one more if there are more. */
export function listWaitingRecords(
  ctx: CorrectionsCtx,
  caller: Caller,
  { limit, after }: { readonly limit: number; readonly after: number | undefined },
): Promise<ReadWaiting[]> {
  return read(ctx, caller, 'records.waiting', {}, async ({ scope, on }) => {
    const wards = scope === 'whole' ? undefined : [...scope];
    const found = await readWaiting(ctx, { limit: limit + 1, after, wards });
    on(...found.slice(0, limit).map(({ id }) => ({ record: String(id) })));
    return found;
  });
}

/**
 * Lets a record stand. Throws NOT_FOUND NO_SUCH_RECORD, also for one that waits for others than the caller's
 * area; FAILED_PRECONDITION RECORD_NOT_WAITING; VERSION_CHANGED.
 */
export function confirmRecordOf(ctx: CorrectionsCtx, caller: Caller, id: number): Promise<void> {
  return settle(ctx, caller, { act: 'records.confirm', id, carryOut: confirmRecord });
}

/** Withdraws a record that waits: it never linked anybody. Throws as `confirmRecordOf`. */
export function rejectRecordOf(ctx: CorrectionsCtx, caller: Caller, id: number): Promise<void> {
  return settle(ctx, caller, { act: 'records.reject', id, carryOut: withdrawRecord });
}

interface Decision {
  readonly act: 'records.confirm' | 'records.reject';
  readonly id: number;
  readonly carryOut: (tx: IntakeTx, id: number, check: CheckRecord) => Promise<void>;
}

function settle(ctx: CorrectionsCtx, caller: Caller, { act, id, carryOut }: Decision): Promise<void> {
  const on = { record: String(id) };
  return change(ctx, caller, act, { on: [on] }, async (tx, { scope, note }) => {
    await carryOut(await enterIntake(tx, ctx.dataKeys), id, async (record) => {
      if (record === undefined || !isFor(scope, record.waitsFor ?? [record.ward])) throw noSuchRecord();
      if (record.waitsFor === null || record.retractedAt !== null) {
        throw new AppError('FAILED_PRECONDITION', 'RECORD_NOT_WAITING', 'the record does not wait');
      }
      await requireVersion(tx, caller, { version: record.version, on });
      note({ version: record.version + 1 });
    });
  });
}

/** Whether all of these wards are the caller's; the province's own desk is of the whole alone. */
function isFor(scope: Scope, wards: readonly (string | null)[]): boolean {
  return wards.every((ward) => isWithin(scope, ward));
}
