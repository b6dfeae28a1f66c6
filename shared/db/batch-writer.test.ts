/**
 * The batch writer before a write that the test holds: what shares a batch, what is tried again, who hears of
 * a failure, and that nothing is lost or written twice whatever happens meanwhile.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../tests/support/manual-clock.ts';
import { AppError } from '../errors.ts';
import { BatchWriter, type BatchWriterOptions } from './batch-writer.ts';

interface Row {
  readonly key: string;
  readonly bytes: number;
}

const row = (key: string, bytes = 1): Row => ({ key, bytes });
const away = () => new AppError('UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'away');
const broken = () => new AppError('INTERNAL', 'DATABASE_ERROR', 'internal error');
const told = (promise: Promise<unknown>) =>
  promise.then(
    () => 'stored',
    (error: AppError) => error.reason,
  );

/** A writer whose batches the test sees and lets go one by one. */
function setUp(options: Partial<BatchWriterOptions<Row, string>> = {}) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const batches: { keys: string[]; end: (error?: unknown) => void }[] = [];
  const writer = new BatchWriter<Row, string>({
    ...{ clock, signal: stop.signal },
    keyOf: ({ key }) => key,
    bytesOf: ({ bytes }) => bytes,
    write: (rows) =>
      new Promise((done, failed) => {
        const keys = rows.map(({ key }) => key);
        batches.push({ keys, end: (error) => (error ? failed(error) : done(keys)) });
      }),
    ...options,
  });
  const keys = () => batches.map((batch) => batch.keys.join(' '));
  const end = async (i: number, error?: unknown) => {
    batches[i]?.end(error);
    await clock.advance(0);
  };
  return { clock, stop, writer, keys, end };
}

