/**
 * How two people of a generated world meet, and what the provinces see of it: every way of recording a
 * meeting that README.md (How long two persons met) has a word about, with lengths around the threshold.
 * Part of world.ts; writes rows, knows no oracle.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { CheckInRow, EncounterRow, PlaceRow } from './dataset.ts';
import type { Someone } from './population.ts';
import type { Random } from './random.ts';

/** Where rows of a world under construction go. */
export interface Scene {
  readonly random: Random;
  readonly rules: RulePack;
  readonly provinces: readonly string[];
  readonly places: readonly PlaceRow[];
  readonly checkIns: CheckInRow[];
  readonly encounters: EncounterRow[];
}

/** One meeting of two people at `at`, in a manner that is drawn. */
export function meet(scene: Scene, a: Someone, b: Someone, at: number): void {
  scene.random.pick(MANNERS)(scene, a, b, { from: at, until: at + lengthOf(scene) });
}

/** A meeting that makes a and b close contacts, by all identifiers together. */
export function meetClosely(scene: Scene, a: Someone, b: Someone, at: number): void {
  const length = scene.rules.close_contact_seconds + scene.random.pick([0, 0, 1, 300, 1800]);
  scene.random.pick(CLOSE_MANNERS)(scene, a, b, { from: at, until: at + length });
}

/** Someone alone at a place, long enough for others to come. */
export function visit(scene: Scene, one: Someone, at: number): void {
  const { random } = scene;
  const place = random.pick(scene.places);
  const outAt = random.chance(35) ? null : at + random.pick([600, 1800, 3600, 7200, 28_800]);
  scan(scene, one, place, { inAt: at, outAt });
  if (random.chance(15)) scan(scene, one, place, { inAt: at + random.pick([0, 60, 900]), outAt: null });
}

interface Time {
  readonly from: number;
  readonly until: number;
}

type Manner = (scene: Scene, a: Someone, b: Someone, time: Time) => void;

/** Both scan at one place; the stays overlap for as long as its weight needs to make the time given. */
const byQr: Manner = (scene, a, b, { from, until }) => {
  const { random, rules } = scene;
  const place = random.pick(scene.places);
  const weight = rules.weight_percent[place.kind as 'other'] ?? rules.weight_percent.default;
  const outAt = weight === 0 ? until : from + Math.ceil(((until - from) * 100) / weight);
  const [first, second] = random.chance(50) ? [a, b] : [b, a];
  const [before, after] = [random.pick([0, 0, 60, 1200]), random.pick([0, 0, 60, 1200])];
  scan(scene, first, place, { inAt: from - before, outAt: outAt + after });
  scan(scene, second, place, { inAt: from, outAt });
};

/** As byQr, but check-outs are missing and people scan again. */
const byQrCarelessly: Manner = (scene, a, b, { from }) => {
  const { random } = scene;
  const place = random.pick(scene.places);
  for (const one of [a, b]) {
    const inAt = from + random.pick([0, 60, 300, 900]);
    scan(scene, one, place, { inAt, outAt: random.chance(70) ? null : inAt + random.pick([60, 1800, 5400]) });
    if (random.chance(35))
      scan(scene, one, place, { inAt: inAt + random.pick([60, 600, 1800]), outAt: null });
    if (random.chance(20)) scan(scene, one, place, { inAt, outAt: inAt + random.pick([30, 1200]) });
    const elsewhere = inAt + random.pick([0, 120, 1500]);
    if (random.chance(25)) {
      const outAt = random.pick([elsewhere, elsewhere, null, elsewhere + 600]); // an empty stay ends one, too
      scan(scene, one, random.pick(scene.places), { inAt: elsewhere, outAt });
    }
  }
};

const byBluetooth: Manner = (scene, a, b, time) => encounter(scene, a, b, time);

/** Both phones report, each in a province of its own, not quite alike. */
const byBothPhones: Manner = (scene, a, b, { from, until }) => {
  const off = scene.random.pick([0, 0, 20, 60]);
  encounter(scene, a, b, { from, until });
  encounter(scene, b, a, { from: from + off, until: until + off });
};

