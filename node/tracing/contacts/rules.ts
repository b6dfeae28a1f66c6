/**
 * What the numbers of a stored contact mean, and a contact as it is shown.
 */
import { PLACE_KINDS, type PlaceKind } from '../../../shared/domain/place-kind.ts';

/** What the hub says of a contact, and where it is filed; instants in epoch seconds. */
export interface ContactFacts {
  readonly id: string;
  readonly ward: string | null;
  readonly degree: number;
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  readonly settings: number;
  readonly placeKinds: number;
  readonly exposedIn: string[];
}

/** A contact with what this province knows of the person. */
export interface Contact extends ContactFacts {
  /** Canonical, those known here, sorted. */
  readonly identifiers: string[];
  /** Names of the people that they may be, joined by " / "; null if none is known. */
  readonly name: string | null;
  /** Where they live, like `name`. */
  readonly address: string | null;
}

/** Where a contact stands in the list: degree, last exposure (the latest first), id. */
export type ContactPlace = [degree: number, lastExposedAt: number, id: string];

/** The place of a contact in the list. */
export function placeOf({ degree, lastExposedAt, id }: ContactFacts): ContactPlace {
  return [degree, lastExposedAt, id];
}

export type Setting = 'place' | 'encounter' | 'household';

const SETTINGS: readonly Setting[] = ['place', 'encounter', 'household'];

/** Words of a contact's settings: bits 0 place, 1 encounter, 2 household. */
export function settingsOf(bits: number): Setting[] {
  return SETTINGS.filter((_, bit) => (bits >> bit) & 1);
}

/** Kinds of place in a contact's exposures: bit n−1 = kind n. */
export function placeKindsOf(bits: number): PlaceKind[] {
  return PLACE_KINDS.filter((_, bit) => (bits >> bit) & 1);
}
