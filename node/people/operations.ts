/**
 * Recording people: identifiers, the links that a record makes, households, and what is known of somebody.
 * Runs inside the caller's transaction, which holds the intake lock; the caller tells tracing after the
 * commit.
 */
import type { Transaction } from '../../shared/db/database.ts';
import { isCccd } from '../../shared/domain/identifier.ts';
import * as queries from './queries.ts';
import { type Attributes, mergeRecords, type PersonChange, type PersonRecord } from './rules.ts';

type Tx = Pick<Transaction, 'sql'>;

/** Waits until no other writer of people, places, check-ins or encounters is in a transaction. */
export const lockIntake = queries.lockIntake;

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
  const ids = await queries.findIdentifiers(tx, wanted);
  const missing = wanted.filter((value) => !ids.has(value));
  if (missing.length === 0) return { ids, created: [] };
  const inserted = await queries.insertIdentifiers(tx, missing, missing.map(householdOf));
  // What is missing still was committed by somebody else between the two statements.
  const late = missing.filter((value) => !inserted.has(value));
  const found = late.length === 0 ? [] : await queries.findIdentifiers(tx, late);
  for (const [value, id] of [...inserted, ...found]) ids.set(value, id);
  return { ids, created: [...inserted.values()] };
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
export async function recordHomeProvinces(tx: Tx, homes: ReadonlyMap<number, string>): Promise<number[]> {
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
  const households = await queries.ensureHouseholds(tx, [...names.values()]);
  return new Map([...names].map(([value, name]) => [value, households.get(name) as number]));
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
