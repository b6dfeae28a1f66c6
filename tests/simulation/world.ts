/**
 * Generated worlds: people, records, meetings, cases and rules, dense enough that most traces have contacts
 * of three degrees and persons with two labels. The same seed and options make the same world on every
 * machine.
 *
 * API (stable):
 *   makeWorld(seed, options?)      a World: a dataset with rules and traces to run on it
 *   worldArbitrary(options?)       fast-check arbitrary of worlds; shrinks by taking rows and traces away
 * All cases of one trace belong to one province, as `POST /v1/traces` wants it. Worlds of different `series`
 * (0 to 999) share no identifier, place or household, so that one federation can take in many, one after the
 * other. The files of a world: import-files.ts.
 */
import fc from 'fast-check';
import { PLACE_KINDS } from '../../shared/domain/place-kind.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { casesAndTraces } from './cases.ts';
import type { PlaceRow, TracedDataset } from './dataset.ts';
import { meet, meetClosely, type Scene, visit } from './meetings.ts';
import type { Minting } from './minting.ts';
import { paperworkOf } from './paperwork.ts';
import { type Population, populate, type Someone } from './population.ts';
import { Random } from './random.ts';
import { drawRules } from './rule-variations.ts';

export interface World extends TracedDataset {
  readonly seed: number;
}

export interface WorldOptions {
  /**
   * At least 5; above 30 a town, where people meet more often. Default: 9 to 14, few enough for 10,000
   * worlds.
   */
  readonly people?: number;
  /** Default: two to four of 24, 79, 01, 48. */
  readonly provinces?: readonly string[];
  /** Default: drawn; see rule-variations.ts. Give a pack where a federation has one for all worlds. */
  readonly rules?: RulePack;
  /** 0 (default) to 999. */
  readonly series?: number;
  /** Midnight in Asia/Ho_Chi_Minh at which the world begins, epoch seconds. Default 2021-06-01. */
  readonly startAt?: number;
}

const DAY = 86_400;
const START_AT = Date.parse('2021-06-01T00:00:00+07:00') / 1000;
const PROVINCES = ['24', '79', '01', '48'];
const KINDS = [
  'market',
  'event',
  'cafe',
  'restaurant',
  'transport_hub',
  'factory',
  'home',
  'karaoke',
  ...PLACE_KINDS,
];

/** The world of `seed`. */
export function makeWorld(seed: number, options: WorldOptions = {}): World {
  const random = new Random(seed);
  const provinces = options.provinces ?? random.some(random.int(2, 4), PROVINCES);
  const rules = options.rules ?? drawRules(random);
  const minting: Minting = { series: options.series ?? 0, next: 0 };
  const count = options.people ?? random.int(9, 14);
  const population = populate(random, count, provinces, minting);
  const people = paperworkOf({ random, provinces, minting }, population);
  const isTown = count > 30;
  const places = placesOf(random, Math.ceil(count / (isTown ? 5 : 2)), provinces, minting);
  const scene: Scene = { random, rules, provinces, places, checkIns: [], encounters: [] };
  const span = { from: options.startAt ?? START_AT, days: 4 + Math.ceil(4 * rules.latent_days) };

  const [early, late] = random.some(2, population.someones) as [Someone, Someone];
  liveThrough(scene, population, { ...span, meetings: isTown ? 10 : 3 });
  plantChain(scene, early, population, (step) => span.from + step);
  plantChain(scene, late, population, (step) => span.from + span.days * DAY - step);
  const outcome = casesAndTraces(random, { population, early, late, provinces, rules, span });
  return {
    seed,
    provinces,
    rules,
    people,
    places,
    checkIns: random.shuffled(scene.checkIns),
    encounters: random.shuffled(scene.encounters),
    ...outcome,
  };
}

function placesOf(random: Random, count: number, provinces: readonly string[], minting: Minting): PlaceRow[] {
  const kinds = random.some(count + 1, KINDS.slice(0, 8));
  const numbers = new Map<string, number>();
  return Array.from({ length: count + 1 }, (_, index) => {
    const province = random.pick(provinces);
    const number = (numbers.get(province) ?? 0) + 1; // ids are local: each province has a first place
    numbers.set(province, number);
    return { province, place: `p${minting.series}-${number}`, kind: kinds[index] ?? random.pick(KINDS) };
  });
}

