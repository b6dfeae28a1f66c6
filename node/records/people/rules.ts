/**
 * Which records are one person to this node (README.md, Import files): rows that share an identifier merge
 * unless their cccd differ. Only what the node shows of somebody depends on it; traces are built from links
 * alone. Pure.
 *
 * - A row with a cccd is about that person. One with several is about the first; the others are known by its
 *   phone too.
 * - A row without one is about the person that its identifiers lead to; if they lead to several people with
 *   cccd, about the one who was first to have the first of them.
 * - People without cccd whom a row leads to are the one whom it is about.
 *
 * So somebody without cccd shares no identifier with anybody, a phone may stand under several people with
 * one, and the same rows again are about the same people: they change nothing.
 */

/** What a record says of somebody; null = it does not say. */
export const ATTRIBUTES = ['name', 'born_on', 'sex', 'province', 'ward', 'address'] as const;

export type Attributes = { readonly [name in (typeof ATTRIBUTES)[number]]: string | null };

export interface RecordedIdentifier {
  readonly id: number;
  readonly isCccd: boolean;
}

export interface PersonRecord {
  readonly identifiers: readonly RecordedIdentifier[];
  readonly attributes: Attributes;
}

/** A person as stored. */
export interface KnownPerson {
  readonly id: number;
  readonly hasCccd: boolean;
  readonly attributes: Attributes;
}

export interface Holding {
  readonly personId: number;
  readonly identifierId: number;
}

/** What is to be stored of one person that records have changed. */
export interface PersonChange {
  /** Undefined for somebody new. */
  readonly id: number | undefined;
  /** People who turned out to be this one. */
  readonly absorbed: readonly number[];
  readonly attributes: Attributes;
  readonly attributesChanged: boolean;
  readonly provinceChanged: boolean;
  readonly wardChanged: boolean;
  /** Identifiers that the person was not known by (or may not have been). */
  readonly added: readonly {
    readonly identifierId: number /** When, among all additions. */;
    readonly order: number;
  }[];
}

export interface KnownPeople {
  readonly people: readonly KnownPerson[];
  /**
   * Of every identifier in the records at least the first holder, in the order in which they came to have it.
   */
  readonly holdings: readonly Holding[];
}

/**
 * What `records`, taken in order, change in `known`: new people first in order of appearance, then known ones
 * by id; nobody who stays the same. Of two values of an attribute the later stands; in a merge, of values
 * that are all older than the records, that of the person with the higher id.
 */
export function mergeRecords(known: KnownPeople, records: readonly PersonRecord[]): PersonChange[] {
  const book = new PeopleBook(known);
  for (const record of records) book.enter(record);
  return book.changes();
}

interface Person {
  readonly known: KnownPerson | undefined;
  hasCccd: boolean;
  readonly values: (string | null)[];
  /** When each value was written; later is larger. */
  readonly written: number[];
  readonly absorbed: number[];
  /** Identifiers with the order in which they came. */
  readonly added: Map<number, number>;
  into: Person | undefined;
}

class PeopleBook {
  readonly #people: Person[] = [];
  readonly #holders = new Map<number, Person[]>();
  #now: number;
  #additions = 0;

  constructor({ people, holdings }: KnownPeople) {
    const byId = new Map<number, Person>();
    for (const known of [...people].sort((a, b) => a.id - b.id)) {
      const person = this.#newPerson(known, byId.size + 1);
      byId.set(known.id, person);
    }
    this.#now = byId.size + 1;
    for (const { personId, identifierId } of holdings) {
      const person = byId.get(personId);
      if (person) this.#hold(person, identifierId);
    }
  }

  enter({ identifiers, attributes }: PersonRecord): void {
    const home = identifiers.some(({ isCccd }) => isCccd)
      ? this.#homeByCccd(identifiers)
      : this.#homeWithoutCccd(identifiers.map(({ id }) => id));
    this.#write(home, attributes);
  }

  changes(): PersonChange[] {
    const standing = this.#people.filter((person) => person.into === undefined).map(changeOf);
    const changed = standing.filter(
      (c) => c.id === undefined || c.absorbed.length + c.added.length > 0 || c.attributesChanged,
    );
    return [...changed.filter((c) => c.id === undefined), ...changed.filter((c) => c.id !== undefined)];
  }

