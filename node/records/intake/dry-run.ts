/**
 * What the database would refuse of a file that is only tried: asks, locks nothing, stores nothing. What rows
 * before in the same file would have brought counts as there.
 */
import { findPlaceIds } from '../places/operations.ts';
import type { CheckInRow, ImportKind, PlaceRow, Rows } from './rows.ts';
import { type ImportRunCtx, KIND_MISSING, type Refused, type Store, UNKNOWN_PLACE } from './store.ts';

/** Instead of the store of this kind, for one file. */
export function dryRunOf<K extends ImportKind>(kind: K): Store<Rows[K]> {
  const stores: { readonly [Kind in ImportKind]: Store<Rows[Kind]> } = {
    persons: async () => new Map(),
    places: tryPlaces(),
    'check-ins': tryCheckIns,
    encounters: async () => new Map(),
  };
  return stores[kind] as unknown as Store<Rows[K]>;
}

function tryPlaces(): Store<PlaceRow> {
  /** Those that rows of the file with a kind have named. */
  const named = new Set<string>();
  return async ({ db }, rows) => {
    const known = await findPlaceIds(db, placesOf(rows.filter(({ kind }) => kind === null)));
    const refused = rows.flatMap(({ place, kind }, position) => {
      if (kind !== null) named.add(place);
      return kind !== null || named.has(place) || known.has(place) ? [] : [position];
    });
    return new Map(refused.map((position) => [position, KIND_MISSING]));
  };
}

async function tryCheckIns({ db }: ImportRunCtx, rows: readonly CheckInRow[]): Promise<Refused> {
  const known = await findPlaceIds(db, placesOf(rows));
  const refused = rows.flatMap(({ place }, position) => (known.has(place) ? [] : [position]));
  return new Map(refused.map((position) => [position, UNKNOWN_PLACE]));
}

function placesOf(rows: readonly { readonly place: string }[]): string[] {
  return rows.map(({ place }) => place);
}
