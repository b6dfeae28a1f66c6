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

/** Of a stored place, what its name is sealed for. */
export type PlaceRow = Pick<Place, 'place' | 'ward'>;

/** The row as the sealed name says it. */
export function rowOfPlace({ place, ward }: PlaceRow): string {
  return `${ward ?? ''} ${place}`;
}

/** `before` with what `row` says. */
export function mergePlace(before: Place | undefined, row: Place): Place {
  if (before === undefined) return row;
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

/** Whether the two say the same of a place. */
export function isSamePlace(a: Place, b: Place): boolean {
  return PLACE_FACTS.every((fact) => a[fact] === b[fact]);
}
