/**
 * Cut events of one source, grouped by the person met: the scratch table of one evaluation. Columns are
 * reused from source to source and most pairs have a single event, so a million events cost neither objects
 * nor sorting.
 */
import { ENCOUNTER_SETTING } from '../domain/place-kind.ts';
import { coveredSeconds, type MeetingEvents, weightedSeconds } from './meeting.ts';

export const PLACE_SETTING_BIT = 1;
export const ENCOUNTER_SETTING_BIT = 2;
export const HOUSEHOLD_SETTING_BIT = 4;

/** What one province saw of a contact's exposures: seconds without overlaps, and weighted seconds. */
export interface Seen {
  readonly province: number;
  length: number;
  seconds: number;
}

/**
 * How a source met one person in its windows; `from` and `until` are infinite where there was a household
 * only.
 */
export interface Meeting {
  readonly person: number;
  readonly from: number;
  readonly until: number;
  readonly seconds: number;
  readonly inHousehold: boolean;
  /** Bits, see *_SETTING_BIT. */
  readonly settings: number;
  /** Bit n-1 = place kind n. */
  readonly placeKinds: number;
}

const NONE = -1;

export class PairGroups implements MeetingEvents {
  // One entry an event.
  readonly from: number[] = [];
  readonly until: number[] = [];
  readonly weight: number[] = [];
  readonly #kind: number[] = [];
  readonly #province: number[] = [];
  readonly #next: number[] = [];
  #events = 0;
  // One entry a person met by the source at hand.
  readonly #person: number[] = [];
  readonly #first: number[] = [];
  readonly #households: (number[] | undefined)[] = [];
  #groups = 0;
  /** Group of each person, if its epoch is the present one. */
  readonly #groupOf: Int32Array;
  readonly #epochOf: Int32Array;
  #epoch = 0;

  constructor(persons: number) {
    this.#groupOf = new Int32Array(persons);
    this.#epochOf = new Int32Array(persons);
  }

  /** Persons met since `clear`; groups are numbered from 0. */
  get size(): number {
    return this.#groups;
  }

  clear(): void {
    this.#epoch++;
    this.#groups = 0;
    this.#events = 0;
  }

  add(
    person: number,
    event: { from: number; until: number; weight: number; kind: number; province: number },
  ): void {
    const group = this.#groupFor(person);
    const i = this.#events++;
    this.from[i] = event.from;
    this.until[i] = event.until;
    this.weight[i] = event.weight;
    this.#kind[i] = event.kind;
    this.#province[i] = event.province;
    this.#next[i] = this.#first[group] as number;
    this.#first[group] = i;
  }

  addHousehold(person: number, province: number): void {
    const group = this.#groupFor(person);
    this.#households[group] ??= [];
    this.#households[group].push(province);
  }

  meeting(group: number): Meeting {
    let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const inHousehold = this.#households[group] !== undefined;
    let settings = inHousehold ? HOUSEHOLD_SETTING_BIT : 0;
    let placeKinds = 0;
    for (let i = this.#first[group] as number; i !== NONE; i = this.#next[i] as number) {
      from = Math.min(from, this.from[i] as number);
      until = Math.max(until, this.until[i] as number);
      const kind = this.#kind[i] as number;
      if (kind === ENCOUNTER_SETTING) settings |= ENCOUNTER_SETTING_BIT;
      else {
        settings |= PLACE_SETTING_BIT;
        placeKinds |= 1 << (kind - 1);
      }
    }
    const person = this.#person[group] as number;
    return { person, from, until, seconds: this.#seconds(group), inHousehold, settings, placeKinds };
  }

  /** Numbers of the provinces that saw the pair, ascending. */
  provincesOf(group: number): number[] {
    const provinces = new Set(this.#households[group]);
    for (let i = this.#first[group] as number; i !== NONE; i = this.#next[i] as number)
      provinces.add(this.#province[i] as number);
    return [...provinces].sort((a, b) => a - b);
  }

  /** Adds to `seen` what each province saw of the pair. */
  addTo(seen: Seen[], group: number, seconds: number): void {
    for (const province of this.#households[group] ?? []) entryOf(seen, province);
    const first = this.#first[group] as number;
    if (first === NONE) return;
    if (this.#next[first] === NONE) {
      const entry = entryOf(seen, this.#province[first] as number);
      entry.length += (this.until[first] as number) - (this.from[first] as number);
      entry.seconds += seconds;
      return;
    }
    const order = this.#order(group);
    for (const province of new Set(order.map((i) => this.#province[i] as number))) {
      const own = order.filter((i) => this.#province[i] === province);
      const entry = entryOf(seen, province);
      entry.length += coveredSeconds(this, own);
      entry.seconds += weightedSeconds(this, own);
    }
  }

  #seconds(group: number): number {
    const i = this.#first[group] as number;
    if (i === NONE) return 0;
    if (this.#next[i] !== NONE) return weightedSeconds(this, this.#order(group));
    return Math.floor(
      (((this.until[i] as number) - (this.from[i] as number)) * (this.weight[i] as number)) / 100,
    );
  }

  /** Positions of the pair's events, by start. */
  #order(group: number): number[] {
    const order: number[] = [];
    for (let i = this.#first[group] as number; i !== NONE; i = this.#next[i] as number) order.push(i);
    return order.sort((a, b) => (this.from[a] as number) - (this.from[b] as number));
  }

  #groupFor(person: number): number {
    if (this.#epochOf[person] === this.#epoch) return this.#groupOf[person] as number;
    const group = this.#groups++;
    this.#epochOf[person] = this.#epoch;
    this.#groupOf[person] = group;
    this.#person[group] = person;
    this.#first[group] = NONE;
    this.#households[group] = undefined;
    return group;
  }
}

function entryOf(seen: Seen[], province: number): Seen {
  let entry = seen.find((s) => s.province === province);
  if (!entry) {
    entry = { province, length: 0, seconds: 0 };
    seen.push(entry);
  }
  return entry;
}
