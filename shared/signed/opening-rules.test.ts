/** Which opening a trace may have next, and what may be asked under it: tables. */
import { describe, expect, it } from 'vitest';
import { RULES } from '../../tests/simulation/examples.ts';
import { isoInstant } from '../domain/instant.ts';
import { admitOpening, checkTerms, joinOpenings, type Known, questionOutside } from './opening-rules.ts';
import type { IndexCase, Opening } from './opening-shape.ts';
import { checkWindows } from './opening-windows.ts';

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

describe('checkWindows', () => {
  const DAY = 86_400;
  const now = 100 * DAY;
  const rules = { retention_days: 30, source_days: 14, latent_days: 2 };
  const entry = (from: number, until: number, change: Partial<IndexCase> = {}): IndexCase => ({
    ...{ case_ref: '0', pseudonym: '0'.repeat(32), from: from * DAY, until: until * DAY },
    ...change,
  });
  const hex = (n: number) => n.toString(16).padStart(32, '0');
  const named = (count: number) =>
    Array.from({ length: count }, (_, n) => entry(90, 95, { pseudonym: hex(n) }));
  const of = (change: Partial<Opening>): Opening => ({ ...opening, as_of: now, ...change });
  const backward = (...index: IndexCase[]) => of({ direction: 'backward', index });
  const other = { case_ref: '1' };

  it.each<[string, Opening]>([
    ['all that is kept', of({ index: [entry(70, 100)] })],
    ['an empty window', of({ index: [entry(70, 70)] })],
    ['as of a moment that a clock ahead has', of({ as_of: now + 330, index: [entry(90, 95)] })],
    ['a trace of long ago', of({ as_of: 50 * DAY, index: [entry(20, 50)] })],
    ['a case of twenty identifiers', of({ index: named(20) })],
    ['two cases of one person', of({ index: [entry(80, 90), entry(85, 95, other)] })],
    ['the days in which a source is looked for', backward(entry(80, 92))],
    ['those of two cases', backward(entry(80, 92), entry(80, 99, other))],
    ['those of a case that is cut off by what is kept', backward(entry(70, 79))],
  ])('allows %s', (_name, given) => {
    expect(checkWindows(given, rules, now)).toBeUndefined();
  });

  it.each<[string, string, Opening]>([
    ['AS_OF_IN_FUTURE', 'an hour', of({ as_of: now + 3_600, index: [entry(90, 95)] })],
    ['AS_OF_IN_FUTURE', 'a second more', of({ as_of: now + 331, index: [entry(90, 95)] })],
    ['AS_OF_IN_FUTURE', 'a year', of({ as_of: now + 365 * DAY, index: [entry(90, 95)] })],
    ['WINDOW_TOO_EARLY', 'of all time', of({ index: [entry(0, 100)] })],
    ['WINDOW_TOO_EARLY', 'a second more', of({ index: [entry(70 - 1 / DAY, 100)] })],
    ['WINDOW_TOO_EARLY', 'backward', backward(entry(69, 80))],
    ['WINDOW_TOO_EARLY', 'of one case among others', of({ index: [entry(90, 95), entry(0, 1, other)] })],
    ['WINDOW_TOO_EARLY', 'an empty one', of({ index: [entry(0, 0)] })],
    ['WINDOW_TOO_LATE', 'backward', backward(entry(80, 92), entry(80, 101, other))],
    ['WINDOW_TOO_WIDE', 'two weeks more', backward(entry(72, 98))],
    ['WINDOW_TOO_WIDE', 'a second more', backward(entry(80, 92 + 1 / DAY))],
    ['WINDOW_TOO_WIDE', 'each case its own', backward(entry(80, 92), entry(75, 87, other))],
    [
      'CASE_WINDOWS_DIFFER',
      'for each identifier',
      of({ index: [entry(90, 95), entry(90, 99, { pseudonym: hex(1) })] }),
    ],
    ['CASE_TOO_MANY_IDENTIFIERS', 'one more', of({ index: named(21) })],
    ['CASE_TOO_MANY_IDENTIFIERS', 'everybody', of({ index: named(3_000) })],
    ['CASE_NAMES_TWICE', 'the same', of({ index: [entry(90, 95), entry(90, 95)] })],
  ])('%s: %s', (reason, _name, given) => {
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT', reason });
    expect(() => checkWindows(given, rules, now)).toThrow(refusal);
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
