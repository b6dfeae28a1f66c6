/**
 * Phone numbers and their one canonical form, E.164. Two renumberings of Vietnam stand between what an old
 * list says and what rings today: mobiles of eleven digits became ten in 2018, area codes changed in 2017.
 * What is somebody's number today is never read as an old one.
 */
import type { Reading } from './reading.ts';

const SEPARATORS = /[ .()-]/g;
/** Vietnamese subscribers: 9 digits for mobiles, 10 for land lines with their area code. */
const VIETNAMESE = /^\+84[1-9]\d{8,9}$/;
/** Source: ITU-T E.164 (2010), 6.2.1: at most 15 digits; 7 is the shortest in use. */
const E164 = /^\+[1-9]\d{6,14}$/;

/** E.164 of a number as people write it, under today's prefixes; or why it is none. Total, idempotent. */
export function readPhone(text: string): Reading<string> {
  const number = international(text.replace(SEPARATORS, ''));
  if (number === undefined) return { reason: 'PHONE_START' };
  if (number.startsWith('+84')) {
    return VIETNAMESE.test(number) ? { value: `+84${renumbered(number.slice(3))}` } : NOT_VIETNAMESE;
  }
  return E164.test(number) ? { value: number } : { reason: 'PHONE_ABROAD' };
}

const NOT_VIETNAMESE = { reason: 'PHONE_VIETNAM' } as const;

/** With + and country code; a trunk zero after +84 is dropped. Undefined when the country cannot be known. */
function international(digits: string): string | undefined {
  if (digits.startsWith('+840')) return `+84${digits.slice(4)}`;
  if (digits.startsWith('+')) return digits;
  if (digits.startsWith('00')) return international(`+${digits.slice(2)}`);
  if (digits.startsWith('0')) return `+84${digits.slice(1)}`;
  if (digits.startsWith('84')) return international(`+${digits}`);
  return undefined;
}

/**
 * Prefixes of mobiles with eleven digits (the trunk zero counted) and what each became on 15 September 2018;
 * the seven digits behind stay.
 * Source: the conversion plan of the Ministry of Information and Communications of May 2018, as printed in
 * full by plo.vn (773007) and in the operators' converters; they agree in every row.
 */
const MOBILES: ReadonlyMap<string, string> = new Map([
  ...table('120 70, 121 79, 122 77, 126 76, 128 78'), // MobiFone
  ...table('123 83, 124 84, 125 85, 127 81, 129 82'), // VinaPhone
  ...table('162 32, 163 33, 164 34, 165 35, 166 36, 167 37, 168 38, 169 39'), // Viettel
  ...table('186 56, 188 58, 199 59'), // Vietnamobile, Gmobile
]);

/**
 * Area codes of before 2017 with three digits, and what each became; the seven digits behind stay. No number
 * of today has ten digits and one of these beginnings: those of Hà Nội (24) and Hồ Chí Minh (28) go on with
 * 2 to 9.
 * Source for these and for those below: Quyết định 2036/QĐ-BTTTT of 2016; the tables of two independent
 * programs agree in all rows, and with nld.com.vn (2017-01-18) and kienthuc.net.vn (887209) where those
 * name codes.
 */
const LONG_AREAS: ReadonlyMap<string, string> = new Map([
  ...table('230 215, 231 213, 240 204, 241 222, 280 208, 281 209, 320 220, 321 221, 350 228, 351 226'),
  ...table('500 262, 501 261, 510 235, 511 236, 650 274, 651 271, 710 292, 711 293, 780 290, 781 291'),
]);

/**
 * Those with two digits. Left out are 33, 36 to 39, 52, 55, 56, 58, 59, 70, 76, 77 and 79, and Hồ Chí Minh's
 * old 8: since 2018 these begin mobiles of the same length, and who has the number today is meant.
 */
const SHORT_AREAS: ReadonlyMap<string, string> = new Map([
  ...table('20 214, 22 212, 25 205, 26 206, 27 207, 29 216, 30 229, 31 225, 53 233, 54 234, 57 257'),
  ...table('60 260, 61 251, 62 252, 63 263, 64 254, 66 276, 67 277, 68 259, 72 272, 73 273, 74 294, 75 275'),
]);

/** The national number (9 or 10 digits, no trunk zero) as it is dialled since 2018. */
function renumbered(national: string): string {
  const first = national[0];
  if (first === '9') return national; // never was another: nine in ten of all numbers
  if (national.length === 10) {
    const prefix = national.slice(0, 3);
    const now = first === '1' ? MOBILES.get(prefix) : LONG_AREAS.get(prefix);
    return now === undefined ? national : now + national.slice(3);
  }
  // Hà Nội's numbers begin with 2 to 9; anything else would be another old code once it had its 24.
  if (first === '4') return national[1] === '0' || national[1] === '1' ? national : `2${national}`;
  const now = SHORT_AREAS.get(national.slice(0, 2));
  return now === undefined ? national : now + national.slice(2);
}

function table(rows: string): [string, string][] {
  return rows.split(', ').map((row) => row.split(' ') as [string, string]);
}
