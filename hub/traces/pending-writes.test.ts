/**
 * What is owed: a trace may not be called complete while one of its writes has not been done.
 */
import { expect, it } from 'vitest';
import { PendingWrites } from './pending-writes.ts';

it('a write that failed is owed until it has been done', async () => {
  const said: string[] = [];
  const writes = new PendingWrites({ error: (_: object, text: string) => said.push(text) } as never);
  const done: string[] = [];
  let away = true;
  const write = (name: string) => async () => {
    if (away) throw new Error('not stored');
    done.push(name);
  };
  writes.add(write('a'));
  writes.add(write('b'));
  await writes.settled();
  expect(writes.isSettled).toBe(false);
  await expect(writes.durable()).rejects.toThrow('not stored');
  await expect(writes.durable()).rejects.toThrow('not stored');
  expect(said).toEqual(['write failed, is owed']);
  away = false;
  await writes.durable();
  expect(done).toEqual(['a', 'b']);
  expect(writes.isSettled).toBe(true);
});

it('what is added while others are waited for is waited for too', async () => {
  const writes = new PendingWrites({ error: () => undefined } as never);
  const done: string[] = [];
  writes.add(async () => {
    await Promise.resolve();
    writes.add(async () => {
      await Promise.resolve();
      done.push('second');
    });
    done.push('first');
  });
  await writes.durable();
  expect(done.sort()).toEqual(['first', 'second']);
});
