/**
 * Labels, degrees and exposures (README.md, Forward and Backward) from evidence and persons. Labels of
 * degree k come from labels of degree k - 1 only, so one pass a degree reaches the unique fixpoint.
 */
import { HOUSEHOLD_SETTING } from '../domain/place-kind.ts';
import { daysToSeconds, weights } from '../domain/rule-pack.ts';
import { type Contacts, ContactTable } from './contact-table.ts';
import type { Evidence } from './evidence.ts';
import type { TraceTerms } from './messages.ts';
import { PairGroups } from './pair-groups.ts';
import type { Persons } from './persons.ts';

/** Half-open windows in ascending order, not touching, none empty. */
export type Windows = readonly (readonly [from: number, until: number])[];

/**
 * (person, degree, t): the person can have been infected (backward: have infected) at `at` over a chain of
 * `degree`.
 */
export interface Label {
  readonly person: number;
  readonly degree: number;
  readonly at: number;
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
  /** Numbers of the provinces that saw it, ascending. */
  readonly provinces: readonly number[];
}

export interface Reached {
  /** All undominated labels up to the asked degree, index persons left out. */
  readonly labels: readonly Label[];
  readonly contacts: Contacts;
}

/**
 * Windows of the index persons: for each the union over the index cases that name an identifier of it.
 * Persons with an empty union are kept. `personOfEntry` is by the entries of `terms.index`.
 */
export function indexWindows(terms: TraceTerms, personOfEntry: readonly number[]): Map<number, Windows> {
  const byPerson = new Map<number, [number, number][]>();
  terms.index.forEach(({ from, until }, i) => {
    const person = personOfEntry[i] as number;
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

/** Hears of each exposure that counts. */
export type OnExposure = (exposure: Exposure) => void;

/** Labels and contacts up to degree `upTo`; `onExposure` hears of each exposure that counts. */
export function reachContacts(reach: Reach, upTo: number, onExposure?: OnExposure): Reached {
  const pass = new Pass(reach, onExposure);
  let sources: Source[] = [...reach.index].map(([person, windows]) => ({ person, windows }));
  for (let degree = 1; degree <= upTo && sources.length > 0; degree++) sources = pass.step(sources, degree);
  return { labels: pass.labels, contacts: pass.contacts };
}

interface Source {
  readonly person: number;
  readonly windows: Windows;
}

/** State of one evaluation. Instants are held in columns by person; NaN = none. */
class Pass {
  readonly labels: Label[] = [];
  readonly contacts: ContactTable;
  readonly #reach: Reach;
  readonly #onExposure: OnExposure | undefined;
  readonly #forward: boolean;
  readonly #weights: Uint8Array;
  readonly #pairs: PairGroups;
  readonly #isIndex: Uint8Array;
  /** The strongest label instant of each person at a lower or equal degree. */
  readonly #best: Float64Array;
  /** The strongest label instant at the degree at hand, and who has one. */
  readonly #reachedAt: Float64Array;
  #reached: number[] = [];

  constructor(reach: Reach, onExposure: OnExposure | undefined) {
    const persons = reach.persons.personOf.length;
    this.contacts = new ContactTable(persons);
    this.#reach = reach;
    this.#onExposure = onExposure;
    this.#forward = reach.terms.direction === 'forward';
    this.#weights = weights(reach.terms.rules);
    this.#pairs = new PairGroups(persons);
    this.#isIndex = new Uint8Array(persons);
    for (const person of reach.index.keys()) this.#isIndex[person] = 1;
    this.#best = new Float64Array(persons).fill(Number.NaN);
    this.#reachedAt = new Float64Array(persons).fill(Number.NaN);
  }

  /**
   * Exposes everybody to `sources` (labels of `degree` - 1); returns the new labels of `degree` as sources.
   */
  step(sources: readonly Source[], degree: number): Source[] {
    this.#reached = [];
    for (const source of sources) {
      if (source.windows.length === 0) continue;
      this.#collect(source);
      for (let group = 0; group < this.#pairs.size; group++) this.#meet(source, group, degree);
    }
    return this.#keepUndominated(degree);
  }

  /** Gathers the source's events in its windows, by the person met. */
  #collect(source: Source): void {
    const { evidence } = this.#reach;
    const { start, identifiers, personOf } = this.#reach.persons;
    const { to, setting, province, next } = evidence.events.data;
    this.#pairs.clear();
    for (let m = start[source.person] as number; m < (start[source.person + 1] as number); m++) {
      const identifier = identifiers[m] as number;
      for (let e = evidence.firstEvent[identifier] as number; e >= 0; e = next[e] as number) {
        const person = personOf[to[e] as number] as number;
        if (person === source.person || this.#isIndex[person] === 1) continue;
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

  /** Decides whether the pair is a close contact and, if so, notes its label and exposure. */
  #meet(source: Source, group: number, degree: number): void {
    const meeting = this.#pairs.meeting(group);
    const { seconds, inHousehold, person } = meeting;
    if (seconds < this.#reach.terms.rules.close_contact_seconds && !inHousehold) return;
    // A household lasts as long as the window.
    const [start, end] = inHousehold ? extentOf(source.windows) : NEVER;
    const first = Math.min(meeting.from, start);
    const last = Math.max(meeting.until, end);
    this.#noteLabel(person, this.#forward ? first : last);
    const contact = this.contacts.of(person, degree);
    if (contact.degree !== degree) return;
    contact.firstExposedAt = Math.min(contact.firstExposedAt, first);
    contact.lastExposedAt = Math.max(contact.lastExposedAt, last);
    contact.seconds += seconds;
    contact.settings |= meeting.settings;
    contact.placeKinds |= meeting.placeKinds;
    this.#pairs.addTo(contact.seenIn, group, seconds);
    this.#onExposure?.({
      source: source.person,
      contact: person,
      degree,
      firstExposedAt: first,
      lastExposedAt: last,
      seconds,
      settings: meeting.settings,
      provinces: this.#pairs.provincesOf(group),
    });
  }

  #noteLabel(person: number, at: number): void {
    const known = this.#reachedAt[person] as number;
    if (Number.isNaN(known)) this.#reached.push(person);
    else if (!this.#earlier(at, known)) return;
    this.#reachedAt[person] = at;
  }

  /** A label is dominated by one of no higher degree and no later (backward: no earlier) instant. */
  #keepUndominated(degree: number): Source[] {
    const sources: Source[] = [];
    for (const person of this.#reached) {
      const at = this.#reachedAt[person] as number;
      this.#reachedAt[person] = Number.NaN;
      const best = this.#best[person] as number;
      if (!Number.isNaN(best) && !this.#earlier(at, best)) continue;
      this.#best[person] = at;
      this.labels.push({ person, degree, at });
      sources.push({ person, windows: labelWindow(this.#reach.terms, at) });
    }
    return sources;
  }

  #earlier(a: number, b: number): boolean {
    return this.#forward ? a < b : a > b;
  }
}

/** Neither earlier nor later than anything. */
const NEVER = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;

/** Start of the earliest and end of the latest of windows, of which there is one at least. */
function extentOf(windows: Windows): readonly [start: number, end: number] {
  return [windows[0]?.[0] as number, windows.at(-1)?.[1] as number];
}
