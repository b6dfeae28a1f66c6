/**
 * The story that is traced: a worker of Bắc Giang falls ill three days before the end of the data; whom that
 * worker met in the days before the isolation; and who travelled between the provinces meanwhile.
 */
import { atLine, DAYS, dayOf, type Habits, isFreeDay, timeOf, type Visit } from './days.ts';
import type { Dice } from './dice.ts';
import type { Person } from './people.ts';
import type { Place } from './places.ts';
import { provincesOf, type World } from './world.ts';

/** A visit of the story; with an identifier it is certainly scanned, in and out, under that one. */
export interface ToldVisit extends Visit {
  readonly identifier?: string | undefined;
}

export interface Story {
  /** The worker whose infection is confirmed. */
  readonly indexPerson: Person;
  /**
   * Meets the worker ten minutes in Hà Nội and ten in Bắc Giang, under two identifiers that only HCMC links.
   */
  readonly passerBy: Person;
  readonly visits: readonly ToldVisit[];
  /** Days on which somebody does what the story says and nothing else. */
  readonly told: ReadonlyMap<Person, ReadonlySet<number>>;
}

const ENGINEERS = 6;
const COMMUTERS = 45;
const COACH_COMPANIONS = 12;
const FLIGHT_PASSENGERS = 24;
const TRAVELLERS = 40;

/** Tells it, ending at midnight `end` (epoch seconds). */
export function tellStory(dice: Dice, world: World, end: number): Story {
  const teller = new Teller(dice, end);
  const { bacGiang, hcmc, hanoi } = world;
  const indexPerson = bacGiang.residents.find((person) => fitsTheStory(person, world)) as Person;
  const adults = (residents: readonly Person[], work: Person['work']) =>
    residents.filter(
      (person) => person.work === work && person.phone !== undefined && person !== indexPerson,
    );
  const scenes = scenesOf(world, bacGiang.habits.get(indexPerson) as Habits);
  const [passerBy, ...engineers] = dice.some(ENGINEERS + 1, adults(hcmc.residents, 'office')) as [
    Person,
    ...Person[],
  ];

  tellIndexPerson(teller, indexPerson, scenes);
  tellPasserBy(teller, passerBy, scenes);
  for (const person of engineers) tellEngineer(teller, person, { world, scenes });
  for (const person of dice.some(COMMUTERS, adults(hanoi.residents, 'worker')))
    tellCommuter(teller, person, world);
  for (const person of dice.some(COACH_COMPANIONS, adults(bacGiang.residents, 'trader'))) {
    teller.tell(
      person,
      -5,
      [scenes.coachToHanoi, 7, 8.6],
      [scenes.market, 9, 10.5],
      [scenes.coachBack, 17, 18.7],
    );
  }
  const flyers = [...adults(hcmc.residents, 'trader'), ...adults(hanoi.residents, 'office')];
  for (const person of dice.some(FLIGHT_PASSENGERS, flyers))
    teller.tell(person, -3, [scenes.flightSouth, 18.5, 20.7]);
  tellTravellers(teller, world);
  return { indexPerson, passerBy, visits: teller.visits, told: teller.told };
}

/** Somebody who works at a line, takes the shuttle, has every identifier, and lives with others. */
function fitsTheStory(person: Person, { bacGiang }: World): boolean {
  const { work, app, insurance, household } = person;
  const home = bacGiang.residents.filter((other) => other.household === household);
  const { shuttle } = bacGiang.habits.get(person) as Habits;
  return work === 'worker' && !!app && !!insurance && home.length >= 4 && shuttle !== undefined;
}

/** Where the index person's path crosses others'. */
function scenesOf({ bacGiang, hanoi, links }: World, { workplace, canteen, shuttle }: Habits) {
  const first = (places: readonly Place[]) => places[0] as Place;
  return {
    ...{ line: workplace as Place, canteen: canteen as Place, shuttle: shuttle as Place },
    karaoke: first(bacGiang.places.evenings),
    clinic: first(bacGiang.places.clinics),
    hotel: first(bacGiang.places.hotels),
    station: first(hanoi.places.stations),
    market: first(hanoi.places.markets),
    meal: first(hanoi.places.meals),
    cafe: first(hanoi.places.cafes),
    ...links,
  };
}

type Scenes = ReturnType<typeof scenesOf>;

