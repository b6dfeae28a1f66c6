/**
 * Identifiers of generated people, in the forms of CONTRIBUTING.md, Words; those of two series never meet.
 * Part of world.ts.
 */
import type { Sex } from './dataset.ts';
import type { Random } from './random.ts';

/** Series up to 999, 9,999 identifiers of a series. */
export interface Minting {
  readonly series: number;
  next: number;
}

export type MintedKind = 'cmnd' | 'passport' | 'guest passport' | 'insurance' | 'phone' | 'app';

/** A new identifier. */
export function mint(kind: MintedKind, minting: Minting): string {
  minting.next += 1;
  const [series, number] = [minting.series, minting.next];
  switch (kind) {
    case 'cmnd':
      return `cmnd:${digits(series, 3)}${digits(number, 6)}`;
    case 'passport':
      return `passport:VNM:B${digits(series, 3)}${digits(number, 4)}`;
    case 'guest passport':
      return `passport:KOR:M${digits(series, 3)}${digits(number, 5)}`;
    case 'insurance':
      return `insurance:${digits(series, 3)}${digits(number, 7)}`;
    case 'phone':
      return `phone:+849${digits(series, 3)}${digits(number, 5)}`;
    case 'app':
      return `app:${digits(series, 8)}-0000-4000-8000-${digits(number, 12)}`;
  }
}

/** A new `cccd` that carries year and sex; it ends in 0. */
export function mintCccd(year: number, sex: Sex, minting: Minting): string {
  minting.next += 1;
  const century = 2 * Math.floor((year - 1900) / 100) + (sex === 'female' ? 1 : 0);
  return `cccd:${digits(minting.series, 3)}${century}${digits(year % 100, 2)}${digits(minting.next, 5)}0`;
}

/**
 * A `cccd` with a slip in it, which is nobody's: in its last digit, which then is not 0, or in the two of the
 * year beside.
 */
export function slipIn(random: Random, cccd: string): string {
  const end = String(random.int(1, 9));
  const year = random.chance(40) ? digits(random.int(0, 99), 2) : cccd.slice(9, 11);
  return `${cccd.slice(0, 9)}${year}${cccd.slice(11, -1)}${end}`;
}

/** A new word for a record or household of the series. */
export function mintWord(prefix: string, minting: Minting): string {
  minting.next += 1;
  return `${prefix}${minting.series}-${minting.next}`;
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
