/**
 * Entering, reading and correcting cases. A case is a record, which is put, replaced and withdrawn with it;
 * a correction re-opens the traces that start from the case, in the same transaction.
 */
import { type Caller, isWithin, type Scope } from '../../../shared/acts/access.ts';
import type { KeptValue } from '../../../shared/acts/terms.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import type { Actor } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database, Queryable, Transaction } from '../../../shared/db/database.ts';
import { expectValue } from '../../../shared/domain/reading.ts';
import { AppError, type FieldError, invalidField } from '../../../shared/errors.ts';
import { isWardOf, readWard } from '../../../shared/gazetteer.ts';
import { newId } from '../../../shared/ids.ts';
import type { RuleBook } from '../../federation/packs/operations.ts';
import { IDENTIFIERS_CHANGED } from '../../records/kinds.ts';
import {
  ensureIdentifiers,
  enterIntake,
  findWard,
  type IdentifierQuota,
  type IntakeTx,
  readIdentifiers,
  recordCase,
  withdrawCase,
  writerOf,
} from '../../records/people/operations.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { change, read } from './acts.ts';
import { type ContactTraces, noticeAbout } from './noticing.ts';
import * as queries from './queries.ts';
import { type CaseFacts, canonicalIdentifiers, checkDates } from './rules.ts';

export type { CaseCursor, CasesPage } from './queries.ts';

export interface CasesCtx {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly clock: Clock;
  readonly province: string;
  readonly quota: IdentifierQuota;
  readonly rules: Pick<RuleBook, 'inForceAt'>;
  readonly traces: ContactTraces & {
    /** Amends the open traces of a case that is corrected now; part of that transaction. */
    reopen(tx: Transaction, corrected: { caseId: string; actor: Actor; at: number }): Promise<void>;
  };
}

type ReadCtx = Pick<CasesCtx, 'db' | 'dataKeys' | 'clock'>;

/** A case as it is read; instants in epoch seconds. */
export interface Case extends CaseFacts {
  readonly id: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly withdrawnAt: number | null;
  readonly version: number;
  /** Identifiers that corrections have replaced, by whom and when; the latest first. */
  readonly superseded: readonly { readonly identifier: string; readonly at: number; readonly by: string }[];
}

/** A case as it is now, and what of it looks wrong without being refused. */
export interface CorrectedCase extends Case {
  readonly warnings: readonly FieldError[];
}

/** What is said of a new case; without a ward, it is that of the index person's record. */
export type NewCase = Omit<CaseFacts, 'ward'> & { readonly ward?: string | null | undefined };

/** What a correction changes; a field that is absent stays, null erases. */
export type CaseChanges = { readonly [field in keyof CaseFacts]?: CaseFacts[field] | undefined } & {
  readonly withdrawn?: boolean | undefined;
};

/** A case that was entered, and what of it looks wrong without being refused: fields and reasons. */
export interface EnteredCase {
  readonly id: string;
  readonly warnings: readonly FieldError[];
}

/**
 * Stores a case. Throws INVALID_FIELD naming every wrong field: who has less than the province must name a
 * ward of their area, whoever the person is.
 */
export async function enterCase(ctx: CasesCtx, caller: Caller, input: NewCase): Promise<EnteredCase> {
  const warnings = checkDates(input, nowSeconds(ctx.clock));
  const identifiers = canonicalIdentifiers(input.identifiers);
  const id = newId();
  const created = ctx.quota.countOf(caller, 'entries');
  await change(ctx, caller, 'cases.enter', { on: [{ case: id }] }, async (tx, leave) => {
    checkWard(ctx, leave.scope, input.ward ?? null);
    const intake = await enterIntake(tx, ctx.dataKeys, created);
    const ids = await identifierIdsOf(intake, identifiers);
    const ward = input.ward ?? (await wardOfPerson(tx, ctx, ids[0] as number));
    await queries.insertCase(tx, id, { ...input, ward });
    await queries.insertCaseIdentifiers(tx, id, ids);
    await recordCase(intake, id, { identifiers, ward, writer: writerOf(caller, leave.scope, ctx.province) });
    const entered = { ...input, id, identifierIds: ids, withdrawnAt: null };
    warnings.push(...(await noticeAbout({ tx, intake, leave, ctx }, entered)));
    leave.note({ ward });
    leave.on(...named(ids));
    leave.keep({ id, warnings: warnings as unknown as KeptValue });
  });
  created.settle();
  return { id, warnings };
}

/** The case of an id. Throws NOT_FOUND NO_SUCH_CASE, also for one outside the caller's area. */
export function readCase(ctx: ReadCtx, caller: Caller, id: string): Promise<Case> {
  return read(ctx, caller, 'cases.read', { on: [{ case: id }] }, async ({ scope }) => {
    const found = await queries.findCase(ctx.db, id, scope);
    const [shown] = await withIdentifiers(ctx, found ? [found] : []);
    if (shown) return shown;
    throw noSuchCase();
  });
}

/** Cases of the caller's area, newest first: `limit` of them, and one more if there are more. */
export function listCases(ctx: ReadCtx, caller: Caller, page: queries.CasesPage): Promise<Case[]> {
  return read(ctx, caller, 'cases.list', {}, async ({ scope, on }) => {
    const found = await queries.listCases(ctx.db, { ...page, limit: page.limit + 1 }, scope);
    on(...found.slice(0, page.limit).map(({ id }) => ({ case: id })));
    return withIdentifiers(ctx, found);
  });
}

