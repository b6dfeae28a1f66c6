/**
 * Many traces fail at one province: one line, and one when it is over.
 */
import { expect, it } from 'vitest';
import { AppError } from '../../shared/errors.ts';
import { ManualClock } from '../../tests/support/manual-clock.ts';
import { FailureLog } from './failure-log.ts';

const away = new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'away');
const refused = new AppError('RESOURCE_EXHAUSTED', 'TOO_MANY_CALLS', 'no more');

function setUp() {
  const clock = new ManualClock();
  const said: object[] = [];
  const note = (fields: object, text: string) => void said.push({ ...fields, text });
  return { clock, said, logger: { warn: note, info: note } as never, log: new FailureLog('24', clock) };
}

it('a thousand failures of hundred traces are one line, and their number when they are over', () => {
  const { said, logger, log } = setUp();
  for (let i = 0; i < 1_000; i++) log.failed(logger, `trace ${i % 100}`, away);
  expect(said).toEqual([
    { province: '24', trace: 'trace 0', failures: 1, err: away, text: 'province did not answer' },
  ]);
  log.answered(logger, false);
  log.answered(logger, false);
  expect(said.slice(1)).toEqual([
    { province: '24', reason: 'HUB_UNREACHABLE', failures: 1_000, text: 'province answers again' },
  ]);
});

it('a refusal in one trace is not over because another is answered', async () => {
  const { clock, said, logger, log } = setUp();
  for (let i = 0; i < 50; i++) {
    log.failed(logger, 'a', refused);
    log.answered(logger, false);
    await clock.advance(10_000);
  }
  expect(said.length).toBe(1);
  await clock.advance(100_000);
  log.failed(logger, 'a', refused);
  expect(said[1]).toMatchObject({ failures: 51, err: refused });
  log.answered(logger, true);
  expect(said[2]).toMatchObject({ reason: 'TOO_MANY_CALLS', failures: 51 });
});
