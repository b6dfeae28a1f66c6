/**
 * The oracle's standing records: keys, corrections, withdrawals, what is refused, birth year and sex, the
 * principal identifier. Each example is written out by hand.
 */
import { describe, expect, test } from 'vitest';
import type { CaseRow, PersonRow } from './dataset.ts';
import { confirmed, inProvince, record, stated, withdrawal } from './examples.ts';
import { standing } from './oracle.ts';
import { principalOf } from './oracle-records.ts';

/** `province identifiers` of the standing records. */
function standingOf(people: readonly PersonRow[], cases: readonly CaseRow[] = []): string[] {
  return standing({ people, cases }).map((row) => `${row.province} ${row.identifiers.toSorted().join(' ')}`);
}

const named = (name: string, row: PersonRow): PersonRow => ({ ...row, name });
const keyed = (key: string, row: PersonRow): PersonRow => ({ ...row, record: key });

describe('rows of one key are one record', () => {
  test.each<[name: string, people: readonly PersonRow[], expected: readonly string[]]>([
    ['the set of identifiers', [record('cccd:a phone:a'), record('phone:a cccd:a')], ['24 cccd:a phone:a']],
    [
      'whatever the name, if there is a number',
      [named('An', record('cmnd:a phone:a')), named('Bình', record('cmnd:a phone:a'))],
      ['24 cmnd:a phone:a'],
    ],
    [
      'and the name too, if they are handles alone',
      [named('An', record('phone:a')), named('Bình', record('phone:a')), record('phone:a')],
      ['24 phone:a', '24 phone:a', '24 phone:a'],
    ],
    [
      'another set is another record',
      [record('cccd:a'), record('cccd:a phone:a')],
      ['24 cccd:a', '24 cccd:a phone:a'],
    ],
    ['of one province', [record('cccd:a'), inProvince('79', record('cccd:a'))], ['24 cccd:a', '79 cccd:a']],
    [
      'the key, if one is given',
      [
        keyed('1', record('cccd:a')),
        keyed('1', record('cccd:b phone:b')),
        keyed('2', record('cccd:b phone:b')),
      ],
      ['24 cccd:b phone:b', '24 cccd:b phone:b'],
    ],
    [
      'which no set of identifiers is',
      [keyed('cccd:a', record('cccd:a')), record('cccd:a')],
      ['24 cccd:a', '24 cccd:a'],
    ],
    ['an identifier named twice is named once', [record('cccd:a cccd:a')], ['24 cccd:a']],
    ['two cccd are refused', [record('cccd:a cccd:b'), record('cccd:c')], ['24 cccd:c']],
    [
      'also as a correction',
      [keyed('1', record('cccd:a')), keyed('1', record('cccd:a cccd:b'))],
      ['24 cccd:a'],
    ],
    [
      'nobody is refused; no identifiers erase none',
      [
        { ...record('cccd:a'), identifiers: [] },
        keyed('1', record('cccd:b')),
        { ...keyed('1', record('cccd:b')), identifiers: [] },
      ],
      ['24 cccd:b'],
    ],
  ])('%s', (_name, people, expected) => expect(standingOf(people)).toEqual(expected));
});

describe('correction and withdrawal', () => {
  const home = { ...record('cccd:a', 'h'), provinceOfResidence: '24' };

  test('another value replaces, an empty one never erases', () => {
    const [found] = standing({ people: [home, record('cccd:a', 'h2'), record('cccd:a')], cases: [] });
    expect(found).toMatchObject({ household: 'h2', provinceOfResidence: '24' });
  });

  test('birth year and sex may come one by one', () => {
    const rows = [stated('1990', record('cmnd:a')), stated('', record('cmnd:a')), record('cmnd:a')];
    const half = standing({ people: rows, cases: [] });
    expect(half[0]?.birth).toBeUndefined();
    const whole = standing({ people: [...rows, { ...record('cmnd:a'), sex: 'female' }], cases: [] });
    expect(whole[0]?.birth).toEqual({ year: 1990, sex: 'female' });
  });

  test('withdrawn is gone, by whichever writing of its key', () => {
    expect(standingOf([home, withdrawal(record('cccd:a'))])).toEqual([]);
    expect(standingOf([keyed('1', home), withdrawal(keyed('1', record('phone:z')))])).toEqual([]);
    expect(standingOf([home, withdrawal(inProvince('79', home))])).toEqual(['24 cccd:a']);
    expect(standingOf([withdrawal(home), home])).toEqual(['24 cccd:a']);
  });

  test('written again it begins anew', () => {
    const [found, ...others] = standing({ people: [home, withdrawal(home), record('cccd:a')], cases: [] });
    expect(found).toMatchObject({ household: null, provinceOfResidence: null });
    expect(others).toEqual([]);
  });

  test('a case is a record: corrected, withdrawn, refused with two cccd', () => {
    const [a, b] = ['cccd:a phone:a', 'cccd:b'].map((words) => confirmed({ identifiers: words.split(' ') }));
    expect(standingOf([], [a as CaseRow])).toEqual(['24 cccd:a phone:a']);
    expect(standingOf([], [a as CaseRow, b as CaseRow])).toEqual(['24 cccd:b']);
    expect(standingOf([], [a as CaseRow, withdrawal(b as CaseRow)])).toEqual([]);
    expect(standingOf([], [confirmed({ identifiers: ['cccd:a', 'cccd:b'] })])).toEqual([]);
  });
});

describe('birth year and sex', () => {
  const birth = (says: string, identifiers: string) =>
    standing({ people: [stated(says, record(identifiers))], cases: [] })[0]?.birth;

  test.each([
    ['cccd:001090123456', 1990, 'male'],
    ['cccd:001185123456', 1985, 'female'],
    ['cccd:001215123456', 2015, 'male'],
    ['cccd:001300123456', 2000, 'female'],
    ['cccd:001499123456', 2199, 'male'],
    ['cccd:001999123456', 2399, 'female'],
  ])('%s: %i, %s', (cccd, year, sex) => {
    expect(birth('', `phone:a ${cccd}`)).toEqual({ year, sex });
    expect(birth('1970 other', cccd), 'what is stated does not count').toEqual({ year, sex });
    expect(standing({ people: [], cases: [confirmed({ identifiers: [cccd] })] })[0]?.birth).toEqual({
      year,
      sex,
    });
  });

  test.each([
    ['2015-03-04 male', { year: 2015, sex: 'male' }],
    ['2015-03 other', { year: 2015, sex: 'other' }],
    ['2015 female', { year: 2015, sex: 'female' }],
    ['2015', undefined],
    ['', undefined],
  ])('stated: %j', (says, expected) => {
    expect(birth(says, 'insurance:a phone:a')).toEqual(expected);
  });

  test('sex alone is neither', () => {
    const people: PersonRow[] = [{ ...record('cmnd:a'), sex: 'male' }];
    expect(standing({ people, cases: [] })[0]?.birth).toBeUndefined();
  });
});

test('the principal identifier: by kind, then the smallest', () => {
  const ranked = [
    'cccd:z',
    'cmnd:y',
    'passport:x',
    'insurance:w',
    'phone:+849a',
    'phone:+849b',
    'app:a',
    'app:b',
  ];
  for (const [index, first] of ranked.entries()) {
    expect(principalOf(ranked.slice(index))).toBe(first);
    expect(principalOf(ranked.slice(index).toReversed())).toBe(first);
  }
});
