/**
 * What is said of a trace's cases beside what the hub says of their identifiers.
 */
import { expect, test } from 'vitest';
import { type IndexWarning, noticedBeyond } from './status.ts';

const unknown = (identifier: number, entry?: number): IndexWarning => {
  return { reason: 'INDEX_UNKNOWN', case: 'a case', identifier, entry };
};
const empty: IndexWarning = { reason: 'INDEX_WINDOW_EMPTY', case: 'a case' };

const HERE = 'INDEX_UNKNOWN';
const ANYWHERE = 'INDEX_UNKNOWN_ANYWHERE';

// biome-ignore format: a table
test.each<[what: string, indexKnown: number[] | undefined, said: [reason: string, identifier: number][]]>([
  ['an older hub says nothing', undefined, [[HERE, 0], [HERE, 2]]],
  ['no other province has answered', [], [[HERE, 0], [HERE, 2]]],
  ['another knows both', [1, 0, 1], []],
  ['another knows one', [1, 1, 0], [[ANYWHERE, 2]]],
  ['nobody knows either', [0, 1, 0], [[ANYWHERE, 0], [ANYWHERE, 2]]],
  ['of an index that is shorter', [1], [[HERE, 2]]],
])('an identifier that nobody here knows: %s', (_what, indexKnown, said) => {
  const shown = noticedBeyond([unknown(0, 0), unknown(2, 2), empty], { indexKnown });
  expect(shown.at(-1)).toEqual(empty);
  expect(shown.slice(0, -1).map(({ reason, identifier }) => [reason, identifier])).toEqual(said);
});

test('what a program of before has noticed speaks of its own province alone', () => {
  expect(noticedBeyond([unknown(0)], { indexKnown: [1] })).toEqual([unknown(0)]);
});
