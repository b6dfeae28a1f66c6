/**
 * The oracle against examples computed by hand: labels, domination, degrees and exposures, forward and
 * backward, and to which provinces contacts are attributed. Notation as in oracle.test.ts; d = days after T;
 * rules: two latent days.
 */
import { describe, expect, test } from 'vitest';
import {
  confirmed,
  contactsOf,
  DAY,
  datasetOf,
  type Example,
  inProvince,
  met,
  RULES,
  record,
  requestOf,
  scan,
  summary,
  T,
} from './examples.ts';
import { oracleOf } from './oracle.ts';

const d = DAY;

/** A meeting of half an hour that begins at `from`. */
function half(a: string, b: string, from: number) {
  return met(a, b, from, from + 1800);
}

/** `identifier k t` of every undominated label, t in seconds after T. */
function labels(example: Example): string[] {
  const found = oracleOf(datasetOf(example), { ...RULES, ...example.rules }).labels(requestOf(example));
  return found.map(({ identifiers, degree, at }) => `${identifiers[0]} ${degree} ${at - T}`);
}

describe('forward', () => {
  const chain = [half('app:x', 'app:a', 0), half('app:a', 'app:b', 2 * d), half('app:b', 'app:c', 4 * d)];

  test('each link waits for the latent days', () => {
    // a from 0; a's window from 2 d: b at 2 d; b's from 4 d: c at 4 d
    expect(labels({ encounters: chain })).toEqual(['app:a 1 0', `app:b 2 ${2 * d}`, `app:c 3 ${4 * d}`]);
    expect(summary({ encounters: chain })).toEqual([
      'app:a F1 0..1800 1800s',
      `app:b F2 ${2 * d}..${2 * d + 1800} 1800s`,
      `app:c F3 ${4 * d}..${4 * d + 1800} 1800s`,
    ]);
  });

  test('a meeting before they are over counts from when they are', () => {
    // a's window begins at 2 d: of [2 d − 900, 2 d + 900) only 900 s are in it; one second less are none
    const soon = (from: number) => [half('app:x', 'app:a', 0), met('app:a', 'app:b', from, 2 * d + 900)];
    expect(summary({ encounters: soon(2 * d - 900), maxDegree: 2 })[1]).toBe(
      `app:b F2 ${2 * d}..${2 * d + 900} 900s`,
    );
    expect(summary({ encounters: [half('app:x', 'app:a', 1), ...soon(0).slice(1)] })).toHaveLength(1);
  });

  test('degrees above the highest are dropped', () => {
    expect(summary({ encounters: chain, maxDegree: 2 })).toHaveLength(2);
    expect(summary({ encounters: chain, maxDegree: 1 })).toHaveLength(1);
  });

  test('half a latent day and its rounding', () => {
    // 0.500006 d = 43,200.5184 s → 43,201: of [43,200, 44,100) one second is too early; the next second is
    // right
    const rules = { latent_days: 0.500006 };
    const late = (from: number) => [half('app:x', 'app:a', 0), met('app:a', 'app:b', from, from + 900)];
    expect(summary({ rules, encounters: late(43_200) })).toHaveLength(1);
    expect(summary({ rules, encounters: late(43_201) })[1]).toBe('app:b F2 43201..44101 900s');
  });

  test('a person can have two labels, and the longer way can lead further', () => {
    // b met a at 2 d (2, 2 d), x himself only at 5 d (1, 5 d); b met c at 4 d: only by the longer way, F3
    const encounters = [...chain, half('app:x', 'app:b', 5 * d)];
    expect(labels({ encounters })).toEqual([
      'app:a 1 0',
      `app:b 1 ${5 * d}`,
      `app:b 2 ${2 * d}`,
      `app:c 3 ${4 * d}`,
    ]);
    // b's degree is the smaller one, and its exposure that of x alone
    expect(summary({ encounters })).toEqual([
      'app:a F1 0..1800 1800s',
      `app:b F1 ${5 * d}..${5 * d + 1800} 1800s`,
      `app:c F3 ${4 * d}..${4 * d + 1800} 1800s`,
    ]);
    // with two degrees, c is lost: (b, 1, 5 d) opens b's window at 7 d only
    expect(labels({ encounters, maxDegree: 2 })).toEqual([
      'app:a 1 0',
      `app:b 1 ${5 * d}`,
      `app:b 2 ${2 * d}`,
    ]);
  });

  test.each([
    ['earlier and shorter', d, [`app:a 1 0`, `app:b 1 ${d}`]],
    ['at the same time and shorter', 2 * d, [`app:a 1 0`, `app:b 1 ${2 * d}`]],
    [
      'a second later and shorter: both remain',
      2 * d + 1,
      [`app:a 1 0`, `app:b 1 ${2 * d + 1}`, `app:b 2 ${2 * d}`],
    ],
  ])('domination: %s', (_name, at, expected) => {
    expect(labels({ encounters: [...chain.slice(0, 2), half('app:x', 'app:b', at)] })).toEqual(expected);
  });

  test('index persons get no labels, and cycles come to an end', () => {
    const encounters = [
      ...chain,
      half('app:c', 'app:x', 6 * d),
      half('app:b', 'app:a', 5 * d),
      half('app:c', 'app:a', d),
    ];
    // x, isolated at 5 d, can infect nobody at 6 d
    const confirmedCases = [confirmed({ isolatedAt: T + 5 * d })];
    expect(labels({ encounters, confirmed: confirmedCases })).toEqual([
      'app:a 1 0',
      `app:b 2 ${2 * d}`,
      `app:c 3 ${4 * d}`,
    ]);
    const two = [confirmed(), confirmed({ id: 'b', identifiers: ['app:b'] })];
    // b is an index person too: its own window is [−2 d, 10 d): c by b, and a as well: at 0 by x, at 2 d by b
    expect(labels({ encounters: chain, confirmed: two })).toEqual(['app:a 1 0', `app:c 1 ${4 * d}`]);
    expect(summary({ encounters: chain, confirmed: two })[0]).toBe(`app:a F1 0..${2 * d + 1800} 3600s`);
  });

  test('an index person with an empty window still gets no label', () => {
    const none = confirmed({ id: 'a', identifiers: ['app:a'], isolatedAt: T - 9 * d });
    expect(summary({ encounters: chain, confirmed: [confirmed(), none] })).toEqual([]);
  });

  test('seconds are the sum over sources, below the threshold none', () => {
    // b met a for 1800 s and e for 900 s, both F1; and f, F1 too, for 899 s only: no source of b
    const encounters = [
      ...['app:a', 'app:e', 'app:f'].map((p) => half('app:x', p, 0)),
      half('app:a', 'app:b', 3 * d),
      inProvince('79', met('app:e', 'app:b', 3 * d + 1000, 3 * d + 1900)),
      inProvince('01', met('app:f', 'app:b', 5 * d, 5 * d + 899)),
    ];
    const b = contactsOf({ encounters }).find((contact) => contact.identifiers[0] === 'app:b');
    expect(b).toMatchObject({ degree: 2, firstExposedAt: T + 3 * d, lastExposedAt: T + 3 * d + 1900 });
    expect(b).toMatchObject({ seconds: 2700 });
    expect(b).toMatchObject({ exposedIn: ['24', '79'], knownIn: ['01', '24', '79'] });
  });

  test('two sources of one meeting count each', () => {
    // a and e stood beside b together: 1800 s with each
    const encounters = [half('app:x', 'app:a', 0), half('app:x', 'app:e', 0)];
    const both = [half('app:a', 'app:b', 3 * d), half('app:e', 'app:b', 3 * d)];
    expect(summary({ encounters: [...encounters, ...both] })[1]).toBe(
      `app:b F2 ${3 * d}..${3 * d + 1800} 3600s`,
    );
  });

  test('a household of a contact: as long as its window', () => {
    // a infected at 1000 at the earliest: W = [1000 + 2 d, 10 d)
    const people = [record('app:a', 'h'), record('app:b', 'h')];
    expect(summary({ people, encounters: [half('app:x', 'app:a', 1000)] })[1]).toBe(
      `app:b F2 ${2 * d + 1000}..${10 * d} 0s`,
    );
    // none if the window is empty: 2 d after 8 d is asOf
    expect(summary({ people, encounters: [half('app:x', 'app:a', 8 * d)] })).toHaveLength(1);
  });
});

