import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CheckIn,
  distinctCheckIns,
  NEXT_LIMIT,
  planCheckIns,
  type StoredCheckIn,
  type Surroundings,
} from './rules.ts';

/** Check-ins of one identifier, kept the way the database keeps them. */
class Timeline {
  readonly rows = new Map<string, StoredCheckIn>();

  /** Returns the change of each written row as [inAt, the later of its old and its new end]. */
  enter(...rows: Row[]): [number, number][] {
    const distinct = distinctCheckIns(rows.map(checkIn));
    const changes = planCheckIns(distinct, (index) => this.#around(distinct[index] as CheckIn));
    for (const { until, before, isNew, ...row } of changes) {
      expect(this.rows.has(nameOf(row))).toBe(!isNew);
      this.rows.set(nameOf(row), row);
    }
    return changes.map(({ inAt, until, before }) => [inAt, Math.max(until, before)]);
  }

  #around(row: CheckIn): Surroundings {
    const same = this.rows.get(nameOf(row));
    if (same !== undefined) return { same, before: [], afterInAt: null };
    const near = [...this.rows.values()].filter(({ inAt }) => Math.abs(inAt - row.inAt) <= NEXT_LIMIT);
    const last = Math.max(...near.map(({ inAt }) => inAt).filter((inAt) => inAt < row.inAt));
    const later = near.map(({ inAt }) => inAt).filter((inAt) => inAt > row.inAt);
    return {
      same,
      before: near.filter(({ inAt, outAt }) => inAt === last && outAt === null),
      afterInAt: row.outAt === null && later.length > 0 ? Math.min(...later) : null,
    };
  }

  /** Each row as [in, out, next], those of one instant by place. */
  show(): (number | null)[][] {
    return [...this.rows.values()]
      .sort((a, b) => a.inAt - b.inAt || a.placeId - b.placeId)
      .map(({ inAt, outAt, nextInAt }) => [inAt, outAt, nextInAt]);
  }
}

type Row = [inAt: number, outAt: number | null, placeId?: number];

function checkIn([inAt, outAt, placeId = 1]: Row): CheckIn {
  return { identifierId: 1, placeId, inAt, outAt };
}

function nameOf({ inAt, placeId }: CheckIn): string {
  return `${inAt} ${placeId}`;
}

/** What must be stored of all these rows, from the definition of next_in_at alone. */
function naive(rows: readonly Row[]): (number | null)[][] {
  const ins = rows.map(([inAt]) => inAt);
  const keys = [...new Set(rows.map(([inAt, , place = 1]) => `${inAt} ${place}`))]
    .map((key) => key.split(' ').map(Number) as [number, number])
    .sort(([a, p], [b, q]) => a - b || p - q);
  return keys.map(([inAt, placeId]) => {
    const own = rows.filter(([at, , place = 1]) => at === inAt && place === placeId);
    const outs = own.flatMap(([, out]) => out ?? []);
    const out = outs.length > 0 ? Math.max(...outs) : null;
    const later = ins.filter((at) => at > inAt && at - inAt <= NEXT_LIMIT);
    return [inAt, out, out === null && later.length > 0 ? Math.min(...later) : null];
  });
}

describe('planning check-ins', () => {
  it('ends a check-in without an out by the next one', () => {
    const line = new Timeline();
    expect(line.enter([100, null])).toEqual([[100, 100 + NEXT_LIMIT]]);
    expect(line.enter([500, null])).toEqual([
      [500, 500 + NEXT_LIMIT],
      [100, 100 + NEXT_LIMIT],
    ]);
    expect(line.show()).toEqual([
      [100, null, 500],
      [500, null, null],
    ]);
  });

  it('puts one in between', () => {
    const line = new Timeline();
    line.enter([100, null], [500, null]);
    expect(line.enter([300, 400])).toEqual([
      [300, 400],
      [100, 500],
    ]);
    expect(line.show()).toEqual([
      [100, null, 300],
      [300, 400, null],
      [500, null, null],
    ]);
  });

  it('takes a late out, and of two the later', () => {
    const line = new Timeline();
    line.enter([100, null], [500, null]);
    expect(line.enter([100, 450])).toEqual([[100, 500]]);
    expect(line.enter([100, 300])).toEqual([]);
    expect(line.enter([100, 600])).toEqual([[100, 600]]);
    expect(line.enter([100, null])).toEqual([]);
    expect(line.show()[0]).toEqual([100, 600, null]);
  });

  it('ends it by the next one at any other place, but not by one at the same instant', () => {
    const line = new Timeline();
    line.enter([100, null, 1], [100, null, 2]);
    expect(line.show().map(([, , next]) => next)).toEqual([null, null]);
    line.enter([300, 300, 3]);
    expect(line.show().map(([, , next]) => next)).toEqual([300, 300, null]);
  });

  it('looks no further than the longest stay', () => {
    const line = new Timeline();
    line.enter([100, null], [100 + NEXT_LIMIT, null], [101 + 2 * NEXT_LIMIT, null]);
    expect(line.show().map(([, , next]) => next)).toEqual([100 + NEXT_LIMIT, null, null]);
  });

  it('equals a recomputation from all rows, whatever came in which order and batches', () => {
    const instant = fc.oneof(
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 6 }).map((n) => n * (NEXT_LIMIT / 2)),
      fc.integer({ min: 0, max: 4 }).map((n) => NEXT_LIMIT + n - 2),
    );
    const row = fc
      .tuple(instant, fc.option(fc.nat(50)), fc.integer({ min: 1, max: 3 }))
      .map(([at, length, place]): Row => [at, length === null ? null : at + length, place]);
    fc.assert(
      fc.property(fc.array(fc.array(row, { minLength: 1, maxLength: 6 }), { maxLength: 5 }), (batches) => {
        const line = new Timeline();
        for (const batch of batches) line.enter(...batch);
        expect(line.show()).toEqual(naive(batches.flat()));
        for (const batch of batches) expect(line.enter(...batch)).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });
});
