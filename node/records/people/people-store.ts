/**
 * Stores what records have changed of people: those who are new, those who turned out to be another, and who
 * has which identifier. Locks nothing; see operations.ts for who holds what by then.
 */
import * as queries from './queries.ts';
import type { PersonChange } from './rules.ts';

type Tx = queries.IntakeTx;

/** Stores changed people; identifiers of those whose residence, or ward, may be another now. */
export async function storePeople(
  tx: Tx,
  changes: readonly PersonChange[],
): Promise<{ resettled: number[]; moved: number[] }> {
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
  const isGrown = (change: PersonChange) => change.absorbed.length > 0 || extended.has(idOf(change));
  const isResettled = (change: PersonChange) =>
    change.provinceChanged || (isGrown(change) && change.attributes.province !== null);
  const isMoved = (change: PersonChange) =>
    change.wardChanged || (isGrown(change) && change.attributes.ward !== null);
  const touched = changes.filter((change) => isResettled(change) || isMoved(change));
  if (touched.length === 0) return { resettled: [], moved: [] };
  const holdings = await queries.listHoldingsOf(tx, touched.map(idOf));
  const identifiersOf = (those: (change: PersonChange) => boolean) => {
    const people = new Set(touched.filter(those).map(idOf));
    return holdings.flatMap(({ personId, identifierId }) => (people.has(personId) ? [identifierId] : []));
  };
  return { resettled: identifiersOf(isResettled), moved: identifiersOf(isMoved) };
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
