/**
 * Labels, degrees and exposures (design.md 3) from evidence and persons. Labels of degree k come from labels of
 * degree k - 1 only, so one pass a degree reaches the unique fixpoint.
 */
import { ENCOUNTER_SETTING, HOUSEHOLD_SETTING } from '../domain/place-kind.ts';
import { daysToSeconds, weights } from '../domain/rule-pack.ts';
import type { Evidence } from './evidence.ts';
import type { TraceTerms } from './messages.ts';
import { type Pair, PairGroups, type SeenIn } from './pair-groups.ts';
import type { Persons } from './persons.ts';

export const PLACE_SETTING_BIT = 1;
export const ENCOUNTER_SETTING_BIT = 2;
export const HOUSEHOLD_SETTING_BIT = 4;

/** Half-open windows in ascending order, not touching, none empty. */
export type Windows = readonly (readonly [from: number, until: number])[];

/** (person, degree, t): the person can have been infected (backward: have infected) at `at` over a chain of `degree`. */
export interface Label {
  readonly person: number;
  readonly degree: number;
  readonly at: number;
}

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
  readonly seenIn: SeenIn;
}

/** One source's share of a contact's exposure, for the graph. */
export interface Exposure {
  readonly source: number;
  readonly contact: number;
  readonly degree: number;
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  readonly settings: number;
}

export interface Reached {
  /** All undominated labels up to the asked degree, index persons left out. */
  readonly labels: readonly Label[];
  readonly contacts: ReadonlyMap<number, Contact>;
  readonly exposures: readonly Exposure[];
}

/** Windows of the index persons: for each the union over its index cases. Persons with an empty union are kept. */
export function indexWindows(terms: TraceTerms, personOfCase: readonly number[]): Map<number, Windows> {
  const byPerson = new Map<number, [number, number][]>();
  terms.index.forEach(({ from, until }, i) => {
    const person = personOfCase[i] as number;
    const windows = byPerson.get(person) ?? [];
    if (from < until) windows.push([from, until]);
    byPerson.set(person, windows);
  });
  return new Map([...byPerson].map(([person, windows]) => [person, union(windows)]));
}

function union(windows: [number, number][]): Windows {
  const merged: [number, number][] = [];
  for (const [from, until] of windows.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], until);
    else merged.push([from, until]);
  }
  return merged;
}

/** Window in which a labelled person (degree 1 or more) counts; empty = no window. */
export function labelWindow(terms: TraceTerms, at: number): Windows {
  const latent = daysToSeconds(terms.rules.latent_days);
  const [from, until] =
    terms.direction === 'forward' ? [at + latent, terms.asOf] : [earliestIndexInstant(terms), at - latent];
  return from < until ? [[from, until]] : [];
}

function earliestIndexInstant(terms: TraceTerms): number {
  return terms.index.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY);
}

/** What labels and contacts follow from. */
export interface Reach {
  readonly evidence: Evidence;
  readonly persons: Persons;
  readonly terms: TraceTerms;
  /** Index persons and their windows; they never get other labels. */
  readonly index: ReadonlyMap<number, Windows>;
}

/** Labels and contacts up to degree `upTo`. */
export function reachContacts(reach: Reach, upTo: number): Reached {
  const pass = new Pass(reach);
  let sources: Source[] = [...reach.index].map(([person, windows]) => ({ person, windows }));
  for (let degree = 1; degree <= upTo && sources.length > 0; degree++) sources = pass.step(sources, degree);
  return pass;
}

interface Source {
  readonly person: number;
  readonly windows: Windows;
}

/** State of one evaluation: best label instants, contacts, and scratch columns for the pair at hand. */
class Pass implements Reached {
  readonly labels: Label[] = [];
  readonly contacts = new Map<number, Contact>();
  readonly exposures: Exposure[] = [];
  readonly #reach: Reach;
  readonly #forward: boolean;
  readonly #weights: Uint8Array;
  /** The strongest label instant of each person at a lower or equal degree. */
  readonly #best = new Map<number, number>();
  readonly #pairs = new PairGroups();

  constructor(reach: Reach) {
    this.#reach = reach;
    this.#forward = reach.terms.direction === 'forward';
    this.#weights = weights(reach.terms.rules);
  }

  /** Exposes everybody to `sources` (labels of `degree` - 1); returns the new labels of `degree` as sources. */
  step(sources: readonly Source[], degree: number): Source[] {
    const reached = new Map<number, number>();
    for (const source of sources) {
      if (source.windows.length === 0) continue;
      this.#collect(source);
      for (const [person, pair] of this.#pairs.byPerson) {
        const exposure = this.#expose({ source, person, degree }, pair);
        if (exposure === undefined) continue;
        const at = this.#forward ? exposure.firstExposedAt : exposure.lastExposedAt;
        const known = reached.get(person);
        if (known === undefined || this.#earlier(at, known)) reached.set(person, at);
      }
    }
    return this.#keepUndominated(reached, degree);
  }

  /** Gathers the source's events in its windows, by the person met. */
  #collect(source: Source): void {
    const { evidence, index } = this.#reach;
    const { start, members, personOf } = this.#reach.persons;
    const { to, setting, province, next } = evidence.events.data;
    this.#pairs.clear();
    for (let m = start[source.person] as number; m < (start[source.person + 1] as number); m++) {
      const identifier = members[m] as number;
      for (let e = evidence.firstEvent[identifier] as number; e >= 0; e = next[e] as number) {
        const person = personOf[to[e] as number] as number;
        if (person === source.person || index.has(person)) continue;
        if (setting[e] === HOUSEHOLD_SETTING) this.#pairs.addHousehold(person, province[e] as number);
        else this.#cut(source.windows, person, e);
      }
    }
  }

