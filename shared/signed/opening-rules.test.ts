/** Which opening a trace may have next, and what may be asked under it: tables. */
import { describe, expect, it } from 'vitest';
import { RULES } from '../../tests/simulation/examples.ts';
import { isoInstant } from '../domain/instant.ts';
import { admitOpening, checkTerms, joinOpenings, type Known, questionOutside } from './opening-rules.ts';
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
  const known: Known = { revision: 2, opening: second, says: opening, province: '24' };

  it.each<[string, Known | undefined, Partial<Opening>]>([
    ['new', undefined, {}],
    ['new', undefined, { revision: 7 }],
    ['known', known, {}],
    ['amended', known, { revision: 3 }],
    ['amended', known, { revision: 9, index: opening.index.slice(0, 1) }],
    ['amended', known, { revision: 3, federation_key: 1 }],
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
    ['OPENING_ALTERED', { revision: 3, as_of: 1_001 }],
    ['OPENING_ALTERED', { revision: 3, expires_at: 9_001 }],
    ['OPENING_ALTERED', { revision: 3, purpose: 'curiosity' }],
    ['OPENING_ALTERED', { revision: 3, generation: 2 }],
    ['OPENING_ALTERED', { revision: 3, federation_key: 2 }],
  ])('%s: %o', (reason, change) => {
    const incoming = { ...opening, ...change };
    const refusal = expect.objectContaining({ code: 'PERMISSION_DENIED', reason });
    expect(() => admitOpening(known, { opening: incoming, jws: textOf(incoming) })).toThrow(refusal);
  });
});

describe('checkTerms', () => {
  const DAY = 86_400;
  const now = 100 * DAY;
  const rules = { ...RULES, number: 1, trace_open_days: 21 };
  /** Pack 1 until day 60, pack 2 until day 98, then pack 3; pack 4 will be from day 110. */
  const FROM: Record<number, number> = { 1: 10, 2: 60, 3: 98, 4: 110 };
  const inForceAt = (at: number) => (at < 60 * DAY ? 1 : at < 98 * DAY ? 2 : at < 110 * DAY ? 3 : 4);
  const packOf = (number: number) => ({
    ...rules,
    number,
    effective_from: isoInstant((FROM[number] as number) * DAY),
  });
  const openedOn = (day: number) => ({ expires_at: (day + 21) * DAY });

  it.each<[string, number, Partial<Opening>]>([
    ['the rules in force', 3, openedOn(100)],
    ['a trace that was opened under the rules before them', 2, openedOn(90)],
    ['the rules before them, within a week of their end', 2, openedOn(100)],
    ['rules that a faster clock has in force', 3, openedOn(97.5)],
    ['a trace that is open for less than the rules allow', 3, { expires_at: now + 1 }],
    ['a trace that another clock opened, a little ahead', 3, { expires_at: now + 22 * DAY }],
  ])('%s', (_name, number, change) => {
    const given = { ...opening, ...change, rules: number };
    expect(checkTerms(given, { rules: packOf(number), inForceAt, now })).toBeUndefined();
  });

  it.each<[string, number | undefined, Partial<Opening>]>([
    ['RULES_UNKNOWN', undefined, openedOn(100)],
    ['RULES_SUPERSEDED', 1, openedOn(100)],
    ['RULES_SUPERSEDED', 2, { ...openedOn(100), as_of: 70 * DAY }],
    ['RULES_SUPERSEDED', 4, openedOn(100)],
    ['DEGREE_TOO_HIGH', 3, { ...openedOn(100), max_degree: rules.max_degree + 1 }],
    ['OPEN_TOO_LONG', 3, { expires_at: now + 22 * DAY + 1 }],
  ])('%s', (reason, number, change) => {
    // Ten days after pack 2 ended: the week has passed.
    const late = reason === 'RULES_SUPERSEDED' && number === 2 ? 8 * DAY : 0;
    const given = { ...opening, ...change, rules: number ?? 9 };
    if (late > 0) given.expires_at += late;
    const pack = number === undefined ? undefined : packOf(number);
    const check = () => checkTerms(given, { rules: pack, inForceAt, now: now + late });
    expect(check).toThrow(expect.objectContaining({ reason }));
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
