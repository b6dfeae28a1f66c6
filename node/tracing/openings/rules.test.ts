import { describe, expect, it } from 'vitest';
import { type IndexFacts, indexWindows, type TraceTerms } from './rules.ts';

const at = (text: string) => Date.parse(text) / 1000;
const days = (n: number) => n * 86_400;
const RULES = { infectious_days_before: 2, latent_days: 2, source_days: 14, retention_days: 40 };
const AS_OF = at('2021-07-01T00:00:00Z');
const terms = (change: Partial<TraceTerms> = {}): TraceTerms => ({
  direction: 'forward',
  asOf: AS_OF,
  rules: RULES,
  ...change,
});
const facts = (change: Partial<IndexFacts> = {}): IndexFacts => ({
  onsetOn: '2021-06-10',
  sampledAt: null,
  isolatedAt: null,
  ...change,
});
/** Midnight in Vietnam of the onset above. */
const ONSET = at('2021-06-09T17:00:00Z');

describe('forward windows', () => {
  it.each([
    ['from before the midnight of onset in Vietnam to now', facts(), [ONSET - days(2), AS_OF]],
    ['until isolation', facts({ isolatedAt: ONSET + 5 }), [ONSET - days(2), ONSET + 5]],
    ['until now if isolation is later', facts({ isolatedAt: AS_OF + 5 }), [ONSET - days(2), AS_OF]],
    [
      'from sampling where onset is missing',
      facts({ onsetOn: null, sampledAt: ONSET + 9 }),
      [ONSET + 9 - days(2), AS_OF],
    ],
    ['from onset even if sampled before', facts({ sampledAt: ONSET - days(5) }), [ONSET - days(2), AS_OF]],
    ['empty if isolated before', facts({ isolatedAt: ONSET - days(3) }), [ONSET - days(3), ONSET - days(3)]],
    ['empty at the very moment', facts({ isolatedAt: ONSET - days(2) }), [ONSET - days(2), ONSET - days(2)]],
    ['empty after now', facts({ onsetOn: '2021-07-10' }), [AS_OF, AS_OF]],
    ['from what is kept', facts({ onsetOn: '2021-05-20' }), [AS_OF - days(40), AS_OF]],
    [
      'empty if nothing of it is kept',
      facts({ onsetOn: '2021-05-20', isolatedAt: AS_OF - days(41) }),
      [AS_OF - days(40), AS_OF - days(40)],
    ],
  ])('%s', (_name, one, [from, until]) => {
    expect(indexWindows([one], terms())).toEqual([{ from, until }]);
  });

  it('take fractions of days to the nearest second', () => {
    const rules = { ...RULES, infectious_days_before: 1.000006 };
    expect(indexWindows([facts()], terms({ rules }))[0]?.from).toBe(ONSET - 86_401);
  });
});

describe('backward windows', () => {
  it('all begin with the earliest source of all cases and end before their own onset', () => {
    const later = facts({ onsetOn: '2021-06-20' });
    expect(indexWindows([later, facts()], terms({ direction: 'backward' }))).toEqual([
      { from: ONSET - days(14), until: ONSET + days(10) - days(2) },
      { from: ONSET - days(14), until: ONSET - days(2) },
    ]);
  });

  it('do not care for isolation, and end by now', () => {
    const one = facts({ isolatedAt: ONSET - days(9) });
    expect(indexWindows([one], terms({ direction: 'backward' }))).toEqual([
      { from: ONSET - days(14), until: ONSET - days(2) },
    ]);
    expect(indexWindows([one], terms({ direction: 'backward', asOf: ONSET - days(10) }))).toEqual([
      { from: ONSET - days(14), until: ONSET - days(10) },
    ]);
    const asOf = ONSET - days(20);
    expect(indexWindows([one], terms({ direction: 'backward', asOf }))).toEqual([
      { from: asOf, until: asOf },
    ]);
  });

  it('begin with what is kept', () => {
    const early = facts({ onsetOn: '2021-06-05' });
    expect(indexWindows([facts(), early], terms({ direction: 'backward' }))).toEqual([
      { from: AS_OF - days(40), until: ONSET - days(2) },
      { from: AS_OF - days(40), until: ONSET - days(7) },
    ]);
  });

  it('that are empty begin with the others, from where labels look', () => {
    const rules = { ...RULES, latent_days: 16 };
    const later = facts({ onsetOn: '2021-06-20' });
    expect(indexWindows([facts(), later], terms({ direction: 'backward', rules }))).toEqual([
      { from: ONSET - days(14), until: ONSET - days(14) },
      { from: ONSET - days(14), until: ONSET - days(6) },
    ]);
  });
});

it('never reaches before 1970', () => {
  const one = facts({ onsetOn: null, sampledAt: 10 });
  expect(indexWindows([one], terms({ asOf: 20 }))).toEqual([{ from: 0, until: 20 }]);
  expect(indexWindows([one], terms({ asOf: 20, direction: 'backward' }))).toEqual([{ from: 0, until: 0 }]);
});
