/**
 * What a row of a places import makes of a place: an empty cell never erases, another value replaces. Pure.
 */

export const PLACE_FACTS = ['name', 'kind', 'ward', 'capacity', 'latitude', 'longitude'] as const;

/** A place by its key; null = unknown. `kind` is the number of place-kind.ts. */
export interface Place {
  readonly place: string;
  readonly name: string | null;
  readonly kind: number | null;
  readonly ward: string | null;
  readonly capacity: number | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** `before` with what `row` says; the same object if that is nothing new. */
export function mergePlace(before: Place | undefined, row: Place): Place {
  if (before === undefined) return row;
  const differs = PLACE_FACTS.some((fact) => row[fact] !== null && row[fact] !== before[fact]);
  if (!differs) return before;
  return {
    place: before.place,
    name: row.name ?? before.name,
    kind: row.kind ?? before.kind,
    ward: row.ward ?? before.ward,
    capacity: row.capacity ?? before.capacity,
    latitude: row.latitude ?? before.latitude,
    longitude: row.longitude ?? before.longitude,
  };
}
