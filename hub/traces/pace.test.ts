/** Who pauses for whom: pieces of work that really take their time. */
import { expect, it } from 'vitest';
import { monotonicMs, systemClock } from '../../shared/clock.ts';
import { Pace } from './pace.ts';

const stop = new AbortController();
const workFor = (pace: Pace, id: string, ms: number) =>
  pace.work(id, () => {
    const until = monotonicMs() + ms;
    while (monotonicMs() < until);
  });
async function waitOf(pace: Pace, id: string, signal = stop.signal): Promise<number> {
  const began = monotonicMs();
  await pace.turn(id, signal);
  return monotonicMs() - began;
}

it('a long step is followed by a pause of four times as long, while others are at work', async () => {
  const pace = new Pace(systemClock);
  for (const id of ['large', 'small']) await pace.turn(id, stop.signal);
  workFor(pace, 'large', 40);
  expect(await waitOf(pace, 'small')).toBeLessThan(40);
  expect(await waitOf(pace, 'large')).toBeGreaterThan(100);
  // What it took before does not count again.
  expect(await waitOf(pace, 'large')).toBeLessThan(40);
});

it('and ends when nobody else is at work, or it is stopped', async () => {
  const pace = new Pace(systemClock);
  for (const id of ['large', 'small']) await pace.turn(id, stop.signal);
  workFor(pace, 'large', 60);
  const waited = waitOf(pace, 'large');
  pace.rest('small');
  expect(await waited).toBeLessThan(150);
  await pace.turn('small', stop.signal);
  workFor(pace, 'large', 60);
  expect(await waitOf(pace, 'large', AbortSignal.abort())).toBeLessThan(60);
});

it('nobody pauses for another that is large too', async () => {
  const pace = new Pace(systemClock);
  for (const id of ['large', 'other']) await pace.turn(id, stop.signal);
  for (const id of ['large', 'other']) workFor(pace, id, 40);
  expect(await waitOf(pace, 'large')).toBeLessThan(40);
});