/** A free day in Hà Nội, karaoke with the engineers, two days at the line with a cough, the clinic. */
function tellIndexPerson(teller: Teller, person: Person, scenes: Scenes): void {
  const { line, canteen, shuttle, karaoke, clinic } = scenes;
  const tell = (day: number, ...events: Event[]) => teller.tellScanned(person, day, person.phone, ...events);
  tell(
    -5,
    ...([
      [scenes.coachToHanoi, 7, 8.6],
      [scenes.station, 8.6, 8.9],
      [scenes.market, 9.2, 10.6],
      [scenes.meal, 11.6, 12.5],
      [scenes.cafe, 14, 15.8],
      [scenes.coachBack, 17, 18.7],
    ] satisfies Event[]),
  );
  const shift: Event[] = [
    [shuttle, 6.8, 7.3],
    [line, 7.5, 11.5],
    [canteen, 11.5, 12],
    [line, 12, 17],
    [shuttle, 17.3, 17.8],
  ];
  tell(-4, ...shift, [karaoke, 20, 22]);
  tell(-3, ...shift);
  tell(-2, [line, 7.5, 11.5], [canteen, 11.5, 12]);
  teller.tellScanned(person, -1, person.insurance, [clinic, 9.5, 11]);
}

/** Ten minutes at one table in Hà Nội, by phone; ten in the canteen of Bắc Giang, by citizen id. */
function tellPasserBy(teller: Teller, person: Person, { meal, canteen, flightSouth }: Scenes): void {
  const tenMinutes = 1 / 6;
  teller.tellScanned(person, -5, person.phone, [meal, 12.5 - tenMinutes, 13]);
  teller.tellScanned(person, -4, person.cccd, [canteen, 12 - tenMinutes, 12.4]);
  teller.tellScanned(person, -3, person.phone, [flightSouth, 18.5, 20.7]);
}

/** From HCMC to set up machines at the index person's line; then home, to work and into town. */
function tellEngineer(
  teller: Teller,
  person: Person,
  { world, scenes }: { world: World; scenes: Scenes },
): void {
  const { line, hotel, karaoke, flightNorth, flightSouth } = scenes;
  const night: Event = [hotel, 22.2, 23.9];
  teller.tell(person, -6, [flightNorth, 6.2, 8.3], night);
  teller.tell(person, -5, [teller.dice.pick(world.bacGiang.places.cafes), 9, 10.5], night);
  teller.tellScanned(person, -4, person.phone, [line, 8, 17], [karaoke, 20, 22]);
  teller.tell(person, -4, night);
  teller.tell(person, -3, [line, 8, 14], [flightSouth, 18.5, 20.7]);
}

/** Of Hà Nội, at a line in Bắc Giang all week; some go home with the coach that the index person takes. */
function tellCommuter(teller: Teller, person: Person, { bacGiang, hanoi, links }: World): void {
  const { dice } = teller;
  const atHome = hanoi.habits.get(person) as Habits;
  const line = dice.int(0, bacGiang.places.lines.length - 1);
  teller.live(
    { ...atHome, ...atLine(bacGiang.places, line, dice), places: bacGiang.places },
    (day) => !isFreeDay(day),
  );
  if (dice.chance(25)) teller.tell(person, -5, [links.coachToHanoi, 7, 8.6]);
}

/** Two days in another province, of anybody. */
function tellTravellers(teller: Teller, world: World): void {
  const { dice } = teller;
  const provinces = provincesOf(world);
  for (let count = 0; count < TRAVELLERS; count++) {
    const from = dice.pick(provinces);
    const to = dice.pick(provinces.filter((province) => province !== from));
    const person = dice.pick(from.residents);
    if (person.work === 'pupil' || teller.told.has(person)) continue;
    const market = dice.pick(to.places.markets);
    const start = dice.int(-13, -3);
    const guest = {
      person,
      market,
      places: to.places,
      workplace: undefined,
      canteen: undefined,
      shuttle: undefined,
    };
    teller.live(guest, (day) => day === start || day === start + 1);
  }
}

/** Place, and hours of the day from and until. */
type Event = readonly [place: Place, from: number, until: number];

class Teller {
  readonly dice: Dice;
  readonly visits: ToldVisit[] = [];
  readonly told = new Map<Person, Set<number>>();
  readonly #end: number;

  constructor(dice: Dice, end: number) {
    this.dice = dice;
    this.#end = end;
  }

  /** That somebody was there, to be scanned or not as chance wills. */
  tell(person: Person, day: number, ...events: Event[]): void {
    this.tellScanned(person, day, undefined, ...events);
  }

  /** That somebody was there and scanned under `identifier`. */
  tellScanned(person: Person, day: number, identifier: string | undefined, ...events: Event[]): void {
    this.#take(person, day);
    for (const [place, fromHour, untilHour] of events) {
      const from = timeOf(this.#end, day, fromHour);
      this.visits.push({ person, place, from, until: timeOf(this.#end, day, untilHour), identifier });
    }
  }

  /** That somebody lived by `habits` on certain days. */
  live(habits: Habits, on: (day: number) => boolean): void {
    for (let day = -DAYS; day < 0; day++) {
      if (!on(day)) continue;
      this.#take(habits.person, day);
      this.visits.push(...dayOf(this.dice, habits, this.#end, day));
    }
  }

  #take(person: Person, day: number): void {
    this.told.set(person, (this.told.get(person) ?? new Set()).add(day));
  }
}