async function withIdentifiers(
  ctx: { readonly db: Queryable; readonly dataKeys: SealerSource },
  stored: readonly queries.StoredCase[],
): Promise<Case[]> {
  if (stored.length === 0) return [];
  const gone = await queries.listSuperseded(
    ctx.db,
    stored.map(({ id }) => id),
  );
  const values = await readIdentifiers(ctx, [
    ...stored.flatMap(({ identifierIds }) => identifierIds),
    ...gone.map(({ identifierId }) => identifierId),
  ]);
  return stored.map(({ identifierIds, ...facts }) => ({
    ...facts,
    identifiers: identifierIds.map((id) => values.get(id) as string),
    superseded: gone
      .filter(({ caseId }) => caseId === facts.id)
      .map(({ identifierId, at, by }) => ({ identifier: values.get(identifierId) as string, at, by })),
  }));
}

/**
 * Corrects, withdraws or restores a case and amends its open traces; the answer is the case as it is then.
 * Throws NO_SUCH_CASE, VERSION_CHANGED, INVALID_FIELD.
 */
export async function correctCase(
  ctx: CasesCtx,
  caller: Caller,
  { id, changes }: { readonly id: string; readonly changes: CaseChanges },
): Promise<CorrectedCase> {
  const fields = Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  const asked = { on: [{ case: id }], detail: { fields } };
  const created = ctx.quota.countOf(caller, 'entries');
  const corrected = await change(ctx, caller, 'cases.correct', asked, async (tx, leave) => {
    const { scope, note, on } = leave;
    if (!(await queries.lockCase(tx, id, scope))) throw noSuchCase();
    if (changes.ward !== undefined) checkWard(ctx, scope, changes.ward);
    const before = (await queries.findCase(tx, id, scope)) as queries.StoredCase;
    await requireVersion(tx, caller, { version: before.version, on: { case: id } });
    note({ version: before.version + 1 });
    const identifiers = changes.identifiers && canonicalIdentifiers(changes.identifiers);
    const after = mergeChanges(before, changes);
    const warnings = checkCorrected(changes, after, nowSeconds(ctx.clock));
    const intake = await enterIntake(tx, ctx.dataKeys, created);
    if (identifiers) {
      const identifierIds = await identifierIdsOf(intake, identifiers);
      await queries.replaceCaseIdentifiers(tx, before, { identifierIds, by: caller.subject });
    }
    await queries.updateCase(tx, id, after);
    await ctx.traces.reopen(tx, { caseId: id, actor: caller.actor, at: nowSeconds(ctx.clock) });
    const stored = (await queries.findCase(tx, id, scope)) as queries.StoredCase;
    const [shown] = (await withIdentifiers({ ...ctx, db: tx }, [stored])) as [Case];
    if (after.withdrawn) await withdrawCase(intake, id);
    else await recordCase(intake, id, { ...shown, writer: writerOf(caller, scope, ctx.province) });
    on(...named([...stored.identifierIds, ...before.identifierIds]));
    const noticed = await noticeAbout({ tx, intake, leave, ctx }, stored);
    return { ...shown, warnings: [...warnings, ...noticed] };
  });
  created.settle();
  return corrected;
}

/** Dates are judged where one of them changes: an old case may have been entered under other bounds. */
function checkCorrected(changes: CaseChanges, after: queries.CaseDates, now: number): FieldError[] {
  const dates = [changes.onsetOn, changes.sampledAt, changes.isolatedAt];
  return dates.some((date) => date !== undefined) ? checkDates(after, now) : [];
}

/** Identifiers as subjects of an entry: by their local ids, never their values. */
function named(ids: readonly number[]) {
  return ids.map((id) => ({ identifier: String(id) }));
}

/** Says nothing of anybody: only what the caller sent and where the caller may act decide. */
function checkWard({ province }: Pick<CasesCtx, 'province'>, scope: Scope, ward: string | null): void {
  if (ward === null && scope !== 'whole') throw invalidField('ward', 'OWN_WARD_REQUIRED');
  if (ward !== null) expectValue(readWard(ward), 'ward');
  if (ward !== null && !isWardOf(ward, province)) throw invalidField('ward', 'NOT_OF_PROVINCE');
  if (ward !== null && !isWithin(scope, ward)) throw invalidField('ward', 'OUTSIDE_AREA');
}

/** Ward of the index person's record, if it is one of this province. */
async function wardOfPerson(tx: Transaction, { province }: CasesCtx, identifierId: number) {
  const ward = await findWard(tx, identifierId);
  return ward !== undefined && isWardOf(ward, province) ? ward : null;
}

/** Local ids of canonical identifiers, in their order; new ones are stored and told of. */
async function identifierIdsOf(tx: IntakeTx, identifiers: readonly string[]): Promise<number[]> {
  const { ids, created } = await ensureIdentifiers(tx, identifiers, 'keys');
  if (created.length > 0) await tx.emit(IDENTIFIERS_CHANGED, created);
  return identifiers.map((value) => ids.get(value) as number);
}

function mergeChanges(
  before: queries.StoredCase,
  changes: CaseChanges,
): queries.CaseDates & { withdrawn: boolean } {
  return {
    onsetOn: changes.onsetOn === undefined ? before.onsetOn : changes.onsetOn,
    sampledAt: changes.sampledAt === undefined ? before.sampledAt : changes.sampledAt,
    isolatedAt: changes.isolatedAt === undefined ? before.isolatedAt : changes.isolatedAt,
    ward: changes.ward === undefined ? before.ward : changes.ward,
    withdrawn: changes.withdrawn ?? before.withdrawnAt !== null,
  };
}

function noSuchCase(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_CASE', 'there is no such case here');
}
