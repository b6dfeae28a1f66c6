/**
 * The oracle against examples of who is one person: tied numbers, opposed records, shared handles, classes
 * that fall apart, and the counter-examples of the rule, each with what it gives and why that is prevented or
 * accepted. A person is written `identifier+identifier`, sorted.
 */
import { describe, expect, test } from 'vitest';
import { BOY, COUNTER_EXAMPLES, HER, type PersonsExample } from './counter-examples.ts';
import type { PersonRow } from './dataset.ts';
import { confirmed, type Example, inProvince, met, record, stated, summary, withdrawal } from './examples.ts';
import { standing } from './oracle.ts';
import { resolvePersons, sharedHandles } from './oracle-persons.ts';

function persons(people: readonly PersonRow[]): string[] {
  const found = resolvePersons(standing({ people, cases: [] }), []);
  return [...new Set(found.values())].map(({ identifiers }) => identifiers.join('+')).sort();
}

function shared(people: readonly PersonRow[]): string[] {
  return [...sharedHandles(standing({ people, cases: [] }))].sort();
}

function check(rows: readonly PersonsExample[]): void {
  test.each(rows)('%s', (_name, people, expected) => {
    expect(persons(people)).toEqual(expected);
    expect(persons(people.toReversed()), 'in any order').toEqual(expected);
  });
}

const elsewhere = (row: PersonRow) => inProvince('79', row);

describe('links', () => {
  check([
    [
      'nothing links what no record names together',
      [record('phone:p'), record('cmnd:p')],
      ['cmnd:p', 'phone:p'],
    ],
    [
      'over records of other provinces',
      [record('phone:p app:p'), elsewhere(record('app:p cmnd:p'))],
      ['app:p+cmnd:p+phone:p'],
    ],
  ]);

  test('no more than the standing records', () => {
    const rows = [record('phone:p cmnd:p'), withdrawal(record('cmnd:p phone:p')), record('phone:p app:p')];
    expect(persons(rows)).toEqual(['app:p+phone:p']);
  });

  test('a record that is corrected links what it names now', () => {
    const keyed = (identifiers: string) => ({ ...record(identifiers), record: '1' });
    expect(persons([keyed('phone:p cmnd:p'), keyed('phone:p cmnd:q'), record('cmnd:p app:p')])).toEqual([
      'app:p+cmnd:p',
      'cmnd:q+phone:p',
    ]);
  });
});

describe('opposed records', () => {
  check([
    // (a)
    ['two cccd', [record('cccd:p phone:1'), record('cccd:q phone:1')], ['cccd:p', 'cccd:q', 'phone:1']],
    [
      // both 1985, female: (a) is enough
      'two cccd of one year and sex',
      [record(`${HER} phone:1`), record('cccd:024185000009 phone:1')],
      [HER, 'cccd:024185000009', 'phone:1'],
    ],
    [
      // if the phone linked them, there would be two cccd in one class, and none named together with cmnd:p
      'so that what hangs on one of them stays whole',
      [
        record(`${HER} phone:1`),
        record('cccd:024185000009 phone:1'),
        elsewhere(record(`${HER} app:1`)),
        elsewhere(record('app:1 cmnd:p')),
      ],
      [`app:1+${HER}+cmnd:p`, 'cccd:024185000009', 'phone:1'],
    ],
    [
      'two cccd in two provinces',
      [record('cccd:p app:1'), elsewhere(record('cccd:q app:1'))],
      ['app:1', 'cccd:p', 'cccd:q'],
    ],
    // (b)
    [
      'the year differs',
      [stated('1985 female', record('cmnd:p phone:1')), stated('1984 female', record('passport:p phone:1'))],
      ['cmnd:p', 'passport:p', 'phone:1'],
    ],
    [
      'the sex differs',
      [stated('1985 female', record('cmnd:p phone:1')), stated('1985 other', record('passport:p phone:1'))],
      ['cmnd:p', 'passport:p', 'phone:1'],
    ],
    [
      'the year that a cccd carries differs',
      [record(`${HER} phone:1`), stated('2015 female', record('insurance:p phone:1'))],
      [HER, 'insurance:p', 'phone:1'],
    ],
    [
      'neither differs, though two numbers of one kind do',
      [stated('1985-03-02 male', record('cmnd:p phone:1')), stated('1985 male', record('cmnd:q phone:1'))],
      ['cmnd:p+cmnd:q+phone:1'],
    ],
    [
      // apps beside the phone, no numbers at all
      'also of handles alone',
      [stated('1985 male', record('app:p phone:1')), stated('2015 male', record('app:q phone:1'))],
      ['app:p', 'app:q', 'phone:1'],
    ],
    [
      'a year alone tells nothing',
      [stated('1985', record('cmnd:p phone:1')), stated('1984 male', record('passport:p phone:1'))],
      ['cmnd:p+passport:p+phone:1'],
    ],
    // (c)
    [
      'two numbers of one kind, nothing known',
      [record('cmnd:p phone:1'), record('cmnd:q phone:1')],
      ['cmnd:p', 'cmnd:q', 'phone:1'],
    ],
    [
      'two numbers of one kind, one side known',
      [stated('1985 male', record('insurance:p phone:1')), record('insurance:q phone:1')],
      ['insurance:p', 'insurance:q', 'phone:1'],
    ],
    [
      'two numbers of one kind beside others',
      [record('cmnd:p passport:p phone:1'), record('insurance:q passport:q phone:1')],
      ['cmnd:p+passport:p', 'insurance:q+passport:q', 'phone:1'],
    ],
    [
      'numbers of two kinds, nothing known: one',
      [record('cmnd:p phone:1'), record('passport:q phone:1')],
      ['cmnd:p+passport:q+phone:1'],
    ],
    [
      'two apps, nothing known: one',
      [record('app:p phone:1'), record('app:q phone:1')],
      ['app:p+app:q+phone:1'],
    ],
    // "and each a number or another handle beside it"
    [
      'nothing beside the phone: not opposed',
      [stated('1985 male', record('cmnd:p phone:1')), stated('2015 female', record('phone:1'))],
      ['cmnd:p+phone:1'],
    ],
    // at both handles that both name
    [
      'two handles named by both',
      [record('cmnd:p phone:1 app:1'), record('cmnd:q app:1 phone:1')],
      ['app:1', 'cmnd:p', 'cmnd:q', 'phone:1'],
    ],
    [
      'at the one that both name: the others go on linking',
      [record('cmnd:p phone:1 app:p'), record('cmnd:q phone:1 app:q')],
      ['app:p+cmnd:p', 'app:q+cmnd:q', 'phone:1'],
    ],
    [
      // opposed are the first two; the third is opposed to none of them, and is not linked by the phone
      'a shared handle links nobody, also not those who are not opposed',
      [record('cmnd:p phone:1'), record('cmnd:q phone:1'), record('app:r phone:1')],
      ['app:r', 'cmnd:p', 'cmnd:q', 'phone:1'],
    ],
    [
      'two who share nothing are not opposed',
      [record('cmnd:p phone:1'), record('cmnd:q phone:2')],
      ['cmnd:p+phone:1', 'cmnd:q+phone:2'],
    ],
  ]);
});

