/**
 * Recording places and finding them by the province's own ids. Runs inside the caller's transaction. Who
 * changes the same places waits: known ones are locked before new ones are stored, both in order.
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { isUniqueViolation } from '../../../shared/db/errors.ts';
import { AppError } from '../../../shared/errors.ts';
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

/**
 * Records what rows say of places, in order. Throws TRANSACTION_CONFLICT if somebody else has stored one of
 * the new ones meanwhile.
 */
export async function recordPlaces(
  tx: Pick<Transaction, 'sql'> & { readonly sealer: ColumnSealer },
  rows: readonly Place[],
): Promise<RecordedPlaces> {
  const keys = [...new Set(rows.map(({ place }) => place))];
  const before = await queries.findPlaces(tx, keys);
  const quiet = planPlaces(before, rows);
  // Rows that say nothing new lock nothing, nor is there anything to lock where all are new.
  const isQuiet = quiet.fresh.length + quiet.changed.length === 0;
  const { fresh, changed, withoutKind } =
    isQuiet || before.length === 0 ? quiet : planPlaces(await queries.lockPlaces(tx, keys), rows);
  if (fresh.length > 0) await insertInOrder(tx, fresh);
  const rekinded = changed.length > 0 ? await queries.updatePlaces(tx, changed) : [];
  return { withoutKind, rekinded };
}

async function insertInOrder(tx: Parameters<typeof queries.insertPlaces>[0], fresh: Place[]): Promise<void> {
  try {
    await queries.insertPlaces(
      tx,
      fresh.sort((a, b) => (a.place < b.place ? -1 : 1)),
    );
  } catch (error) {
    if (!isUniqueViolation(error, 'places_place_key')) throw error;
    const message = 'a place was stored by somebody else meanwhile';
    throw new AppError('ABORTED', 'TRANSACTION_CONFLICT', message, { cause: error });
  }
}

/** New places, known ones that say something else now, and the positions of rows that are not taken. */
function planPlaces(known: readonly queries.KnownPlace[], rows: readonly Place[]) {
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
  return { fresh, changed, withoutKind };
}
