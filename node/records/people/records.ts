/**
 * The one way in which records are written: put under the key of their source, or retracted. Runs in the
 * caller's transaction; see operations.ts for who waits for whom.
 */
import { drawIds } from '../../../shared/db/draw-ids.ts';
import { AppError } from '../../../shared/errors.ts';
import * as identifiers from './identifiers.ts';
import * as queries from './queries.ts';
import type { StoredRecord, StoredValue } from './record-queries.ts';
import * as recordQueries from './record-queries.ts';
import {
  birthOf,
  namesSeveralCccd,
  principalOf,
  type RecordValue,
  saysSame,
  type Writer,
  writtenOver,
} from './rules.ts';
import { type ChangedRecords, standing, Told, UNCHANGED } from './told.ts';
import { holdBack, markConfirmed, markWaiting } from './waiting.ts';

export type { ChangedRecords } from './told.ts';

type Tx = queries.IntakeTx;

/** A record as it is put: what it says, and under which key (in hex) its source knows it. */
export interface RecordPut extends recordQueries.RecordKey {
  readonly value: RecordValue;
  /** Puts the value in place of what was said, instead of writing it over that. */
  readonly whole?: boolean;
  /** Who writes it from an area of less than the province: what reaches beyond it waits (waiting.ts). */
  readonly writer?: Writer | undefined;
}

/** A record that is to be written, beside what stood under its key. */
interface Change {
  readonly put: RecordPut;
  readonly before: StoredRecord | undefined;
  /** Name of its household, if `before` has one. */
  readonly home: string | null;
  readonly after: RecordValue;
}

/**
 * Puts records, in order: another value replaces, an empty one never erases, equal changes nothing. What
 * names several cccd must have been refused before.
 */
export async function putRecords(tx: Tx, puts: readonly RecordPut[]): Promise<ChangedRecords> {
  if (puts.length === 0) return UNCHANGED;
  const found = await identifiers.lookUp(
    tx,
    puts.flatMap(({ value }) => value.identifiers),
    'nothing',
  );
  // Rows that say nothing new lock nothing and wait for nobody: their outcome is that of a moment in between.
  const known = found.ids.size === found.values.length;
  if (known && (await planChanges(tx, puts, 'nothing')).length === 0) return UNCHANGED;
  const homes = await ensureHouseholds(
    tx,
    puts.flatMap(({ value }) => value.household ?? []),
  );
  const created = await identifiers.storeMissing(tx, found, 'nothing');
  const changes = await planChanges(tx, puts, 'lock');
  return new RecordStore(tx, { ids: found.ids, homes }).write(changes, created);
}

/** What the puts change in what stands, each key once. */
async function planChanges(tx: Tx, puts: readonly RecordPut[], lock: 'lock' | 'nothing'): Promise<Change[]> {
  const keys = new Map(puts.map((put) => [`${put.source} ${put.key}`, put]));
  const standing = await recordQueries.findStanding(tx, [...keys.values()], lock);
  const values = await valuesOf(tx, standing);
  const saidBy = new Map(standing.map((record, i) => [record.id, values[i] as RecordValue]));
  const before = new Map(standing.map((record) => [`${record.source} ${record.key}`, record]));
  const after = new Map<string, RecordValue>();
  for (const put of puts) {
    const name = `${put.source} ${put.key}`;
    const said = after.get(name) ?? saidBy.get(before.get(name)?.id ?? 0);
    after.set(name, put.whole ? put.value : writtenOver(said, put.value));
  }
  return [...keys].flatMap(([name, put]) => {
    const [record, value] = [before.get(name), after.get(name) as RecordValue];
    const said = record && saidBy.get(record.id);
    // Whoever may write of everybody confirms what waits by writing it too; a case is confirmed by name.
    const confirms = record?.waitsFor != null && put.writer === undefined && !put.whole;
    if (said && saysSame(said, value) && !confirms) return [];
    return [{ put, before: record, home: said?.household ?? null, after: value }];
  });
}

