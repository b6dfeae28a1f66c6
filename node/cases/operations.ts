/**
 * Entering, reading and correcting cases. A correction re-opens the traces that start from the case, in the
 * same transaction; tracing and the tokenizer hear of new identifiers after the commit.
 */
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, type Transaction, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { newId } from '../../shared/ids.ts';
import { ensureIdentifiers, lockIntake } from '../people/operations.ts';
import * as queries from './queries.ts';
import { type CaseFacts, canonicalIdentifiers, checkDates } from './rules.ts';

export type { Case, CaseCursor } from './queries.ts';

export interface CasesContext {
  readonly db: Database;
  readonly clock: Clock;
  /** Tracing: hears of identifiers whose links changed. */
  readonly changes: { identifiersChanged(ids: readonly number[]): void };
  /** Makes tokens of identifiers that have none, soon. */
  readonly tokenizer: { kick(): void };
  readonly traces: {
    /** Amends the open traces of a case; part of the caller's transaction. */
    reopen(tx: Transaction, caseId: string): Promise<void>;
    /** Sends what is queued to the hub, now. */
    wake(): void;
  };
}

/** What a correction changes; a field that is absent stays, null erases. */
export type CaseChanges = { readonly [field in keyof CaseFacts]?: CaseFacts[field] | undefined } & {
  readonly withdrawn?: boolean | undefined;
};

/** Stores a case; the answer is its id. Throws INVALID_FIELD naming every wrong field. */
export async function enterCase(ctx: CasesContext, input: CaseFacts): Promise<string> {
  checkDates(input, nowSeconds(ctx.clock));
  const facts = { ...input, identifiers: canonicalIdentifiers(input.identifiers) };
  const id = newId();
  const identifierIds = await withTransaction(ctx.db, async (tx) => {
    const ids = await identifierIdsOf(tx, facts.identifiers);
    await queries.insertCase(tx, id, facts);
    await queries.replaceCaseIdentifiers(tx, id, ids);
    return ids;
  });
  ctx.changes.identifiersChanged(identifierIds);
  ctx.tokenizer.kick();
  return id;
}

/** The case of an id. Throws NOT_FOUND NO_SUCH_CASE. */
export async function readCase(ctx: Pick<CasesContext, 'db'>, id: string): Promise<queries.Case> {
  const found = await queries.findCase(ctx.db, id);
  if (found) return found;
  throw noSuchCase();
}

/** At most `limit` cases, newest first. */
export function listCases(
  ctx: Pick<CasesContext, 'db'>,
  page: { limit: number; after?: queries.CaseCursor | undefined },
): Promise<queries.Case[]> {
  return queries.listCases(ctx.db, page.limit, page.after);
}

/**
 * Corrects, withdraws or restores a case and amends its open traces; the answer is the case as it is then.
 * Throws NO_SUCH_CASE, INVALID_FIELD.
 */
export async function correctCase(
  ctx: CasesContext,
  id: string,
  changes: CaseChanges,
): Promise<queries.Case> {
  const touched = await withTransaction(ctx.db, async (tx) => {
    if (!(await queries.lockCase(tx, id))) throw noSuchCase();
    const before = (await queries.findCase(tx, id)) as queries.Case;
    const after = mergeChanges(before, changes);
    if (changes.onsetOn !== undefined || changes.sampledAt !== undefined)
      checkDates(after, nowSeconds(ctx.clock));
    const oldIds = await queries.listCaseIdentifierIds(tx, id);
    const newIds = changes.identifiers ? await identifierIdsOf(tx, after.identifiers) : oldIds;
    if (changes.identifiers) await queries.replaceCaseIdentifiers(tx, id, newIds);
    await queries.updateCase(tx, id, after);
    await ctx.traces.reopen(tx, id);
    const linksChanged = changes.identifiers !== undefined || changes.withdrawn !== undefined;
    return linksChanged ? [...new Set([...oldIds, ...newIds])] : [];
  });
  if (touched.length > 0) ctx.changes.identifiersChanged(touched);
  if (changes.identifiers) ctx.tokenizer.kick();
  ctx.traces.wake();
  return readCase(ctx, id);
}

/** Local ids of canonical identifiers, in their order; under the intake lock, because new ones are stored. */
async function identifierIdsOf(tx: Transaction, identifiers: readonly string[]): Promise<number[]> {
  await lockIntake(tx);
  const { ids } = await ensureIdentifiers(tx, identifiers);
  return identifiers.map((value) => ids.get(value) as number);
}

function mergeChanges(before: queries.Case, changes: CaseChanges): CaseFacts & { withdrawn: boolean } {
  return {
    identifiers: changes.identifiers ? canonicalIdentifiers(changes.identifiers) : before.identifiers,
    onsetOn: changes.onsetOn === undefined ? before.onsetOn : changes.onsetOn,
    sampledAt: changes.sampledAt === undefined ? before.sampledAt : changes.sampledAt,
    isolatedAt: changes.isolatedAt === undefined ? before.isolatedAt : changes.isolatedAt,
    withdrawn: changes.withdrawn ?? before.withdrawnAt !== null,
  };
}

function noSuchCase(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_CASE', 'there is no such case here');
}
