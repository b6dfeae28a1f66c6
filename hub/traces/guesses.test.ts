/** Guesses over the traces of a province and a day. */
import { expect, it } from 'vitest';
import { Guesses } from './guesses.ts';

const HOUR_MS = 3_600_000;

it('counts those of the other traces of the province and day, as they are now', () => {
  let now = 0;
  const guesses = new Guesses({ nowMs: () => now });
  const trace = (id: string, province: string) => ({ id, province, openedAtMs: now });
  const [a, b] = [trace('a', '24'), trace('b', '24')];
  expect(guesses.note(a, 99)).toBe(0);
  expect(guesses.note(b, 99)).toBe(99);
  expect(guesses.note(trace('c', '79'), 99)).toBe(0);
  // Corrected, published again: not counted twice.
  expect(guesses.note(a, 40)).toBe(99);
  expect(guesses.note(b, 99)).toBe(40);
  expect(guesses.note(a, 0)).toBe(99);
  expect(guesses.note(b, 99)).toBe(0);
  now = 24 * HOUR_MS;
  expect(guesses.note(trace('d', '24'), 9)).toBe(99);
  now++;
  expect(guesses.note(trace('e', '24'), 9)).toBe(9);
});
