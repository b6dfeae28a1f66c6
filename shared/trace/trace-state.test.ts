/**
 * The fold's edges, by hand: what it refuses, what it ignores, what it asks next. Its results are compared
 * with the oracle in tests/simulation.
 */
import { describe, expect, it, test } from 'vitest';
import type { RulePack } from '../domain/rule-pack.ts';
import { flagsOf, type IdentifierKind, KIND_NUMBER } from './identifier-flags.ts';
import { KeyTable } from './key-table.ts';
import { NO_RECORDS, PROTOCOL, type TraceAnswer } from './messages.ts';
import { TraceState } from './trace-state.ts';

const T = 1_623_258_000;
const RULES: RulePack = {
  number: 1,
  effective_from: '2021-01-01T00:00:00+07:00',
  infectious_days_before: 2,
  latent_days: 1,
  close_contact_seconds: 900,
  longest_stay_seconds: 43_200,
  max_degree: 2,
  source_days: 14,
  trace_open_days: 21,
  retention_days: 30,
  assumed_stay_seconds: { default: 3600 },
  weight_percent: { default: 100 },
};
const key = (n: number) => Uint8Array.from({ length: 16 }, (_, i) => (n * 37 + i * 11) & 255);
const INDEX = key(1);
const terms = {
  direction: 'forward',
  maxDegree: 1,
  asOf: T + 864_000,
  rules: RULES,
  index: [{ pseudonym: INDEX, from: T, until: T + 86_400 }],
} as const;

const PHONE = flagsOf(KIND_NUMBER.phone, false);
const NO_EVENTS = {
  eventOf: new Uint32Array(),
  eventTo: new Uint32Array(),
  eventFrom: new Uint32Array(),
  eventUntil: new Uint32Array(),
  eventSetting: new Uint8Array(),
};

/** An answer in which the index person met `key(2)` for `seconds`. */
function met(seconds: number, changes: Partial<TraceAnswer> = {}): TraceAnswer {
  return {
    seq: 1,
    protocol: PROTOCOL.records,
    named: key(2),
    namedFlags: Uint8Array.of(PHONE),
    known: Uint32Array.of(0),
    knownFlags: Uint8Array.of(PHONE),
    records: NO_RECORDS,
    linkOf: new Uint32Array(),
    linkTo: new Uint32Array(),
    namedLinkOf: new Uint32Array(),
    namedLinkTo: new Uint32Array(),
    eventOf: Uint32Array.of(0),
    eventTo: Uint32Array.of(0),
    eventFrom: Uint32Array.of(T),
    eventUntil: Uint32Array.of(T + seconds),
    eventSetting: Uint8Array.of(254),
    ...changes,
  };
}

function asked(): TraceState {
  const state = new TraceState(terms);
  for (const question of state.nextQuestions()) state.log(question);
  return state;
}

const version = (dataVersion: number, incarnation = 1) => ({ incarnation, dataVersion });
const secondsOf = (state: TraceState) => [...state.view().contacts].map(({ seconds }) => seconds);

describe('a trace asks', () => {
  it('first who the index person is and whom it met, and nothing twice', () => {
    const state = new TraceState(terms);
    const [question, ...others] = state.nextQuestions();
    expect(others).toEqual([]);
    expect(question).toMatchObject({ seq: 1, who: INDEX, met: INDEX });
    expect([question?.metFrom[0], question?.metUntil[0]]).toEqual([T, T + 86_400]);
    state.log(question!);
    expect(state.nextQuestions()).toEqual([]);
  });

  it('then who everybody is that an answer names, contact or not', () => {
    const state = asked();
    state.apply(24, met(10), version(1));
    expect(secondsOf(state)).toEqual([]);
    expect(state.nextQuestions()).toMatchObject([{ seq: 2, who: key(2), met: new Uint8Array() }]);
  });

  it('again for a wider window after an amendment, not for a narrower one', () => {
    const state = asked();
    state.amend({ ...terms, index: [{ pseudonym: INDEX, from: T + 60, until: T + 86_400 }] });
    expect(state.nextQuestions()).toEqual([]);
    state.amend({ ...terms, index: [{ pseudonym: INDEX, from: T - 60, until: T + 86_400 }] });
    expect(state.nextQuestions()[0]?.metFrom[0]).toBe(T - 60);
  });
});

