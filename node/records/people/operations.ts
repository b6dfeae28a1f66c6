/**
 * Recording people: identifiers, the links that a record makes, households, and what is known of somebody.
 * Runs inside the caller's transaction, which holds the intake lock; the caller tells tracing after the
 * commit.
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { isCccd } from '../../../shared/domain/identifier.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import * as identifierQueries from './identifiers-queries.ts';
import * as queries from './queries.ts';
import { type Attributes, mergeRecords, type PersonChange, type PersonRecord } from './rules.ts';

export type { IntakeTx } from './queries.ts';

type Tx = queries.IntakeTx;

/**
 * Waits until no other writer of people, places, check-ins or encounters is in a transaction; what the rest
 * of this one writes and looks up with.
 */
export async function lockIntake(tx: Pick<Transaction, 'sql'>, dataKeys: SealerSource): Promise<Tx> {
  await queries.lockIntake(tx);
  return { sql: tx.sql, sealer: dataKeys.sealer };
}

/** What reading people takes. */
export interface PeopleContext {
  readonly db: Pick<Queryable, 'sql'>;
  readonly dataKeys: SealerSource;
}

/** The canonical identifiers of local ids. */
export function readIdentifiers(
  { db, dataKeys }: PeopleContext,
  ids: Iterable<number>,
): Promise<Map<number, string>> {
  return identifierQueries.findIdentifierValues({ sql: db.sql, sealer: dataKeys.sealer }, [...new Set(ids)]);
}

/** Names of those who may hold each of the identifiers, by its local id; only where one is known. */
export async function readNames(
  { db, dataKeys }: PeopleContext,
  identifierIds: Iterable<number>,
): Promise<Map<number, string[]>> {
  const names = new Map<number, string[]>();
  const found = await queries.listNamesOf({ sql: db.sql, sealer: dataKeys.sealer }, [
    ...new Set(identifierIds),
  ]);
  for (const { identifierId, name } of found) {
    names.set(identifierId, [...(names.get(identifierId) ?? []), name]);
  }
  return names;
}

/** Ward of the record that an identifier came to first; undefined if none says. */
export const findWard = queries.findWard;

export interface EnsuredIdentifiers {
  /** Local id of each canonical identifier. */
  readonly ids: ReadonlyMap<string, number>;
  /** Ids of those that were unknown until now. */
  readonly created: readonly number[];
}

/** Local ids of canonical identifiers; unknown ones are stored, in the household that `householdOf` names. */
export async function ensureIdentifiers(
  tx: Tx,
  values: Iterable<string>,
  householdOf: (value: string) => number | null = () => null,
): Promise<EnsuredIdentifiers> {
  const wanted = [...new Set(values)];
  const indexes = tx.sealer.index('identifiers.value', wanted);
  const ids = await identifierQueries.findIdentifiers(tx, { values: wanted, indexes });
  const missing = wanted.flatMap((value, i) => (ids.has(value) ? [] : [i]));
  if (missing.length === 0) return { ids, created: [] };
  const fresh = missing.map((i) => wanted[i] as string);
  // An id is drawn for each: only for what is new, or importing the same over and over would use them up.
  const created = await identifierQueries.drawIdentifierIds(tx, fresh.length);
  await identifierQueries.insertIdentifiers(tx, {
    ids: created,
    values: fresh,
    indexes: missing.map((i) => indexes[i] as string),
    areCccd: fresh.map(isCccd),
    householdIds: fresh.map(householdOf),
  });
  for (const [i, value] of fresh.entries()) ids.set(value, created[i] as number);
  return { ids, created };
}

/** What one row of a persons import says; `identifiers` are canonical, at least one. */
export interface RecordRow extends Attributes {
  readonly identifiers: readonly string[];
  /** Name of the household of the first identifier; null = unknown. */
  readonly household: string | null;
}

export interface RecordedPeople {
  /** Identifiers whose links, residence, household or existence changed. */
  readonly changed: readonly number[];
  /** Whether there are identifiers without a token now. */
  readonly created: boolean;
}

/** Records what rows say of people, in order; see rules.ts for who is merged with whom. */
export async function recordPeople(tx: Tx, records: readonly RecordRow[]): Promise<RecordedPeople> {
  const homes = await findHomes(tx, records);
  const values = records.flatMap(({ identifiers }) => identifiers);
  const { ids, created } = await ensureIdentifiers(tx, values, (value) => homes.get(value) ?? null);
  const idOf = (value: string) => ids.get(value) as number;
  const known = await queries.findHolders(tx, [...ids.values()]);
  const personRecords = records.map(
    (record): PersonRecord => ({
      identifiers: record.identifiers.map((value) => ({ id: idOf(value), isCccd: isCccd(value) })),
      attributes: record,
    }),
  );
  const resettled = await storePeople(tx, mergeRecords(known, personRecords));
  const linked = await storeLinks(tx, personRecords);
  const housed = await storeHouseholds(
    tx,
    new Map([...homes].map(([value, home]) => [idOf(value), home])),
    created,
  );
  const changed = new Set([...created, ...resettled, ...linked, ...housed]);
  return { changed: [...changed], created: created.length > 0 };
}

