/** Which opening a trace may have next, and what may be asked under it: tables. */
import { describe, expect, it } from 'vitest';
import { admitOpening, joinOpenings, type Known, questionOutside } from './opening-rules.ts';
import type { Opening } from './opening-shape.ts';

const opening: Opening = {
  version: 1,
  trace_id: '0'.repeat(32),
  revision: 2,
  province: '24',
  direction: 'forward',
  rules: 1,
  max_degree: 2,
  as_of: 1_000,
  expires_at: 9_000,
  purpose: 'contact_tracing',
  generation: 1,
  index: [
    { case_ref: 'a', pseudonym: '1'.repeat(32), from: 300, until: 500 },
    { case_ref: 'b', pseudonym: '2'.repeat(32), from: 200, until: 400 },
  ],
};

describe('admitOpening', () => {
  const second = textOf(opening);
  const known: Known = { revision: 2, opening: second, province: '24' };

  it.each<[string, Known | undefined, Partial<Opening>]>([
    ['new', undefined, {}],
    ['new', undefined, { revision: 7 }],
    ['known', known, {}],
    ['amended', known, { revision: 3 }],
    ['amended', known, { revision: 9, index: [], as_of: 1_001, expires_at: 9_001 }],
  ])('%s', (verdict, before, change) => {
    const incoming = { ...opening, ...change };
    expect(admitOpening(before, { opening: incoming, jws: textOf(incoming) })).toBe(verdict);
  });

  it.each<[string, Partial<Opening>]>([
    ['OPENING_REPLAYED', { expires_at: 9_001 }],
    ['OPENING_REPLAYED', { revision: 1 }],
    ['OPENING_NOT_YOURS', { province: '79', revision: 3 }],
    ['OPENING_NOT_YOURS', { province: '79' }],
    ['OPENING_ALTERED', { revision: 3, max_degree: 3 }],
    ['OPENING_ALTERED', { revision: 3, direction: 'backward' }],
    ['OPENING_ALTERED', { revision: 3, rules: 2 }],
    ['OPENING_ALTERED', { revision: 3, trace_id: '1'.repeat(32) }],
  ])('%s: %o', (reason, change) => {
    const incoming = { ...opening, ...change };
    const refusal = expect.objectContaining({ code: 'PERMISSION_DENIED', reason });
    expect(() => admitOpening(known, { opening: incoming, jws: textOf(incoming) })).toThrow(refusal);
  });
});

describe('questionOutside', () => {
  const backward: Opening = { ...opening, direction: 'backward' };
  it.each<[string, Opening, [from: number, until: number], boolean]>([
    ['forward, all that can be asked', opening, [200, 1_000], false],
    ['forward, a second too early', opening, [199, 1_000], true],
    ['forward, a second too late', opening, [200, 1_001], true],
    ['forward, beyond the last index window', opening, [600, 700], false],
    ['backward, all that can be asked', backward, [200, 500], false],
    ['backward, a second too early', backward, [199, 300], true],
    ['backward, a second too late', backward, [300, 501], true],
    ['nothing asked', opening, [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], false],
    ['an empty window anywhere', opening, [5_000, 5_000], false],
  ])('%s', (_name, given, [from, until], outside) => {
    expect(questionOutside(given, { from, until })).toBe(outside);
  });

  it('may ask after an amendment what either revision could ask', () => {
    const index = [{ case_ref: 'a', pseudonym: '1'.repeat(32), from: 250, until: 600 }];
    const joined = joinOpenings(backward, { ...backward, index });
    expect(questionOutside(joined, { from: 200, until: 600 })).toBe(false);
    expect(questionOutside(joined, { from: 199, until: 600 })).toBe(true);
    expect(questionOutside(joined, { from: 200, until: 601 })).toBe(true);
    const later = joinOpenings(opening, { ...opening, as_of: 1_500 });
    expect(questionOutside(later, { from: 200, until: 1_500 })).toBe(false);
  });
});

/** A text that reads as `opening`; its signature was checked before it was stored. */
function textOf(value: Opening): string {
  const [header, payload] = [{ alg: 'EdDSA', kid: value.province, typ: 'truyvet-opening' }, value].map(
    (part) => Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${header}.${payload}.AAAA`;
}
