/**
 * What a record is (CONTRIBUTING.md, Words): its key, what a further writing makes of it, the birth year and
 * sex by which it is compared with others, and who of its identifiers lives in its household. Pure.
 */
import {
  HANDLE_KINDS,
  IDENTIFIER_KINDS_IN_ORDER,
  isCccd,
  kindOf,
} from '../../../shared/domain/identifier.ts';

/** Who wrote a record. Numbers are stored: they never change. */
export const SOURCES = {
  import: 1,
  case: 2,
  declaration: 3,
  lab: 4,
  vaccination: 5,
  interview: 6,
  hand_over: 7,
  guard: 8,
  bluetooth: 9,
  operator: 10,
  legacy: 99,
} as const;

export type Source = keyof typeof SOURCES;
export type SourceNumber = (typeof SOURCES)[Source];

const SOURCE_NAMES = new Map<number, Source>(
  Object.entries(SOURCES).map(([name, number]) => [number, name as Source]),
);

/** The word of a stored source. */
export function sourceOf(number: number): Source {
  return SOURCE_NAMES.get(number) ?? 'legacy';
}

/** Sources whose word on who somebody is counts more than that of all others, the first most. */
const TRUSTED: readonly SourceNumber[] = [SOURCES.case, SOURCES.lab, SOURCES.declaration, SOURCES.import];

/**
 * Place of a source among those who say who somebody is, as `record_rank` in the database has it: the least
 * counts most.
 */
export function rankOf(source: number): number {
  const rank = TRUSTED.indexOf(source as SourceNumber);
  return rank < 0 ? TRUSTED.length : rank;
}

export type Sex = 'male' | 'female' | 'other';

/** What is said of the person whom a record names; null = not said. */
export const PERSON_FIELDS = [
  ...(['name', 'born_on', 'sex', 'province', 'ward', 'address', 'household'] as const),
] as const;

export type PersonFields = { readonly [field in (typeof PERSON_FIELDS)[number]]: string | null };

/** What a record says: identifiers (canonical, each once, one at least), and the person. */
export interface RecordValue extends PersonFields {
  readonly identifiers: readonly string[];
  /** What the source calls the record. */
  readonly record: string | null;
}

export const NOTHING_SAID: PersonFields = {
  ...{ name: null, born_on: null, sex: null, province: null, ward: null, address: null, household: null },
};

/**
 * What a record says after a further writing: an empty value never erases, another one replaces; the list of
 * identifiers is one value.
 */
export function writtenOver(before: RecordValue | undefined, written: RecordValue): RecordValue {
  if (before === undefined) return written;
  const said = Object.entries(written).filter(([, value]) => value !== null);
  return { ...before, ...Object.fromEntries(said) };
}

/** Who writes from an area that is not the whole province. */
export interface Writer {
  /** As the identity provider knows them. */
  readonly by: string;
  /** The wards of the area. */
  readonly wards: ReadonlySet<string>;
  /** Where those of no ward belong: code of the province. */
  readonly desk: string;
}

/**
 * Where somebody has to confirm what a writer of an area says about identifiers, whose wards by other
 * standing records are given (null: a record that says none): sorted; empty if nobody has to. Who is in no
 * record is nobody's.
 */
export function placesToConfirm(
  wardsOf: readonly (readonly (string | null)[])[],
  writer: Pick<Writer, 'wards' | 'desk'>,
): string[] {
  const outside = wardsOf.flatMap((wards) => {
    const said = wards.flatMap((ward) => ward ?? []);
    if (wards.length > 0 && said.length === 0) return writer.desk;
    return said.filter((ward) => !writer.wards.has(ward));
  });
  return [...new Set(outside)].sort();
}

/** Whether two say the same; the order of identifiers counts (the first one is shown first). */
export function saysSame(a: RecordValue, b: RecordValue): boolean {
  return (
    PERSON_FIELDS.every((field) => a[field] === b[field]) &&
    a.record === b.record &&
    sameList(a.identifiers, b.identifiers)
  );
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** A record names one citizen id at most. */
export function namesSeveralCccd(identifiers: readonly string[]): boolean {
  return identifiers.filter(isCccd).length > 1;
}

/** The text by which a row of a file is known again. */
export function keyTextOf({ record, identifiers, name }: RecordValue): string {
  if (record !== null) return JSON.stringify(['record', record]);
  const handlesAlone = identifiers.every((one) => HANDLE_KINDS.has(kindOf(one)));
  return JSON.stringify(['identifiers', [...identifiers].sort(), ...(handlesAlone ? [name] : [])]);
}

export interface Birth {
  readonly year: number;
  readonly sex: Sex;
}

/** Birth year and sex of a record: those that its `cccd` carries, else those stated; both or neither. */
export function birthOf(value: Pick<RecordValue, 'identifiers' | 'born_on' | 'sex'>): Birth | undefined {
  const cccd = value.identifiers.find(isCccd);
  if (cccd !== undefined) return carriedBy(cccd);
  if (value.born_on === null || value.sex === null) return undefined;
  return { year: Number(value.born_on.slice(0, 4)), sex: value.sex as Sex };
}

/**
 * Digit 4 is century and sex, even = male, 1900 and a hundred more for each two; digits 5 and 6 the year.
 * **Source:** circular 59/2021/TT-BCA, article 4; decree 137/2015/NĐ-CP, article 13.
 */
function carriedBy(cccd: string): Birth {
  const [century, year] = [Number(cccd.charAt(8)), Number(cccd.slice(9, 11))];
  return {
    year: 1900 + 100 * Math.floor(century / 2) + year,
    sex: century % 2 === 0 ? 'male' : 'female',
  };
}

/** The first identifier by kind, of one kind the smallest: who of a record lives in its household. */
export function principalOf(identifiers: readonly string[]): string {
  const rank = (identifier: string) => IDENTIFIER_KINDS_IN_ORDER.indexOf(kindOf(identifier));
  const [first, ...others] = identifiers as [string, ...string[]];
  return others.reduce((least, other) => {
    const difference = rank(other) - rank(least);
    return difference < 0 || (difference === 0 && other < least) ? other : least;
  }, first);
}

const SEXES: readonly Sex[] = ['male', 'female', 'other'];

/** Birth year and sex as one number from 1 to 2^14, as the database packs them too; 0 = it has not both. */
export function packBirth(birth: Birth | undefined): number {
  return birth === undefined ? 0 : birth.year * 4 + SEXES.indexOf(birth.sex) + 1;
}