/** Sets the home province of identifiers; ids of those that changed. */
export async function recordHomeProvinces(
  tx: Pick<Tx, 'sql'>,
  homes: ReadonlyMap<number, string>,
): Promise<number[]> {
  return homes.size === 0 ? [] : queries.updateHomeProvinces(tx, [...homes.keys()], [...homes.values()]);
}

/** Stores changed people; identifiers of those whose residence may be another now. */
async function storePeople(tx: Tx, changes: readonly PersonChange[]): Promise<number[]> {
  const idOf = await insertNew(tx, changes);
  const altered = changes.filter((change) => change.id !== undefined && change.attributesChanged);
  if (altered.length > 0) {
    await queries.updatePeople(
      tx,
      altered.map(idOf),
      altered.map(({ attributes }) => attributes),
    );
  }
  const absorbed = changes.flatMap((change) => change.absorbed.map((id) => ({ id, into: idOf(change) })));
  if (absorbed.length > 0) {
    await queries.absorbPeople(
      tx,
      absorbed.map(({ id }) => id),
      absorbed.map(({ into }) => into),
    );
  }
  const extended = await storeHoldings(tx, changes, idOf);
  const resettled = changes.filter((change) => {
    const grown = change.absorbed.length > 0 || extended.has(idOf(change));
    return change.provinceChanged || (grown && change.attributes.province !== null);
  });
  return resettled.length === 0 ? [] : queries.listIdentifiersOf(tx, resettled.map(idOf));
}

/** Stores new people; how to find the id of everybody. */
async function insertNew(
  tx: Tx,
  changes: readonly PersonChange[],
): Promise<(change: PersonChange) => number> {
  const fresh = changes.filter(({ id }) => id === undefined);
  const drawn = fresh.length === 0 ? [] : await queries.drawPersonIds(tx, fresh.length);
  if (fresh.length > 0) {
    await queries.insertPeople(
      tx,
      drawn,
      fresh.map(({ attributes }) => attributes),
    );
  }
  const ids = new Map(fresh.map((change, index) => [change, drawn[index] as number]));
  return (change) => change.id ?? (ids.get(change) as number);
}

/** Puts identifiers under people in the order in which they came; ids of the people who got one. */
async function storeHoldings(
  tx: Tx,
  changes: readonly PersonChange[],
  idOf: (change: PersonChange) => number,
): Promise<ReadonlySet<number>> {
  const held = changes
    .flatMap((change) => change.added.map((addition) => ({ ...addition, personId: idOf(change) })))
    .sort((a, b) => a.order - b.order);
  if (held.length === 0) return new Set();
  return queries.insertHoldings(
    tx,
    held.map(({ personId }) => personId),
    held.map(({ identifierId }) => identifierId),
  );
}

/** Links every two identifiers of a record; both ends of new links. */
async function storeLinks(tx: Tx, records: readonly PersonRecord[]): Promise<number[]> {
  const pairs = new Map<number, Set<number>>();
  for (const { identifiers } of records) {
    for (const { id: a } of identifiers) {
      for (const { id: b } of identifiers) {
        if (a < b) pairs.set(a, (pairs.get(a) ?? new Set()).add(b));
      }
    }
  }
  const a = [...pairs].flatMap(([least, others]) => Array<number>(others.size).fill(least));
  const b = [...pairs.values()].flatMap((others) => [...others]);
  return a.length === 0 ? [] : queries.insertLinks(tx, a, b);
}

/** Household of each first identifier that a record names one for; the last word counts. */
async function findHomes(tx: Tx, records: readonly RecordRow[]): Promise<Map<string, number>> {
  const names = new Map<string, string>();
  for (const { identifiers, household } of records) {
    if (household !== null) names.set(identifiers[0] as string, household);
  }
  if (names.size === 0) return new Map();
  const households = await ensureHouseholds(tx, [...new Set(names.values())]);
  return new Map([...names].map(([value, name]) => [value, households.get(name) as number]));
}

/** Ids of the households of these names, made if they are new. */
async function ensureHouseholds(tx: Tx, names: readonly string[]): Promise<Map<string, number>> {
  const households = await queries.findHouseholds(tx, names);
  const fresh = names.filter((name) => !households.has(name));
  if (fresh.length === 0) return households;
  const ids = await queries.insertHouseholds(tx, fresh);
  for (const [i, name] of fresh.entries()) households.set(name, ids[i] as number);
  return households;
}

/** Moves identifiers home (the created ones are there already); members of all households touched. */
async function storeHouseholds(
  tx: Tx,
  homes: ReadonlyMap<number, number>,
  created: readonly number[],
): Promise<number[]> {
  if (homes.size === 0) return [];
  const isNew = new Set(created);
  const moving = [...homes].filter(([id]) => !isNew.has(id));
  const touched = [...homes].flatMap(([id, home]) => (isNew.has(id) ? [home] : []));
  if (moving.length > 0) {
    const [ids, into] = [moving.map(([id]) => id), moving.map(([, home]) => home)];
    touched.push(...(await queries.updateHouseholds(tx, ids, into)));
  }
  return touched.length === 0 ? [] : queries.listMembers(tx, [...new Set(touched)]);
}
