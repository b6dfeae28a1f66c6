import { describe, expect, it } from 'vitest';
import { allowedCommands, type Machine, step, transition } from './machine.ts';

type State = 'shut' | 'open' | 'broken';
type Name = 'build' | 'open' | 'kick';
interface Facts {
  readonly locked?: boolean;
  readonly same?: boolean;
}

const DOOR: Machine<State, Name, Facts, 'creak'> = {
  states: ['shut', 'open', 'broken'],
  commands: {
    build: { from: [], to: 'shut', act: 'doors.write' },
    open: {
      from: ['shut'],
      to: 'open',
      act: 'doors.open',
      guards: [
        {
          ...{ reason: 'CA_OFFLINE', code: 'PERMISSION_DENIED', message: 'it is locked' },
          refuses: ({ locked }) => locked === true,
        },
      ],
      effects: () => ['creak'],
      repeats: ({ same }) => same === true,
    },
    kick: { from: ['shut', 'open'], to: 'broken' },
  },
};

describe('a command', () => {
  it('leads to its state and says what it brings about', () => {
    expect(transition(DOOR, { state: 'shut', command: 'open', facts: {} })).toEqual({
      ...{ state: 'open', effects: ['creak'], repeated: false },
    });
    expect(transition(DOOR, { state: undefined, command: 'build', facts: {} })).toMatchObject({
      state: 'shut',
    });
  });

  it.each<[string, State | undefined, Name, Name[]]>([
    ['in another state', 'broken', 'open', []],
    ['done by somebody else already', 'open', 'open', ['kick']],
    ['that begins what is there', 'shut', 'build', ['open', 'kick']],
    ['on what is not there', undefined, 'kick', ['build']],
  ])('%s is refused with what is allowed instead', (_when, state, command, allowed) => {
    expect(transition(DOOR, { state, command, facts: {} })).toMatchObject({ reason: 'WRONG_STATE', allowed });
  });

  it('is refused by a guard, but only where the state would take it', () => {
    const facts = { locked: true };
    expect(transition(DOOR, { state: 'shut', command: 'open', facts })).toMatchObject({
      reason: 'CA_OFFLINE',
    });
    expect(transition(DOOR, { state: 'broken', command: 'open', facts })).toMatchObject({
      reason: 'WRONG_STATE',
    });
  });

  it('that repeats itself changes nothing and is no mistake, whatever guards would say now', () => {
    const facts = { same: true, locked: true };
    expect(transition(DOOR, { state: 'open', command: 'open', facts })).toEqual({
      ...{ state: 'open', effects: [], repeated: true },
    });
    expect(transition(DOOR, { state: 'broken', command: 'open', facts })).toMatchObject({
      reason: 'WRONG_STATE',
    });
  });
});

it('what is allowed is what a guard and somebody’s acts leave of it', () => {
  expect(allowedCommands(DOOR, { state: 'shut', facts: {} })).toEqual(['open', 'kick']);
  expect(allowedCommands(DOOR, { state: 'shut', facts: { locked: true } })).toEqual(['kick']);
  expect(allowedCommands(DOOR, { state: 'shut', facts: {} }, (act) => act === 'doors.open')).toEqual([
    'open',
  ]);
});

it('a refusal is thrown with its fields', () => {
  const act = (state: State, facts: Facts) => () => step(DOOR, { state, command: 'open', facts });
  expect(act('broken', {})).toThrow(
    expect.objectContaining({
      ...{ code: 'FAILED_PRECONDITION', reason: 'WRONG_STATE' },
      extension: { state: 'broken', allowed: [] },
    }),
  );
  expect(act('shut', { locked: true })).toThrow(
    expect.objectContaining({ code: 'PERMISSION_DENIED', reason: 'CA_OFFLINE', extension: {} }),
  );
  expect(step(DOOR, { state: 'shut', command: 'open', facts: {} }).effects).toEqual(['creak']);
});
