import { describe, expect, it } from 'vitest';
import { freshOf, type RotationStep, servedOf, stepOf, type TokenGenerations } from './generations.ts';

const ONE: TokenGenerations = { current: 1, next: null, isComplete: false, isMoved: true };
const FILLING = { ...ONE, next: 2 };
const BOTH = { ...FILLING, isComplete: true };
const MOVING = { ...ONE, current: 2, isMoved: false };
const TWO = { ...ONE, current: 2 };

describe('what comes next', () => {
  it.each<[string, TokenGenerations, number[], RotationStep | undefined]>([
    ['nothing, when nothing is told', ONE, [], undefined],
    ['nothing, without a rotation', ONE, [1], undefined],
    ['it begins with what the hub tells of', ONE, [2, 1], { step: 'begin', generation: 2 }],
    ['it begins late, when traces use it already', ONE, [1, 2], { step: 'begin', generation: 2 }],
    ['it begins after all is over', ONE, [3], { step: 'begin', generation: 3 }],
    ['of two that it has not, with that of new traces', ONE, [2, 3], { step: 'begin', generation: 3 }],
    ['a newcomer then makes the former too', TWO, [1, 2], { step: 'begin', generation: 1 }],
    ['it makes tokens', FILLING, [2, 1], { step: 'fill' }],
    ['it goes on making them when the former one is not served any more', FILLING, [2], { step: 'fill' }],
    ['it waits for the switch, and for the last trace', BOTH, [1, 2], undefined],
    ['it waits while nothing is told', BOTH, [], undefined],
    ['the former one goes', BOTH, [2], { step: 'retire' }],
    ['tokens take their place', MOVING, [2], { step: 'move' }],
    ['before another begins', MOVING, [3, 2], { step: 'move' }],
    ['and while nothing is told', MOVING, [], { step: 'move' }],
    ['a rotation that the hub has forgotten is given up', BOTH, [1], { step: 'abandon' }],
    ['so is one that another took the place of', FILLING, [3, 1], { step: 'abandon' }],
  ])('%s', (_what, generations, told, expected) => {
    expect(stepOf(generations, told)).toEqual(expected);
  });
});

describe('an identifier without a token gets', () => {
  it.each<[string, TokenGenerations, number[], number[]]>([
    ['what the hub chooses, while it has told nothing', ONE, [], [0]],
    ['both, if both are complete, though it has told nothing', BOTH, [], [1, 2]],
    ['the current one', ONE, [1], [1]],
    ['both, while the next one is made for others', FILLING, [2, 1], [1, 2]],
    ['and from then on', BOTH, [1, 2], [1, 2]],
    ['the current one alone, of a rotation that the hub has forgotten', FILLING, [1], [1]],
    ['the next alone, when the current one is not served', FILLING, [2], [2]],
    ['that of new traces, if nothing else is served', ONE, [3], [3]],
  ])('%s', (_what, generations, told, expected) => {
    expect(freshOf(generations, told)).toEqual(expected);
  });
});

it('answers in the next generation once it is complete', () => {
  expect([ONE, FILLING, BOTH, MOVING].map(servedOf)).toEqual([[1], [1], [1, 2], [2]]);
});
