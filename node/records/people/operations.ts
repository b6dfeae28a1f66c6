/**
 * Recording people: identifiers, the links that a record makes, households, and what is known of somebody.
 * Runs inside the caller's transaction; what it returns, the caller tells the feed.
 *
 * Writers of different people do not wait for each other. Those who change something of the same people do,
 * and then read what the other has left, so that the outcome is that of one after the other. Everybody locks
 * in this order, each kind by ascending key, so that nobody waits in a circle:
 *
 *   new households · known identifiers · new identifiers · people · links · known households
 *
 * What was seen too late for that (somebody else stored an identifier a moment ago) ends in
 * TRANSACTION_CONFLICT, after which the whole transaction is tried again.
 */
import type { Transaction } from '../../../shared/db/database.ts';
import { isCccd } from '../../../shared/domain/identifier.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { holdSealer } from '../../sealing/operations.ts';
import * as identifiers from './identifiers.ts';
import * as identifierQueries from './identifiers-queries.ts';
import { storePeople } from './people-store.ts';
import * as queries from './queries.ts';
import * as reading from './reading.ts';
import { type Attributes, type KnownPeople, mergeRecords, type PersonRecord } from './rules.ts';

export type { IntakeTx } from './queries.ts';
export type { PeopleCtx } from './reading.ts';

type Tx = queries.IntakeTx;

/** `tx` as one that writes people, places, check-ins or encounters, with what it looks up by. */
export async function enterIntake<T extends Pick<Transaction, 'sql' | 'emit'>>(
  tx: T,
  dataKeys: SealerSource,
) {
  const [sealing] = await Promise.all([holdSealer(tx, dataKeys), queries.preferIndexes(tx)]);
  return sealing;
}

/** What is known of people, by local ids of their identifiers. */
export const { readHolders, readIdentifiers } = reading;

/** Ward of the record that an identifier came to first; undefined if none says. */
export const findWard = queries.findWard;

/** Local ids of canonical identifiers, known or new. */
export const ensureIdentifiers = identifiers.ensureIdentifiers;

/** What one row of a persons import says; `identifiers` are canonical, at least one. */
export interface RecordRow extends Attributes {
  readonly identifiers: readonly string[];
  /** Name of the household of the first identifier; null = unknown. */
  readonly household: string | null;
}

export interface RecordedPeople {
  /** Identifiers whose links, residence, household or existence changed. */
  readonly changed: readonly number[];
  /** Identifiers, known before, whose holder may be of another ward now. */
  readonly moved: readonly number[];
}

/** Records what rows say of people, in order; see rules.ts for who is merged with whom. */
export async function recordPeople(tx: Tx, records: readonly RecordRow[]): Promise<RecordedPeople> {
  const homes = await findHomes(tx, records);
  const found = await identifiers.lookUp(
    tx,
    records.flatMap(({ identifiers }) => identifiers),
    'nothing',
  );
  const { changes, created } = await planPeople(tx, { found, records, homes });
  const idOf = (value: string) => found.ids.get(value) as number;
  const { resettled, moved } = await storePeople(tx, changes);
  const housesTouched = await moveHome(
    tx,
    new Map([...homes].map(([value, home]) => [idOf(value), home])),
    created,
  );
  const linked = await storeLinks(tx, recordsUnder(found.ids, records));
  const housed = await listHoused(tx, housesTouched);
  const changed = new Set([...created, ...resettled, ...linked, ...housed]);
  const isNew = new Set(created);
  return { changed: [...changed], moved: moved.filter((id) => !isNew.has(id)) };
}

interface PeopleInput {
  readonly found: identifiers.LookedUp;
  readonly records: readonly RecordRow[];
  readonly homes: ReadonlyMap<string, number>;
}

/**
 * What the records change, with everything locked that it depends on, and the identifiers that are new. Rows
 * that say nothing new lock nothing and wait for nobody: their outcome is that of a moment in between.
 */
async function planPeople(tx: Tx, { found, records, homes }: PeopleInput) {
  const known = [...found.ids.values()];
  if (known.length === found.values.length) {
    const changes = mergeRecords(await findHolders(tx, known), recordsUnder(found.ids, records));
    if (changes.length === 0) return { changes, created: [] };
  }
  if (known.length > 0) await identifierQueries.lockIdentifiers(tx, known);
  const householdOf = (value: string) => homes.get(value) ?? null;
  const created = await identifiers.storeMissing(tx, found, { lock: 'change', householdOf });
  const isNew = new Set(created);
  const old = [...found.ids.values()].filter((id) => !isNew.has(id));
  const holders = await lockHolders(tx, old);
  return { changes: mergeRecords(holders, recordsUnder(found.ids, records)), created };
}

function recordsUnder(ids: ReadonlyMap<string, number>, records: readonly RecordRow[]): PersonRecord[] {
  return records.map((record) => ({
    identifiers: record.identifiers.map((value) => ({ id: ids.get(value) as number, isCccd: isCccd(value) })),
    attributes: record,
  }));
}

/** The first to have each of the identifiers, and what is known of them. */
async function findHolders(tx: Tx, identifierIds: readonly number[]): Promise<KnownPeople> {
  const holdings = identifierIds.length === 0 ? [] : await queries.findHoldings(tx, identifierIds);
  const people = holdings.length === 0 ? [] : await queries.findPeople(tx, peopleOf(holdings));
  return { people, holdings };
}

/**
 * The same, locked. While somebody was waited for they may have become another person's, who is then locked
 * too; with the identifiers locked by the caller this comes to an end.
 */
async function lockHolders(tx: Tx, identifierIds: readonly number[]): Promise<KnownPeople> {
  const locked = new Set<number>();
  for (;;) {
    const holdings = identifierIds.length === 0 ? [] : await queries.findHoldings(tx, identifierIds);
    const people = peopleOf(holdings);
    const further = people.filter((id) => !locked.has(id));
    if (further.length === 0) {
      return { people: people.length === 0 ? [] : await queries.findPeople(tx, people), holdings };
    }
    await queries.lockPeople(tx, further);
    for (const id of further) locked.add(id);
  }
}

function peopleOf(holdings: KnownPeople['holdings']): number[] {
  return [...new Set(holdings.map(({ personId }) => personId))];
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
  if (ids === undefined) return queries.findHouseholds(tx, names);
  for (const [i, name] of fresh.entries()) households.set(name, ids[i] as number);
  return households;
}

/** Moves identifiers home (the created ones are there already); all households touched. */
async function moveHome(
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
  return [...new Set(touched)];
}

/**
 * Who lives in households that somebody joined or left, after everybody else who changes who lives there: of
 * two at the same time the later must see whom the earlier has moved, and tell those too.
 */
async function listHoused(tx: Tx, householdIds: readonly number[]): Promise<number[]> {
  if (householdIds.length === 0) return [];
  await queries.lockHouseholds(tx, householdIds);
  return queries.listHousemates(tx, [...householdIds]);
}
