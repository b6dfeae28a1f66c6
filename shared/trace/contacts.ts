/**
 * Labels, degrees and exposures (design.md 3) from evidence and persons. Labels of degree k come from labels of
 * degree k - 1 only, so one pass a degree reaches the unique fixpoint.
 */
import { ENCOUNTER_SETTING, HOUSEHOLD_SETTING } from '../domain/place-kind.ts';
import { daysToSeconds, weights } from '../domain/rule-pack.ts';
import type { Evidence } from './evidence.ts';
import { coveredSeconds, weightedSeconds } from './meeting.ts';
import type { TraceTerms } from './messages.ts';
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
  readonly seenIn: Map<number, { length: number; seconds: number }>;
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

/**
 * Labels and contacts up to degree `upTo`.
 * `index` maps index persons to their windows; they never get other labels.
 */
export function reachContacts(
  evidence: Evidence,
  persons: Persons,
  terms: TraceTerms,
  index: ReadonlyMap<number, Windows>,
  upTo: number,
): Reached {
  const pass = new Pass(evidence, persons, terms, index);
  let sources: Source[] = [...index].map(([person, windows]) => ({ person, windows }));
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
  readonly #evidence: Evidence;
  readonly #persons: Persons;
  readonly #terms: TraceTerms;
  readonly #index: ReadonlyMap<number, Windows>;
  readonly #weights: Uint8Array;
  /** The strongest label instant of each person at a lower or equal degree. */
  readonly #best = new Map<number, number>();
  readonly #pairs = new PairGroups();

  constructor(evidence: Evidence, persons: Persons, terms: TraceTerms, index: ReadonlyMap<number, Windows>) {
    this.#evidence = evidence;
    this.#persons = persons;
    this.#terms = terms;
    this.#index = index;
    this.#weights = weights(terms.rules);
  }

  /** Exposes everybody to `sources` (labels of `degree` - 1); returns the new labels of `degree` as sources. */
  step(sources: readonly Source[], degree: number): Source[] {
    const reached = new Map<number, number>();
    for (const source of sources) {
      if (source.windows.length === 0) continue;
      this.#collect(source);
      for (const [person, pair] of this.#pairs.byPerson) this.#expose(source, person, pair, degree, reached);
    }
    return this.#keepUndominated(reached, degree);
  }

  /** Gathers the source's events in its windows, by the person met. */
  #collect(source: Source): void {
    const { start, members, personOf } = this.#persons;
    const { firstEvent, events } = this.#evidence;
    const { to, from, until, setting, province, next } = events.data;
    this.#pairs.clear();
    for (let m = start[source.person] as number; m < (start[source.person + 1] as number); m++) {
      for (let e = firstEvent[members[m] as number] as number; e >= 0; e = next[e] as number) {
        const person = personOf[to[e] as number] as number;
        if (person === source.person || this.#index.has(person)) continue;
        const kind = setting[e] as number;
        if (kind === HOUSEHOLD_SETTING) this.#pairs.addHousehold(person, province[e] as number);
        else this.#cut(source.windows, person, from[e]! >>> 0, until[e]! >>> 0, kind, province[e] as number);
      }
    }
  }

  #cut(windows: Windows, person: number, from: number, until: number, kind: number, province: number): void {
    for (const [wFrom, wUntil] of windows) {
      const cutFrom = Math.max(from, wFrom);
      const cutUntil = Math.min(until, wUntil);
      if (cutFrom < cutUntil) {
        this.#pairs.add(person, cutFrom, cutUntil, this.#weights[kind] as number, kind, province);
      }
    }
  }

  /** Decides whether the pair is a close contact and, if so, notes label and exposure. */
  #expose(source: Source, person: number, pair: Pair, degree: number, reached: Map<number, number>): void {
    const order = this.#pairs.order(pair);
    const seconds = order.length === 1 ? this.#pairs.single(order[0]!) : weightedSeconds(this.#pairs, order);
    if (seconds < this.#terms.rules.close_contact_seconds && pair.households.length === 0) return;
    const forward = this.#terms.direction === 'forward';
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const i of order) {
      first = Math.min(first, this.#pairs.from[i] as number);
      last = Math.max(last, this.#pairs.until[i] as number);
    }
    if (pair.households.length > 0) {
      const instant = forward ? source.windows[0]![0] : source.windows.at(-1)![1];
      first = Math.min(first, instant);
      last = Math.max(last, instant);
    }
    const at = forward ? first : last;
    const known = reached.get(person);
    if (known === undefined || this.#earlier(at, known)) reached.set(person, at);
    this.#addExposure(source.person, person, degree, { first, last, seconds, order, pair });
  }

  #addExposure(
    source: number,
    person: number,
    degree: number,
    exposure: { first: number; last: number; seconds: number; order: readonly number[]; pair: Pair },
  ): void {
    const contact = this.contacts.get(person) ?? newContact(person, degree);
    if (contact.degree !== degree) return;
    this.contacts.set(person, contact);
    const { first, last, seconds, order, pair } = exposure;
    contact.firstExposedAt = Math.min(contact.firstExposedAt, first);
    contact.lastExposedAt = Math.max(contact.lastExposedAt, last);
    contact.seconds += seconds;
    let settings = pair.households.length > 0 ? HOUSEHOLD_SETTING_BIT : 0;
    for (const i of order) {
      const kind = this.#pairs.kind[i] as number;
      settings |= kind === ENCOUNTER_SETTING ? ENCOUNTER_SETTING_BIT : PLACE_SETTING_BIT;
      if (kind !== ENCOUNTER_SETTING) contact.placeKinds |= 1 << (kind - 1);
    }
    contact.settings |= settings;
    this.#pairs.addTo(contact.seenIn, order, pair, seconds);
    this.exposures.push({
      source,
      contact: person,
      degree,
      firstExposedAt: first,
      lastExposedAt: last,
      seconds,
      settings,
    });
  }

  /** A label is dominated by one of no higher degree and no later (backward: no earlier) instant. */
  #keepUndominated(reached: ReadonlyMap<number, number>, degree: number): Source[] {
    const sources: Source[] = [];
    for (const [person, at] of reached) {
      const best = this.#best.get(person);
      if (best !== undefined && !this.#earlier(at, best)) continue;
      this.#best.set(person, at);
      this.labels.push({ person, degree, at });
      sources.push({ person, windows: labelWindow(this.#terms, at) });
    }
    return sources;
  }

  #earlier(a: number, b: number): boolean {
    return this.#terms.direction === 'forward' ? a < b : a > b;
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

interface Pair {
  /** Positions of the pair's events in the columns. */
  readonly events: number[];
  /** Provinces that know a shared household. */
  readonly households: number[];
}

/** Cut events of one source, grouped by the person met; columns are reused from source to source. */
class PairGroups {
  readonly byPerson = new Map<number, Pair>();
  readonly from: number[] = [];
  readonly until: number[] = [];
  readonly weight: number[] = [];
  readonly kind: number[] = [];
  readonly #province: number[] = [];
  #length = 0;

  clear(): void {
    this.byPerson.clear();
    this.#length = 0;
  }

  add(person: number, from: number, until: number, weight: number, kind: number, province: number): void {
    const i = this.#length++;
    this.from[i] = from;
    this.until[i] = until;
    this.weight[i] = weight;
    this.kind[i] = kind;
    this.#province[i] = province;
    this.#pairWith(person).events.push(i);
  }

  addHousehold(person: number, province: number): void {
    this.#pairWith(person).households.push(province);
  }

  /** Positions of a pair's events, by start. */
  order(pair: Pair): readonly number[] {
    return pair.events.length < 2
      ? pair.events
      : pair.events.sort((a, b) => (this.from[a] as number) - (this.from[b] as number));
  }

  /** Weighted seconds of a lone event. */
  single(i: number): number {
    return Math.floor(
      (((this.until[i] as number) - (this.from[i] as number)) * (this.weight[i] as number)) / 100,
    );
  }

  /** Adds to `seenIn` how long each province saw the pair: uncounted overlaps, then weighted seconds. */
  addTo(seenIn: Contact['seenIn'], order: readonly number[], pair: Pair, seconds: number): void {
    for (const province of pair.households)
      seenIn.set(province, seenIn.get(province) ?? { length: 0, seconds: 0 });
    if (order.length === 0) return;
    const provinces = new Set(order.map((i) => this.#province[i] as number));
    for (const province of provinces) {
      const own = provinces.size === 1 ? order : order.filter((i) => this.#province[i] === province);
      const seen = seenIn.get(province) ?? { length: 0, seconds: 0 };
      seen.length += coveredSeconds(this, own);
      seen.seconds += provinces.size === 1 ? seconds : weightedSeconds(this, own);
      seenIn.set(province, seen);
    }
  }

  #pairWith(person: number): Pair {
    let pair = this.byPerson.get(person);
    if (!pair) {
      pair = { events: [], households: [] };
      this.byPerson.set(person, pair);
    }
    return pair;
  }
}
