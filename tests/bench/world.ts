/**
 * A seeded country for benches: people with two identifiers, places, check-ins, encounters, households, as
 * typed arrays. It grows in blocks of about a million stays whose people meet nobody of another block, and
 * block 0 is the same in every world: an index person in it has exactly the same contacts, however many stays
 * and provinces there are.
 */
import { placeKindNumber } from '../../shared/domain/place-kind.ts';
import { Random } from '../simulation/random.ts';

/** Instants are epoch seconds. The two weeks in which everything happens, and what a trace of them asks. */
export const BENCH_TIME = {
  /** Monday 2026-10-26, midnight in Vietnam. */
  from: Date.UTC(2026, 9, 25, 17) / 1000,
  days: 14,
  onsetOn: '2026-10-28',
  asOf: Date.UTC(2026, 10, 8, 17) / 1000,
} as const;

/** How a block is made. The product of the first two and `staysPerPerson` is its stays. */
export interface BlockShape {
  readonly neighbourhoods: number;
  readonly residents: number;
  readonly placesPerNeighbourhood: number;
  readonly staysPerPerson: number;
}

/** About a million stays: 63 divides the neighbourhoods, so that each of 63 provinces has as many. */
export const MILLION: BlockShape = {
  neighbourhoods: 126,
  residents: 794,
  placesPerNeighbourhood: 2,
  staysPerPerson: 10,
};

export interface WorldOptions {
  readonly shape: BlockShape;
  readonly blocks: number;
  readonly provinces: number;
  readonly seed: number;
}

/** Missing instant in an Int32Array (COPY writes NULL). */
export const NO_INSTANT = -(2 ** 31);
/** No second province. */
export const NOWHERE = 255;

/** Columns by person number. Identifier 2p is the cccd of person p, 2p + 1 its phone. */
export interface PeopleColumns {
  readonly count: number;
  /** Position in the list of provinces. */
  readonly home: Uint8Array;
  /** Province with a second record, which names both identifiers; NOWHERE if there is none. */
  readonly second: Uint8Array;
  /**
   * 1 if the record at home names the cccd alone: then only the second record knows that both are one person.
   */
  readonly homeNamesCccdOnly: Uint8Array;
  /** Number from 1; local to the home province, under the cccd. */
  readonly household: Int32Array;
}

export interface PlaceColumns {
  readonly count: number;
  readonly kind: Uint8Array;
  readonly province: Uint8Array;
}

export interface StayColumns {
  readonly count: number;
  readonly identifier: Int32Array;
  readonly place: Int32Array;
  readonly inAt: Int32Array;
  readonly outAt: Int32Array;
  /** Next check-in of the identifier at the place, where there is no out. */
  readonly nextInAt: Int32Array;
}

export interface EncounterColumns {
  count: number;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly from: Int32Array;
  readonly until: Int32Array;
  readonly province: Uint8Array;
}

export interface World {
  readonly options: WorldOptions;
  readonly people: PeopleColumns;
  readonly places: PlaceColumns;
  readonly stays: StayColumns;
  readonly encounters: EncounterColumns;
  /**
   * Number of the person generated as `index`-th of block 0: the same person, under another number, in every
   * world.
   */
  personOf(index: number): number;
}

const KINDS = ['market', 'restaurant', 'cafe', 'shop', 'supermarket', 'worship', 'event', 'pharmacy'].map(
  (kind) => placeKindNumber(kind) as number,
);
const HOUSEHOLD = 4;
/** Morning, noon and evening, seconds after midnight; nobody is at two places in one of them. */
const SESSIONS = [7.5 * 3600, 11.5 * 3600, 18 * 3600];
const SLOTS = BENCH_TIME.days * SESSIONS.length;
const PERCENT = { abroad: 27, byPhone: 50, noOut: 8, secondRecord: 10, encounter: 3, bothPhones: 30 };

/** A world; the same options give the same world. About 25 bytes a stay. */
export function makeWorld(options: WorldOptions): World {
  return new WorldMaker(options).make();
}