describe('backward', () => {
  const backward = { direction: 'backward' } as const;
  // W of x = [−14 d, −2 d)
  const chain = [
    half('app:x', 'app:a', -3 * d),
    half('app:a', 'app:b', -6 * d),
    half('app:b', 'app:c', -9 * d),
  ];

  test('mirrors: the latest end, less the latent days', () => {
    // a until −3 d + 1800; its window ends 2 d before: b's meeting ends at −6 d + 1800, and so on
    expect(labels({ ...backward, encounters: chain })).toEqual([
      `app:a 1 ${-3 * d + 1800}`,
      `app:b 2 ${-6 * d + 1800}`,
      `app:c 3 ${-9 * d + 1800}`,
    ]);
    expect(summary({ ...backward, encounters: chain })[2]).toBe(`app:c F3 ${-9 * d}..${-9 * d + 1800} 1800s`);
  });

  test('windows end at onset less latent days and begin at L', () => {
    const at = (from: number, until: number) =>
      summary({ ...backward, encounters: [met('app:x', 'app:p', from, until)] });
    expect(at(-2 * d - 900, d)).toEqual([`app:p F1 ${-2 * d - 900}..${-2 * d} 900s`]);
    expect(at(-2 * d, d)).toEqual([]);
    expect(at(-14 * d - 50, -14 * d + 950)).toEqual([`app:p F1 ${-14 * d}..${-14 * d + 950} 950s`]);
    expect(at(-14 * d - 5000, -14 * d)).toEqual([]);
  });

  test('windows end at asOf, if that is earlier', () => {
    const encounters = [met('app:x', 'app:p', -4 * d - 900, -4 * d + 900)];
    expect(summary({ ...backward, encounters, asOf: T - 4 * d })).toEqual([
      `app:p F1 ${-4 * d - 900}..${-4 * d} 900s`,
    ]);
    expect(summary({ ...backward, encounters, asOf: T - 4 * d - 1 })).toEqual([]);
  });

  test('L is the earliest of all index cases, isolation plays no part', () => {
    // y's onset is 10 d earlier: L = −24 d for x too
    const y = confirmed({ id: 'y', identifiers: ['app:y'], onsetOn: '2021-05-31' });
    const encounters = [half('app:x', 'app:p', -20 * d)];
    const isolated = confirmed({ isolatedAt: T - 23 * d });
    expect(summary({ ...backward, encounters, confirmed: [isolated, y] })).toEqual([
      `app:p F1 ${-20 * d}..${-20 * d + 1800} 1800s`,
    ]);
    expect(summary({ ...backward, encounters })).toEqual([]);
    const withdrawn = [isolated, y, { ...y, withdrawn: true }];
    expect(summary({ ...backward, encounters, confirmed: withdrawn })).toEqual([]);
  });

  test('two labels: a late long one and an early short one; dominated is the earlier', () => {
    // b met x at −8 d (1, −8 d + 1800), a at −6 d (2, −6 d + 1800): both; c at −9 d is in the window of the
    // second only, which ends at −8 d + 1800; that of the first at −10 d + 1800
    const encounters = [...chain, half('app:x', 'app:b', -8 * d)];
    expect(labels({ ...backward, encounters })).toEqual([
      `app:a 1 ${-3 * d + 1800}`,
      `app:b 1 ${-8 * d + 1800}`,
      `app:b 2 ${-6 * d + 1800}`,
      `app:c 3 ${-9 * d + 1800}`,
    ]);
    const dominated = labels({ ...backward, encounters: [...chain, half('app:x', 'app:b', -5 * d)] });
    expect(dominated).toEqual([
      `app:a 1 ${-3 * d + 1800}`,
      `app:b 1 ${-5 * d + 1800}`,
      `app:c 2 ${-9 * d + 1800}`,
    ]);
  });

  test('a household of a contact: as long as its window', () => {
    // a until −3 d + 1800: W = [−14 d, −5 d + 1800)
    const people = [record('app:a', 'h'), record('app:b', 'h')];
    expect(summary({ ...backward, people, encounters: chain.slice(0, 1) })[1]).toBe(
      `app:b F2 ${-14 * d}..${-5 * d + 1800} 0s`,
    );
  });
});

