import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Approval,
  type DistributionFacts,
  forgettableGenerations,
  generationForOpening,
  type HeldGeneration,
  type Holding,
  type Standing,
  type TrustFacts,
  trustedProvinces,
  wrapsToMake,
} from './rules.ts';

const CODES = ['01', '24', '79', '31', '48', '92'] as const;
const PUPPETS = ['90', '91'] as const;
const ALL = [...CODES, ...PUPPETS];

const standing = (province: string, change: Partial<Standing> = {}): Standing => ({
  ...{ province, keys: `keys of ${province}`, revoked: false },
  ...change,
});
const approval = (from: string, to: string, keys = `keys of ${to}`): Approval => ({ from, to, keys });
const trustedBy = (facts: Partial<TrustFacts>) =>
  [
    ...trustedProvinces({ me: '24', provinces: ALL.map((code) => standing(code)), approvals: [], ...facts }),
  ].sort();

describe('trusted', () => {
  const giver = { province: '01', keys: 'keys of 01' };
  it.each<[string, Partial<TrustFacts>, string[]]>([
    ['this province alone, without approvals', {}, ['24']],
    ['whom it approved', { approvals: [approval('24', '79')] }, ['24', '79']],
    ['whom those approved', { approvals: [approval('79', '31'), approval('24', '79')] }, ['24', '31', '79']],
    ['who gave it its key', { giver }, ['01', '24']],
    ['whom its giver approved', { giver, approvals: [approval('01', '48')] }, ['01', '24', '48']],
    [
      'nobody for approving this province',
      { approvals: [approval('90', '24'), approval('90', '91')] },
      ['24'],
    ],
    ['nobody for approving each other', { approvals: [approval('90', '91'), approval('91', '90')] }, ['24']],
    ['nobody under other keys', { approvals: [approval('24', '79', 'keys of a puppet')] }, ['24']],
    ['a giver only under the keys it had', { giver: { ...giver, keys: 'others' } }, ['24']],
  ])('is %s', (_name, facts, trusted) => {
    expect(trustedBy(facts)).toEqual(trusted);
  });

  it('is nobody who is revoked, nor whom only a revoked one approved', () => {
    const provinces = [
      standing('24'),
      standing('79', { revoked: true }),
      standing('31'),
      standing('01', { revoked: true }),
    ];
    const approvals = [approval('24', '79'), approval('79', '31')];
    expect(trustedBy({ giver, provinces, approvals })).toEqual(['24']);
  });

  const edges = (from: readonly string[], to: readonly string[]) =>
    fc.array(
      fc.tuple(fc.constantFrom(...from), fc.constantFrom(...to)).map(([a, b]) => approval(a, b)),
      { maxLength: 20 },
    );
  const revocations = fc.uniqueArray(fc.constantFrom(...CODES));

  it('never reaches a puppet that no honest province has approved, however many a hub enrols', () => {
    const honest = edges(CODES, CODES);
    const dishonest = edges(PUPPETS, ALL);
    fc.assert(
      fc.property(honest, dishonest, revocations, fc.constantFrom(...CODES), (good, bad, revoked, from) => {
        const provinces = ALL.map((code) => standing(code, { revoked: revoked.includes(code as never) }));
        const facts = { provinces, giver: { province: from, keys: `keys of ${from}` } };
        const trusted = trustedBy({ ...facts, approvals: [...bad, ...good] });
        expect(trusted).toEqual(trustedBy({ ...facts, approvals: good }));
        for (const puppet of PUPPETS) expect(trusted).not.toContain(puppet);
      }),
    );
  });

  it('is whoever a chain of approvals reaches, in any order, and fewer when one is revoked', () => {
    fc.assert(
      fc.property(
        edges(CODES, CODES),
        fc.constantFrom(...CODES.filter((code) => code !== '24')),
        (approvals, gone) => {
          const trusted = trustedBy({ approvals });
          // Warshall: who reaches whom.
          const reaches = new Set(approvals.map(({ from, to }) => `${from}${to}`));
          for (const via of CODES)
            for (const a of CODES)
              for (const b of CODES)
                if (reaches.has(`${a}${via}`) && reaches.has(`${via}${b}`)) reaches.add(`${a}${b}`);
          expect(trusted).toEqual(ALL.filter((code) => code === '24' || reaches.has(`24${code}`)).sort());
          expect(trustedBy({ approvals: approvals.toReversed() })).toEqual(trusted);
          const provinces = ALL.map((code) => standing(code, { revoked: code === gone }));
          const left = trustedBy({ approvals, provinces });
          expect(left).not.toContain(gone);
          expect(trusted).toEqual(expect.arrayContaining(left));
        },
      ),
    );
  });
});

const held = (...generations: [number, number][]): HeldGeneration[] =>
  generations.map(([generation, useFrom]) => ({ generation, useFrom, check: `check ${generation}` }));
const holding = (province: string, ...generations: number[]): Holding[] =>
  generations.map((generation) => ({ province, generation, check: `check ${generation}` }));
const provinces = ['24', '79', '01'];

