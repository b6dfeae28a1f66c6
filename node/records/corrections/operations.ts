/**
 * Finding records of people, and putting right what they say: for those whose area holds them. What a record
 * linked goes with it; tracing and desks hear of it through the feed.
 */
import { type Caller, isWithin, type Scope } from '../../../shared/acts/access.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { parseIdentifier } from '../../../shared/domain/identifier.ts';
import { AppError, invalidField } from '../../../shared/errors.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import {
  type CheckRecord,
  correctRecord,
  enterIntake,
  type IdentifierQuota,
  type ReadRecord,
  readRecord,
  readRecordsOf,
  withdrawRecord,
  writerOf,
} from '../people/operations.ts';
import { SOURCES } from '../people/rules.ts';
import { change, read } from './acts.ts';
import { type Correction, readCorrection } from './fields.ts';

export type { ReadRecord } from '../people/operations.ts';

export interface CorrectionsCtx {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly clock: Clock;
  readonly quota: IdentifierQuota;
  /** Whose node it is, two digits. */
  readonly province: string;
}

export interface RecordsPage {
  readonly identifier: string;
  readonly limit: number;
  /** Id of the last record of the page before. */
  readonly after?: number | undefined;
}

/**
 * Records in the caller's area that name an identifier, standing or withdrawn, the newest first: `limit` of
 * them, and one more if there are more. Throws INVALID_FIELD.
 */
export function findRecords(ctx: CorrectionsCtx, caller: Caller, page: RecordsPage): Promise<ReadRecord[]> {
  const identifier = parseIdentifier(page.identifier);
  return read(ctx, caller, 'records.find', {}, async ({ scope, on, note }) => {
    const wards = scope === 'whole' ? undefined : [...scope];
    const found = await readRecordsOf(ctx, identifier, { limit: page.limit + 1, after: page.after, wards });
    const shown = found.slice(0, page.limit);
    note({ count: shown.length });
    on(...shown.map(({ id }) => ({ record: String(id) })));
    return found.map((record) => withinArea(record, scope));
  });
}

/**
 * Corrects a record; the answer is the record as it is then. Throws NOT_FOUND NO_SUCH_RECORD, also for one
 * outside the caller's area; INVALID_FIELD, VERSION_CHANGED, RECORD_RETRACTED, RECORD_OF_CASE.
 */
export async function correctRecordOf(
  ctx: CorrectionsCtx,
  caller: Caller,
  { id, changes }: { readonly id: number; readonly changes: Correction },
): Promise<ReadRecord> {
  const said = readCorrection(changes);
  const fields = Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  const asked = { on: [{ record: String(id) }], detail: { fields } };
  const created = ctx.quota.countOf(caller, 'entries');
  const corrected = await change(ctx, caller, 'records.correct', asked, async (tx, { scope, note, on }) => {
    const isMine = changeable(scope, async (record) => {
      on(...named(record.identifierIds));
      if (record.retractedAt !== null) {
        throw new AppError('FAILED_PRECONDITION', 'RECORD_RETRACTED', 'the record was withdrawn');
      }
      if (said.ward !== undefined) checkWard(scope, said.ward);
      await requireVersion(tx, caller, { version: record.version, on: { record: String(id) } });
    });
    const intake = await enterIntake(tx, ctx.dataKeys, created);
    const writer = writerOf(caller, scope, ctx.province);
    await correctRecord(intake, id, { changes: said, check: isMine, writer });
    const shown = (await readRecord({ ...ctx, db: tx }, id)) as ReadRecord;
    note({ version: shown.version });
    on(...named(shown.identifierIds));
    return withinArea(shown, scope);
  });
  created.settle();
  return corrected;
}

/**
 * Withdraws a record; nothing happens if it was withdrawn before. Throws NO_SUCH_RECORD, VERSION_CHANGED,
 * RECORD_OF_CASE.
 */
export function withdrawRecordOf(ctx: CorrectionsCtx, caller: Caller, id: number): Promise<void> {
  const asked = { on: [{ record: String(id) }] };
  return change(ctx, caller, 'records.withdraw', asked, async (tx, { scope, note, on }) => {
    const isMine = changeable(scope, async (record) => {
      if (record.retractedAt !== null) return;
      await requireVersion(tx, caller, { version: record.version, on: { record: String(id) } });
      note({ version: record.version + 1 });
      on(...named(record.identifierIds));
    });
    await withdrawRecord(await enterIntake(tx, ctx.dataKeys), id, isMine);
  });
}

/** Identifiers as subjects of an entry: by their local ids, never their values. */
function named(ids: readonly number[]) {
  return ids.map((id) => ({ identifier: String(id) }));
}

/** A record that came from another ward keeps to itself what it said there. */
function withinArea(record: ReadRecord, scope: Scope): ReadRecord {
  return { ...record, history: record.history.filter(({ ward }) => isWithin(scope, ward)) };
}

type Locked = NonNullable<Parameters<CheckRecord>[0]>;

/** Lets pass what is in the caller's area and no case, then `further`. */
function changeable(scope: Scope, further: (record: Locked) => Promise<void>): CheckRecord {
  return async (record) => {
    if (record === undefined || !isHeldIn(scope, record.ward)) throw noSuchRecord();
    if (record.source === SOURCES.case) {
      throw new AppError('FAILED_PRECONDITION', 'RECORD_OF_CASE', 'a case is corrected as a case');
    }
    await further(record);
  };
}

function isHeldIn(scope: Scope, ward: string | null): boolean {
  return scope === 'whole' || (ward !== null && isWithin(scope, ward));
}

/** Who has less than the province cannot move a record out of their area. */
function checkWard(scope: Scope, ward: string | null): void {
  if (ward === null && scope !== 'whole') throw invalidField('ward', 'OWN_WARD_REQUIRED');
  if (ward !== null && !isWithin(scope, ward)) throw invalidField('ward', 'OUTSIDE_AREA');
}

/** What those are told, too, whose area does not hold it. */
export function noSuchRecord(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_RECORD', 'there is no such record here');
}
