/**
 * The people of a province: households with names, ages, work, and the identifiers that their home province
 * knows.
 */
import type { Dice } from './dice.ts';
import { appOf, cccdOf, familyName, fullName, insuranceOf, phoneOf, type Sex } from './names.ts';
import { type Ward, wardsOf } from './wards.ts';

export type Work = 'worker' | 'office' | 'trader' | 'pupil' | 'home';

export interface Person {
  /** Of residence. */
  readonly province: string;
  readonly name: string;
  readonly sex: Sex;
  /** `YYYY-MM-DD`. */
  readonly bornOn: string;
  readonly ward: Ward;
  readonly address: string;
  readonly household: string;
  readonly work: Work;
  readonly cccd: string;
  /** Children have none; two old people may share one. */
  readonly phone: string | undefined;
  /** Of the Bluetooth app, on the phones that have it. */
  readonly app: string | undefined;
  /** Health insurance of those at work; hospitals and clinics know people by it. */
  readonly insurance: string | undefined;
}

/** How the adults of a province earn their living; each word as often as its share. */
const WORK: Readonly<Record<string, readonly Work[]>> = {
  '24': ['worker', 'worker', 'worker', 'worker', 'worker', 'office', 'trader', 'home'],
  '79': ['worker', 'worker', 'office', 'office', 'office', 'trader', 'trader', 'home'],
  '01': ['worker', 'office', 'office', 'office', 'office', 'trader', 'trader', 'home'],
};

const HOUSEHOLDS = [1, 1, 2, 2, 3, 3, 4, 4, 4, 5];
/** Ages are those of this year, whenever the demo runs: identifiers hold the year of birth. */
const REFERENCE_YEAR = 2021;
const APP_PERCENT = 35;
const SHARED_PHONE_PERCENT = 25;

/**
 * About `count` people in whole households. `firstPhone`: phones are numbered on from there, over all
 * provinces.
 */
export function populate(dice: Dice, province: string, count: number, firstPhone: number): Person[] {
  const residents: Person[] = [];
  const wards = wardsOf(province);
  for (let household = 1; residents.length < count; household++) {
    const home: Home = {
      ...{
        province,
        ward: dice.pick(wards),
        household: `H${province}-${String(household).padStart(5, '0')}`,
      },
      address: `Số ${dice.int(1, 240)}, ngõ ${dice.int(1, 60)}`,
      family: familyName(dice),
    };
    residents.push(
      ...family(dice, home, { serial: residents.length + 1, phone: firstPhone + residents.length }),
    );
  }
  return residents;
}

type Home = Pick<Person, 'province' | 'ward' | 'household' | 'address'> & { readonly family: string };

interface Numbers {
  readonly serial: number;
  readonly phone: number;
}

/** Two grown-ups, then children; some homes are an old couple's. */
function family(dice: Dice, home: Home, { serial, phone }: Numbers): Person[] {
  const size = dice.pick(HOUSEHOLDS);
  const old = size <= 2 && dice.chance(20);
  const couplePhone = old && dice.chance(SHARED_PHONE_PERCENT) ? phoneOf(phone) : undefined;
  return Array.from({ length: size }, (_, position) => {
    const child = position >= 2 && dice.chance(70);
    const age = old ? dice.int(62, 84) : child ? dice.int(4, 16) : dice.int(19, 55);
    const sex: Sex = position < 2 ? (position === 0 ? 'male' : 'female') : dice.pick(['male', 'female']);
    const work: Work = old ? 'home' : child ? 'pupil' : dice.pick(WORK[home.province] ?? ['home']);
    const bornOn = `${REFERENCE_YEAR - age}-${two(dice.int(1, 12))}-${two(dice.int(1, 28))}`;
    const ownPhone = child && age < 13 ? undefined : phoneOf(phone + position);
    return {
      ...home,
      ...{ sex, bornOn, name: fullName(dice, sex, position === 1 ? familyName(dice) : home.family) },
      work,
      cccd: cccdOf(home.province, serial + position, { sex, bornOn }),
      phone: couplePhone ?? ownPhone,
      app: ownPhone !== undefined && !old && dice.chance(APP_PERCENT) ? appOf(dice) : undefined,
      insurance: ['worker', 'office'].includes(work)
        ? insuranceOf(home.province, serial + position)
        : undefined,
    };
  });
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