describe('an answer', () => {
  it('replaces an older one of the same province, never the other way', () => {
    const state = asked();
    expect(state.apply(24, met(1000), version(2))).toBe('applied');
    expect(state.apply(24, met(2000), version(1))).toBe('ignored');
    expect(state.apply(24, met(2000), version(2))).toBe('ignored');
    expect(secondsOf(state)).toEqual([1000]);
    expect(state.apply(24, met(3000), version(3))).toBe('applied');
    expect(secondsOf(state)).toEqual([3000]);
    expect(state.apply(24, met(4000), version(1, 2))).toBe('applied');
    expect(secondsOf(state)).toEqual([4000]);
  });

  it('that says the same in a newer version leaves all that was made of it', () => {
    const state = asked();
    state.apply(24, met(1000), version(1));
    const [{ evidence, persons }, revision] = [state.view(), state.revision];
    expect(state.apply(24, met(1000), version(2))).toBe('applied');
    expect(state.versionOf(24, 1)).toEqual(version(2));
    expect(state.revision).toBe(revision);
    expect(state.view().evidence).toBe(evidence);
    expect(state.view().persons).toBe(persons);
    expect(state.apply(24, met(1000, { knownFlags: Uint8Array.of(PHONE | 2) }), version(3))).toBe('applied');
    expect(state.revision).toBeGreaterThan(revision);
    expect(state.view().evidence).not.toBe(evidence);
  });

  it('replaced with others between two looks costs one look', () => {
    const state = asked();
    for (let n = 1; n <= 20; n++) state.apply(n, met(1000 + n), version(1));
    const { evidence } = state.view();
    for (let n = 1; n <= 20; n++) state.apply(n, met(2000 + n), version(2));
    for (let n = 21; n <= 30; n++) state.apply(n, met(2000 + n), version(1));
    const after = state.view();
    expect(evidence.events.length).toBe(20);
    expect(after.evidence.events.length).toBe(30);
    expect(secondsOf(state)).toEqual([2030]);
    expect(state.view().evidence).toBe(after.evidence);
  });

  it('of another province stands beside it, and the same instants count once', () => {
    const state = asked();
    state.apply(24, met(1000), version(1));
    state.apply(79, met(1500), version(1));
    expect(secondsOf(state)).toEqual([1500]);
  });

  test('that does not fit its question is refused and leaves the trace as it was', () => {
    const state = asked();
    expect(() => state.apply(24, met(1000, { known: Uint32Array.of(1) }), version(1))).toThrow(RangeError);
    expect(() => state.apply(24, met(1000, { seq: 2 }), version(1))).toThrow(RangeError);
    expect(state.versionOf(24, 1)).toBeUndefined();
    expect(secondsOf(state)).toEqual([]);
    expect(state.apply(24, met(1000), version(1))).toBe('applied');
    expect(secondsOf(state)).toEqual([1000]);
  });
});