class WorldMaker {
  readonly #options: WorldOptions;
  readonly #people: PeopleColumns;
  readonly #places: PlaceColumns;
  readonly #stays: StayColumns;
  readonly #encounters: EncounterColumns;
  readonly #personStep: number;
  readonly #placeStep: number;
  readonly #slots = Int32Array.from({ length: SLOTS }, (_, i) => i);
  #stay = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { neighbourhoods, residents, placesPerNeighbourhood, staysPerPerson } = options.shape;
    const people = options.blocks * neighbourhoods * residents;
    const places = options.blocks * neighbourhoods * placesPerNeighbourhood;
    this.#people = peopleColumns(people);
    this.#places = { count: places, kind: new Uint8Array(places), province: new Uint8Array(places) };
    this.#stays = stayColumns(people * staysPerPerson);
    this.#encounters = encounterColumns(Math.ceil((people * staysPerPerson * PERCENT.encounter) / 50));
    this.#personStep = stepFor(people);
    this.#placeStep = stepFor(places);
  }

  make(): World {
    for (let block = 0; block < this.#options.blocks; block++) this.#makeBlock(block);
    return {
      options: this.#options,
      people: this.#people,
      places: this.#places,
      stays: this.#stays,
      encounters: this.#encounters,
      personOf: (index) => this.#personNumber(0, index),
    };
  }

  /**
   * Neighbours must not stand beside each other in tables and indexes: numbers are spread over the country.
   */
  #personNumber(block: number, index: number): number {
    const { neighbourhoods, residents } = this.#options.shape;
    return ((block * neighbourhoods * residents + index) * this.#personStep) % this.#people.count;
  }

  #placeNumber(block: number, neighbourhood: number, index: number): number {
    const { neighbourhoods, placesPerNeighbourhood } = this.#options.shape;
    const position = (block * neighbourhoods + neighbourhood) * placesPerNeighbourhood + index;
    return (position * this.#placeStep) % this.#places.count;
  }

  #makeBlock(block: number): void {
    const { neighbourhoods, residents, placesPerNeighbourhood } = this.#options.shape;
    const random = new Random(this.#options.seed + block);
    for (let n = 0; n < neighbourhoods; n++) {
      for (let i = 0; i < placesPerNeighbourhood; i++) {
        const place = this.#placeNumber(block, n, i);
        this.#places.kind[place] = random.pick(KINDS);
        this.#places.province[place] = n % this.#options.provinces;
      }
    }
    for (let n = 0; n < neighbourhoods; n++) {
      for (let r = 0; r < residents; r++) this.#makePerson(random, { block, n, index: n * residents + r });
    }
  }

  #makePerson(random: Random, { block, n, index }: { block: number; n: number; index: number }): void {
    const { neighbourhoods, residents, placesPerNeighbourhood, staysPerPerson } = this.#options.shape;
    const { provinces } = this.#options;
    const person = this.#personNumber(block, index);
    const home = n % provinces;
    this.#people.home[person] = home;
    // A household is of one neighbourhood, so of one province.
    const households = Math.ceil(residents / HOUSEHOLD);
    const ofNeighbourhood = (block * neighbourhoods + n) * households;
    this.#people.household[person] = 1 + ofNeighbourhood + Math.floor((index % residents) / HOUSEHOLD);
    const usual = random.int(0, neighbourhoods - 1);
    if (random.chance(PERCENT.secondRecord)) {
      const second = usual % provinces;
      const cccdOnly = random.chance(50);
      if (second !== home) {
        this.#people.second[person] = second;
        this.#people.homeNamesCccdOnly[person] = cccdOnly ? 1 : 0;
      }
    }
    const favourite = random.int(0, placesPerNeighbourhood - 1);
    const first = this.#stay;
    for (let s = 0; s < staysPerPerson; s++) {
      const at = whereTo(random, {
        home: n,
        usual,
        neighbourhoods,
        favourite,
        places: placesPerNeighbourhood,
      });
      const place = this.#placeNumber(block, at.neighbourhood, at.place);
      this.#makeStay(random, { person, place, slot: this.#drawSlot(random, s) });
      if (index > 0 && random.chance(PERCENT.encounter)) {
        this.#makeEncounter(random, person, this.#personNumber(block, index - 1));
      }
    }
    this.#noteNextIns(first);
  }

  /** The `n`-th of different slots: the front of the list is shuffled as far as it is drawn. */
  #drawSlot(random: Random, n: number): number {
    const drawn = random.int(n, SLOTS - 1);
    const slot = this.#slots[drawn] as number;
    this.#slots[drawn] = this.#slots[n] as number;
    this.#slots[n] = slot;
    return slot;
  }

  #makeStay(random: Random, { person, place, slot }: { person: number; place: number; slot: number }): void {
    const day = Math.floor(slot / SESSIONS.length);
    const session = SESSIONS[slot % SESSIONS.length] as number;
    const inAt = BENCH_TIME.from + day * 86_400 + session + random.int(0, 7200);
    const row = this.#stay++;
    const { identifier, place: places, inAt: ins, outAt, nextInAt } = this.#stays;
    identifier[row] = 2 * person + (random.chance(PERCENT.byPhone) ? 1 : 0);
    places[row] = place;
    ins[row] = inAt;
    const length = random.int(1200, 7200);
    outAt[row] = random.chance(PERCENT.noOut) ? NO_INSTANT : inAt + length;
    nextInAt[row] = NO_INSTANT;
  }

  /** Beside the last stay: some meetings are seen by both phones, one of them in another province. */
  #makeEncounter(random: Random, person: number, other: number): void {
    const { inAt, place } = this.#stays;
    const row = this.#stay - 1;
    const from = (inAt[row] as number) + random.int(0, 600);
    const until = from + random.int(60, 3000);
    const [a, b] = [2 * person + 1, 2 * other + 1];
    const province = this.#places.province[place[row] as number] as number;
    this.#addEncounter(Math.min(a, b), Math.max(a, b), from, until, province);
    if (!random.chance(PERCENT.bothPhones)) return;
    const seenFrom = from + random.int(1, 40);
    const elsewhere = this.#people.home[other] as number;
    this.#addEncounter(Math.min(a, b), Math.max(a, b), seenFrom, until + random.int(1, 40), elsewhere);
  }

  // biome-ignore lint/complexity/useMaxParams: one row, column by column
  #addEncounter(a: number, b: number, from: number, until: number, province: number): void {
    const encounters = this.#encounters;
    const row = encounters.count++;
    encounters.a[row] = a;
    encounters.b[row] = b;
    encounters.from[row] = from;
    encounters.until[row] = until;
    encounters.province[row] = province;
  }

  #noteNextIns(first: number): void {
    const { identifier, place, inAt, outAt, nextInAt } = this.#stays;
    for (let row = first; row < this.#stay; row++) {
      if (outAt[row] !== NO_INSTANT) continue;
      for (let other = first; other < this.#stay; other++) {
        if (identifier[other] !== identifier[row] || place[other] !== place[row]) continue;
        const at = inAt[other] as number;
        if (at <= (inAt[row] as number)) continue;
        if (nextInAt[row] === NO_INSTANT || at < (nextInAt[row] as number)) nextInAt[row] = at;
      }
    }
  }
}

