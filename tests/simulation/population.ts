/**
 * The people of a generated world: who they are, under which identifiers, what each province wrote down about
 * them, and with whom they live. Part of world.ts; writes rows, knows no oracle.
 */
import type { PersonRow } from './dataset.ts';
import type { Random } from './random.ts';
import { wardsOf } from './wards.ts';

/** Someone of flesh and blood; not what the records say. */
export interface Someone {
  readonly name: string;
  /** Own identifiers, and those shared with the family. */
  readonly identifiers: string[];
  /** Province and ward of residence; null = resident nowhere. */
  readonly home: { readonly province: string; readonly ward: string | null } | null;
}

export interface Population {
  readonly someones: Someone[];
  readonly rows: PersonRow[];
}

/** Identifiers that no other series has, in the forms of CONTRIBUTING.md, Words. */
export interface Minting {
  readonly series: number;
  next: number;
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
  const rows = someones.flatMap((one) => recordsOf(random, one, provinces));
  const households = families.flatMap((family) => householdOf(random, family, provinces, minting));
  return { someones, rows: [...random.shuffled(rows), ...households] };
}

function someone(random: Random, provinces: readonly string[], minting: Minting): Someone {
  const kinds = random.some(random.pick([1, 2, 2, 3, 3, 4]), ['phone', 'app', 'cmnd', 'passport', 'phone']);
  const identifiers = kinds.map((kind) => mint(kind, minting));
  if (random.chance(65)) identifiers.unshift(mint('cccd', minting));
  const province = random.pick(provinces);
  const ward = random.chance(70) ? random.pick(wardsOf(province)) : null;
  return { name: random.pick(NAMES), identifiers, home: random.chance(80) ? { province, ward } : null };
}

/** A new identifier; series up to 999, 9,999 identifiers of a series for passports, more for the others. */
function mint(kind: string, minting: Minting): string {
  const digits = (value: number, length: number) => String(value).padStart(length, '0');
  minting.next += 1;
  const [series, number] = [minting.series, minting.next];
  if (kind === 'cccd') return `cccd:${digits(series, 4)}${digits(number, 8)}`;
  if (kind === 'cmnd') return `cmnd:${digits(series, 3)}${digits(number, 6)}`;
  if (kind === 'phone') return `phone:+849${digits(series, 3)}${digits(number, 5)}`;
  if (kind === 'passport') return `passport:VNM:B${digits(series, 3)}${digits(number, 4)}`;
  return `app:${digits(series, 8)}-0000-4000-8000-${digits(number, 12)}`;
}

/** Groups of two to four; most people of a small world are in one. */
function familiesOf(random: Random, someones: readonly Someone[]): Someone[][] {
  const left = random.shuffled(someones);
  const families: Someone[][] = [];
  while (left.length >= 2 && random.chance(65)) families.push(left.splice(0, random.pick([2, 2, 3, 4])));
  return families;
}

/** A phone that several of the family use: several `cccd` in one class, or persons merged who have none. */
function shareIdentifiers(random: Random, family: readonly Someone[], minting: Minting): void {
  if (!random.chance(40)) return;
  const phone = mint('phone', minting);
  for (const one of family) if (random.chance(80)) one.identifiers.push(phone);
}

/**
 * What provinces wrote down: all in one record, a chain of records over provinces, a part only, or nothing.
 */
function recordsOf(random: Random, one: Someone, provinces: readonly string[]): PersonRow[] {
  const identifiers = random.shuffled(one.identifiers);
  const manner = random.chance(85) ? random.pick(['one', 'chain']) : random.pick(['part', 'none']);
  if (manner === 'none') return [];
  if (manner === 'one') return [record(random, one, identifiers, random.pick(provinces))];
  const links = identifiers.slice(1).map((identifier, index) => [identifiers[index] as string, identifier]);
  const kept = manner === 'part' ? links.filter(() => random.chance(50)) : links;
  const rows = kept.map((link) => record(random, one, random.shuffled(link), random.pick(provinces)));
  return random.chance(30) ? [...rows, ...rows.slice(0, 1)] : rows;
}

function record(random: Random, one: Someone, identifiers: readonly string[], province: string): PersonRow {
  return {
    province,
    identifiers,
    name: random.chance(80) ? one.name : null,
    provinceOfResidence: random.chance(85) ? (one.home?.province ?? null) : null,
    ward: one.home?.ward ?? null,
    household: null,
  };
}

/** Rows that put a family into a household of one province; some move on to another one. */
function householdOf(
  random: Random,
  family: readonly Someone[],
  provinces: readonly string[],
  minting: Minting,
): PersonRow[] {
  if (!random.chance(50)) return [];
  minting.next += 1;
  const household = `h${minting.series}-${minting.next}`;
  const province = random.pick(provinces);
  const livingThere = family.map((one) => {
    const row = record(random, one, random.some(random.int(1, 2), one.identifiers), province);
    return { ...row, household };
  });
  const moves = livingThere
    .filter(() => random.chance(12))
    .map((row) => ({ ...row, household: `${household}-new`, identifiers: row.identifiers.slice(0, 1) }));
  // ids of households are local, too: in another province the same one is another household
  const elsewhere = random.chance(20)
    ? livingThere.slice(0, 2).map((row) => ({ ...row, province: random.pick(provinces) }))
    : [];
  return [...livingThere, ...moves, ...elsewhere];
}