describe('links of a province of protocol 1', () => {
  /** The index phone beside `to`, as older nodes have it. */
  const links = (...to: readonly { readonly key: number; readonly isCccd?: boolean }[]) => ({
    ...met(1000),
    protocol: PROTOCOL.links,
    named: Buffer.concat(to.map((one) => key(one.key))),
    namedFlags: Uint8Array.from(to, ({ isCccd }) => (isCccd ? 1 : 0)),
    knownFlags: Uint8Array.of(0),
    linkOf: new Uint32Array(to.length),
    linkTo: Uint32Array.from(to, (_, i) => i),
    ...NO_EVENTS,
  });
  /** The index phone in one record with a number. */
  const record = (number: number, kind: IdentifierKind, tag?: number) => ({
    ...met(1000),
    named: key(number),
    namedFlags: Uint8Array.of(flagsOf(KIND_NUMBER[kind], false)),
    records: {
      size: Uint8Array.of(2),
      tagged: Uint8Array.of(tag === undefined ? 0 : 1),
      members: Uint32Array.of(0, 1),
      tags: new Uint8Array(tag === undefined ? 0 : 8).fill(tag ?? 0),
    },
    ...NO_EVENTS,
  });
  const personsOf = (state: TraceState, ...keys: readonly number[]) => {
    const { personOf } = state.view().persons;
    const found = keys.map((one) => personOf[state.number(key(one))[0] as number] as number);
    return found.map((person) => found.indexOf(person));
  };

  it('are records of two, without birth year and sex', () => {
    const state = asked();
    state.apply(24, links({ key: 5 }, { key: 6 }), version(1));
    expect(personsOf(state, 1, 5, 6)).toEqual([0, 0, 0]);
    expect([state.answersInLinks(24), state.answersInLinks(79)]).toEqual([true, false]);
  });

  it('are opposed by two cccd, whoever reported them', () => {
    const state = asked();
    state.apply(24, links({ key: 5, isCccd: true }), version(1));
    expect(personsOf(state, 1, 5)).toEqual([0, 0]);
    state.apply(79, record(6, 'cccd', 7), version(1));
    expect(personsOf(state, 1, 5, 6)).toEqual([0, 1, 2]);
  });

  it('are opposed by numbers of one kind once somebody has said of which kind they are', () => {
    const state = asked();
    state.apply(24, links({ key: 5 }), version(1));
    state.apply(79, record(6, 'insurance', 7), version(1));
    expect(personsOf(state, 1, 5, 6)).toEqual([0, 0, 0]);
    state.apply(48, record(5, 'insurance', 7), version(1));
    expect(personsOf(state, 1, 5, 6)).toEqual([0, 1, 2]);
  });

  it('count no longer when the province answers in records', () => {
    const state = asked();
    state.apply(24, links({ key: 5, isCccd: true }), version(1));
    state.apply(79, record(6, 'cccd', 7), version(1));
    state.apply(24, record(6, 'cccd', 7), version(1, 2));
    expect(personsOf(state, 1, 5, 6)).toEqual([0, 1, 0]);
    expect(state.answersInLinks(24)).toBe(false);
  });

  it('give one kind to an identifier of which provinces say two, whoever is heard first', () => {
    const kinds = [record(5, 'insurance'), record(5, 'cmnd')].map((_, i, both) => {
      const state = asked();
      state.apply(24, both[i] as TraceAnswer, version(1));
      state.apply(79, both[1 - i] as TraceAnswer, version(1));
      return state.view().evidence.kinds[state.number(key(5))[0] as number];
    });
    expect(kinds).toEqual([2, 2]);
  });
});

describe('an index case', () => {
  it('of a shared phone stands for somebody of that phone, and one of a card for its holder', () => {
    const from = { from: T, until: T + 86_400 };
    const state = new TraceState({
      ...terms,
      index: [
        { pseudonym: INDEX, ...from },
        { pseudonym: key(5), ...from },
      ],
    });
    for (const question of state.nextQuestions()) state.log(question);
    expect(state.view().index.size).toBe(2);
    expect(state.hasEmptyWindow()).toBe(false);
    state.amend({
      ...terms,
      index: [
        { pseudonym: INDEX, ...from },
        { pseudonym: key(5), from: T, until: T },
      ],
    });
    expect(state.hasEmptyWindow()).toBe(true);
  });
});

describe('KeyTable', () => {
  it('numbers keys in order of first sight, wherever they lie in memory', () => {
    const table = new KeyTable();
    const shifted = Buffer.alloc(33);
    shifted.set(key(5), 1);
    shifted.set(key(6), 17);
    expect([...table.intern(shifted.subarray(1))]).toEqual([0, 1]);
    expect([...table.intern(key(6))]).toEqual([1]);
    expect([...table.lookup(key(7))]).toEqual([-1]);
    expect(table.keyOf(1)).toEqual(key(6));
  });

  it('keeps every number while it grows', () => {
    const table = new KeyTable();
    const keys = new Uint8Array(16 * 5000);
    new Uint32Array(keys.buffer).forEach((_, i, words) => {
      words[i] = Math.imul(i + 1, 2_654_435_761);
    });
    const numbers = table.intern(keys);
    expect([...numbers]).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(table.lookup(keys)).toEqual(numbers);
    expect(table.keysOf(numbers)).toEqual(keys);
  });
});