interface Bustle {
  readonly from: number;
  readonly days: number;
  /** Most that one person seeks. */
  readonly meetings: number;
}

/**
 * Random meetings of neighbours, so that paths are long, and visits; the minutes repeat, so that ends touch.
 */
function liveThrough(scene: Scene, { someones }: Population, span: Bustle): void {
  const { random } = scene;
  const when = () =>
    span.from + random.int(0, span.days * 24 - 1) * 3600 + random.pick([0, 0, 60, 1800, 1801]);
  for (const [index, one] of someones.entries()) {
    const neighbours = others(someones.slice(Math.max(0, index - 2), index + 3), one);
    const meetings = random.int(0, span.meetings);
    for (let n = 0; n < meetings; n += 1) {
      const other = random.pick(random.chance(75) ? neighbours : others(someones, one));
      meet(scene, one, other, when());
    }
    if (random.chance(60)) visit(scene, one, when());
  }
}

/**
 * A chain from `index` over four others in the order that a trace follows, and mostly a later meeting of
 * `index` with the second of them, who then has two labels: a short late one, a long early one. `at` turns
 * seconds of the story into instants, also backwards.
 */
function plantChain(
  scene: Scene,
  index: Someone,
  { someones }: Population,
  at: (step: number) => number,
): void {
  const { random, rules } = scene;
  const [a, b, c, d] = random.some(4, others(someones, index)) as [Someone, Someone, Someone, Someone];
  const [hour, latent] = [3600, Math.round(rules.latent_days * DAY)];
  const pause = random.pick([2, 3, 6, 14]) * hour; // beyond the latent days
  const start = random.int(12, 20) * hour;
  meetClosely(scene, index, a, at(start));
  meetClosely(scene, a, b, at(start + latent + pause));
  meetClosely(scene, b, c, at(start + 2 * (latent + pause)));
  meetClosely(scene, c, d, at(start + 3 * (latent + pause)));
  const again = random.pick([1, pause / 2, pause + hour, pause + 2 * hour, pause + 6 * hour]);
  if (random.chance(95)) meetClosely(scene, index, b, at(start + latent + pause + again));
}

function others(someones: readonly Someone[], one: Someone): Someone[] {
  return someones.filter((other) => other !== one);
}

/** Worlds of random seeds; a failing one shrinks to few rows. Everything about it is in the printed value. */
export function worldArbitrary(options: WorldOptions = {}): fc.Arbitrary<World> {
  return new WorldArbitrary(options);
}

class WorldArbitrary extends fc.Arbitrary<World> {
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    super();
    this.#options = options;
  }

  override generate(random: fc.Random): fc.Value<World> {
    return new fc.Value(makeWorld(random.nextInt(), this.#options), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is World {
    return typeof value === 'object' && value !== null && 'traces' in value && 'people' in value;
  }

  override shrink(world: World): fc.Stream<fc.Value<World>> {
    return new fc.Stream(smallerWorlds(world)).map((smaller) => new fc.Value(smaller, undefined));
  }
}

/**
 * Less of a world, the boldest cuts first: one trace, then each list without its halves, quarters … single
 * rows.
 */
function* smallerWorlds(world: World): Generator<World> {
  for (const trace of world.traces.length > 1 ? world.traces : []) yield { ...world, traces: [trace] };
  for (const checkIns of fewer(world.checkIns)) yield { ...world, checkIns };
  for (const encounters of fewer(world.encounters)) yield { ...world, encounters };
  for (const people of fewer(world.people)) yield { ...world, people };
  const used = new Set(world.traces.flatMap((trace) => trace.cases));
  const unused = world.cases.filter((row) => !used.has(row.id));
  for (const left of fewer(unused)) {
    yield { ...world, cases: world.cases.filter((row) => used.has(row.id) || left.includes(row)) };
  }
  const [trace, ...rest] = world.traces;
  if (trace === undefined || rest.length > 0) return;
  if (trace.maxDegree > 1) yield { ...world, traces: [{ ...trace, maxDegree: trace.maxDegree - 1 }] };
  for (const cases of fewer(trace.cases))
    if (cases.length > 0) yield { ...world, traces: [{ ...trace, cases }] };
}

function* fewer<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let size = rows.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < rows.length; from += size) {
      yield [...rows.slice(0, from), ...rows.slice(from + size)];
    }
  }
}
