/**
 * How often, and after what pauses, what leaves the program is tried.
 */
import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { OUTGOING, OUTGOING_STATES, PAUSES_MS, pauseAfter } from './rules.ts';

const away = new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'away');

test('eleven tries in about three days, and none after that', () => {
  const pauses = Array.from({ length: 12 }, (_, i) => pauseAfter(i + 1, away, PAUSES_MS));
  expect(pauses.slice(10)).toEqual([undefined, undefined]);
  const hours = pauses.slice(0, 10).reduce<number>((sum, pause) => sum + (pause as number), 0) / 3_600_000;
  expect(hours).toBeGreaterThan(72);
  expect(hours).toBeLessThan(80);
});

test.each([
  ['the pause', away, 100],
  ['what the receiver asks for, if that is longer', busy(5), 5_000],
  ['the pause, if that is longer', busy(0), 100],
  ['a limit that may be over soon: the pause', new AppError('RESOURCE_EXHAUSTED', 'TOO_MANY_OPEN', ''), 100],
  ['a no that would be the same again: none', new AppError('NOT_FOUND', 'NO_SUCH_PATH', ''), undefined],
])('after a failure comes %s', (_, error, pause) => {
  expect(pauseAfter(1, error, [100])).toBe(pause);
});

test('nothing that has been sent or given up is anybody’s to settle', () => {
  expect(OUTGOING.states).toBe(OUTGOING_STATES);
  expect(Object.values(OUTGOING.commands).flatMap(({ from }) => from)).toEqual(['dead', 'dead']);
});

function busy(retryAfterSeconds: number): AppError {
  return new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'busy', { retryAfterSeconds });
}