  #cut(windows: Windows, person: number, e: number): void {
    const { from, until, setting, province } = this.#reach.evidence.events.data;
    const kind = setting[e] as number;
    for (const [windowFrom, windowUntil] of windows) {
      // Stored in signed columns: instants after 2038 come back as unsigned.
      const cutFrom = Math.max((from[e] as number) >>> 0, windowFrom);
      const cutUntil = Math.min((until[e] as number) >>> 0, windowUntil);
      if (cutFrom >= cutUntil) continue;
      const weight = this.#weights[kind] as number;
      this.#pairs.add(person, {
        from: cutFrom,
        until: cutUntil,
        weight,
        kind,
        province: province[e] as number,
      });
    }
  }

  /** The pair's exposure if it is a close contact, also added to the contact if this is its degree. */
  #expose(at: { source: Source; person: number; degree: number }, pair: Pair): Exposure | undefined {
    const order = this.#pairs.order(pair);
    const seconds = this.#pairs.seconds(order);
    if (seconds < this.#reach.terms.rules.close_contact_seconds && pair.households.length === 0)
      return undefined;
    const instants = this.#instants(at.source, pair, order);
    const settings = this.#settings(pair, order);
    const exposure = {
      source: at.source.person,
      contact: at.person,
      degree: at.degree,
      ...instants,
      seconds,
      settings,
    };
    this.#addToContact(exposure, pair, order);
    return exposure;
  }

  /** Earliest start and latest end; a household adds the window's start (backward: its end) as an instant. */
  #instants(source: Source, pair: Pair, order: readonly number[]) {
    let firstExposedAt = Number.POSITIVE_INFINITY;
    let lastExposedAt = Number.NEGATIVE_INFINITY;
    for (const i of order) {
      firstExposedAt = Math.min(firstExposedAt, this.#pairs.from[i] as number);
      lastExposedAt = Math.max(lastExposedAt, this.#pairs.until[i] as number);
    }
    if (pair.households.length > 0) {
      const edge = this.#forward ? source.windows[0]?.[0] : source.windows.at(-1)?.[1];
      firstExposedAt = Math.min(firstExposedAt, edge as number);
      lastExposedAt = Math.max(lastExposedAt, edge as number);
    }
    return { firstExposedAt, lastExposedAt };
  }

  #settings(pair: Pair, order: readonly number[]): number {
    let settings = pair.households.length > 0 ? HOUSEHOLD_SETTING_BIT : 0;
    for (const i of order) {
      settings |= this.#pairs.kind[i] === ENCOUNTER_SETTING ? ENCOUNTER_SETTING_BIT : PLACE_SETTING_BIT;
    }
    return settings;
  }

  #addToContact(exposure: Exposure, pair: Pair, order: readonly number[]): void {
    const contact = this.contacts.get(exposure.contact) ?? newContact(exposure.contact, exposure.degree);
    if (contact.degree !== exposure.degree) return;
    this.contacts.set(exposure.contact, contact);
    this.exposures.push(exposure);
    contact.firstExposedAt = Math.min(contact.firstExposedAt, exposure.firstExposedAt);
    contact.lastExposedAt = Math.max(contact.lastExposedAt, exposure.lastExposedAt);
    contact.seconds += exposure.seconds;
    contact.settings |= exposure.settings;
    for (const i of order) {
      const kind = this.#pairs.kind[i] as number;
      if (kind !== ENCOUNTER_SETTING) contact.placeKinds |= 1 << (kind - 1);
    }
    this.#pairs.addTo(contact.seenIn, order, { pair, seconds: exposure.seconds });
  }

  /** A label is dominated by one of no higher degree and no later (backward: no earlier) instant. */
  #keepUndominated(reached: ReadonlyMap<number, number>, degree: number): Source[] {
    const sources: Source[] = [];
    for (const [person, at] of reached) {
      const best = this.#best.get(person);
      if (best !== undefined && !this.#earlier(at, best)) continue;
      this.#best.set(person, at);
      this.labels.push({ person, degree, at });
      sources.push({ person, windows: labelWindow(this.#reach.terms, at) });
    }
    return sources;
  }

  #earlier(a: number, b: number): boolean {
    return this.#forward ? a < b : a > b;
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
    seenIn: new Map(),
  };
}