/** What stored records say, in their order, with identifiers and households by their names. */
export async function valuesOf(
  db: queries.SealedDb,
  records: readonly Omit<StoredValue, 'principalId'>[],
): Promise<RecordValue[]> {
  if (records.length === 0) return [];
  const named = records.flatMap(({ identifierIds }) => identifierIds);
  const housed = records.flatMap(({ householdId }) => householdId ?? []);
  const [values, homes] = await Promise.all([
    identifiers.valuesOf(db, named),
    queries.findHouseholdNames(db, housed),
  ]);
  return records.map(({ person, identifierIds, province, ward, householdId }) => ({
    ...person,
    identifiers: identifierIds.map((id) => values.get(id) as string),
    ...{ province, ward },
    household: householdId === null ? null : (homes.get(householdId) ?? null),
  }));
}

/** What a correction changes; a field that is absent stays, null erases. */
export type RecordChanges = { readonly [field in keyof RecordValue]?: RecordValue[field] | undefined };

/** Whether a record, which is locked, may be changed: throws if not. */
export type CheckRecord = (record: StoredRecord | undefined) => Promise<void>;

interface Correcting extends Pick<RecordPut, 'writer'> {
  readonly changes: RecordChanges;
  readonly check: CheckRecord;
}

/**
 * Corrects the standing record of an id, once `check` has let it. What it will name is stored before the
 * record is locked, in the order in which everybody locks.
 */
export async function correctRecord(
  tx: Tx,
  id: number,
  { changes, check, writer }: Correcting,
): Promise<ChangedRecords> {
  const homes = await ensureHouseholds(tx, changes.household ? [changes.household] : []);
  const { ids, created } = await identifiers.ensureIdentifiers(tx, changes.identifiers ?? []);
  const before = await recordQueries.lockRecord(tx, id);
  await check(before);
  const [said] = await valuesOf(tx, before ? [before] : []);
  if (before === undefined || said === undefined || before.retractedAt !== null) return UNCHANGED;
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const after: RecordValue = { ...said, ...Object.fromEntries(given) };
  if (saysSame(said, after)) return { changed: created, moved: [] };
  const known = new Map(said.identifiers.map((value, i) => [value, before.identifierIds[i] as number]));
  const change = { put: { ...before, value: after, writer }, before, home: said.household, after };
  return new RecordStore(tx, { ids: new Map([...known, ...ids]), homes }).write([change], created);
}

/**
 * Withdraws the standing record of a key, or that of an id, once `check` has let it: it is as if it had never
 * been written. Nothing happens if none stands.
 */
export async function retractRecord(
  tx: Tx,
  which: recordQueries.RecordKey | { readonly id: number; readonly check: CheckRecord },
): Promise<ChangedRecords> {
  const record =
    'id' in which
      ? await recordQueries.lockRecord(tx, which.id)
      : (await recordQueries.findStanding(tx, [which], 'lock'))[0];
  if ('id' in which) await which.check(record);
  if (record === undefined || record.retractedAt !== null) return UNCHANGED;
  await recordQueries.markRetracted(tx, record.id);
  const told = new Told();
  told.of(standing(record), undefined);
  return told.close(tx, []);
}

/** Confirms a record that waits, once `check` has let it: from now on it stands. */
export async function confirmRecord(tx: Tx, id: number, check: CheckRecord): Promise<ChangedRecords> {
  const record = await recordQueries.lockRecord(tx, id);
  await check(record);
  if (record === undefined || record.waitsFor === null || record.retractedAt !== null) return UNCHANGED;
  await markConfirmed(tx, id);
  const told = new Told();
  told.of(undefined, record);
  return told.close(tx, []);
}

interface Names {
  readonly ids: ReadonlyMap<string, number>;
  readonly homes: ReadonlyMap<string, number>;
}

