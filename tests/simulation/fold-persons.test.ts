/**
 * Who is one person, in the fold and by the oracle: over sets of few records that name few identifiers, so
 * that ties through third records, two handles, numbers of all kinds and slips come together in all ways; and
 * what a handle costs that very many records name.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KIND_NUMBER } from '../../shared/trace/identifier-flags.ts';
import { type Persons, resolvePersons } from '../../shared/trace/persons.ts';
import type { RecordRows } from '../../shared/trace/shared-handles.ts';
import { extent } from '../support/extent.ts';
import { groupBy } from './oracle-events.ts';
import * as oracle from './oracle-persons.ts';
import { isCccd, isHandle, kindOf } from './oracle-records.ts';

const SETS = extent({ quick: 1_000, all: 200_000 });
const SEED = Number(process.env.FOLD_SEED ?? 20211123);

const IDENTIFIERS = [
  ...['cccd:a', 'cccd:b', 'cccd:c', 'cmnd:a', 'cmnd:b', 'passport:a', 'passport:b'],
  ...['insurance:a', 'insurance:b', 'phone:a', 'phone:b', 'phone:c', 'app:a'],
];
const numberOf = (identifier: string) => IDENTIFIERS.indexOf(identifier);

const birth = fc.record({
  year: fc.constantFrom(1985, 1986),
  sex: fc.constantFrom('male' as const, 'female' as const),
});
const naming: fc.Arbitrary<oracle.Naming> = fc.record({
  identifiers: fc
    .uniqueArray(fc.constantFrom(...IDENTIFIERS), { minLength: 1, maxLength: 4 })
    .filter((identifiers) => identifiers.filter(isCccd).length <= 1),
  birth: fc.option(birth, { nil: undefined }),
});

/** Records as the fold has them; `numberOf` numbers identifiers. */
function rowsOf(records: readonly oracle.Naming[], number: (identifier: string) => number): RecordRows {
  const members = records.flatMap(({ identifiers, birth }) =>
    identifiers.map((one) => ({ one, tag: birth && isHandle(one) ? birth : undefined })),
  );
  let until = 0;
  return {
    length: records.length,
    until: Int32Array.from(records, ({ identifiers }) => (until += identifiers.length)),
    tagged: Int32Array.from(records, ({ birth }) => (birth ? 1 : 0)),
    identifier: Int32Array.from(members, ({ one }) => number(one)),
    tagLow: Int32Array.from(members, ({ tag }) => (tag?.sex === 'male' ? 1 : 0)),
    tagHigh: Int32Array.from(members, ({ one, tag }) => (tag ? tag.year * 100 + numberOf(one) : 0)),
  };
}

const KINDS = Uint8Array.from(IDENTIFIERS, (one) => KIND_NUMBER[kindOf(one) as 'cccd']);

function readable({ personOf }: Persons): string[] {
  const groups = groupBy(IDENTIFIERS, (one) => String(personOf[numberOf(one)]));
  return [...groups.values()].map((group) => group.toSorted().join('+')).sort();
}

test(`${SETS} sets of records: the oracle’s persons and shared handles`, { timeout: 600_000 }, () => {
  let withShared = 0;
  const sets = fc.array(naming, { minLength: 2, maxLength: 10, size: 'max' });
  const property = fc.property(sets, (records) => {
    const persons = resolvePersons(IDENTIFIERS.length, rowsOf(records, numberOf), KINDS);
    const shared = IDENTIFIERS.filter((_, n) => persons.shared?.[n] === 1);
    expect(shared).toEqual(IDENTIFIERS.filter((one) => oracle.sharedHandles(records).has(one)));
    const expected = new Set(oracle.resolvePersons(records, IDENTIFIERS).values());
    expect(readable(persons)).toEqual([...expected].map(({ identifiers }) => identifiers.join('+')).sort());
    if (shared.length > 0) withShared++;
  });
  fc.assert(property, { numRuns: SETS, seed: SEED });
  expect(withShared).toBeGreaterThan(SETS / 4);
  expect(withShared).toBeLessThan(SETS * 0.9);
});

describe('a phone that very many records name', () => {
  /** Of one phone and a number each, all of one kind; by `birthOf` tagged or not. */
  function ofOnePhone(count: number, birthOf: (i: number) => oracle.Naming['birth']) {
    const records = Array.from({ length: count }, (_, i) => ({
      identifiers: ['phone:a', `insurance:${i}`],
      birth: birthOf(i),
    }));
    const rows = rowsOf(records, (one) => (isHandle(one) ? 0 : 1 + Number(one.slice(10))));
    const kinds = new Uint8Array(count + 1).fill(KIND_NUMBER.insurance);
    kinds[0] = KIND_NUMBER.phone;
    const before = process.cpuUsage();
    const { personOf } = resolvePersons(count + 1, rows, kinds);
    const { user, system } = process.cpuUsage(before);
    return { persons: new Set(personOf).size, ms: (user + system) / 1000 };
  }
  const same = { year: 1985, sex: 'male' } as const;

  test('is one person’s as long as all agree in year and sex', () => {
    expect(ofOnePhone(1_000, () => same).persons).toBe(1);
  });

  test('is shared from the one on who says nothing of them, or another year', () => {
    expect(ofOnePhone(1_000, (i) => (i === 777 ? undefined : same)).persons).toBe(1_001);
    expect(ofOnePhone(1_000, (i) => (i === 777 ? { ...same, year: 1986 } : same)).persons).toBe(1_001);
  });

  test('costs what its records cost: of 100,000 less than a second, pairs would be 5 billion', () => {
    for (const birthOf of [() => same, () => undefined]) {
      expect(ofOnePhone(100_000, birthOf).ms).toBeLessThan(1_000);
    }
  });
});
