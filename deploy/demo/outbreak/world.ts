/**
 * The stage before the story begins: three provinces with their people, places and everybody's habits.
 */
import { type Habits, habitsOf } from './days.ts';
import type { Dice } from './dice.ts';
import { type Person, populate } from './people.ts';
import { buildPlaces, type Place, type Places } from './places.ts';

export interface Province {
  readonly code: string;
  readonly residents: readonly Person[];
  readonly places: Places;
  /** Of the residents. */
  readonly habits: ReadonlyMap<Person, Habits>;
}

export interface World {
  /** Where the industrial park is, the largest city, the capital. */
  readonly bacGiang: Province;
  readonly hcmc: Province;
  readonly hanoi: Province;
  /** Coaches and flights between them; each belongs to the province that registered it. */
  readonly links: Links;
}

export interface Links {
  readonly coachToHanoi: Place;
  readonly coachBack: Place;
  readonly flightNorth: Place;
  readonly flightSouth: Place;
}

/** Inhabitants by province; small ones that hold together: everybody in the demo lives near the story. */
const PEOPLE = { bacGiang: 1_300, hcmc: 900, hanoi: 900 };

/** The provinces in the order of the demo. */
export function provincesOf({ bacGiang, hcmc, hanoi }: World): Province[] {
  return [bacGiang, hcmc, hanoi];
}

/** Builds the stage. */
export function buildWorld(dice: Dice): World {
  const bacGiang = buildProvince(dice, '24', PEOPLE.bacGiang, 1);
  const hcmc = buildProvince(dice, '79', PEOPLE.hcmc, 100_001);
  const hanoi = buildProvince(dice, '01', PEOPLE.hanoi, 200_001);
  return {
    ...{ bacGiang, hcmc, hanoi },
    links: {
      coachToHanoi: coach(bacGiang, 'Xe khách Bắc Giang – Hà Nội 07:00'),
      coachBack: coach(hanoi, 'Xe khách Hà Nội – Bắc Giang 17:00'),
      flightNorth: flight(hcmc, 'Chuyến bay Tân Sơn Nhất – Nội Bài 06:10'),
      flightSouth: flight(hanoi, 'Chuyến bay Nội Bài – Tân Sơn Nhất 18:30'),
    },
  };
}

function buildProvince(dice: Dice, code: string, people: number, firstPhone: number): Province {
  const residents = populate(dice, code, people, firstPhone);
  const places = buildPlaces(dice, code, residents.length);
  const habits = new Map(residents.map((person) => [person, habitsOf(dice, person, places)]));
  return { code, residents, places, habits };
}

function coach({ code, places }: Province, name: string): Place {
  const { ward } = places.stations[0] as Place;
  return { province: code, id: `${code}-bus-lien-tinh`, name, kind: 'bus', ward, capacity: 45 };
}

function flight({ code, places }: Province, name: string): Place {
  const { ward } = places.stations[1] as Place;
  return { province: code, id: `${code}-flight-lien-tinh`, name, kind: 'flight', ward, capacity: 180 };
}
