import { describe, expect, it } from 'vitest';
import { type KeyRotation, mayBegin, oldestOf, servedOf, waitsFor } from './rotation-rules.ts';

const DAY = 86_400;
const BEGUN: KeyRotation = { generation: 2, former: 1, leftBehind: [], usedFrom: null, retiredAt: null };
const USED = { ...BEGUN, usedFrom: 1_000 };
const RETIRED = { ...USED, retiredAt: 3 * DAY };

describe('what is served, the one in use last; and what an older node gets', () => {
  it.each<[string, KeyRotation | undefined, number[], number]>([
    ['before any rotation', undefined, [1], 1],
    ['while provinces make its tokens', BEGUN, [2, 1], 1],
    ['once it is used', USED, [1, 2], 1],
    ['when the last trace under the former one has ended', RETIRED, [2], 2],
  ])('%s', (_when, rotation, served, oldest) => {
    expect([servedOf({ first: 1, rotation }), oldestOf({ first: 1, rotation })]).toEqual([served, oldest]);
  });
});

describe('a trace may begin', () => {
  it.each<[string, KeyRotation | undefined, { under: number; at?: number }, boolean]>([
    ['under the only one', undefined, { under: 1 }, true],
    ['not under one that is not there', undefined, { under: 2 }, false],
    ['not under one that provinces make tokens of', BEGUN, { under: 2 }, false],
    ['under the former one meanwhile', BEGUN, { under: 1 }, true],
    ['under the new one', USED, { under: 2, at: 1_000 }, true],
    ['under the former one, if it was signed before', USED, { under: 1, at: 999 + DAY }, true],
    ['not under the former one a day later', USED, { under: 1, at: 1_000 + DAY }, false],
    ['not under a retired one', RETIRED, { under: 1 }, false],
    ['not under one of long ago', { ...BEGUN, generation: 3, former: 2 }, { under: 1 }, false],
  ])('%s', (_when, rotation, { under, at = 0 }, expected) => {
    expect(mayBegin({ first: 1, rotation }, under, at)).toBe(expected);
  });
});

describe('the switch waits for', () => {
  const said = (province: string, ...generations: number[]) => ({ province, generations });
  it.each<[string, KeyRotation, Parameters<typeof waitsFor>[1], string[]]>([
    ['nobody, when all have its tokens', BEGUN, [said('01', 1, 2), said('24', 2)], []],
    ['who has them not', BEGUN, [said('01', 1, 2), said('24', 1)], ['24']],
    ['who has said nothing', BEGUN, [said('01', 2), { province: '24', generations: undefined }], ['24']],
    ['nobody whom the operator leaves behind', { ...BEGUN, leftBehind: ['24'] }, [said('24', 1)], []],
    ['others then too', { ...BEGUN, leftBehind: ['24'] }, [said('24'), said('79', 1)], ['79']],
  ])('%s', (_whom, rotation, provinces, expected) => {
    expect(waitsFor(rotation, provinces)).toEqual(expected);
  });
});
