/** Which traces raise an alarm: what one province invents, and what several claim. */
import { expect, it } from 'vitest';
import { RULES } from '../../tests/simulation/examples.ts';
import { ALARMING, alarmsOf, guessesIn, lookAt } from './alarms.ts';
import { flagsOf, KIND_NUMBER } from './identifier-flags.ts';
import { NO_RECORDS, PROTOCOL, type TraceAnswer } from './messages.ts';
import { TraceState } from './trace-state.ts';

const T = 1_623_258_000;
const OWNER = 79;
const [GUEST, RESIDENT] = [flagsOf(KIND_NUMBER.phone, false), flagsOf(KIND_NUMBER.phone, true)];
const keys = (from: number, count: number) =>
  Uint8Array.from(Buffer.concat(Array.from({ length: count }, (_, n) => keyOf(from + n))));
function keyOf(n: number): Buffer {
  const key = Buffer.alloc(16, 7);
  key.writeUInt32BE(n);
  return key;
}

const NOTHING = {
  ...{ named: new Uint8Array(), namedFlags: new Uint8Array() },
  ...{ known: new Uint32Array(), knownFlags: new Uint8Array(), records: NO_RECORDS },
  ...{ linkOf: new Uint32Array(), linkTo: new Uint32Array() },
  ...{ namedLinkOf: new Uint32Array(), namedLinkTo: new Uint32Array() },
  ...{ eventOf: new Uint32Array(), eventTo: new Uint32Array() },
  ...{ eventFrom: new Uint32Array(), eventUntil: new Uint32Array(), eventSetting: new Uint8Array() },
};

/** The index person met as many, one after the other from number 1 on. */
function met(count: number, flags: number): TraceAnswer {
  return {
    ...{ ...NOTHING, seq: 1, protocol: PROTOCOL.records },
    named: keys(1, count),
    namedFlags: new Uint8Array(count).fill(flags),
    eventOf: new Uint32Array(count),
    eventTo: Uint32Array.from({ length: count }, (_, n) => n),
    eventFrom: new Uint32Array(count).fill(T),
    eventUntil: new Uint32Array(count).fill(T + 3_600),
    eventSetting: new Uint8Array(count).fill(254),
  };
}

interface Case {
  /** How many the owner's encounters name, and whether they live there. */
  readonly met: number;
  readonly flags?: number;
  /** How many of them another province knows, and whether they live in it. */
  readonly known?: number;
  readonly knownFlags?: number;
  /** How many of them another province saw with the case. */
  readonly seen?: number;
  /** How many guesses the other traces of the day have. */
  readonly before?: number;
}

function alarms({ met: count, flags = GUEST, known = 0, knownFlags = GUEST, seen = 0, before = 0 }: Case) {
  const index = [{ pseudonym: keyOf(0), from: T, until: T + 86_400 }];
  const state = new TraceState({
    ...{ direction: 'forward', maxDegree: 1, asOf: T + 864_000, rules: RULES },
    index,
  });
  for (const question of state.nextQuestions()) state.log(question);
  const version = { incarnation: 1, dataVersion: 1 };
  state.apply(OWNER, met(count, flags), version);
  if (seen > 0) state.apply(24, met(seen, GUEST), version);
  const [question] = state.nextQuestions();
  if (question) {
    state.log(question);
    const answer = { ...NOTHING, seq: question.seq, protocol: PROTOCOL.records };
    const columns = {
      known: Uint32Array.from({ length: known }, (_, n) => n),
      knownFlags: new Uint8Array(known).fill(knownFlags),
    };
    state.apply(24, { ...answer, ...columns }, version);
  }
  return Object.fromEntries(alarmsOf(lookAt(state.view(), OWNER), before));
}

const { unknown: FEW, alone: MANY, ofADay: DAY } = ALARMING;

it.each<[string, Case, object]>([
  ['nobody', { met: 0 }, {}],
  ['residents of the province', { met: 3 * MANY, flags: RESIDENT }, {}],
  ['fewer guests than matter', { met: FEW - 1 }, {}],
  ['guests of whom half are known elsewhere', { met: 2 * FEW, known: FEW }, {}],
  ['guests whom others saw too', { met: 3 * MANY, seen: 3 * MANY }, {}],
  ['guesses that hit nobody', { met: FEW }, { CONTACTS_UNKNOWN_ELSEWHERE: FEW }],
  [
    'guesses that hit a few',
    { met: 2 * FEW, known: 8, knownFlags: RESIDENT },
    { CONTACTS_UNKNOWN_ELSEWHERE: 2 * FEW - 8 },
  ],
  ['many who live elsewhere', { met: MANY, known: MANY, knownFlags: RESIDENT }, { MANY_ASKED_AT_ONCE: MANY }],
  ['many guesses', { met: MANY }, { CONTACTS_UNKNOWN_ELSEWHERE: MANY, MANY_ASKED_AT_ONCE: MANY }],
  ['fewer, and fewer in all of a day', { met: FEW - 1, before: DAY - FEW }, {}],
  [
    'fewer, and many in all of a day',
    { met: FEW - 1, before: DAY },
    { UNKNOWN_IN_MANY_TRACES: DAY + FEW - 1 },
  ],
  ['exactly as many in a day', { met: 1, before: DAY - 1 }, { UNKNOWN_IN_MANY_TRACES: DAY }],
  ['none on a day of many', { met: 0, before: DAY }, {}],
  ['residents on a day of many', { met: FEW - 1, flags: RESIDENT, before: DAY }, {}],
  ['guests known elsewhere on a day of many', { met: FEW - 1, known: FEW - 1, before: DAY }, {}],
  [
    'one whom two provinces claim',
    { met: 9, flags: RESIDENT, known: 1, knownFlags: RESIDENT },
    { RESIDENCE_CONFLICT: 1 },
  ],
])('%s', (_name, given, expected) => {
  expect(alarms(given)).toEqual(expected);
});

it('guesses are contacts whom nobody else knows, where they are most', () => {
  const found = { contacts: 100, alone: 60, unknown: 51, conflicts: 0 };
  expect(guessesIn(found)).toBe(51);
  expect(guessesIn({ ...found, unknown: 50 })).toBe(0);
});
