/**
 * Cut events of one source, grouped by the person met: the scratch table of one evaluation. Columns are reused from
 * source to source, so that a million events cost no million objects that live.
 */
import { coveredSeconds, type MeetingEvents, weightedSeconds } from './meeting.ts';

/** One contact event, cut to a window of the source. */
export interface CutEvent {
  readonly from: number;
  readonly until: number;
  /** Percent. */
  readonly weight: number;
  /** Place kind 1 to 30, or 254 for an encounter. */
  readonly kind: number;
  readonly province: number;
}

/** What each province saw of a contact's exposures: seconds without overlaps, and weighted seconds. */
export type SeenIn = Map<number, { length: number; seconds: number }>;

/** One person met by the source at hand. */
export interface Pair {
  /** Positions of the pair's events in the columns. */
  readonly events: number[];
  /** Provinces that know a shared household. */
  readonly households: number[];
}

export class PairGroups implements MeetingEvents {
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

  add(person: number, { from, until, weight, kind, province }: CutEvent): void {
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

  /** How long the pair met, weighted; most pairs have one event. */
  seconds(order: readonly number[]): number {
    if (order.length !== 1) return weightedSeconds(this, order);
    const i = order[0] as number;
    return Math.floor(
      (((this.until[i] as number) - (this.from[i] as number)) * (this.weight[i] as number)) / 100,
    );
  }

  /** Adds to `seenIn` how long each province saw the pair: uncounted overlaps, then weighted seconds. */
  addTo(seenIn: SeenIn, order: readonly number[], { pair, seconds }: { pair: Pair; seconds: number }): void {
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
