/** Who pays for which names: chains by hand, in every order of the answers. */
import { describe, expect, it } from 'vitest';
import { type ChargedAnswer, chargesOf, FAN_OUT } from './charges.ts';
import { NO_RECORDS, PROTOCOL, type TraceAnswer } from './messages.ts';

const [HONEST, LIAR, THIRD] = [24, 79, 1];
const INDEX = 0;
const range = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);

const NOTHING: TraceAnswer = {
  ...{ seq: 0, protocol: PROTOCOL.records, named: new Uint8Array(), namedFlags: new Uint8Array() },
  ...{ known: new Uint32Array(), knownFlags: new Uint8Array(), records: NO_RECORDS },
  ...{ linkOf: new Uint32Array(), linkTo: new Uint32Array() },
  ...{ namedLinkOf: new Uint32Array(), namedLinkTo: new Uint32Array() },
  ...{ eventOf: new Uint32Array(), eventTo: new Uint32Array() },
  ...{ eventFrom: new Uint32Array(), eventUntil: new Uint32Array(), eventSetting: new Uint8Array() },
};

/** `province` says in question `seq` that each of `asked` met all of `named`. */
function met(province: number, seq: number, asked: number[], named: number[]): ChargedAnswer {
  const pairs = asked.flatMap((_, of) => named.map((_name, to) => [of, to] as const));
  const answer = {
    ...{ ...NOTHING, seq },
    eventOf: Uint32Array.from(pairs, ([of]) => of),
    eventTo: Uint32Array.from(pairs, ([, to]) => to),
  };
  const columns = { who: Int32Array.of(), met: Int32Array.from(asked), named: Int32Array.from(named) };
  return { province, ...columns, answer };
}

/** `province` says in question `seq` that one record names `asked` and all of `named`. */
function linked(province: number, seq: number, asked: number, named: number[]): ChargedAnswer {
  const members = Uint32Array.from(range(0, named.length + 1));
  const records = { size: Uint8Array.of(members.length), tagged: Uint8Array.of(0), members };
  const answer = { ...NOTHING, seq, records: { ...records, tags: new Uint8Array() } };
  const columns = { who: Int32Array.of(asked), met: Int32Array.of(), named: Int32Array.from(named) };
  return { province, ...columns, answer };
}

function charges(...answers: ChargedAnswer[]): Record<string, number> {
  const results = [answers, [...answers].reverse()].map((order) =>
    Object.fromEntries(
      [...chargesOf(order, 100_000, Int32Array.of(INDEX))].flatMap(([province, { names }]) =>
        names > 0 ? [[province, names]] : [],
      ),
    ),
  );
  expect(results[1]).toEqual(results[0]);
  return results[0] as Record<string, number>;
}

const MANY = 50_000;

it('a name spares two hundred of others: more than one person meets in the window of a case', () => {
  // 300 people of a factory shift over three days, a third of them from elsewhere, each with two numbers: a
  // true bringer pays for them. Whoever invents one name to make its bringer pay adds 200 at most.
  expect(FAN_OUT).toBe(200);
  const others = (names: number) =>
    charges(met(HONEST, 1, [INDEX], [1]), met(LIAR, 2, [1], range(10, names)));
  expect(others(200)).toEqual({ 24: 201 });
  expect(others(201)).toEqual({ 24: 201, 79: 1 });
});

describe('names are charged', () => {
  it.each<[string, ChargedAnswer[], Record<string, number>]>([
    ['to nobody if they are the index', [met(LIAR, 1, [INDEX], [INDEX])], {}],
    [
      'to who brought them in',
      [met(HONEST, 1, [INDEX], [1, 2]), met(LIAR, 1, [INDEX], [3])],
      { 24: 2, 79: 1 },
    ],
    [
      'once, to the lower code of one question',
      [met(HONEST, 1, [INDEX], [1]), met(THIRD, 1, [INDEX], [1])],
      { 1: 1 },
    ],
    [
      'once, to who answered the lower question',
      [met(HONEST, 1, [INDEX], [1]), met(THIRD, 2, [INDEX, 1], [1])],
      { 24: 1 },
    ],
    ['to who named them by a record', [linked(LIAR, 1, INDEX, [1, 2, 3])], { 79: 3 }],
    [
      'to who brought in the chain, whoever answers later',
      [met(LIAR, 1, [INDEX], [1, 2]), met(HONEST, 2, [1], range(10, 300)), linked(HONEST, 2, 2, [310, 311])],
      { 79: 304 },
    ],
    [
      'to who brought in a chain of chains',
      [met(LIAR, 1, [INDEX], [1]), met(HONEST, 2, [1], [2]), met(THIRD, 3, [2], [3, 4])],
      { 79: 4 },
    ],
    [
      'to who names more in the chain of another than people meet',
      [met(HONEST, 1, [INDEX], [1, 2]), met(LIAR, 2, [1], range(10, MANY))],
      { 24: 2 + 2 * FAN_OUT, 79: MANY - 2 * FAN_OUT },
    ],
    [
      'to the chain that was brought in first, where two meet',
      [met(HONEST, 1, [INDEX], [1]), met(LIAR, 1, [INDEX], [2]), met(THIRD, 2, [1, 2], [3])],
      { 24: 2, 79: 1 },
    ],
    ['to nobody who is not reached any more', [met(HONEST, 2, [1], range(10, 300))], {}],
    [
      'though somebody was asked about before the answer that names him now',
      [met(HONEST, 2, [1], [2]), met(LIAR, 3, [INDEX], [1])],
      { 79: 2 },
    ],
  ])('%s', (_name, answers, expected) => {
    expect(charges(...answers)).toEqual(expected);
  });

  it('with the questions that ask about them', () => {
    const drip = range(1, 50).map((n) => met(LIAR, n + 1, [n], [n + 1]));
    const answers = [met(HONEST, 1, [INDEX], [1]), ...drip];
    const charged = chargesOf(answers, 100, Int32Array.of(INDEX));
    expect([...charged]).toEqual([
      [HONEST, { names: 51, questions: 1 }],
      [LIAR, { names: 0, questions: 49 }],
    ]);
  });
});
