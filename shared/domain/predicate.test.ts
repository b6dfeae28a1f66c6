/**
 * Predicates as tables: what each says of known and unknown facts, and what is refused before it is asked.
 */
import { describe, expect, it } from 'vitest';
import { type FactTypes, holds, type KnownFacts, type Predicate, predicateProblems } from './predicate.ts';

const TYPES: FactTypes = {
  degree: 'number',
  vaccinated: 'boolean',
  reason: 'text',
  kinds: 'texts',
  at: 'instant',
  on: 'date',
};
const NOW = Date.parse('2021-12-30T12:00:00+07:00') / 1000;
const DAY = 86_400;
const FACTS: KnownFacts = {
  ...{ degree: 1, vaccinated: true, reason: 'contact', kinds: ['home', 'bar'] },
  ...{ at: NOW - 2 * DAY, on: '2021-12-28' },
};

describe('a predicate', () => {
  it.each<[boolean, Predicate]>([
    [true, { fact: 'degree', eq: 1 }],
    [false, { fact: 'degree', eq: 2 }],
    [true, { fact: 'degree', in: [1, 3] }],
    [false, { fact: 'degree', gt: 1 }],
    [true, { fact: 'degree', gte: 1 }],
    [true, { fact: 'degree', lte: 1 }],
    [true, { fact: 'vaccinated', eq: true }],
    [true, { fact: 'reason', in: ['contact'] }],
    [true, { fact: 'kinds', count_gte: 2 }],
    [false, { fact: 'kinds', count_gte: 3 }],
    [true, { fact: 'at', within_days: 2 }],
    [false, { fact: 'at', within_days: 1 }],
    [true, { fact: 'on', within_days: 3 }],
    [false, { fact: 'on', within_days: 2 }],
    [true, { fact: 'degree', known: true }],
    [true, { all: [] }],
    [false, { any: [] }],
    [true, { all: [{ fact: 'degree', eq: 1 }, { any: [{ fact: 'degree', eq: 9 }, { not: { any: [] } }] }] }],
  ])('%s: %j', (expected, predicate) => {
    expect(predicateProblems(predicate, TYPES, 'when')).toEqual([]);
    expect(holds(predicate, FACTS, NOW)).toBe(expected);
  });

  it('says nothing of an instant that is still to come', () => {
    expect(holds({ fact: 'at', within_days: 9 }, { at: NOW + 1 }, NOW)).toBe(false);
  });

  it.each<Predicate>([
    ...[
      { fact: 'degree', eq: 1 },
      { fact: 'degree', in: [1] },
      { fact: 'degree', gt: 0 },
    ],
    ...[
      { fact: 'degree', gte: 0 },
      { fact: 'degree', lte: 9 },
      { fact: 'kinds', count_gte: 0 },
    ],
    ...[
      { fact: 'at', within_days: 9 },
      { fact: 'vaccinated', eq: false },
      { fact: 'degree', known: true },
    ],
  ])('is false of what is unknown: %j', (predicate) => {
    expect(holds(predicate, {}, NOW)).toBe(false);
  });

  it('knows what is unknown', () => expect(holds({ fact: 'degree', known: false }, {}, NOW)).toBe(true));
});

const nested = (depth: number): unknown =>
  depth === 1 ? { fact: 'degree', eq: 1 } : { not: nested(depth - 1) };
const wide = (nodes: number) => ({ all: Array.from({ length: nodes - 1 }, () => nested(1)) });

describe('what is none', () => {
  it.each<[string, unknown]>([
    ['when NOT_AN_OBJECT', null],
    ['when NOT_AN_OBJECT', []],
    ['when NOT_ONE_OF', {}],
    ['when NOT_ONE_OF', { all: [], any: [] }],
    ['when.all NOT_A_LIST', { all: {} }],
    ['when.fact UNKNOWN_FACT', { fact: 'age', eq: 1 }],
    ['when.fact UNKNOWN_FACT', { fact: 'toString', eq: 1 }],
    ['when NOT_ONE_OF', { fact: 'degree' }],
    ['when NOT_ONE_OF', { fact: 'degree', eq: 1, gt: 0 }],
    ['when NOT_ONE_OF', { fact: 'vaccinated', gte: 1 }],
    ['when.eq NOT_A_NUMBER', { fact: 'degree', eq: '1' }],
    ['when.eq NOT_A_BOOLEAN', { fact: 'vaccinated', eq: 1 }],
    ['when.in NOT_A_LIST', { fact: 'degree', in: 1 }],
    ['when.in NOT_A_NUMBER', { fact: 'degree', in: [1, '2'] }],
    ['when.within_days NOT_A_NUMBER', { fact: 'at', within_days: '3' }],
    ['when.known NOT_A_BOOLEAN', { fact: 'degree', known: 1 }],
    ['when.not.not.not.not.not.not TOO_DEEP', nested(7)],
    ['when.all[63] TOO_MANY', wide(65)],
    ['when.all[1].any[0].fact UNKNOWN_FACT', { all: [nested(1), { any: [{ fact: 'x', eq: 1 }] }] }],
  ])('is told: %s', (expected, value) => {
    const said = predicateProblems(value, TYPES, 'when').map(({ field, reason }) => `${field} ${reason}`);
    expect(said).toEqual([expected]);
  });

  it('is not said of one as deep, or as wide, as may be', () => {
    expect(predicateProblems(nested(6), TYPES, 'when')).toEqual([]);
    expect(predicateProblems(wide(64), TYPES, 'when')).toEqual([]);
  });

  it('is not walked for ever', () => {
    expect(predicateProblems(wide(100_000), TYPES, 'when')).toHaveLength(1);
  });
});
