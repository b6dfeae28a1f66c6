/** How much a province may bring, by how it stands and by what the others brought. */
import { expect, it } from 'vitest';
import { FOR_EACH, mostBytes, mostNames, PROVINCE_BUDGET, type Standing } from './allowances.ts';

const { names, atOnce, byItself, onProbation } = PROVINCE_BUDGET;
const NONE: Standing = { isOwner: false, isOnProbation: false, isTakenBack: false, isByItself: false };

it.each<[string, Partial<Standing>, number, number]>([
  ['a thousand at once, though nobody has brought any', {}, 0, atOnce],
  ['the same while others have brought few', {}, atOnce / FOR_EACH.atOnce, atOnce],
  ['in proportion to what the others have brought', {}, 49_000, 49_000 * FOR_EACH.atOnce],
  ['never more than a tenth of the budget', {}, 9_000_000, names],
  ['a crowd by itself', { isByItself: true }, 0, byItself],
  [
    'more by itself, when the others have brought more',
    { isByItself: true },
    3_000,
    3_000 * FOR_EACH.byItself,
  ],
  ['a tenth of the budget into a trace of its own', { isOwner: true }, 0, names],
  [
    'little while it is on probation, whatever the others brought',
    { isOnProbation: true },
    9_999,
    onProbation,
  ],
  ['little by itself, too', { isOnProbation: true, isByItself: true }, 0, onProbation],
  ['a tenth into its own trace all the same', { isOnProbation: true, isOwner: true }, 0, names],
  ['a tenth when an operator has taken it back', { isTakenBack: true, isOnProbation: true }, 0, names],
])('may bring %s', (_what, standing, rest, expected) => {
  expect(mostNames(PROVINCE_BUDGET, { ...NONE, ...standing }, { own: 0, rest })).toBe(expected);
});

it('holds a true crowd, and is smaller than what a hub can bear', () => {
  const crowd = 36_000 * 2;
  expect(byItself).toBeGreaterThan(crowd);
  expect(mostBytes(byItself, 2)).toBeLessThan(32 * 1024 * 1024);
  // Everybody of a full question in three records, and nobody new.
  expect(mostBytes(0, 65_536)).toBeGreaterThan(65_536 * (5 + 3 * (2 + 3 * 4 + 16)));
});
