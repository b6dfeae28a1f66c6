import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LAST_INSTANT,
  parseDate,
  parseInstant,
  readDate,
  readInstant,
  vietnamDate,
  vietnamMidnight,
} from './instant.ts';

const VALID: [string, number][] = [
  ['1970-01-01T00:00:00Z', 0],
  ['1970-01-01T07:00:00+07:00', 0],
  ['2021-06-01T08:00:00+07:00', 1_622_509_200],
  ['2021-06-01T08:00:00.999+07:00', 1_622_509_200],
  ['2021-06-01T08:00:00,5+0700', 1_622_509_200],
  ['2021-06-01T08:00+07', 1_622_509_200],
  ['2021-05-31T20:30:00-04:30', 1_622_509_200],
  ['2020-02-29T00:00:00Z', 1_582_934_400],
  ['2106-02-07T06:28:15Z', LAST_INSTANT],
];

const BAD: [string, string][] = [
  ['', 'NOT_AN_INSTANT'],
  ['2021-06-01', 'NOT_AN_INSTANT'],
  ['2021-06-01T08:00:00', 'NOT_AN_INSTANT'],
  ['2021-06-01 08:00:00Z', 'NOT_AN_INSTANT'],
  ['2021-06-01T08:00:00z', 'NOT_AN_INSTANT'],
  ['20210601T080000Z', 'NOT_AN_INSTANT'],
  ['2021-6-1T08:00:00Z', 'NOT_AN_INSTANT'],
  [' 2021-06-01T08:00:00Z', 'NOT_AN_INSTANT'],
  ['2021-06-01T08:00:00Z\n', 'NOT_AN_INSTANT'],
  ['２021-06-01T08:00:00Z', 'NOT_AN_INSTANT'],
  ['1622509200', 'NOT_AN_INSTANT'],
  ['2021-06-01T08:00:00.+07:00', 'NOT_AN_INSTANT'],
  ['2021-02-29T00:00:00Z', 'NO_SUCH_DATE'],
  ['2100-02-29T00:00:00Z', 'NO_SUCH_DATE'],
  ['2021-00-01T00:00:00Z', 'NO_SUCH_DATE'],
  ['2021-13-01T00:00:00Z', 'NO_SUCH_DATE'],
  ['2021-06-31T00:00:00Z', 'NO_SUCH_DATE'],
  ['2021-06-00T00:00:00Z', 'NO_SUCH_DATE'],
  ['2021-06-01T24:00:00Z', 'NOT_A_TIME'],
  ['2021-06-01T23:60:00Z', 'NOT_A_TIME'],
  ['2021-06-30T23:59:60Z', 'NOT_A_TIME'],
  ['2021-06-01T08:00:00+15:00', 'NOT_AN_OFFSET'],
  ['2021-06-01T08:00:00+07:60', 'NOT_AN_OFFSET'],
  ['1969-12-31T23:59:59Z', 'YEAR_OUT_OF_BOUNDS'],
  ['1970-01-01T06:59:59+07:00', 'YEAR_OUT_OF_BOUNDS'],
  ['2106-02-07T06:28:16Z', 'YEAR_OUT_OF_BOUNDS'],
  ['0000-01-01T00:00:00Z', 'YEAR_OUT_OF_BOUNDS'],
];

describe('instants', () => {
  it.each(VALID)('%s is %d', (text, seconds) => {
    expect(parseInstant(text)).toBe(seconds);
  });

  it.each(BAD)('refuses %j', (text, reason) => {
    expect(readInstant(text).reason).toBe(reason);
    expect(() => parseInstant(text, 'in_at')).toThrow(/^in_at: /);
  });

  it('agrees with the platform on every instant', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: LAST_INSTANT }),
        fc.integer({ min: -839, max: 839 }),
        (at, shift) => {
          const local = new Date((at + shift * 60) * 1000).toISOString().slice(0, 19);
          const [hours, minutes] = [Math.floor(Math.abs(shift) / 60), Math.abs(shift) % 60];
          const offset = `${shift < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
          expect(readInstant(`${local}${offset}`)).toEqual({ value: at });
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('dates', () => {
  it('reads dates that exist', () => {
    expect(parseDate('2020-02-29')).toBe('2020-02-29');
    expect(parseDate('1900-01-01')).toBe('1900-01-01');
  });

  it.each([
    '',
    '2021-02-29',
    '1900-02-29',
    '21-06-01',
    '01/06/2021',
    '2021-06-01T00:00:00Z',
    '1899-12-31',
    '2107-01-01',
  ])('refuses %j', (text) => {
    expect(readDate(text).reason).toBeDefined();
    expect(() => parseDate(text, 'born_on')).toThrow(/^born_on: /);
  });

  it('begin at midnight in Vietnam', () => {
    expect(vietnamMidnight('2021-06-01')).toBe(Date.parse('2021-06-01T00:00:00+07:00') / 1000);
    expect(vietnamMidnight('1970-01-01')).toBe(-7 * 3600);
    expect(vietnamDate(Date.parse('2021-05-31T17:00:00Z') / 1000)).toBe('2021-06-01');
    expect(vietnamDate(Date.parse('2021-05-31T16:59:59Z') / 1000)).toBe('2021-05-31');
  });
});

function two(n: number): string {
  return String(n).padStart(2, '0');
}
