/**
 * The oracle against examples computed by hand: the index persons of a trace and their windows. Notation as
 * in oracle.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  check,
  confirmed,
  DAY,
  datasetOf,
  HOUR,
  met,
  RULES,
  record,
  requestOf,
  T,
  withdrawal,
} from './examples.ts';
import { oracleOf } from './oracle.ts';

describe('index persons', () => {
  const byX = [met('cccd:x', 'app:p', 0, 900), met('phone:x', 'app:r', 0, 900)];
  check([
    [
      // phone:x is shared by y, so the case names two: x, and somebody of that phone
      'are the persons of all identifiers that the case names, a shared handle among them',
      {
        people: [record('cccd:y phone:x')],
        confirmed: [confirmed({ identifiers: ['phone:x', 'cccd:x'] })],
        encounters: [...byX, met('cccd:y', 'app:s', 0, 900)],
        maxDegree: 1,
      },
      ['app:p F1 0..900 900s', 'app:r F1 0..900 900s'],
    ],
    [
      // 500 s with x and 500 s with somebody of the phone: two sources, and none is long enough
      'and each is a source of its own',
      {
        people: [record('cccd:y phone:x')],
        confirmed: [confirmed({ identifiers: ['phone:x', 'cccd:x'] })],
        encounters: [met('cccd:x', 'app:p', 0, 500), met('phone:x', 'app:p', 500, 1000)],
      },
      [],
    ],
    [
      // x met somebody of the phone: an index person, no contact; y, whose phone it is too, is one
      'who never get other labels',
      {
        people: [record('cccd:y phone:x')],
        confirmed: [confirmed({ identifiers: ['cccd:x', 'phone:x'] })],
        encounters: [met('cccd:x', 'phone:x', 0, 5000), met('cccd:x', 'cccd:y', 0, 900)],
      },
      ['cccd:y F1 0..900 900s'],
    ],
    [
      'of two cases: each has its own window',
      {
        confirmed: [
          confirmed({ identifiers: ['app:x'], isolatedAt: T }),
          confirmed({ id: 'y', identifiers: ['app:y'] }),
        ],
        encounters: [met('app:x', 'app:p', 0, 900), met('app:y', 'app:q', 0, 900)],
      },
      ['app:q F1 0..900 900s'],
    ],
    [
      'a case that is withdrawn is none, and links nothing',
      {
        confirmed: [
          confirmed(),
          confirmed({ id: 'y', identifiers: ['app:y', 'app:p'] }),
          withdrawal(confirmed({ id: 'y' })),
        ],
        encounters: [met('app:x', 'app:p', 0, 900), met('app:y', 'app:q', 0, 900)],
      },
      ['app:p F1 0..900 900s'],
    ],
  ]);

  test('their windows, and that one is empty', () => {
    const example = {
      people: [record('cccd:y phone:x')],
      confirmed: [
        confirmed({ identifiers: ['cccd:x', 'phone:x'] }),
        confirmed({ id: 'again', identifiers: ['phone:x'], onsetOn: '2021-06-30' }),
        confirmed({ id: 'late', identifiers: ['app:z'], isolatedAt: T - 2 * DAY }),
      ],
    };
    const windows = oracleOf(datasetOf(example), RULES).windows(requestOf(example));
    const window = [{ from: T - 2 * DAY, until: T + 10 * DAY }]; // that of 30 June begins after asOf
    expect(windows).toEqual([
      { identifiers: ['app:z'], window: [] },
      { identifiers: ['cccd:x'], window },
      { identifiers: ['phone:x'], window },
    ]);
  });
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
      {
        ...long(17 * HOUR, DAY),
        confirmed: [confirmed({ onsetOn: null, sampledAt: T + 2 * DAY + 18 * HOUR })],
      },
      [`app:p F1 ${18 * HOUR}..${DAY} ${6 * HOUR}s`],
    ],
    [
      'onset before sampling',
      { ...long(-2 * DAY, -2 * DAY + HOUR), confirmed: [confirmed({ sampledAt: T + 5 * DAY })] },
      [`app:p F1 ${-2 * DAY}..${-2 * DAY + HOUR} ${HOUR}s`],
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
