/**
 * Recording places and finding them by the province's own ids. Runs inside the caller's transaction, under
 * the intake lock.
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import * as queries from './queries.ts';
import { isSamePlace, mergePlace, type Place } from './rules.ts';

/** Local ids of those of these keys that are known. */
export function findPlaceIds(
  db: Pick<Queryable, 'sql'>,
  keys: Iterable<string>,
): Promise<Map<string, number>> {
  return queries.findPlaceIds(db, [...new Set(keys)]);
}

export interface RecordedPlaces {
  /** Positions of rows that were not taken: their place is new and they name no kind. */
  readonly withoutKind: readonly number[];
  /** Local ids of known places that are of another kind now: stays there last and weigh differently. */
  readonly rekinded: number[];
}

/** Records what rows say of places, in order. */
export async function recordPlaces(
  tx: Pick<Transaction, 'sql'> & { readonly sealer: ColumnSealer },
  rows: readonly Place[],
): Promise<RecordedPlaces> {
  const known = await queries.findPlaces(tx, [...new Set(rows.map(({ place }) => place))]);
  const merged = new Map(known.map(({ facts }) => [facts.place, facts]));
  const isKnown = new Set(merged.keys());
  const withoutKind: number[] = [];
  for (const [index, row] of rows.entries()) {
    const after = mergePlace(merged.get(row.place), row);
    if (after.kind === null) withoutKind.push(index);
    else merged.set(row.place, after);
  }
  const fresh = [...merged.values()].filter(({ place }) => !isKnown.has(place));
  // Rows that contradict each other may come back to what was known.
  const changed = known
    .map(({ id, facts }) => ({ id, before: facts, facts: merged.get(facts.place) as Place }))
    .filter(({ before, facts }) => !isSamePlace(before, facts));
  if (fresh.length > 0) await queries.insertPlaces(tx, fresh);
  const rekinded = changed.length > 0 ? await queries.updatePlaces(tx, changed) : [];
  return { withoutKind, rekinded };
}