describe('a batch', () => {
  it('is written at once when nothing is under way, else holds all that came meanwhile', async () => {
    const { writer, keys, end } = setUp();
    const added = ['a', 'b', 'c'].map((key) => writer.add(row(key)));
    expect(keys()).toEqual(['a']);
    await end(0);
    expect(keys()).toEqual(['a', 'b c']);
    expect(await added[0]).toBe('a');
    await end(1);
    expect(await Promise.all(added)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['rows', { mostRows: 2 }, [row('a'), row('b'), row('c'), row('d')], ['a', 'b c', 'd']],
    [
      'bytes',
      { mostBytes: 10 },
      [row('a'), row('b', 6), row('c', 5), row('d', 99), row('e')],
      ['a', 'b', 'c', 'd', 'e'],
    ],
    ['keys', {}, [row('a'), row('b'), row('b'), row('c')], ['a', 'b', 'b c']],
  ])('is bounded by %s, and nothing overtakes', async (_, options, rows, expected) => {
    const { writer, keys, end } = setUp(options);
    const added = rows.map((one) => writer.add(one));
    for (let i = 0; i < expected.length; i++) await end(i);
    await Promise.all(added);
    expect(keys()).toEqual(expected);
  });

  it.each([away(), new AppError('ABORTED', 'TRANSACTION_CONFLICT', 'lost')])(
    'is tried again after $reason',
    async (error) => {
      const { writer, clock, keys, end } = setUp();
      const added = writer.add(row('a'));
      await end(0, error);
      expect(keys()).toEqual(['a']);
      await clock.advance(250);
      expect(keys()).toEqual(['a', 'a']);
      await end(1);
      expect(await added).toBe('a');
    },
  );

  it('with a row that cannot be written stores the others', async () => {
    const { writer, clock } = setUp({
      write: async (rows) => {
        await clock.sleep(1);
        if (rows.some(({ key }) => key === 'bad')) throw broken();
        return rows.map(({ key }) => key);
      },
    });
    const added = ['first', 'b', 'bad', 'd', 'e'].map((key) => told(writer.add(row(key))));
    await clock.advance(100);
    expect(await Promise.all(added)).toEqual(['stored', 'stored', 'DATABASE_ERROR', 'stored', 'stored']);
  });
});

describe('the end', () => {
  it('gives back what waits at once, and lets the batch under way finish', async () => {
    const { writer, stop, clock, keys, end } = setUp();
    const [underWay, waiting] = [writer.add(row('a')), told(writer.add(row('b')))];
    stop.abort();
    expect(await waiting).toBe('SHUTTING_DOWN');
    expect(await told(writer.add(row('c')))).toBe('SHUTTING_DOWN');
    await end(0);
    expect(await underWay).toBe('a');
    expect([keys(), clock.sleeping]).toEqual([['a'], 0]);
  });

  it('waits no longer than a moment for a database that does not answer', async () => {
    const { writer, stop, clock } = setUp();
    const underWay = told(writer.add(row('a')));
    stop.abort();
    await clock.advance(2_000);
    expect(await underWay).toBe('SHUTTING_DOWN');
  });

  it('tries nothing again', async () => {
    const { writer, stop, clock, keys, end } = setUp();
    const added = told(writer.add(row('a')));
    await end(0, away());
    stop.abort();
    await clock.advance(10_000);
    expect([await added, keys()]).toEqual(['SHUTTING_DOWN', ['a']]);
  });
});

/** What a write may do: take effect or not, and say so or not. */
const OUTCOMES = ['stored', 'stored', 'stored, unheard', 'away', 'conflict'] as const;

describe('whatever happens', () => {
  it('every row resolves after it is stored or rejects, and is stored once', async () => {
    const plan = fc.record({
      rows: fc.array(
        fc.record({ key: fc.integer({ min: 0, max: 5 }), pauseMs: fc.integer({ min: 0, max: 3 }) }),
        {
          minLength: 1,
          maxLength: 40,
        },
      ),
      outcomes: fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 30 }),
      stopAtMs: fc.option(fc.integer({ min: 0, max: 40 })),
      mostRows: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(fc.asyncProperty(plan, checkPlan), { numRuns: 100 });
  });
});

interface Plan {
  readonly rows: readonly { key: number; pauseMs: number }[];
  readonly outcomes: readonly (typeof OUTCOMES)[number][];
  readonly stopAtMs: number | null;
  readonly mostRows: number;
}

async function checkPlan({ rows, outcomes, stopAtMs, mostRows }: Plan): Promise<void> {
  const [clock, stop] = [new ManualClock(), new AbortController()];
  const stored: number[] = [];
  const left = [...outcomes];
  const writer = new BatchWriter<{ n: number; key: number }, number>({
    ...{ clock, signal: stop.signal, mostRows, retryMs: 1, keyOf: ({ key }) => String(key) },
    write: async (batch) => {
      expect(batch.length).toBeLessThanOrEqual(mostRows);
      expect(new Set(batch.map(({ key }) => key)).size).toBe(batch.length);
      await clock.sleep(1);
      const outcome = left.shift() ?? 'stored';
      // As a statement that repeats itself without harm would have it.
      if (outcome.startsWith('stored')) for (const { n } of batch) if (!stored.includes(n)) stored.push(n);
      if (outcome === 'conflict') throw new AppError('ABORTED', 'TRANSACTION_CONFLICT', 'lost');
      if (outcome !== 'stored') throw away();
      return batch.map(({ n }) => n);
    },
  });
  const ends: Promise<string>[] = [];
  const feed = async () => {
    for (const [n, { key, pauseMs }] of rows.entries()) {
      if (pauseMs > 0) await clock.sleep(pauseMs);
      const added = writer.add({ n, key }).then((result) => {
        expect(result).toBe(n);
        expect(stored).toContain(n);
      });
      ends.push(told(added));
    }
  };
  const fed = feed();
  if (stopAtMs !== null) void clock.sleep(stopAtMs).then(() => stop.abort());
  for (let ms = 0; ms < 400; ms++) await clock.advance(1);
  await fed;
  const outcome = await Promise.all(ends);
  // Stored in the order of adding, for each key.
  for (const key of new Set(rows.map((one) => one.key))) {
    const own = stored.filter((n) => rows[n]?.key === key);
    expect(own).toEqual([...own].sort((a, b) => a - b));
  }
  if (stopAtMs === null) expect(new Set(outcome)).toEqual(new Set(['stored']));
}