describe('the generation of an opening', () => {
  const mine = held([1, 0], [2, 1_000]);
  const choose = (holdings: Holding[], { keys = mine, now = 500 } = {}) =>
    generationForOpening({ held: keys, holdings, provinces }, now);

  it.each<[string, Holding[], number]>([
    ['the newest that all hold', [...holding('24', 1, 2), ...holding('79', 1, 2), ...holding('01', 2)], 2],
    ['not one that somebody lacks', [...holding('24', 1, 2), ...holding('79', 1), ...holding('01', 1, 2)], 1],
    ['not held back by a newcomer without a key', [...holding('24', 1, 2), ...holding('79', 1, 2)], 2],
    ['not held back by a province that left', [...holding('79', 2), ...holding('90', 1)], 2],
  ])('is %s', (_name, holdings, generation) => {
    expect(choose(holdings)).toBe(generation);
  });

  it('is not one of which somebody holds another key', () => {
    expect(choose([...holding('24', 1, 2), { province: '79', generation: 2, check: 'another' }])).toBe(1);
  });

  it('is the newest once its time has come, whatever the hub says', () => {
    const holdings = [...holding('24', 1, 2), ...holding('79', 1), ...holding('01', 1)];
    expect([999, 1_000].map((now) => choose(holdings, { now }))).toEqual([1, 2]);
  });

  it('is the oldest held if none is common, and none without a key', () => {
    expect(choose(holding('79', 1), { keys: held([2, 9_999], [3, 9_999]) })).toBe(2);
    expect(choose([], { keys: [] })).toBeUndefined();
  });
});

describe('forgotten', () => {
  const keys = held([1, 0], [2, 0], [3, 0]);
  const forget = (holdings: Holding[], inUse: number[] = []) =>
    forgettableGenerations({ held: keys, holdings, provinces }, new Set(inUse));
  const all = (...generations: number[]) =>
    provinces.flatMap((province) => holding(province, ...generations));

  it.each<[string, number[], number[]]>([
    ['are all before the newest that everybody holds', forget(all(1, 2, 3)), [1, 2]],
    ['are none newer than what everybody holds', forget([...all(1, 2), ...holding('79', 3)]), [1]],
    ['are none under which a trace is open', forget(all(1, 2, 3), [1]), [2]],
    [
      'are none while one province lacks the newer',
      forget([...holding('24', 1, 2, 3), ...holding('79', 1)]),
      [],
    ],
  ])('%s', (_name, forgotten, expected) => {
    expect(forgotten).toEqual(expected);
  });

  it('is never the last key, and never one that openings use', () => {
    const anyHoldings = fc.array(
      fc
        .tuple(fc.constantFrom(...provinces), fc.integer({ min: 1, max: 3 }))
        .map(([p, g]) => holding(p, g)[0] as Holding),
    );
    fc.assert(
      fc.property(anyHoldings, (holdings) => {
        const facts = { held: keys, holdings, provinces };
        const left = keys.filter(
          ({ generation }) => !forgettableGenerations(facts, new Set()).includes(generation),
        );
        expect(left.map(({ generation }) => generation)).toContain(generationForOpening(facts, 0));
        expect(left.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('wraps to make', () => {
  const facts = (change: Partial<DistributionFacts> = {}): DistributionFacts => ({
    ...{ held: held([1, 0], [2, 0]), me: '24', provinces, trusted: new Set(['24', '79']), waiting: [] },
    ...{
      holdings: holding('24', 1, 2),
      neighbours: new Set<string>(),
      recipient: (province: string) => `thumbprint of ${province}`,
    },
    ...change,
  });
  const waiting = (change = {}) => ({
    ...{ from: '24', to: '79', generation: 1, recipient: 'thumbprint of 79' },
    ...change,
  });
  const one = { to: '79', generation: 1 };
  const two = { to: '79', generation: 2 };

  it.each<[string, Partial<DistributionFacts>, object[]]>([
    ['all that is held, for a newcomer', {}, [one, two]],
    ['what came after, for who holds the first', { holdings: holding('79', 1) }, [two]],
    ['nothing, for who holds the newest', { holdings: holding('79', 2) }, []],
    ['nothing, for who is not trusted', { trusted: new Set(['24']) }, []],
    ['nothing, for who has left or is revoked', { provinces: ['24', '01'] }, []],
    ['nothing that waits already', { waiting: [waiting()] }, [two]],
    ['nothing that waits already from somebody trusted', { waiting: [waiting({ from: '79' })] }, [two]],
    [
      'once more what waits for a neighbour from another',
      { waiting: [waiting({ from: '79' }), waiting({ generation: 2 })], neighbours: new Set(['79']) },
      [one],
    ],
    [
      'again what waits for an earlier key',
      { waiting: [waiting({ recipient: 'an earlier one' })] },
      [one, two],
    ],
    ['again what somebody else has put there', { waiting: [waiting({ from: '90' })] }, [one, two]],
  ])('are %s', (_name, change, expected) => {
    expect(wrapsToMake(facts(change))).toEqual(expected);
  });
});
