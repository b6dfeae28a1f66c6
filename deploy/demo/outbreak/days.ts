/**
 * What people do day by day: who is where, when. Days are counted from midnight in Vietnam at the end of the
 * data: -1 is yesterday, -14 the first. The week is counted likewise, so that every start of the demo tells
 * the same story.
 */
import type { Dice } from './dice.ts';
import type { Person } from './people.ts';
import type { Place, Places } from './places.ts';

/** Somebody is somewhere, whether anything was scanned or not. */
export interface Visit {
  readonly person: Person;
  readonly place: Place;
  /** Epoch seconds. */
  readonly from: number;
  readonly until: number;
}

export const DAYS = 14;
const DAY_SECONDS = 86_400;

/** Epoch seconds of a time of day, `hour` with fractions; `end` is the midnight at which the data end. */
export function timeOf(end: number, day: number, hour: number): number {
  return end + day * DAY_SECONDS + Math.round(hour * 3600);
}

/** The free day of the week: the one in which the case travels, and the one before it. */
export function isFreeDay(day: number): boolean {
  return day === -5 || day === -12;
}

/** Where somebody goes again and again. */
export interface Habits {
  readonly person: Person;
  readonly workplace: Place | undefined;
  readonly canteen: Place | undefined;
  readonly shuttle: Place | undefined;
  readonly market: Place;
  readonly places: Places;
}

/** Habits of a person in the province of `places`, which is that of its work. */
export function habitsOf(dice: Dice, person: Person, places: Places): Habits {
  const market = dice.pick(places.markets);
  const common = { person, market, places, canteen: undefined, shuttle: undefined };
  if (person.work === 'worker')
    return { ...common, ...atLine(places, dice.int(0, places.lines.length - 1), dice) };
  if (person.work === 'office') return { ...common, workplace: dice.pick(places.offices) };
  if (person.work === 'pupil') return { ...common, workplace: dice.pick(places.schools) };
  return { ...common, workplace: person.work === 'trader' ? market : undefined };
}

/** Line, canteen and, for two in three, the shuttle of a worker. */
export function atLine(places: Places, line: number, dice: Dice) {
  return {
    workplace: places.lines[line] as Place,
    canteen: places.canteens[Math.floor(line / 2)] as Place,
    shuttle: dice.chance(66) ? (places.shuttles[line] as Place) : undefined,
  };
}

/** One day of somebody's life. */
export function dayOf(dice: Dice, habits: Habits, end: number, day: number): Visit[] {
  const visits: Visit[] = [];
  const go = (place: Place, hour: number, minutes: number) => {
    // Nobody is punctual.
    const from = timeOf(end, day, hour) + dice.int(-12, 12) * 60 + dice.int(0, 59);
    const until = Math.min(
      from + Math.round(minutes * 60 * (0.8 + dice.int(0, 40) / 100)),
      end + (day + 1) * DAY_SECONDS,
    );
    visits.push({ person: habits.person, place, from, until });
  };
  if (isFreeDay(day)) freeDay(dice, habits, go);
  else workDay(dice, habits, go);
  return visits;
}

type Go = (place: Place, hour: number, minutes: number) => void;

function workDay(dice: Dice, habits: Habits, go: Go): void {
  const { workplace, canteen, shuttle, market, places, person } = habits;
  // Somebody is always ill, on leave or working from home.
  if (workplace !== undefined && dice.chance(88)) {
    if (shuttle !== undefined) {
      go(shuttle, 6.8, 30);
      go(shuttle, 17.3, 30);
    }
    const [start, minutes] = HOURS[person.work];
    go(workplace, start, minutes);
    if (canteen !== undefined && dice.chance(70)) go(canteen, 11.5 + dice.int(0, 2) / 2, 30);
    if (person.work === 'office' && dice.chance(35)) go(dice.pick(places.meals), 12, 40);
  } else if (dice.chance(40)) go(market, dice.int(6, 9), 45);
  if (person.work === 'pupil') return;
  if (dice.chance(3)) go(dice.pick(places.clinics), dice.int(8, 15), 50);
  if (dice.chance(9)) go(dice.pick(places.shops), dice.int(18, 19), 35);
  if (dice.chance(9)) go(dice.pick(places.meals), 18.5, 50);
  if (dice.chance(6)) go(dice.pick(places.cafes), dice.int(19, 20), 60);
  if (dice.chance(2)) go(dice.pick(places.evenings), 20, 110);
}

/** Beginning and minutes of a working day. */
const HOURS: Readonly<Record<Person['work'], readonly [number, number]>> = {
  worker: [7.5, 560],
  office: [8, 520],
  trader: [5.5, 360],
  pupil: [7, 270],
  home: [8, 60],
};

function freeDay(dice: Dice, { market, places, person, workplace }: Habits, go: Go): void {
  if (person.work === 'trader' && workplace !== undefined) {
    go(workplace, 5.5, 360);
    return;
  }
  if (dice.chance(35)) go(market, dice.int(6, 9), 50);
  if (dice.chance(15)) go(dice.pick(places.worship), dice.int(8, 10), 60);
  if (dice.chance(15)) go(dice.pick(places.shops), dice.int(14, 17), 50);
  if (dice.chance(20)) go(dice.pick(places.meals), dice.pick([12, 18.5]), 60);
  if (dice.chance(15)) go(dice.pick(places.cafes), dice.int(9, 16), 70);
  if (dice.chance(4)) go(dice.pick(places.evenings), 20, 120);
}
