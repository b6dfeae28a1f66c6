/**
 * What the numbers of a stored contact mean, and a contact as it is shown: who has a number is who the record
 * that counts most says; a phone or an app by itself may be anybody's whom a record names with it, so all of
 * them are shown. A reader gets what records of their area say, and of the others how many there are. Pure.
 */
import { HANDLE_KINDS, kindOf } from '../../../shared/domain/identifier.ts';
import { PLACE_KINDS, type PlaceKind } from '../../../shared/domain/place-kind.ts';

/** How the wish to take a contact over stands: the hub has not heard it, or has said yes or no. */
export const TAKE_OVER_STATES = ['asked', 'agreed', 'refused'] as const;
export type TakeOverState = (typeof TAKE_OVER_STATES)[number];

/** Which contact; ids of 32 hex digits. */
export interface TakeOverWish {
  readonly traceId: string;
  readonly contactId: string;
}

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
  /** Another province is responsible, and this one claims the person as its resident. */
  readonly alsoClaimed: boolean;
  /** Whether this province wishes to take it over; null if not, and once it has. */
  readonly takeOver: TakeOverState | null;
  /** The hub's reason for a no. */
  readonly takeOverRefusal: string | null;
}

/** A contact with what this province knows of the person. */
export interface Contact extends ContactFacts {
  /** Canonical, those that records of the reader's area name, sorted. */
  readonly identifiers: string[];
  /** How many more of the person's identifiers are known here, outside the reader's area. */
  readonly knownElsewhere: number;
  /** Names of the people that they may be, joined by " / "; null if none is known. */
  readonly name: string | null;
  /** Where they live, like `name`. */
  readonly address: string | null;
  /** It is one handle, which records name beside others: somebody of that phone, nobody knows who. */
  readonly sharedHandle: boolean;
  /** Of a shared handle: who of this province it may be, out of records of the reader's area. */
  readonly mayBe: readonly PossiblePerson[];
}

export interface PossiblePerson {
  readonly name: string | null;
  readonly address: string | null;
  /** What a record names beside the handle. */
  readonly identifiers: readonly string[];
}

/** An identifier, and what the standing records that name it say. */
export interface KnownIdentifier {
  readonly identifier: string;
  readonly sayings: readonly Said[];
}

interface Said {
  /** Among all that is said: the least counts most. */
  readonly place: number;
  readonly ward: string | null;
  readonly name: string | null;
  readonly address: string | null;
  /** What else the record names. */
  readonly beside: readonly string[];
}

/** What of a person is shown with a contact. */
export type ShownPerson = Pick<
  Contact,
  'identifiers' | 'knownElsewhere' | 'name' | 'address' | 'sharedHandle' | 'mayBe'
>;

/** A phone of ten thousand records is nobody's. */
const MOST_POSSIBLE = 20;

/** Whether what lies in a ward (null: in none) is within a reader's area; `everywhere`: all is. */
export type Covers = 'everywhere' | ((ward: string | null) => boolean);

/** What a reader is shown of a person who has these identifiers. */
export function personWithin(known: readonly KnownIdentifier[], covers: Covers): ShownPerson {
  const shown = known
    .map(({ identifier, sayings }) => ({
      ...{ identifier, isHandle: HANDLE_KINDS.has(kindOf(identifier)) },
      sayings: sayings.filter(({ ward }) => covers === 'everywhere' || covers(ward)),
    }))
    .filter(({ sayings }) => covers === 'everywhere' || sayings.length > 0);
  const saidOf = (isHandle: boolean, field: 'name' | 'address') =>
    shown
      .filter((one) => one.isHandle === isHandle)
      .flatMap(({ sayings }) => sayings)
      .sort((a, b) => a.place - b.place)
      .flatMap((said) => said[field] ?? []);
  const said = (field: 'name' | 'address') =>
    saidOf(false, field)[0] ?? (sortedOnce(saidOf(true, field)).join(' / ') || null);
  return {
    identifiers: sortedOnce(shown.map(({ identifier }) => identifier)),
    knownElsewhere: known.length - shown.length,
    ...{ name: said('name'), address: said('address') },
    ...peopleOfHandle(known, covers),
  };
}

/**
 * A person of one handle that records name beside other identifiers: these did not make them one person, so
 * that the handle is shared (README.md, Who is one person).
 */
function peopleOfHandle(
  [only, ...others]: readonly KnownIdentifier[],
  covers: Covers,
): Pick<Contact, 'sharedHandle' | 'mayBe'> {
  const isHandle = only !== undefined && others.length === 0 && HANDLE_KINDS.has(kindOf(only.identifier));
  const sayings = isHandle ? only.sayings.filter(({ beside }) => beside.length > 0) : [];
  const people = sayings
    .filter(({ ward }) => covers === 'everywhere' || covers(ward))
    .sort((a, b) => a.place - b.place)
    .map(({ name, address, beside }) => ({ name, address, identifiers: [...beside].sort() }));
  const distinct = new Map(people.map((one) => [`${one.name} ${one.identifiers.join(' ')}`, one]));
  return { sharedHandle: sayings.length > 0, mayBe: [...distinct.values()].slice(0, MOST_POSSIBLE) };
}

function sortedOnce(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
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