/** Stores changes whose records are locked, and gathers what is to be told. */
class RecordStore {
  readonly #tx: Tx;
  readonly #names: Names;

  constructor(tx: Tx, names: Names) {
    this.#tx = tx;
    this.#names = names;
  }

  async write(changes: readonly Change[], created: readonly number[]): Promise<ChangedRecords> {
    const told = new Told();
    const fresh = changes.filter(({ before }) => before === undefined);
    const drawn = fresh.length === 0 ? [] : await drawIds(this.#tx, 'records_id_seq', fresh.length);
    const inserted = fresh.map((change, i) => this.#writing(change, drawn[i] as number));
    const replaced = changes.flatMap((change) =>
      change.before ? [{ before: change.before, after: this.#writing(change, change.before.id) }] : [],
    );
    if (replaced.length > 0) {
      const [after, before] = [replaced.map((one) => one.after), replaced.map((one) => one.before)];
      await recordQueries.replaceRecords(this.#tx, after, before);
    }
    const stored = inserted.length === 0 ? 0 : await recordQueries.insertRecords(this.#tx, inserted);
    if (stored < inserted.length) {
      throw new AppError('ABORTED', 'TRANSACTION_CONFLICT', 'a record was stored by somebody else meanwhile');
    }
    const renamed = replaced.flatMap(({ before, after }) =>
      before.identifierIds.join() === after.identifierIds.join() ? [] : after,
    );
    if (renamed.length > 0) {
      await recordQueries.deleteNamings(
        this.#tx,
        renamed.map(({ id }) => id),
      );
    }
    const named = [...inserted, ...renamed];
    if (named.length > 0) await recordQueries.insertNamings(this.#tx, named);
    const writers = new Map(changes.map((change) => [`${change.put.source} ${change.put.key}`, change]));
    const written = [...inserted, ...replaced.map(({ after }) => after)];
    const waiting = await markWaiting(
      this.#tx,
      written.map((record) => {
        const { put, before } = writers.get(`${record.source} ${record.key}`) as Change;
        const isNew = before === undefined;
        return { record, before: standing(before), isNew, writer: put.writer };
      }),
    );
    const held = await holdBack(
      this.#tx,
      written.filter(({ id }) => !waiting.has(id)),
    );
    for (const record of held) told.of(record, undefined);
    const stands = <R extends { readonly id: number }>(record: R) =>
      waiting.has(record.id) ? undefined : record;
    for (const record of inserted) told.of(undefined, stands(record));
    for (const { before, after } of replaced) told.of(standing(before), stands(after));
    return told.close(this.#tx, created);
  }

  #writing({ put, before, home, after }: Change, id: number): recordQueries.RecordWriting {
    const { ids, homes } = this.#names;
    const { identifiers: named, name, born_on, sex, address, record, province, ward, household } = after;
    const idOf = (value: string) => ids.get(value) as number;
    const householdId = household === home ? before?.householdId : homes.get(household as string);
    return {
      ...{ id, source: put.source, key: put.key, province, ward },
      identifierIds: named.map(idOf),
      person: { record, name, born_on, sex, address },
      birth: namesSeveralCccd(named) ? undefined : birthOf(after),
      householdId: householdId ?? null,
      principalId: household === null ? null : idOf(principalOf(named)),
    };
  }
}

/** Ids of the households that are named, made if they are new. */
async function ensureHouseholds(tx: Tx, wanted: readonly string[]): Promise<Map<string, number>> {
  const names = [...new Set(wanted)];
  if (names.length === 0) return new Map();
  const households = await queries.findHouseholds(tx, names);
  const fresh = names.filter((name) => !households.has(name));
  if (fresh.length === 0) return households;
  const ids = await queries.insertHouseholds(tx, fresh);
  if (ids === undefined) return queries.findHouseholds(tx, names);
  for (const [i, name] of fresh.entries()) households.set(name, ids[i] as number);
  return households;
}