interface Habits {
  readonly home: number;
  readonly usual: number;
  readonly neighbourhoods: number;
  readonly favourite: number;
  readonly places: number;
}

/** Mostly a favourite place at home; now and then another neighbourhood, half of the time the usual one. */
function whereTo(random: Random, habits: Habits): { neighbourhood: number; place: number } {
  const { home, usual, neighbourhoods, favourite, places } = habits;
  if (random.chance(PERCENT.abroad)) {
    const neighbourhood = random.chance(50) ? usual : random.int(0, neighbourhoods - 1);
    return { neighbourhood, place: random.int(0, places - 1) };
  }
  return { neighbourhood: home, place: random.chance(60) ? favourite : random.int(0, places - 1) };
}

/** A step that visits all of `count` numbers, far from one to the next. */
function stepFor(count: number): number {
  let step = Math.floor(count * 0.618034) | 1;
  while (greatestCommonDivisor(step, count) !== 1) step++;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function peopleColumns(count: number): PeopleColumns {
  return {
    count,
    home: new Uint8Array(count),
    second: new Uint8Array(count).fill(NOWHERE),
    homeNamesCccdOnly: new Uint8Array(count),
    household: new Int32Array(count),
  };
}

function stayColumns(count: number): StayColumns {
  const column = () => new Int32Array(count);
  return {
    count,
    identifier: column(),
    place: column(),
    inAt: column(),
    outAt: column(),
    nextInAt: column(),
  };
}

function encounterColumns(most: number): EncounterColumns {
  const column = () => new Int32Array(most);
  return {
    count: 0,
    a: column(),
    b: column(),
    from: column(),
    until: column(),
    province: new Uint8Array(most),
  };
}

const KIND_DIGITS = 12;

/** Canonical identifier of a number: `cccd:…` or `phone:+849…`. */
export function identifierValue(identifier: number): string {
  const person = identifier >> 1;
  return identifier % 2 === 0
    ? `cccd:${String(person).padStart(KIND_DIGITS, '0')}`
    : `phone:+849${String(person).padStart(8, '0')}`;
}
