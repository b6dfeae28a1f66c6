/**
 * The oracle against examples computed by hand: stays, how long two persons met, close contacts, households.
 * `F1 0..900 900s` = first degree, exposed from T to T + 900 s, 900 seconds. Who is one person:
 * oracle-persons.test.ts; index persons and windows: oracle-windows.test.ts; labels: oracle-labels.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, confirmed, DAY, inProvince, met, record, scan, T, withdrawal } from './examples.ts';
import { strongestSeconds } from './oracle-meetings.ts';

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
          met('app:x', 'app:v', 900, 5),
          met('app:x', 'app:u', -5 * DAY, -4 * DAY),
        ],
      },
      // q and r met only each other, s and v met x in no instant, u met x before the window
      ['app:p F1 0..1 1s'],
    ],
    [
      // W begins at 0; [−43,200, 900,000) is cut to [−43,200, 0)
      'encounters are cut at the longest stay',
      {
        encounters: [met('app:x', 'app:p', -43_200, 900_000), met('app:x', 'app:q', -43_201, 900_000)],
        confirmed: [confirmed({ onsetOn: '2021-06-12', isolatedAt: T + 20_000 })],
      },
      [],
    ],
    [
      // of [−42,300, 900) 900 s are in W, of [−42,301, 899) one less
      'and so below the threshold',
      {
        encounters: [met('app:x', 'app:p', -42_300, 90_000), met('app:x', 'app:q', -42_301, 90_000)],
        confirmed: [confirmed({ onsetOn: '2021-06-12' })],
      },
      ['app:p F1 0..900 900s'],
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
      // p scans at the market at 100, out at 200: the stay at the shop ends at 100, nobody is at the market
      'by a check-in elsewhere in the province, too',
      { checkIns: [x, scan('app:p', 'shop', 0, null), scan('app:p', 'market', 100, 200)] },
      [],
    ],
    [
      'at the instant of that check-in',
      { checkIns: [x, scan('app:p', 'shop', 0, null), scan('app:p', 'market', 900, 901)] },
      ['app:p F1 0..900 900s'],
    ],
    [
      // the market's in is the same: not later
      'not by one at the same instant',
      { checkIns: [x, scan('app:p', 'shop', 0, null), scan('app:p', 'market', 0, 200)] },
      ['app:p F1 0..3600 3600s'],
    ],
    [
      'not by a check-in of another identifier of the person',
      {
        people: [record('app:p phone:p')],
        checkIns: [x, scan('app:p', 'shop', 0, null), scan('phone:p', 'shop', 300, 301)],
      },
      ['app:p+phone:p F1 0..3600 3600s'],
    ],
    [
      // out = in at 900: no stay, but an end
      'by an empty stay',
      { checkIns: [x, scan('app:p', 'shop', 0, null), scan('app:p', 'market', 900, 900)] },
      ['app:p F1 0..900 900s'],
    ],
    [
      // the out before the in is rejected, and so is the place that nobody knows
      'not by a rejected check-in',
      {
        checkIns: [
          x,
          scan('app:p', 'shop', 0, null),
          scan('app:p', 'market', 100, 99),
          scan('app:p', 'bar', 200, 300),
        ],
      },
      ['app:p F1 0..3600 3600s'],
    ],
    [
      // the earlier out is rejected, the check-in without an out stands
      'an out before the in takes nothing from the same check-in without',
      { checkIns: [x, scan('app:p', 'shop', 5000, null), scan('app:p', 'shop', 5000, 4000)] },
      ['app:p F1 5000..8600 3600s'],
    ],
    [
      'an empty stay is none, and its out stands against none',
      { checkIns: [x, scan('app:p', 'shop', 5000, 5000), scan('app:p', 'shop', 5000, null)] },
      [],
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

describe('households', () => {
  const home = [record('app:x', 'h'), record('app:p', 'h')];
  const [start, end] = [-2 * DAY, 10 * DAY]; // W = [−2 days, 10 days)
  const housemate = (who: string) => `${who} F1 ${start}..${end} 0s`;
  check([
    ['as long as W, without seconds', { people: home, maxDegree: 1 }, [housemate('app:p')]],
    [
      'with whatever else there was, below the threshold too',
      { people: home, encounters: [met('app:x', 'app:p', 0, 300)], maxDegree: 1 },
      [`app:p F1 ${start}..${end} 300s`],
    ],
    ['not if W is empty', { people: home, confirmed: [confirmed({ isolatedAt: T - 2 * DAY })] }, []],
    [
      // x's record is that of phone:x, p's of cccd:p
      'across identifiers of one person',
      { people: [record('app:x phone:x', 'h'), record('app:p cccd:p', 'h')], maxDegree: 1 },
      [housemate('app:p+cccd:p')],
    ],
    [
      // the phone is that of two, so somebody of that phone lives with x: not cccd:p, who does not
      'the identifier lives there, not the person of the others',
      {
        people: [
          record('app:x', 'h'),
          record('phone:p app:p', 'h'),
          record('phone:p cccd:p'),
          record('phone:p cccd:q'),
        ],
        maxDegree: 1,
      },
      [housemate('phone:p')],
    ],
    [
      'the principal identifier, though another was typed first',
      {
        people: [record('app:x', 'h'), record('phone:p cccd:p', 'h'), record('phone:p cccd:q')],
        maxDegree: 1,
      },
      [housemate('cccd:p')],
    ],
    ['of one province', { people: [record('app:x', 'h'), inProvince('79', record('app:p', 'h'))] }, []],
    ['who moved out is gone', { people: [...home, record('app:p', 'h2')] }, []],
    [
      // two records, of two keys, of one principal identifier
      'an identifier is in every household that a record gives it',
      { people: [...home, record('app:p app:p2', 'h2'), record('app:q', 'h2')], maxDegree: 2 },
      [housemate('app:p+app:p2'), `app:q F2 0..${end} 0s`],
    ],
    ['a record that is withdrawn houses nobody', { people: [...home, withdrawal(record('app:p', 'h'))] }, []],
    [
      'an empty cell moves nobody',
      { people: [...home, record('app:p')], maxDegree: 1 },
      [housemate('app:p')],
    ],
    [
      // L = −14 days, W = [L, −2 days)
      'backward as long as W, too',
      { people: home, direction: 'backward', maxDegree: 1 },
      [`app:p F1 ${-14 * DAY}..${-2 * DAY} 0s`],
    ],
    [
      // L = −14 − 5 days; W = [−19, −2) ∪ [−19, −7) = [−19, −2)
      'backward over two windows',
      {
        people: home,
        confirmed: [confirmed(), confirmed({ id: 'before', onsetOn: '2021-06-05' })],
        direction: 'backward',
        maxDegree: 1,
      },
      [`app:p F1 ${-19 * DAY}..${-2 * DAY} 0s`],
    ],
    [
      // W = [−2, −1) ∪ [1, 10) days: start of its earliest, end of its latest; the encounters are cut to 10 s
      // and 50 s
      'from the start to the end of a window in two parts',
      {
        people: home,
        confirmed: [
          confirmed({ isolatedAt: T - DAY }),
          confirmed({ id: 'again', onsetOn: '2021-06-13', isolatedAt: T + end }),
        ],
        encounters: [met('app:x', 'app:p', DAY - 100, DAY + 50), met('app:x', 'app:p', -DAY - 10, -DAY + 10)],
        maxDegree: 1,
      },
      [`app:p F1 ${start}..${end} 60s`],
    ],
  ]);
});
