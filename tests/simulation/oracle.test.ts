/**
 * The oracle against examples computed by hand: who is one person, stays, how long two persons met, close
 * contacts. `F1 0..900 900s` = first degree, exposed from T to T + 900 s, 900 seconds. Labels:
 * oracle-labels.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { confirmed, DAY, type Example, HOUR, inProvince, met, record, scan, summary, T } from './examples.ts';
import { strongestSeconds } from './oracle-meetings.ts';

type Row = readonly [name: string, example: Example, expected: readonly string[]];

function check(rows: readonly Row[]): void {
  test.each(rows)('%s', (_name, example, expected) => expect(summary(example)).toEqual(expected));
}

describe('how long two persons met', () => {
  check([
    ['exactly the threshold', { encounters: [met('app:x', 'app:p', 0, 900)] }, ['app:p F1 0..900 900s']],
    ['one second less', { encounters: [met('app:x', 'app:p', 0, 899)] }, []],
    ['reported by the other', { encounters: [met('app:p', 'app:x', 0, 900)] }, ['app:p F1 0..900 900s']],
    [
      // [0, 600) and [300, 899) cover [0, 899)
      'overlapping reports count once',
      { encounters: [met('app:x', 'app:p', 0, 600), met('app:p', 'app:x', 300, 899)] },
      [],
    ],
    [
      // 500 + 400 = 900, in between nothing
      'parts add up',
      { encounters: [met('app:x', 'app:p', 0, 500), met('app:x', 'app:p', 7000, 7400)] },
      ['app:p F1 0..7400 900s'],
    ],
    [
      // 600 + 600: neither province alone sees 900
      'ten minutes here and ten there are twenty',
      { encounters: [met('app:x', 'app:p', 0, 600), inProvince('79', met('app:x', 'app:p', 5000, 5600))] },
      ['app:p F1 0..5600 1200s'],
    ],
    [
      // 1801 × 50 / 100 = 900.5, floored
      'a market counts half',
      { checkIns: [scan('app:x', 'market', 0, 5000), scan('app:p', 'market', 100, 1901)] },
      ['app:p F1 100..1901 900s'],
    ],
    [
      // 1799 × 50 / 100 = 899.5, floored
      'the floor decides',
      { checkIns: [scan('app:x', 'market', 0, 5000), scan('app:p', 'market', 100, 1899)] },
      [],
    ],
    [
      // 901 × 50 % + 899 × 50 % = 450.5 + 449.5 = 900; floored apart: 450 + 449
      'the floor is taken of the sum',
      {
        checkIns: [
          scan('app:x', 'market', 0, 901),
          scan('app:p', 'market', 0, 901),
          scan('app:x', 'market', 2000, 2899),
          scan('app:p', 'market', 2000, 2899),
        ],
      },
      ['app:p F1 0..2899 900s'],
    ],
    [
      // [0, 500) market 50 % = 250; [500, 1500) encounter = 1000
      'at each instant the strongest event counts',
      {
        checkIns: [scan('app:x', 'market', 0, 1000), scan('app:p', 'market', 0, 1000)],
        encounters: [met('app:x', 'app:p', 500, 1500)],
      },
      ['app:p F1 0..1500 1250s'],
    ],
    [
      // 80 % of 1125 = 900
      'an event counts eighty percent',
      { checkIns: [scan('app:x', 'event', 0, 1125), scan('app:p', 'event', 0, 1125)] },
      ['app:p F1 0..1125 900s'],
    ],
    [
      'a weight of nothing is an event without seconds',
      {
        rules: { weight_percent: { default: 0 } },
        checkIns: [scan('app:x', 'shop', 0, 5000), scan('app:p', 'shop', 100, 5000)],
        encounters: [met('app:x', 'app:p', 1000, 1900)],
      },
      ['app:p F1 100..5000 900s'],
    ],
    [
      'nobody is a close contact of nothing, even if no seconds are asked for',
      {
        rules: { close_contact_seconds: 0 },
        encounters: [
          met('app:x', 'app:p', 0, 1),
          met('app:q', 'app:r', 0, 1),
          met('app:x', 'app:s', 5, 5),
          met('app:x', 'app:u', -5 * DAY, -4 * DAY),
        ],
      },
      // q and r met only each other, s met x in no instant, u met x before the window
      ['app:p F1 0..1 1s'],
    ],
    [
      'a person is no contact of himself',
      {
        people: [record('app:x app:y')],
        encounters: [met('app:x', 'app:y', 0, 5000), met('app:x', 'app:x', 0, 5000)],
      },
      [],
    ],
  ]);

  test('strongest seconds are those of counting second by second', () => {
    const event = fc
      .record({
        from: fc.nat(30),
        length: fc.integer({ min: 1, max: 20 }),
        weightPercent: fc.constantFrom(0, 33, 50, 80, 100),
      })
      .map(({ from, length, weightPercent }) => ({ from, until: from + length, weightPercent }));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        let hundredths = 0;
        for (let second = 0; second < 60; second += 1) {
          const now = events.filter(({ from, until }) => from <= second && second < until);
          hundredths += Math.max(0, ...now.map((one) => one.weightPercent));
        }
        expect(strongestSeconds(events)).toBe(Math.floor(hundredths / 100));
      }),
    );
  });
});

describe('stays', () => {
  const x = scan('app:x', 'shop', 0, 40_000);
  check([
    [
      'touching at an endpoint',
      { checkIns: [scan('app:x', 'shop', 0, 1000), scan('app:p', 'shop', 1000, 3000)] },
      [],
    ],
    [
      'without an out, the assumed stay',
      { checkIns: [x, scan('app:p', 'shop', 100, null)] },
      ['app:p F1 100..3700 3600s'],
    ],
    [
      // 2700 assumed × 50 %
      'of the kind of place',
      { checkIns: [scan('app:x', 'market', 0, 9000), scan('app:p', 'market', 0, null)] },
      ['app:p F1 0..2700 1350s'],
    ],
    [
      // [0, 1000) and [1000, 1000 + 3600): one after the other, no gap, nothing twice
      'ended early by the next check-in there',
      { checkIns: [x, scan('app:p', 'shop', 0, null), scan('app:p', 'shop', 1000, null)] },
      ['app:p F1 0..4600 4600s'],
    ],
    [
      // p's first stay ends at 800, when p scans again; the second one, out at 801, adds a second
      'and so below the threshold',
      { checkIns: [x, scan('app:p', 'shop', 0, null), scan('app:p', 'shop', 800, 801)] },
      [],
    ],
    [
      // another place, another identifier of p: neither ends the stay
      'not by a check-in elsewhere or of another identifier',
      {
        people: [record('app:p phone:p')],
        checkIns: [
          x,
          scan('app:p', 'shop', 0, null),
          scan('app:p', 'market', 100, 200),
          scan('phone:p', 'shop', 300, 301),
        ],
      },
      ['app:p+phone:p F1 0..3600 3600s'],
    ],
    [
      // an out is used as it is: [0, 5000), although p scans again at 1000, out at 1001
      'an out that is there stands, whatever comes next',
      { checkIns: [x, scan('app:p', 'shop', 0, 5000), scan('app:p', 'shop', 1000, 1001)] },
      ['app:p F1 0..5000 5000s'],
    ],
    [
      // x is cut at 43,200: [−42,300, 900)
      'cut at the longest stay',
      { checkIns: [scan('app:x', 'shop', -42_300, 90_000), scan('app:p', 'shop', -100, 2000)] },
      ['app:p F1 -100..900 1000s'],
    ],
    [
      // assumed 50,000, cut at 43,200
      'assumed stays too',
      {
        rules: { assumed_stay_seconds: { default: 50_000 } },
        checkIns: [scan('app:x', 'shop', 0, null), scan('app:p', 'shop', 42_000, null)],
      },
      ['app:p F1 42000..43200 1200s'],
    ],
    [
      'of two outs the later stands, and an out beats none',
      {
        checkIns: [
          x,
          scan('app:p', 'shop', 0, 100),
          scan('app:p', 'shop', 0, 950),
          scan('app:p', 'shop', 0, null),
        ],
      },
      ['app:p F1 0..950 950s'],
    ],
    ['an out before the in is no stay', { checkIns: [x, scan('app:p', 'shop', 2000, 1000)] }, []],
    ['another province, another shop', { checkIns: [x, scan('app:p', '79/shop', 0, 5000)] }, []],
    [
      // p's stay in 24 is not ended by the scan in 79: 3600 s
      'nor does a shop of that name there end a stay here',
      { checkIns: [x, scan('app:p', 'shop', 0, null), scan('app:p', '79/shop', 800, 801)] },
      ['app:p F1 0..3600 3600s'],
    ],
    [
      // they touch at 1000, and met from 5000 on: nothing is first at 1000
      'touching at an endpoint is nothing at all',
      {
        checkIns: [scan('app:x', 'shop', 0, 1000), scan('app:p', 'shop', 1000, 3000)],
        encounters: [met('app:x', 'app:p', 5000, 5900)],
      },
      ['app:p F1 5000..5900 900s'],
    ],
    [
      'a place that nobody knows',
      { checkIns: [scan('app:x', 'bar', 0, 5000), scan('app:p', 'bar', 0, 5000)] },
      [],
    ],
  ]);
});

describe('who is one person', () => {
  const ten = (identifier: string, at: number) => met('app:x', identifier, at, at + 500);
  const both = [ten('phone:p', 0), ten('cccd:p', 1000)];
  check([
    // 500 + 500 = 1000
    [
      'linked: one contact',
      { people: [record('phone:p cccd:p')], encounters: both },
      ['cccd:p+phone:p F1 0..1500 1000s'],
    ],
    ['not linked: none', { encounters: both }, []],
    [
      'linked over two records in two other provinces',
      {
        people: [inProvince('79', record('phone:p app:p')), inProvince('01', record('app:p cccd:p'))],
        encounters: both,
      },
      ['app:p+cccd:p+phone:p F1 0..1500 1000s'],
    ],
    [
      'a case is a record',
      {
        confirmed: [confirmed(), confirmed({ id: 'other', identifiers: ['phone:p', 'cccd:p'] })],
        cases: ['case'],
        encounters: both,
      },
      ['cccd:p+phone:p F1 0..1500 1000s'],
    ],
    [
      // phone is linked to both cccd: by itself, 500 s; each cccd 500 s: nobody reaches 900
      'two cccd are two persons, and their phone somebody',
      { people: [record('phone:p cccd:p'), record('phone:p cccd:r')], encounters: both },
      [],
    ],
    [
      // with 400 s more under the phone, the phone alone is a contact
      'the shared phone can be a contact',
      {
        people: [record('phone:p cccd:p'), record('phone:p cccd:r')],
        encounters: [...both, met('app:x', 'phone:p', 3000, 3400)],
      },
      ['phone:p F1 0..3400 900s'],
    ],
    [
      // app:p is linked to cccd:p only; app:r only to the phone, so to no cccd: by itself
      'each cccd keeps what is linked directly to it alone',
      {
        people: [record('phone:p cccd:p app:p'), record('cccd:r phone:p'), record('phone:p app:r')],
        encounters: [ten('cccd:p', 0), ten('app:p', 1000), met('app:x', 'app:r', 2000, 3000)],
      },
      ['app:p+cccd:p F1 0..1500 1000s', 'app:r F1 2000..3000 1000s'],
    ],
    [
      // app:p is linked to cmnd:p, and that to cccd:p: indirectly is not directly; one cccd alone: all are
      // one
      'over another identifier only while the class has one cccd',
      {
        people: [record('cccd:p cmnd:p'), record('cmnd:p app:p')],
        encounters: [ten('cccd:p', 0), ten('app:p', 1000)],
      },
      ['app:p+cccd:p+cmnd:p F1 0..1500 1000s'],
    ],
    [
      'and not when it has two',
      {
        people: [
          record('cccd:p cmnd:p'),
          record('cmnd:p app:p'),
          record('app:p app:r'),
          record('app:r cccd:r'),
        ],
        encounters: [
          ten('cccd:p', 0),
          ten('cmnd:p', 1000),
          ten('app:p', 2000),
          ten('app:r', 3000),
          ten('cccd:r', 4000),
        ],
      },
      ['cccd:p+cmnd:p F1 0..1500 1000s', 'app:r+cccd:r F1 3000..4500 1000s'].toSorted(),
    ],
    [
      // phone:p is linked to both at once; both cccd stand, 1000 s under cccd:r
      'one record with two cccd',
      {
        people: [record('cccd:p cccd:r phone:p')],
        encounters: [...both, ten('cccd:r', 2000), ten('cccd:r', 3000)],
      },
      ['cccd:r F1 2000..3500 1000s'],
    ],
    [
      'a child without cccd belongs to the only cccd of the class',
      {
        people: [record('cccd:p phone:p'), record('phone:p app:child')],
        encounters: [ten('app:child', 0), ten('cccd:p', 800)],
      },
      ['app:child+cccd:p+phone:p F1 0..1300 1000s'],
    ],
    [
      // the index person is that of the first identifier: phone:x, shared by two cccd, not cccd:x
      'the index person is that of the first identifier',
      {
        people: [record('cccd:y phone:x')],
        confirmed: [confirmed({ identifiers: ['phone:x', 'cccd:x'] })],
        encounters: [met('cccd:x', 'app:p', 0, 900), met('phone:x', 'app:r', 0, 900)],
        maxDegree: 1,
      },
      ['app:r F1 0..900 900s'],
    ],
  ]);
});

describe('households', () => {
  const home = [record('app:x', 'h'), record('app:p', 'h')];
  const end = 10 * DAY;
  check([
    // W = [−2 days, 10 days)
    [
      'from the start of W, without seconds',
      { people: home, maxDegree: 1 },
      [`app:p F1 ${-2 * DAY}..${-2 * DAY} 0s`],
    ],
    [
      'with whatever else there was, below the threshold too',
      { people: home, encounters: [met('app:x', 'app:p', 0, 300)], maxDegree: 1 },
      [`app:p F1 ${-2 * DAY}..300 300s`],
    ],
    ['not if W is empty', { people: home, confirmed: [confirmed({ isolatedAt: T - 2 * DAY })] }, []],
    [
      'only for a first identifier, whoever it is',
      {
        people: [record('app:x', 'h'), record('app:p app:r', 'h'), record('app:s phone:x', 'h')],
        maxDegree: 1,
      },
      ['app:p+app:r', 'app:s+phone:x'].map((who) => `${who} F1 ${-2 * DAY}..${-2 * DAY} 0s`),
    ],
    [
      'across identifiers of one person',
      { people: [record('phone:x app:x', 'h'), record('app:p', 'h')], maxDegree: 1 },
      [`app:p F1 ${-2 * DAY}..${-2 * DAY} 0s`],
    ],
    ['of one province', { people: [record('app:x', 'h'), inProvince('79', record('app:p', 'h'))] }, []],
    ['who moved out is gone', { people: [...home, record('app:p', 'h2')] }, []],
    [
      'an empty cell moves nobody',
      { people: [...home, record('app:p app:p2')], maxDegree: 1 },
      [`app:p+app:p2 F1 ${-2 * DAY}..${-2 * DAY} 0s`],
    ],
    [
      // L = −14 days, W = [L, −2 days): the end of W
      'backward from the end of W',
      { people: home, direction: 'backward', maxDegree: 1 },
      [`app:p F1 ${-2 * DAY}..${-2 * DAY} 0s`],
    ],
    [
      // L = −14 − 5 days; W = [−19, −2) ∪ [−19, −7) = [−19, −2)
      'backward at the latest end of two windows',
      {
        people: home,
        confirmed: [confirmed(), confirmed({ id: 'before', onsetOn: '2021-06-05' })],
        direction: 'backward',
        maxDegree: 1,
      },
      [`app:p F1 ${-2 * DAY}..${-2 * DAY} 0s`],
    ],
    [
      // two cases: W = [−2, −1) ∪ [1, 10) days, one start; the encounters are cut to 10 s and 50 s
      'once, at the start of a window in two parts',
      {
        people: home,
        confirmed: [
          confirmed({ isolatedAt: T - DAY }),
          confirmed({ id: 'again', onsetOn: '2021-06-13', isolatedAt: T + end }),
        ],
        encounters: [met('app:x', 'app:p', DAY - 100, DAY + 50), met('app:x', 'app:p', -DAY - 10, -DAY + 10)],
        maxDegree: 1,
      },
      [`app:p F1 ${-2 * DAY}..${DAY + 50} 60s`],
    ],
  ]);
});

describe('the index window', () => {
  const long = (from: number, until: number) => ({ encounters: [met('app:x', 'app:p', from, until)] });
  check([
    // [T − 2 d, T + 10 d)
    [
      'cuts at its start',
      long(-2 * DAY - 5000, -2 * DAY + 900),
      [`app:p F1 ${-2 * DAY}..${-2 * DAY + 900} 900s`],
    ],
    ['holds nothing before', long(-2 * DAY - 5000, -2 * DAY), []],
    ['cuts at asOf', long(10 * DAY - 900, 11 * DAY), [`app:p F1 ${10 * DAY - 900}..${10 * DAY} 900s`]],
    ['holds nothing from asOf on', long(10 * DAY, 11 * DAY), []],
    [
      'ends with isolation',
      { ...long(0, 5000), confirmed: [confirmed({ isolatedAt: T + 950 })] },
      ['app:p F1 0..950 950s'],
    ],
    [
      'isolation after asOf',
      { ...long(0, 5000), confirmed: [confirmed({ isolatedAt: T + DAY })], asOf: T + 960 },
      ['app:p F1 0..960 960s'],
    ],
    [
      'isolation before it begins',
      { ...long(0, 5000), confirmed: [confirmed({ isolatedAt: T - 3 * DAY })] },
      [],
    ],
    [
      // sampled at 18:00 of 12 June: from 18:00 of 10 June
      'sampling for a missing onset',
      { ...long(0, DAY), confirmed: [confirmed({ onsetOn: null, sampledAt: T + 2 * DAY + 18 * HOUR })] },
      [`app:p F1 ${18 * HOUR}..${DAY} ${6 * HOUR}s`],
    ],
    [
      'onset before sampling',
      { ...long(-2 * DAY, -DAY), confirmed: [confirmed({ sampledAt: T + 5 * DAY })] },
      [`app:p F1 ${-2 * DAY}..${-DAY} ${DAY}s`],
    ],
    [
      // 0.00001 days = 0.864 s, rounded to 1
      'fractions of days are rounded',
      { ...long(-5000, 899), rules: { infectious_days_before: 0.00001 } },
      ['app:p F1 -1..899 900s'],
    ],
    [
      // 0.000005 days = 0.432 s, rounded to 0
      'also down',
      { ...long(-5000, 899), rules: { infectious_days_before: 0.000005 } },
      [],
    ],
    [
      // [−2 d, 0) and [1 d, 2 d): 500 before, 500 after, 500 between that do not count
      'is a union over the cases of one person',
      {
        confirmed: [
          confirmed({ isolatedAt: T }),
          confirmed({ id: 'two', onsetOn: '2021-06-13', isolatedAt: T + 2 * DAY }),
        ],
        encounters: [met('app:x', 'app:p', -500, 500), met('app:x', 'app:p', DAY, DAY + 500)],
      },
      [`app:p F1 -500..${DAY + 500} 1000s`],
    ],
    [
      // the same two windows touch: [−2 d, 1 d) ∪ [1 d, 2 d) is one, and counts once
      'with nothing twice',
      {
        confirmed: [confirmed({ isolatedAt: T + 2 * DAY }), confirmed({ id: 'two', onsetOn: '2021-06-11' })],
        encounters: [met('app:x', 'app:p', 0, 900)],
      },
      ['app:p F1 0..900 900s'],
    ],
  ]);
});
