/**
 * The people of a generated world: who they are, under which identifiers, and with whom they live: adults
 * with old and new cards, children with insurance cards, guests with passports, families on one phone. What
 * provinces write down about them: paperwork.ts. Part of world.ts; knows no oracle.
 */
import type { Sex } from './dataset.ts';
import { type MintedKind, type Minting, mint, mintCccd } from './minting.ts';
import type { Random } from './random.ts';
import { wardsOf } from './wards.ts';

/** Someone of flesh and blood; not what the records say. */
export interface Someone {
  readonly name: string;
  /** `YYYY-MM-DD` */
  readonly bornOn: string;
  readonly sex: Sex;
  /** Own identifiers, and those shared with the family. */
  readonly identifiers: string[];
  /** Province and ward of residence; null = resident nowhere. */
  readonly home: { readonly province: string; readonly ward: string | null } | null;
}

export interface Population {
  readonly someones: Someone[];
  /** Who lives together; most people of a small world are in one, nobody in two. */
  readonly families: Someone[][];
}

const NAMES = [
  'Nguyễn Văn An',
  'Trần Thị Bé',
  'Lê "Tư" Hùng',
  'Phạm, Thị Đào',
  'Hoàng Yến',
  'Võ Thị Sáu',
  'Đặng Ỷ',
];

/** `count` people over `provinces`. */
export function populate(
  random: Random,
  count: number,
  provinces: readonly string[],
  minting: Minting,
): Population {
  const someones = Array.from({ length: count }, () => someone(random, provinces, minting));
  const families = familiesOf(random, someones);
  for (const family of families) shareIdentifiers(random, family, minting);
  return { someones, families };
}

function someone(random: Random, provinces: readonly string[], minting: Minting): Someone {
  const sort = random.pick(['adult', 'adult', 'adult', 'adult', 'adult', 'child', 'child', 'guest'] as const);
  // few years, so that spouses and siblings of one year are not rare
  const year = sort === 'child' ? random.int(2008, 2014) : random.pick([1958, 1984, 1985, 1985, 1986, 2001]);
  const bornOn = `${year}-0${random.int(1, 9)}-1${random.int(0, 9)}`;
  const sex = random.pick<Sex>(['male', 'male', 'female', 'female', 'female', 'other']);
  const kinds = kindsOf(random, sort);
  const identifiers = kinds.map((kind) => mint(kind, minting));
  const hasCccd = sort === 'adult' ? random.chance(65) : sort === 'child' && random.chance(10);
  if (hasCccd) identifiers.unshift(mintCccd(year, sex, minting));
  const province = random.pick(provinces);
  const ward = random.chance(70) ? random.pick(wardsOf(province)) : null;
  const home = random.chance(sort === 'guest' ? 30 : 85) ? { province, ward } : null;
  return { name: random.pick(NAMES), bornOn, sex, identifiers, home };
}

/** What somebody has besides a `cccd`; never nothing. */
function kindsOf(random: Random, sort: 'adult' | 'child' | 'guest'): MintedKind[] {
  if (sort === 'child')
    return random.chance(85) ? ['insurance', ...random.some<'app'>(random.int(0, 1), ['app'])] : ['app'];
  if (sort === 'guest') {
    // a passport that was renewed
    const passports = random.some<'guest passport'>(random.int(1, 2), ['guest passport', 'guest passport']);
    return [...passports, ...random.some<'phone' | 'app'>(random.int(1, 2), ['phone', 'app'])];
  }
  const others: MintedKind[] = ['phone', 'app', 'cmnd', 'passport', 'phone', 'insurance'];
  return random.some(random.pick([1, 2, 2, 3, 3, 4]), others);
}

/** Groups of two to four. */
function familiesOf(random: Random, someones: readonly Someone[]): Someone[][] {
  const left = random.shuffled(someones);
  const families: Someone[][] = [];
  while (left.length >= 2 && random.chance(65)) families.push(left.splice(0, random.pick([2, 2, 3, 4])));
  return families;
}

/** A phone that several of the family use. */
function shareIdentifiers(random: Random, family: readonly Someone[], minting: Minting): void {
  if (!random.chance(50)) return;
  const phone = mint('phone', minting);
  for (const one of family) if (random.chance(85)) one.identifiers.push(phone);
}