  #homeByCccd(identifiers: readonly RecordedIdentifier[]): Person {
    const cccds = identifiers.filter(({ isCccd }) => isCccd).map(({ id }) => id);
    const others = identifiers.filter(({ isCccd }) => !isCccd).map(({ id }) => id);
    const [first, ...further] = cccds as [number, ...number[]];
    const loose = this.#holdersOf(others).filter((person) => !person.hasCccd);
    const home = this.#holdersOf([first])[0] ?? loose[0] ?? this.#newPerson(undefined, this.#now);
    home.hasCccd = true;
    for (const person of loose) if (person !== home) this.#absorb(home, person);
    this.#add(home, [first, ...others]);
    for (const cccd of further) {
      const other = this.#holdersOf([cccd])[0] ?? this.#newPerson(undefined, this.#now);
      other.hasCccd = true;
      this.#add(other, [cccd, ...others]);
    }
    return home;
  }

  #homeWithoutCccd(ids: readonly number[]): Person {
    const holders = this.#holdersOf(ids);
    const loose = holders.filter((person) => !person.hasCccd);
    const home =
      holders.find((person) => person.hasCccd) ?? loose[0] ?? this.#newPerson(undefined, this.#now);
    for (const person of loose) if (person !== home) this.#absorb(home, person);
    this.#add(home, ids);
    return home;
  }

  #write(person: Person, attributes: Attributes): void {
    this.#now++;
    for (const [index, name] of ATTRIBUTES.entries()) {
      const value = attributes[name];
      if (value === null) continue;
      person.values[index] = value;
      person.written[index] = this.#now;
    }
  }

  #absorb(home: Person, person: Person): void {
    person.into = home;
    if (person.known) home.absorbed.push(person.known.id);
    home.absorbed.push(...person.absorbed);
    for (const [id, order] of person.added) home.added.set(id, order);
    for (const index of ATTRIBUTES.keys()) {
      const value = person.values[index] ?? null;
      if (value === null) continue;
      const older =
        home.values[index] === null || (person.written[index] as number) > (home.written[index] as number);
      if (!older) continue;
      home.values[index] = value;
      home.written[index] = person.written[index] as number;
    }
  }

  #add(person: Person, ids: readonly number[]): void {
    for (const id of ids) {
      if (this.#holdersOf([id]).includes(person)) continue;
      person.added.set(id, this.#additions++);
      this.#hold(person, id);
    }
  }

  #hold(person: Person, identifierId: number): void {
    const holders = this.#holders.get(identifierId);
    if (holders === undefined) this.#holders.set(identifierId, [person]);
    else if (!holders.includes(person)) holders.push(person);
  }

  /** Those who hold one of the identifiers, each once, in the order of the identifiers. */
  #holdersOf(ids: readonly number[]): Person[] {
    const found = new Set<Person>();
    for (const id of ids) for (const person of this.#holders.get(id) ?? []) found.add(standing(person));
    return [...found];
  }

  #newPerson(known: KnownPerson | undefined, written: number): Person {
    const person: Person = {
      known,
      hasCccd: known?.hasCccd ?? false,
      values: ATTRIBUTES.map((name) => known?.attributes[name] ?? null),
      written: ATTRIBUTES.map(() => written),
      absorbed: [],
      added: new Map(),
      into: undefined,
    };
    this.#people.push(person);
    return person;
  }
}

function standing(person: Person): Person {
  let at = person;
  while (at.into !== undefined) at = at.into;
  return at;
}

function changeOf({ known, absorbed, values, added }: Person): PersonChange {
  const attributes = Object.fromEntries(
    ATTRIBUTES.map((name, index) => [name, values[index] ?? null]),
  ) as Attributes;
  const differs = (name: keyof Attributes) => attributes[name] !== (known?.attributes[name] ?? null);
  return {
    id: known?.id,
    absorbed,
    attributes,
    attributesChanged: ATTRIBUTES.some(differs),
    provinceChanged: differs('province'),
    wardChanged: differs('ward'),
    added: [...added].map(([identifierId, order]) => ({ identifierId, order })),
  };
}