describe('what is said of a contact', () => {
  test('settings, kinds of place, provinces', () => {
    const [contact] = contactsOf({
      maxDegree: 1,
      people: [
        record('app:x', 'h'),
        { ...record('app:p cccd:p', 'h'), provinceOfResidence: '24' },
        { ...inProvince('79', record('cccd:p')), provinceOfResidence: '24' },
        { ...inProvince('01', record('cccd:p')), provinceOfResidence: '01' },
      ],
      checkIns: [
        scan('app:x', 'market', 0, 5000),
        scan('app:p', 'market', 0, 5000),
        scan('cccd:p', '79/shop', 0, 9),
      ],
      encounters: [
        inProvince('79', met('app:x', 'cccd:p', 0, 60)),
        inProvince('48', met('app:p', 'app:q', 0, 60)),
      ],
    });
    expect(contact).toEqual({
      identifiers: ['app:p', 'cccd:p'],
      degree: 1,
      firstExposedAt: T - 2 * d,
      lastExposedAt: T + 10 * d, // the household's
      seconds: 2530, // 60 × 100 % + 4940 × 50 %
      settings: ['encounter', 'household', 'place'],
      placeKinds: ['market'],
      exposedIn: ['24', '79'],
      residentIn: ['01', '24'], // 79 says 24, not 79
      knownIn: ['01', '24', '48', '79'],
    });
  });

  test('events outside of the window say nothing', () => {
    const outside = [scan('app:x', 'shop', -4 * d, -3 * d), scan('app:p', 'shop', -4 * d, -3 * d)];
    const [contact] = contactsOf({
      checkIns: outside,
      encounters: [inProvince('79', half('app:x', 'app:p', 0))],
    });
    expect(contact).toMatchObject({
      settings: ['encounter'],
      placeKinds: [],
      exposedIn: ['79'],
      knownIn: ['24', '79'],
    });
  });

  test('known are who is named by what stands: not by what was rejected or withdrawn', () => {
    const people = [
      inProvince('31', record('app:p')),
      inProvince('48', record('app:p')),
      { ...inProvince('48', record('app:p')), withdrawn: true },
    ];
    const encounters = [
      half('app:x', 'app:p', 0),
      inProvince('01', met('app:p', 'app:q', 5, 5)), // empty, and yet written down
      inProvince('92', met('app:p', 'app:q', 5, 4)),
    ];
    const checkIns = [scan('app:p', '79/shop', 5, 4), inProvince('79', scan('app:p', 'bar', 5, 40))];
    const [contact] = contactsOf({ people, encounters, checkIns });
    expect(contact?.knownIn).toEqual(['01', '24', '31']);
  });

  test('a case that does not exist, and one without onset and sampling', () => {
    expect(() => contactsOf({ cases: ['none'] })).toThrow('no case none');
    expect(() => contactsOf({ confirmed: [confirmed({ onsetOn: null })] })).toThrow(
      'neither onset nor sampling',
    );
  });
});