describe('tied numbers', () => {
  check([
    [
      // a slip in the year
      'the same number in both: never opposed',
      [
        stated('1985 female', record('cmnd:p phone:1')),
        stated('1958 female', record('cmnd:p phone:1 app:p')),
      ],
      ['app:p+cmnd:p+phone:1'],
    ],
    [
      'a third record, in a third province, names a number of each',
      [
        record('cmnd:p phone:1'),
        elsewhere(record('cmnd:q phone:1')),
        inProvince('01', record('cmnd:p cmnd:q')),
      ],
      ['cmnd:p+cmnd:q+phone:1'],
    ],
    [
      'over several records',
      [
        record('cmnd:p phone:1'),
        record('cmnd:q phone:1'),
        elsewhere(record('cmnd:p passport:p')),
        inProvince('01', record('passport:p insurance:q')),
        inProvince('01', record('cmnd:q insurance:q')),
      ],
      ['cmnd:p+cmnd:q+insurance:q+passport:p+phone:1'],
    ],
    [
      // they name another phone together, which ties nothing: both phones are shared
      'not over a handle',
      [
        record('cmnd:p phone:1'),
        record('cmnd:q phone:1'),
        elsewhere(record('cmnd:p phone:2')),
        elsewhere(record('cmnd:q phone:2')),
      ],
      ['cmnd:p', 'cmnd:q', 'phone:1', 'phone:2'],
    ],
    [
      // one number of each is enough: passport:q is tied to nothing of the first
      'one number of several is enough',
      [record('cmnd:p phone:1'), record('cmnd:q passport:q phone:1'), record('cmnd:p cmnd:q')],
      ['cmnd:p+cmnd:q+passport:q+phone:1'],
    ],
  ]);

  test('not by a record that is withdrawn', () => {
    const people = [record('cmnd:p phone:1'), record('cmnd:q phone:1'), record('cmnd:p cmnd:q')];
    expect(shared(people)).toEqual([]);
    expect(shared([...people, withdrawal(record('cmnd:p cmnd:q'))])).toEqual(['phone:1']);
  });

  test('a case ties, too', () => {
    const people = [record('cmnd:p phone:1'), record('cmnd:q phone:1')];
    const cases = [confirmed({ identifiers: ['cmnd:p', 'cmnd:q'] })];
    expect(sharedHandles(standing({ people, cases })).size).toBe(0);
    expect(shared(people)).toEqual(['phone:1']);
  });
});

