/**
 * A seeded outbreak of invented people in Bắc Giang, Hồ Chí Minh City and Hà Nội, as the provinces' import
 * files: the last 14 days before a midnight. The same seed and midnight give the same bytes. Knows nothing of
 * HTTP.
 */
import { vietnamDate, vietnamInstant, vietnamMidnight } from '../../shared/domain/instant.ts';
import { DAYS, dayOf, timeOf } from './outbreak/days.ts';
import { Dice } from './outbreak/dice.ts';
import { filesOf, type ProvinceFiles } from './outbreak/files.ts';
import { declare, scan, sense } from './outbreak/records.ts';
import { type Story, type ToldVisit, tellStory } from './outbreak/story.ts';
import { buildWorld, provincesOf, type World } from './outbreak/world.ts';

/** The body of `POST /v1/cases`. */
export interface CaseBody {
  readonly identifiers: readonly string[];
  readonly onset_on: string;
  readonly sampled_at: string;
  readonly isolated_at: string;
}

export interface Outbreak {
  /** In the order of the demo: 24, 79, 01. */
  readonly provinces: readonly ProvinceFiles[];
  readonly people: number;
  /** The confirmed case, who is of province 24. */
  readonly indexCase: { readonly province: string; readonly name: string; readonly body: CaseBody };
  /** Whom no province alone can find, under the identifiers that each knows; of province 79. */
  readonly passerBy: { readonly name: string; readonly identifiers: readonly string[] };
  /** ISO 8601: the midnight at which the data end. */
  readonly asOf: string;
}

export const DEMO_PROVINCES = ['24', '79', '01'];

export interface OutbreakOptions {
  /** Whole number; 24 unless told. */
  readonly seed?: number;
  /** Epoch seconds; the data end at the last midnight in Vietnam before it. */
  readonly now: number;
}

/** Makes it; takes about a second. */
export function generateOutbreak({ seed = 24, now }: OutbreakOptions): Outbreak {
  const dice = new Dice(seed);
  const end = vietnamMidnight(vietnamDate(now));
  const world = buildWorld(dice);
  const story = tellStory(dice, world, end);
  const visits = [...story.visits, ...ordinaryDays(dice, world, { story, end })];
  const provinces = provincesOf(world);
  const residents = provinces.flatMap((province) => province.residents);
  const recorded = {
    residents,
    places: [...provinces.flatMap(({ places }) => places.all), ...Object.values(world.links)],
    declarations: declare(dice, visits),
    checkIns: scan(dice, visits),
    encounters: sense(dice, visits),
  };
  return {
    provinces: provinces.map(({ code }) => filesOf(code, recorded)),
    people: residents.length,
    ...castOf(story, end),
    asOf: vietnamInstant(end),
  };
}

/** What everybody does on days of which the story says nothing. */
function ordinaryDays(dice: Dice, world: World, { story, end }: { story: Story; end: number }): ToldVisit[] {
  const visits: ToldVisit[] = [];
  for (const { habits } of provincesOf(world)) {
    for (const [person, own] of habits) {
      const told = story.told.get(person);
      for (let day = -DAYS; day < 0; day++) if (!told?.has(day)) visits.push(...dayOf(dice, own, end, day));
    }
  }
  return visits;
}

function castOf({ indexPerson, passerBy }: Story, end: number): Pick<Outbreak, 'indexCase' | 'passerBy'> {
  const { province, name, cccd, phone } = indexPerson;
  return {
    indexCase: {
      ...{ province, name },
      body: {
        identifiers: [cccd, phone as string],
        onset_on: vietnamDate(timeOf(end, -3, 12)),
        sampled_at: vietnamInstant(timeOf(end, -1, 10)),
        isolated_at: vietnamInstant(timeOf(end, -1, 14)),
      },
    },
    passerBy: { name: passerBy.name, identifiers: [passerBy.cccd, passerBy.phone as string] },
  };
}
