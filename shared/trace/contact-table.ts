/**
 * Contacts as they are gathered: a list, and a column by person through which a million look-ups are cheap.
 */
import type { Seen } from './pair-groups.ts';

/** A contact's exposures, summed over its sources. Instants are epoch seconds. */
export interface Contact {
  readonly person: number;
  readonly degree: number;
  firstExposedAt: number;
  lastExposedAt: number;
  seconds: number;
  /** Bits, see *_SETTING_BIT. */
  settings: number;
  /** Bit n-1 = place kind n. */
  placeKinds: number;
  /** What each province of exposure saw. */
  readonly seenIn: Seen[];
}

/** Contacts by person. */
export interface Contacts extends Iterable<Contact> {
  readonly size: number;
  get(person: number): Contact | undefined;
}

const NONE = -1;

/** Contacts in a list, found through a column by person: a million look-ups are cheap. */
export class ContactTable implements Contacts {
  readonly #list: Contact[] = [];
  readonly #at: Int32Array;

  constructor(persons: number) {
    this.#at = new Int32Array(persons).fill(NONE);
  }

  get size(): number {
    return this.#list.length;
  }

  get(person: number): Contact | undefined {
    const at = this.#at[person];
    return at === undefined || at === NONE ? undefined : this.#list[at];
  }

  /** The contact of a person, made with `degree` if there is none yet. */
  of(person: number, degree: number): Contact {
    const at = this.#at[person] as number;
    if (at !== NONE) return this.#list[at] as Contact;
    const contact = newContact(person, degree);
    this.#at[person] = this.#list.push(contact) - 1;
    return contact;
  }

  [Symbol.iterator](): Iterator<Contact> {
    return this.#list[Symbol.iterator]();
  }
}

function newContact(person: number, degree: number): Contact {
  return {
    person,
    degree,
    firstExposedAt: Number.POSITIVE_INFINITY,
    lastExposedAt: Number.NEGATIVE_INFINITY,
    seconds: 0,
    settings: 0,
    placeKinds: 0,
    seenIn: [],
  };
}
