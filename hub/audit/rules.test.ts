import { expect, test } from 'vitest';
import { compareOwn, compareWithProvince, memoryOf } from './rules.ts';

const question = (seq: number, sha256 = `digest ${seq}`, trace = 'a') => ({ trace, seq, sha256 });
const NONE: ReadonlySet<string> = new Set();
const log = memoryOf([1, 2, 3].map((seq) => question(seq)));

test.each([
  ['both remember the same', ['a/1', 'a/2'], [question(1), question(2)], []],
  ['answers that are still to come are no difference', ['a/1'], [question(1)], []],
  ['an answer that has not reached the hub is none either', [], [question(1)], []],
  ['an answer given twice is one', ['a/1'], [question(1), question(1)], []],
  ['the hub denies that it asked', [], [question(4)], [{ trace: 'a', seq: 4, kind: 'only_node' }]],
  ['in another trace', [], [question(1, 'digest 1', 'b')], [{ trace: 'b', seq: 1, kind: 'only_node' }]],
  ['the province denies that it answered', ['a/3'], [], [{ trace: 'a', seq: 3, kind: 'only_hub' }]],
  ['another question', ['a/1'], [question(1, 'x')], [{ trace: 'a', seq: 1, kind: 'digests_differ' }]],
  [
    'another question beside the right one',
    ['a/1'],
    [question(1), question(1, 'x')],
    [{ trace: 'a', seq: 1, kind: 'digests_differ' }],
  ],
])('%s', (_, answeredAtHub, answeredAtNode, expected) => {
  const memories = {
    asked: log,
    answeredAtHub: new Map(answeredAtHub.map((key) => [key, 1])),
    answeredAtNode: memoryOf(answeredAtNode),
    wasLost: () => false,
  };
  expect(compareWithProvince(memories)).toEqual(expected);
});

test('what was answered in a stretch that was accepted as lost is told apart, and nothing else is', () => {
  const memories = {
    asked: log,
    answeredAtHub: new Map([
      ['a/1', 10],
      ['a/2', 20],
    ]),
    answeredAtNode: memoryOf([question(3, 'x')]),
    wasLost: (answeredAt: number) => answeredAt === 20,
  };
  expect(compareWithProvince(memories)).toEqual([
    { trace: 'a', seq: 3, kind: 'digests_differ' },
    { trace: 'a', seq: 1, kind: 'only_hub' },
    { trace: 'a', seq: 2, kind: 'lost' },
  ]);
});

test('the hub’s log and its tables say the same, or it shows', () => {
  expect(compareOwn(log, log, NONE)).toEqual([]);
  const table = memoryOf([question(1), question(2, 'x'), question(9)]);
  expect(compareOwn(log, table, NONE)).toEqual([
    { trace: 'a', seq: 2, kind: 'digests_differ' },
    { trace: 'a', seq: 3, kind: 'only_hub_log' },
    { trace: 'a', seq: 9, kind: 'only_hub_tables' },
  ]);
});
