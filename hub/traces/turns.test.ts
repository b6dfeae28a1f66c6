/** One after the other by name, and nobody waits for ever. */
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('a turn waits for those taken before under its name, in their order', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const first = await turns.take('24');
  const rest = ['second', 'third'].map(async (name) => {
    await using _turn = await turns.take('24');
    order.push(name);
  });
  await using _other = await turns.take('79');
  expect(order).toEqual([]);
  await first[Symbol.asyncDispose]();
  await Promise.all(rest);
  expect(order).toEqual(['second', 'third']);
});

it('who gives up waiting lets nobody in before those who are in', async () => {
  const turns = new Turns();
  const first = await turns.take('24');
  const over = new AbortController();
  const givenUp = turns.take('24', over.signal);
  let isIn = false;
  const third = turns.take('24').then((turn) => {
    isIn = true;
    return turn;
  });
  over.abort();
  await (await givenUp)[Symbol.asyncDispose]();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isIn).toBe(false);
  await first[Symbol.asyncDispose]();
  await (await third)[Symbol.asyncDispose]();
  expect(isIn).toBe(true);
});
