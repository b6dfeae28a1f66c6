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

/** Check-ins of one identifier at one place, kept the way the database keeps them. */
class Timeline {
  readonly rows = new Map<number, StoredCheckIn>();

  /** Returns the change of each written row as [inAt, the later of its old and its new end]. */
  enter(...rows: [inAt: number, outAt: number | null][]): [number, number][] {
    const distinct = distinctCheckIns(rows.map(([inAt, outAt]) => checkIn(inAt, outAt)));
    const changes = planCheckIns(distinct, (index) => this.#around(distinct[index] as CheckIn));
    for (const { until, before, isNew, ...row } of changes) {
      expect(this.rows.has(row.inAt)).toBe(!isNew);
      this.rows.set(row.inAt, row);
    }
    return changes.map(({ inAt, until, before }) => [inAt, Math.max(until, before)]);
  }

  #around({ inAt, outAt }: CheckIn): Surroundings {
    const all = [...this.rows.values()].sort((a, b) => a.inAt - b.inAt);
    const atOrBefore = all.findLast((row) => row.inAt <= inAt && row.inAt >= inAt - NEXT_LIMIT);
    const after = all.find((row) => row.inAt > inAt && row.inAt <= inAt + NEXT_LIMIT);
    const needed = outAt === null && atOrBefore?.inAt !== inAt;
    return { atOrBefore, afterInAt: needed ? (after?.inAt ?? null) : null };
  }

  /** Each row as [in, out, next]. */
  show(): (number | null)[][] {
    return [...this.rows.values()]
      .sort((a, b) => a.inAt - b.inAt)
      .map(({ inAt, outAt, nextInAt }) => [inAt, outAt, nextInAt]);
  }
}

function checkIn(inAt: number, outAt: number | null): CheckIn {
  return { identifierId: 1, placeId: 1, inAt, outAt };
}

/** What must be stored of all these rows, from the definition of next_in_at alone. */
function naive(rows: readonly (readonly [number, number | null])[]): (number | null)[][] {
  const ins = [...new Set(rows.map(([inAt]) => inAt))].sort((a, b) => a - b);
  return ins.map((inAt) => {
    const outs = rows.filter(([at, out]) => at === inAt && out !== null).map(([, out]) => out as number);
    const out = outs.length > 0 ? Math.max(...outs) : null;
    const next = ins.find((at) => at > inAt && at - inAt <= NEXT_LIMIT) ?? null;
    return [inAt, out, out === null ? next : null];
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
      .tuple(instant, fc.option(fc.nat(50)))
      .map(([at, length]): [number, number | null] => [at, length === null ? null : at + length]);
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