/** A report of no length, which is nothing, beside another one. */
const inPassing: Manner = (scene, a, b, { from, until }) => {
  encounter(scene, a, b, { from: until, until });
  encounter(scene, a, b, { from, until });
};

const byQrBesideBluetooth: Manner = (scene, a, b, { from, until }) => {
  byQr(scene, a, b, { from, until });
  const later = from + scene.random.pick([0, 60]);
  byBothPhones(scene, a, b, { from: later, until: later + Math.ceil((until - from) / 2) });
};

/** Two parts, mostly in two provinces, each too short for the threshold. */
const inTwoParts: Manner = (scene, a, b, { from, until }) => {
  const { random } = scene;
  const middle = Math.floor((from + until) / 2);
  const pause = random.pick([0, 3600, 20_000]);
  const manner = random.pick([byBluetooth, byQr]);
  manner(scene, a, b, { from, until: middle });
  byBluetooth(scene, b, a, { from: middle + pause, until: until + pause });
};

/** One goes in the second in which the other goes out. */
const touching: Manner = (scene, a, b, { from, until }) => {
  const place = scene.random.pick(scene.places);
  scan(scene, a, place, { inAt: from - 3600, outAt: from });
  scan(scene, b, place, { inAt: from, outAt: until });
};

/** Two reports that overlap: their sum reaches more than the time they cover. */
const overlapping: Manner = (scene, a, b, { from, until }) => {
  const two = Math.ceil(((until - from) * 2) / 3);
  encounter(scene, a, b, { from, until: from + two });
  encounter(scene, a, b, { from: until - two, until });
};

/** One never seems to leave; the other comes shortly before the longest stay is over. */
const atTheLongestStay: Manner = (scene, a, b, { from, until }) => {
  const place = scene.random.pick(scene.places);
  scan(scene, a, place, { inAt: until - scene.rules.longest_stay_seconds, outAt: until + 40_000 });
  scan(scene, b, place, { inAt: from, outAt: from + 7200 });
};

const CLOSE_MANNERS: readonly Manner[] = [
  ...[byQr, byQr, byBluetooth, byBothPhones, byQrBesideBluetooth, inTwoParts, inTwoParts, overlapping],
];
const MANNERS: readonly Manner[] = [
  ...CLOSE_MANNERS,
  ...[byQrCarelessly, byQrCarelessly, byQrCarelessly, touching, atTheLongestStay, inPassing],
];

/** Seconds around the threshold: exactly, one off, half, and plainly over. */
function lengthOf({ random, rules }: Scene): number {
  const threshold = rules.close_contact_seconds;
  const near = [threshold, threshold, threshold - 1, threshold + 1, threshold + 600, 2 * threshold];
  return Math.max(1, random.pick([...near, Math.ceil(threshold / 2), 5400]));
}

type Scan = Pick<CheckInRow, 'inAt' | 'outAt'>;

function scan(scene: Scene, one: Someone, { province, place }: PlaceRow, { inAt, outAt }: Scan): void {
  const { random } = scene;
  const identifier = shownBy(scene, one);
  const homeProvince = random.chance(50) ? (one.home?.province ?? null) : null;
  const row: CheckInRow = { province, identifier, place, inAt, outAt, homeProvince };
  scene.checkIns.push(row);
  if (random.chance(6)) scene.checkIns.push(row); // the same scan, sent again
}

function encounter(scene: Scene, a: Someone, b: Someone, { from, until }: Time): void {
  const [identifierA, identifierB] = [shownBy(scene, a), shownBy(scene, b)];
  if (identifierA === identifierB) return; // a family's phone does not meet itself
  scene.encounters.push({
    province: scene.random.pick(scene.provinces),
    identifierA,
    identifierB,
    from,
    until,
  });
}

/** What one shows this time: the first identifier somewhat more often than others. */
function shownBy({ random }: Scene, one: Someone): string {
  return random.chance(25) ? (one.identifiers[0] as string) : random.pick(one.identifiers);
}
