/**
 * The background loop under a clock that the test moves: when passes come, what failures cost and who hears
 * of them, and that it ends.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../tests/support/manual-clock.ts';
import { AppError } from './errors.ts';
import { type Loop, type LoopOptions, LoopWatch, runningLoops, startLoop } from './loop.ts';

const clock = new ManualClock();
const said: string[] = [];
const logger = {
  info: (_fields: object, text: string) => said.push(`info ${text}`),
  warn: (_fields: object, text: string) => said.push(`warn ${text}`),
} as unknown as LoopOptions['logger'];
let loop: Loop | undefined;

afterEach(async () => {
  await loop?.[Symbol.asyncDispose]();
  said.length = 0;
});

function start(options: Omit<LoopOptions, 'name' | 'clock' | 'logger'>): Loop {
  loop = startLoop({ name: 'counting', clock, logger, ...options });
  return loop;
}

const away = () => new AppError('UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'away');

describe('passes', () => {
  it('come at once, then within a quarter of the interval', async () => {
    let passes = 0;
    start({ everyMs: 1_000, pass: async () => void passes++ });
    await clock.advance(0);
    expect(passes).toBe(1);
    await clock.advance(12_500);
    expect(passes).toBeGreaterThanOrEqual(11);
    expect(passes).toBeLessThanOrEqual(17);
  });

  it('come when the pass says, and first when the starter says', async () => {
    const at: number[] = [];
    const from = clock.nowMs();
    const pass = async () => {
      at.push(clock.nowMs() - from);
      return { nextInMs: 70 };
    };
    start({ everyMs: 1_000, firstInMs: 30, pass });
    await clock.advance(200);
    expect(at).toEqual([30, 100, 170]);
  });

  it('come at once when woken, and once more when woken during one', async () => {
    let passes = 0;
    let finish: () => void = () => undefined;
    const pass = () => {
      passes++;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    const waking = start({ everyMs: 60_000, pass });
    await clock.advance(0);
    waking.wake();
    waking.wake();
    finish();
    await clock.advance(0);
    expect(passes).toBe(2);
    finish();
    await clock.advance(0);
    expect(passes).toBe(2);
    waking.wake();
    await clock.advance(0);
    expect(passes).toBe(3);
    finish();
  });
});

describe('failures', () => {
  it('are retried later and later, said once, and so is the recovery', async () => {
    const at: number[] = [];
    const from = clock.nowMs();
    const pass = async () => {
      at.push(clock.nowMs() - from);
      if (at.length < 6) throw away();
    };
    start({ everyMs: 1_000_000, retryMs: { first: 100, most: 400 }, pass });
    await clock.advance(5_000);
    const waits = at.slice(1).map((ms, i) => ms - (at[i] as number));
    expect(waits).toHaveLength(5);
    for (const [i, longest] of [125, 250, 500, 500, 500].entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(Math.max(100, longest * 0.6));
      expect(waits[i]).toBeLessThanOrEqual(longest);
    }
    expect(said).toEqual(['warn background work failed, is tried again', 'info background work goes on']);
    expect(loop?.failures).toBe(0);
  });

  it('are not hammered by whoever wakes the loop', async () => {
    let passes = 0;
    const waking = start({
      everyMs: 1_000,
      retryMs: { first: 100, most: 10_000 },
      pass: async () => {
        passes++;
        throw away();
      },
    });
    for (let ms = 0; ms < 1_000; ms++) {
      waking.wake();
      await clock.advance(1);
    }
    expect(passes).toBeGreaterThanOrEqual(9);
    expect(passes).toBeLessThanOrEqual(11);
  });

  it('also of what throws before it has promised anything', async () => {
    start({
      everyMs: 1_000,
      pass: () => {
        throw new Error('at once');
      },
    });
    await clock.advance(0);
    expect(loop?.failures).toBe(1);
  });

  it('warn the operator after five in a row, with the reason, until one goes well', async () => {
    const counted: [string, number][] = [];
    const succeeded: number[] = [];
    const figures = {
      failures: (name: string, count: number) => void counted.push([name, count]),
      succeededAt: (_name: string, at: number) => void succeeded.push(at),
    };
    const watch = new LoopWatch(figures);
    let wellFrom = Number.POSITIVE_INFINITY;
    let passes = 0;
    const pass = async () => {
      if (++passes < wellFrom) throw away();
    };
    const waking = start({ everyMs: 1_000, retryMs: { first: 10, most: 10 }, watch, pass });
    while (passes < 4) await clock.advance(1);
    expect(watch.warnings()).toEqual([]);
    while (passes < 5) await clock.advance(1);
    expect(watch.warnings()).toEqual(['counting: failed 5 times in a row: DATABASE_UNAVAILABLE']);
    expect(counted.at(-1)).toEqual(['counting', 5]);
    wellFrom = 0;
    waking.wake();
    await clock.advance(20);
    expect(watch.warnings()).toEqual([]);
    expect(counted.at(-1)).toEqual(['counting', 0]);
    expect(succeeded.at(-1)).toBeLessThanOrEqual(clock.nowMs() / 1000);
  });
});

describe('the end', () => {
  it('aborts the pass under way, waits for it, and says nothing of it', async () => {
    let ended = false;
    const ending = start({
      everyMs: 1_000,
      pass: (signal) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended = true;
            reject(signal.reason);
          });
        }),
    });
    await clock.advance(0);
    expect(runningLoops()).toEqual(['counting']);
    await ending[Symbol.asyncDispose]();
    expect(ended).toBe(true);
    expect(said).toEqual([]);
    expect(runningLoops()).toEqual([]);
  });

  it('comes at once to a loop that rests, and leaves no sleeper', async () => {
    const resting = start({ everyMs: 1_000_000, pass: () => Promise.resolve() });
    await clock.advance(0);
    await resting[Symbol.asyncDispose]();
    expect(clock.sleeping).toBe(0);
    const failing = start({
      everyMs: 1,
      retryMs: { first: 9_000, most: 9_000 },
      pass: () => Promise.reject<void>(away()),
    });
    await clock.advance(0);
    await failing[Symbol.asyncDispose]();
    expect(clock.sleeping).toBe(0);
  });
});
