/**
 * What a program tells through its feed stands in its list of rooms, all of it.
 */
import { expect, test } from 'vitest';
import { NODE_KINDS } from '../../node/rooms.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { readSources } from './source.ts';

const code = readSources(packageRoot).filter(
  ({ path }) => /^(node|hub)\//.test(path) && !/\.test\.ts$/.test(path),
);

test('every kind of event that the code declares is in the line of a room', () => {
  const declared = code.flatMap(({ text }) => [...text.matchAll(/\bfeedKind(?:<.*?>)?\('([\w.]+)'\)/g)]);
  expect(NODE_KINDS.map(({ name }) => name).sort()).toEqual(declared.map(([, name]) => name).sort());
  // All sources are parsed.
}, 30_000);
