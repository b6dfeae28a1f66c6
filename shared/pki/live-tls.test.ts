/**
 * A certificate that is followed while files change, do not fit, or grow old, under a clock that the test
 * moves. Real files and handshakes: tests/integration/enrolment-renewal.test.ts.
 */
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../../tests/support/manual-clock.ts';
import { AppError } from '../errors.ts';
import type { TlsMaterial } from '../grpc/tls.ts';
import { LoopWatch } from '../loop.ts';
import { LiveTls } from './live-tls.ts';

const LOOK_MS = 1_000;
const named = (cert: string): TlsMaterial => ({ ca: 'ca', cert, key: 'key' });

let tls: LiveTls;
afterEach(() => tls[Symbol.asyncDispose]());

/** What lies in the files, what fits, and what came of it. */
function follow() {
  const clock = new ManualClock();
  const watch = new LoopWatch(undefined, 1);
  const seen = { inFiles: named('first'), checked: [] as string[], used: [] as string[] };
  const unfit = new Set<string>();
  tls = new LiveTls({
    ...{ first: seen.inFiles, clock, watch, logger: pino({ enabled: false }), everyMs: LOOK_MS },
    read: async () => seen.inFiles,
    check: ({ cert }) => {
      seen.checked.push(cert);
      if (unfit.has(cert)) throw new AppError('PERMISSION_DENIED', 'BAD_CERTIFICATE', cert);
    },
  });
  tls.onChange(({ cert }) => seen.used.push(cert));
  return { clock, watch, seen, unfit };
}

it('checks and uses what has changed, once, and nothing that has not', async () => {
  const { clock, seen } = follow();
  await clock.advance(10 * LOOK_MS);
  expect(seen.checked).toEqual([]);
  seen.inFiles = named('second');
  await clock.advance(10 * LOOK_MS);
  expect(seen).toMatchObject({ checked: ['second'], used: ['second'] });
  expect(tls.current.cert).toBe('second');
});

it('goes on with what is in use while the files do not fit, and an operator is told', async () => {
  const { clock, watch, seen, unfit } = follow();
  unfit.add('foreign');
  seen.inFiles = named('foreign');
  await clock.advance(10 * LOOK_MS);
  expect(watch.warnings()).toEqual([expect.stringMatching(/^own-certificate: failed .* BAD_CERTIFICATE$/)]);
  expect({ current: tls.current.cert, used: seen.used }).toEqual({ current: 'first', used: [] });
  // Mended as soon as any change is noticed, however long they did not fit.
  await clock.advance(3_600_000);
  seen.inFiles = named('second');
  await clock.advance(2.5 * LOOK_MS);
  expect(tls.current.cert).toBe('second');
  expect(watch.warnings()).toEqual([]);
});

it('tells of what grows unfit without any change', async () => {
  const { clock, watch, unfit } = follow();
  unfit.add('first');
  await clock.advance(30_000);
  expect(watch.warnings()).toEqual([]);
  await clock.advance(40_000);
  expect(watch.warnings()).toHaveLength(1);
  await clock.advance(60_000);
  expect(watch.warnings()).toHaveLength(1);
});
