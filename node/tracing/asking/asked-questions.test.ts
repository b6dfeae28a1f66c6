/**
 * What is kept of what traces have asked, against a list that forgets nothing by itself.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AskedQuestions } from './asked-questions.ts';

const TOKENS = 6;
const EXPIRES_AT = 1_000;

interface Asked {
  readonly trace: number;
  readonly seq: number;
  readonly who: readonly number[];
  readonly met: readonly (readonly [token: number, from: number, until: number])[];
}
type Step = Asked | { readonly over: number };

const tokenOf = (n: number) => new Uint8Array(16).fill(n + 1);
const packed = (tokens: readonly number[]) => Buffer.concat(tokens.map(tokenOf));
const idOf = (trace: number) => `trace-${trace}`;

const met = fc
  .tuple(fc.nat(TOKENS - 1), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }))
  .map(([token, from, length]) => [token, from, from + length] as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record<Asked>({
      ...{ trace: fc.nat(4), seq: fc.integer({ min: 1, max: 9 }) },
      ...{ who: fc.array(fc.nat(TOKENS - 1), { maxLength: 3 }), met: fc.array(met, { maxLength: 3 }) },
    }),
  },
  { weight: 1, arbitrary: fc.record({ over: fc.nat(4) }) },
);

function note(asked: AskedQuestions, { trace, seq, who, met }: Asked): void {
  asked.note(
    { id: idOf(trace), expiresAt: EXPIRES_AT + trace },
    {
      ...{ seq, who: packed(who), met: packed(met.map(([token]) => token)) },
      ...{ metFrom: met.map(([, from]) => from), metUntil: met.map(([, , until]) => until) },
    },
  );
}

const namesOf = (touched: readonly { traceId: string; seq: number }[]) =>
  touched.map(({ traceId, seq }) => `${traceId} ${seq}`).sort();

test('what is over is forgotten, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const asked = new AskedQuestions();
      let kept: Asked[] = [];
      for (const one of steps) {
        if ('over' in one) {
          asked.forget([idOf(one.over), 'unknown']);
          kept = kept.filter(({ trace }) => trace !== one.over);
        } else {
          note(asked, one);
          if (!kept.some(({ trace, seq }) => trace === one.trace && seq === one.seq)) kept.push(one);
        }
      }
      const names = (found: readonly Asked[]) =>
        [...new Set(found.map(({ trace, seq }) => `${idOf(trace)} ${seq}`))].sort();
      for (let token = 0; token < TOKENS; token++) {
        const about = kept.filter(({ who, met }) => who.includes(token) || met.some(([of]) => of === token));
        expect(namesOf(asked.touchedByIdentity(tokenOf(token)))).toEqual(names(about));
        const during = kept.filter(({ met }) =>
          met.some(([of, from, until]) => of === token && from < 30 && until > 20),
        );
        expect(namesOf(asked.touchedByEvents(tokenOf(token), [20], [30]))).toEqual(names(during));
        if (during.length > 0) expect(asked.asksAbout(20, 30)).toBe(true);
      }
      const entries = kept.reduce((sum, { who, met }) => sum + who.length + met.length, 0);
      expect(asked.figures.traces).toBe(new Set(kept.map(({ trace }) => trace)).size);
      // At most as much again waits to be cleared away.
      expect(asked.figures.entries).toBeGreaterThanOrEqual(entries);
      expect(asked.figures.entries).toBeLessThanOrEqual(2 * entries);
    }),
    { numRuns: 300 },
  );
});

test('what a trace asked goes when it expires', () => {
  const asked = new AskedQuestions();
  for (const trace of [0, 1, 2]) note(asked, { trace, seq: 1, who: [0], met: [[1, 5, 9]] });
  asked.forgetExpired(EXPIRES_AT + 1);
  expect(namesOf(asked.touchedByIdentity(tokenOf(0)))).toEqual(['trace-2 1']);
  asked.forgetExpired(EXPIRES_AT + 2);
  expect([asked.figures, asked.asksAbout(0, 100)]).toEqual([{ traces: 0, entries: 0 }, false]);
});

test('each trace comes in its turn', () => {
  const asked = new AskedQuestions();
  for (const trace of [0, 1, 2, 3, 4]) note(asked, { trace, seq: 1, who: [0], met: [] });
  expect(asked.nextTraces(2)).toEqual(['trace-0', 'trace-1']);
  asked.forget(['trace-2']);
  expect(asked.nextTraces(2)).toEqual(['trace-3', 'trace-4']);
  expect(asked.nextTraces(9)).toEqual(['trace-0', 'trace-1', 'trace-3', 'trace-4']);
});