describe('a class with several cccd falls apart', () => {
  check([
    [
      // cmnd:p is named with both, app:p with cccd:p alone, app:q with neither
      'each cccd keeps what is named with it and with no other',
      [record('cccd:p cmnd:p app:p'), record('cccd:q cmnd:p'), record('cmnd:p app:q')],
      ['app:p+cccd:p', 'app:q', 'cccd:q', 'cmnd:p'],
    ],
    [
      'the phone that both name is not shared, and by itself',
      [record('cccd:p cmnd:p phone:1'), record('cccd:q cmnd:p phone:1')],
      ['cccd:p', 'cccd:q', 'cmnd:p', 'phone:1'],
    ],
    [
      'over another identifier only while there is one cccd',
      [record('cccd:p cmnd:p'), record('cmnd:p app:p')],
      ['app:p+cccd:p+cmnd:p'],
    ],
    [
      // a chain: app:p and app:q are named together, which is no class of its own
      'what a cccd does not keep stands by itself, one by one',
      [record('cccd:p cmnd:p'), record('cmnd:p app:p'), record('app:p app:q'), record('cccd:q cmnd:p')],
      ['app:p', 'app:q', 'cccd:p', 'cccd:q', 'cmnd:p'],
    ],
    [
      // the phone is shared by two apart (a); the two cccd of the other class do not care
      'a class behind a shared handle is another one',
      [record('cccd:p phone:1 app:p'), record('cccd:q phone:1 app:q')],
      ['app:p+cccd:p', 'app:q+cccd:q', 'phone:1'],
    ],
  ]);
});

describe('counter-examples of the rule', () => {
  check(COUNTER_EXAMPLES);

  test.each([
    ['a slip in a cccd', 'cccd:024185000010 cmnd:p phone:1'],
    ['an invented record', 'cccd:001090999999 phone:1'],
  ])('%s, withdrawn: whole again', (_name, wrong) => {
    const right = record(`${HER} cmnd:p phone:1 app:1`);
    const whole = [`app:1+${HER}+cmnd:p+phone:1`];
    expect(persons([right, record(wrong)])).toContain('phone:1');
    expect(persons([right, record(wrong), withdrawal(record(wrong))])).toEqual(whole);
  });

  test('a phone of many records: their number decides nothing', () => {
    const digits = (n: number) => String(n).padStart(6, '0');
    const crowd = Array.from({ length: 300 }, (_, n) => record(`cccd:024185${digits(n)} phone:1 app:${n}`));
    expect(persons(crowd)).toHaveLength(301);
    const visits = Array.from({ length: 300 }, (_, n) =>
      stated('1985 female', record(`${HER} phone:1 app:${n}`)),
    );
    expect(persons(visits)).toHaveLength(1);
    expect(persons([...visits, record(`${BOY} phone:1`)])).toHaveLength(3);
    // a hotel's phone beside apps of which nothing is known: accepted, it is one
    const guests = Array.from({ length: 300 }, (_, n) => record(`phone:1 app:${n}`));
    expect(persons(guests)).toHaveLength(1);
    expect(shared(guests)).toEqual([]);
  });
});

describe('what it means for contacts', () => {
  const ten = (identifier: string, at: number) => met('app:x', identifier, at, at + 500);
  const contacts = (people: readonly PersonRow[], encounters: Example['encounters']) =>
    summary({ people, encounters: encounters ?? [] });

  test('ten minutes under a phone and ten under a number are one contact of twenty, if they are one', () => {
    const both = [ten('phone:p', 0), ten('cmnd:p', 1000)];
    expect(contacts([], both)).toEqual([]);
    expect(contacts([elsewhere(record('phone:p cmnd:p'))], both)).toEqual([
      'cmnd:p+phone:p F1 0..1500 1000s',
    ]);
    const twoOnOnePhone = [record('phone:p cmnd:p'), record('phone:p cmnd:q')];
    expect(contacts(twoOnOnePhone, both)).toEqual([]);
    expect(contacts(twoOnOnePhone, [...both, ten('phone:p', 500)])).toEqual(['phone:p F1 0..1000 1000s']);
  });

  test('a case links, and a case with a cccd opposes', () => {
    const both = [ten('phone:p', 0), ten('cmnd:p', 1000)];
    const trace = (identifiers: string[], people: readonly PersonRow[] = []) =>
      summary({
        people,
        encounters: both,
        confirmed: [confirmed(), confirmed({ id: 'other', identifiers })],
        cases: ['case'],
      });
    expect(trace(['phone:p', 'cmnd:p'])).toEqual(['cmnd:p+phone:p F1 0..1500 1000s']);
    const child = stated('2015 male', record('cmnd:p phone:p'));
    expect(trace(['app:z'], [child])).toEqual(['cmnd:p+phone:p F1 0..1500 1000s']);
    expect(trace(['phone:p', HER as string], [child])).toEqual([]); // her year is in her cccd
  });
});
