import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  birthOf,
  keyTextOf,
  NOTHING_SAID,
  namesSeveralCccd,
  packBirth,
  placesToConfirm,
  principalOf,
  type RecordValue,
  rankOf,
  SOURCES,
  saysSame,
  sourceOf,
  writtenOver,
} from './rules.ts';

const PHONE = 'phone:+84912345678';
const APP = 'app:0b0e7a5c-3c1d-4f7e-9a55-1d2c3b4a5f60';

function record(said: Partial<RecordValue> = {}): RecordValue {
  return { ...NOTHING_SAID, record: null, identifiers: [PHONE], ...said };
}

describe('birth year and sex', () => {
  it.each([
    ['cccd:001090123456', 1990, 'male'],
    ['cccd:001190123456', 1990, 'female'],
    ['cccd:001215000001', 2015, 'male'],
    ['cccd:001315000001', 2015, 'female'],
    ['cccd:001800000001', 2300, 'male'],
    ['cccd:001999000001', 2399, 'female'],
  ])('are those that %s carries, whatever is stated', (cccd, year, sex) => {
    const stated = { born_on: '1955-01-01', sex: 'other' };
    expect(birthOf(record({ identifiers: [PHONE, cccd], ...stated }))).toEqual({ year, sex });
  });

  it.each([
    ['1990', 'male', { year: 1990, sex: 'male' }],
    ['2015-03', 'other', { year: 2015, sex: 'other' }],
    ['2015-03-04', null, undefined],
    [null, 'female', undefined],
    [null, null, undefined],
  ])('are those stated, %s and %s, both or neither', (born_on, sex, birth) => {
    expect(birthOf(record({ born_on, sex }))).toEqual(birth);
  });

  it('are one number that is another for every other pair', () => {
    const birth = fc.record({
      year: fc.integer({ min: 1900, max: 2399 }),
      sex: fc.constantFrom('male' as const, 'female' as const, 'other' as const),
    });
    fc.assert(
      fc.property(birth, birth, (one, other) => {
        const same = one.year === other.year && one.sex === other.sex;
        expect(packBirth(one) === packBirth(other)).toBe(same);
        expect(packBirth(one)).toBeGreaterThan(packBirth(undefined));
      }),
    );
  });
});

describe('the principal identifier', () => {
  it('is the first by kind and of one kind the smallest, in whatever order they are typed', () => {
    const all = [APP, PHONE, 'insurance:TE12345678', 'passport:KOR:M1', 'cmnd:000000002', 'cmnd:000000001'];
    const typed = fc.shuffledSubarray(all, { minLength: all.length });
    fc.assert(
      fc.property(typed, (list) => {
        expect(principalOf(list)).toBe('cmnd:000000001');
      }),
    );
    expect(principalOf([APP, PHONE])).toBe(PHONE);
    expect(principalOf([APP])).toBe(APP);
  });
});

describe('the key of a row', () => {
  it('is its number, whatever else it says', () => {
    const one = record({ record: 'HS 1', name: 'An' });
    const other = record({ record: 'HS 1', name: 'Ba', identifiers: ['cmnd:000000001'] });
    expect(keyTextOf(one)).toBe(keyTextOf(other));
    expect(keyTextOf(one)).not.toBe(keyTextOf(record({ record: 'HS 2', name: 'An' })));
  });

  it('is the set of its identifiers, and the name if they are handles alone', () => {
    const number = { identifiers: ['cmnd:000000001', PHONE] };
    expect(keyTextOf(record({ ...number, name: 'An' }))).toBe(
      keyTextOf(record({ identifiers: [PHONE, 'cmnd:000000001'], name: 'Ba' })),
    );
    expect(keyTextOf(record({ name: 'An' }))).not.toBe(keyTextOf(record({ name: 'Ba' })));
    expect(keyTextOf(record({ name: null }))).not.toBe(keyTextOf(record({ name: 'null' })));
    expect(keyTextOf(record())).not.toBe(keyTextOf(record({ identifiers: [PHONE, APP] })));
  });

  it('of a number is none of a set of identifiers', () => {
    expect(keyTextOf(record({ record: PHONE }))).not.toBe(keyTextOf(record()));
  });
});

describe('a further writing', () => {
  it('replaces what it says and erases nothing', () => {
    const before = record({ record: 'HS 1', name: 'An', ward: '07210', household: 'H1' });
    const written = record({ record: 'HS 1', ward: '07213', identifiers: ['cmnd:000000001'] });
    const after = writtenOver(before, written);
    expect(after).toEqual({ ...before, ward: '07213', identifiers: ['cmnd:000000001'] });
    expect(writtenOver(undefined, written)).toBe(written);
    expect(saysSame(writtenOver(after, written), after)).toBe(true);
    expect(saysSame(before, after)).toBe(false);
  });
});

it('one citizen id is the most that a record names', () => {
  expect(namesSeveralCccd(['cccd:001090123456', PHONE, 'cmnd:000000001'])).toBe(false);
  expect(namesSeveralCccd(['cccd:001090123456', 'cccd:001090123457'])).toBe(true);
});

it('a case counts more than a lab, a declaration, an import, and these more than others', () => {
  const { case: entered, lab, declaration, import: imported, ...others } = SOURCES;
  const ranks = [entered, lab, declaration, imported].map(rankOf);
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  for (const other of Object.values(others)) expect(rankOf(other)).toBeGreaterThan(Math.max(...ranks));
  for (const [name, number] of Object.entries(SOURCES)) expect(sourceOf(number)).toBe(name);
});

describe('where somebody has to confirm what a writer of an area says', () => {
  const writer = { wards: new Set(['07210', '07213']), desk: '24' };

  it.each<[string, (string | null)[][], string[]]>([
    ['nowhere, of somebody in no record', [[]], []],
    ['nowhere, of the own wards', [['07210'], ['07213', '07210']], []],
    ['where one of them lives', [['07210'], ['07303']], ['07303']],
    ['where a record says so, beside one of the own ward', [['07210', '07303']], ['07303']],
    ['at each place once, sorted', [['07307'], ['07303', '07307']], ['07303', '07307']],
    ['at the province’s desk, of somebody of no ward', [[null]], ['24']],
    ['as the record that names a ward says, beside one that names none', [[null, '07210']], []],
    ['both', [[null], ['07303', null]], ['07303', '24']],
    ['in another province', [['00001']], ['00001']],
  ])('%s', (_, wards, expected) => {
    expect(placesToConfirm(wards, writer)).toEqual(expected);
  });
});
