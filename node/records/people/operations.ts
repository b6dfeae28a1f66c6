/**
 * Recording people: identifiers, what records name together, households, and what is known of somebody. Runs
 * inside the caller's transaction; what it returns, the caller tells the feed (`tellRecords`).
 *
 * Every record is written under a key of its own, so writers of different records do not wait for each
 * other, whomever they name. Those of one record do, and then read what the other has left, so that the
 * outcome is that of one after the other. Everybody locks in this order, each kind by ascending key, so that
 * nobody waits in a circle:
 *
 *   new households · new identifiers · known records · new records · known households
 *
 * What was seen too late for that (somebody else stored a record of the same key a moment ago) ends in
 * TRANSACTION_CONFLICT, after which the whole transaction is tried again.
 */
import type { Caller, Scope } from '../../../shared/acts/access.ts';
import type { Database, Queryable, Transaction } from '../../../shared/db/database.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { holdSealer } from '../../sealing/operations.ts';
import { IDENTIFIERS_CHANGED, PEOPLE_MOVED } from '../kinds.ts';
import { servedOf } from './generations.ts';
import { findGenerations, listTokensOf } from './generations-queries.ts';
import * as identifiers from './identifiers.ts';
import * as knowing from './knowing-queries.ts';
import * as queries from './queries.ts';
import type { NewIdentifierCount } from './quota.ts';
import * as reading from './reading.ts';
import * as recordKeys from './record-keys.ts';
import { importKeysOf, uuidKey } from './record-keys.ts';
import * as records from './records.ts';
import { NOTHING_SAID, type RecordValue, SOURCES, type Writer } from './rules.ts';
import * as waiting from './waiting.ts';

export type { IntakeTx } from './queries.ts';
export type { IdentifierQuota, NewIdentifierCount } from './quota.ts';
export type { PeopleCtx, ReadRecord, ReadWaiting, Saying } from './reading.ts';
export type { CheckRecord, RecordChanges } from './records.ts';
export type { PendingTokens, Tokenizer } from './tokens.ts';

type Tx = queries.IntakeTx;

/**
 * `tx` as one that writes people, places, check-ins or encounters, with what it looks up by, and what counts
 * the identifiers that a caller brings.
 */
export async function enterIntake<T extends Pick<Transaction, 'sql' | 'emit'>>(
  tx: T,
  dataKeys: SealerSource,
  created?: NewIdentifierCount,
) {
  const [sealing] = await Promise.all([holdSealer(tx, dataKeys), queries.preferIndexes(tx)]);
  return { ...sealing, created: created?.restart() };
}

/** What is known of people, by local ids of their identifiers. */
export const { byWeight, readHolders, readIdentifiers, readRecord, readRecordsOf, readWaiting } = reading;

/** Ward of the standing record of an identifier that counts most; undefined if none says. */
export const findWard = queries.findWard;

/** Generations of the key service's key of which whoever has a token has one. */
export async function findServedGenerations(db: Database): Promise<number[]> {
  return servedOf(await findGenerations(db));
}

/** Tokens of a generation, by the local ids of those of `ids` that have one. */
export async function findTokens(
  ctx: { readonly db: Database; readonly dataKeys: SealerSource },
  ids: readonly number[],
  generation: number,
): Promise<Map<number, Uint8Array>> {
  const rows = await listTokensOf(ctx.db, { ids, generation });
  const tokens = await recordKeys.openTokens(ctx);
  return new Map(
    rows.map(({ id, token }) => [id, tokens.open({ ids: [id], generations: [generation] }, token)]),
  );
}

/** What opens the tokens of this database. */
export const openTokens = recordKeys.openTokens;

/** Local ids of canonical identifiers, known or new. */
export const ensureIdentifiers = identifiers.ensureIdentifiers;

/** Records what rows of a file say of people, in order, and tells of it. */
export async function recordPeople(tx: Tx, rows: readonly RecordValue[]): Promise<void> {
  const keys = await importKeysOf(tx, rows);
  const puts = rows.map((value, i) => ({ source: SOURCES.import, key: keys[i] as string, value }));
  await tellRecords(tx, await records.putRecords(tx, puts));
}

/** Puts the record of a case in place of what it said before, and tells of it. */
export async function recordCase(
  tx: Tx,
  id: string,
  { writer, ...said }: Pick<RecordValue, 'identifiers' | 'ward'> & { readonly writer: Writer | undefined },
): Promise<void> {
  const value = { ...NOTHING_SAID, record: null, ...said };
  const put = { source: SOURCES.case, key: uuidKey(id), value, whole: true, writer };
  await tellRecords(tx, await records.putRecords(tx, [put]));
}

/** Whether the record of a case waits for somebody's word. */
export function caseWaits(tx: Tx, id: string): Promise<boolean> {
  return waiting.isWaiting(tx, { source: SOURCES.case, key: uuidKey(id) });
}

/** Those of a case's identifiers that no record here names but that of the case. */
export function unnamedOfCase(
  db: Pick<Queryable, 'sql'>,
  id: string,
  identifierIds: readonly number[],
): Promise<number[]> {
  return knowing.findUnnamed(db, identifierIds, { source: SOURCES.case, key: uuidKey(id) });
}

/** The identifiers, and those that standing records name together with a number among them. */
export const { listLinkedByNumbers } = knowing;

/** Withdraws the record of a case, and tells of it. */
export async function withdrawCase(tx: Tx, id: string): Promise<void> {
  await tellRecords(tx, await records.retractRecord(tx, { source: SOURCES.case, key: uuidKey(id) }));
}

/** Corrects the standing record of an id, and tells of it. Throws what `check` throws. */
export async function correctRecord(
  ...[tx, id, how]: Parameters<typeof records.correctRecord>
): Promise<void> {
  await tellRecords(tx, await records.correctRecord(tx, id, how));
}

/** Confirms a record that waits, and tells of it. Throws what `check` throws. */
export async function confirmRecord(tx: Tx, id: number, check: records.CheckRecord): Promise<void> {
  await tellRecords(tx, await records.confirmRecord(tx, id, check));
}

/** Who writes within a scope; undefined for the whole province. `desk`: its code. */
export function writerOf(
  { subject }: Pick<Caller, 'subject'>,
  scope: Scope,
  desk: string,
): Writer | undefined {
  if (scope === 'whole') return undefined;
  return { by: subject, wards: scope, desk };
}

/** Withdraws the record of an id, if it stands or waits, and tells of it. Throws what `check` throws. */
export async function withdrawRecord(tx: Tx, id: number, check: records.CheckRecord): Promise<void> {
  await tellRecords(tx, await records.retractRecord(tx, { id, check }));
}

/** Tells the feed whom changes of records concern. */
export async function tellRecords(tx: Tx, { changed, moved }: records.ChangedRecords): Promise<void> {
  if (changed.length > 0) await tx.emit(IDENTIFIERS_CHANGED, changed);
  if (moved.length > 0) await tx.emit(PEOPLE_MOVED, moved);
}
