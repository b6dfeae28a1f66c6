/**
 * The closed list of kinds of place. Its order is the numbering on the wire (proto PlaceKind), from 1.
 */

export const PLACE_KINDS = [
  'market',
  'supermarket',
  'shop',
  'restaurant',
  'cafe',
  'bar',
  'karaoke',
  'factory',
  'office',
  'school',
  'university',
  'hospital',
  'clinic',
  'pharmacy',
  'worship',
  'hotel',
  'transport_hub',
  'bus',
  'train',
  'flight',
  'taxi',
  'boat',
  'sport',
  'salon',
  'construction_site',
  'quarantine_site',
  'checkpoint',
  'event',
  'home',
  'other',
] as const;

export type PlaceKind = (typeof PLACE_KINDS)[number];

const NUMBERS = new Map<string, number>(PLACE_KINDS.map((kind, index) => [kind, index + 1]));

/** Number of a kind on the wire and in the database, 1 to 30; undefined for an unknown word. */
export function placeKindNumber(kind: string): number | undefined {
  return NUMBERS.get(kind);
}

/** Kind of a number, undefined outside 1 to 30. */
export function placeKindOf(number: number): PlaceKind | undefined {
  return PLACE_KINDS[number - 1];
}

/** Settings of a contact event besides the place kinds 1 to 30, as on the wire (Answer.event_setting). */
export const ENCOUNTER_SETTING = 254;
export const HOUSEHOLD_SETTING = 255;
