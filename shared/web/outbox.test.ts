import { expect, it } from 'vitest';
import { Outbox, type OutboxEntry, type OutboxStore, type Sent } from './outbox.ts';

const entry = (key: string, other: Partial<OutboxEntry> = {}): OutboxEntry => ({
  ...{ key, owner: 'hoa', about: 'an', path: '/v1/tasks/1/outcomes', body: {} },
  ...{ writtenMs: 0, sendAfterMs: 0, ...other },
});

function outboxWith(answers: Readonly<Record<string, Sent[]>> = {}) {
  const kept = new Map<string, OutboxEntry>();
  const store: OutboxStore = {
    all: async () => [...kept.values()],
    put: async (one) => void kept.set(one.key, one),
    delete: async (key) => void kept.delete(key),
  };
  const sent: string[] = [];
  const state = { now: 100 };
  let last: Promise<unknown> = Promise.resolve();
  const outbox = new Outbox({
    store,
    alone: <T>(work: () => Promise<T>) => {
      const next = last.then(work, work);
      last = next.catch(() => undefined);
      return next;
    },
    nowMs: () => state.now,
    send: async ({ key }) => {
      sent.push(key);
      return answers[key]?.shift() ?? 'done';
    },
  });
  return { outbox, kept, sent, state };
}

it('sends what is due, oldest first, and nothing twice in rounds that overlap', async () => {
  const { outbox, kept, sent } = outboxWith();
  await outbox.put(entry('b', { writtenMs: 2 }));
  await outbox.put(entry('a', { writtenMs: 1 }));
  await Promise.all([outbox.send('hoa'), outbox.send('hoa'), outbox.send('hoa')]);
  expect(sent).toEqual(['a', 'b']);
  expect([kept.size, outbox.entries]).toEqual([0, []]);
});

it('waits until a write can no longer be taken back', async () => {
  const { outbox, sent, state } = outboxWith();
  await outbox.put(entry('a', { sendAfterMs: 101 }));
  await outbox.send('hoa');
  expect(sent).toEqual([]);
  state.now = 101;
  await outbox.send('hoa');
  expect(sent).toEqual(['a']);
});

it('takes back what was not sent', async () => {
  const { outbox, sent } = outboxWith();
  await outbox.put(entry('a', { sendAfterMs: 200 }));
  expect(await outbox.drop('a')).toBe(true);
  await outbox.send('hoa');
  expect([sent, outbox.entries]).toEqual([[], []]);
});

it('does not take back what is due: it may be on its way', async () => {
  const { outbox, kept } = outboxWith();
  await outbox.put(entry('a', { sendAfterMs: 100 }));
  expect([await outbox.drop('a'), kept.size]).toEqual([false, 1]);
});

it('goes on after a store that failed once, and sends what a clock set back would hold', async () => {
  const { outbox, sent, state } = outboxWith({ a: [Promise.reject(new Error('lost')) as never] });
  await outbox.put(entry('a', { writtenMs: 500, sendAfterMs: 600 }));
  await expect(outbox.send('hoa')).rejects.toThrow('lost');
  state.now = 101;
  await outbox.send('hoa');
  expect(sent).toEqual(['a', 'a']);
});

it("keeps one person's writes in their order while the network is gone, and sends others'", async () => {
  const { outbox, sent } = outboxWith({ a: ['later'] });
  await outbox.put(entry('a', { writtenMs: 1 }));
  await outbox.put(entry('b', { writtenMs: 2 }));
  await outbox.put(entry('c', { writtenMs: 3, about: 'binh' }));
  await outbox.send('hoa');
  expect(sent).toEqual(['a', 'c']);
  await outbox.send('hoa');
  expect(sent).toEqual(['a', 'c', 'a', 'b']);
});

it('keeps what was refused, with why, does not send it again, and goes on', async () => {
  const refusal = { reason: 'WRONG_STATE', message: 'đã đóng' };
  const { outbox, sent } = outboxWith({ a: [refusal] });
  await outbox.put(entry('a', { writtenMs: 1 }));
  await outbox.put(entry('b', { writtenMs: 2 }));
  await outbox.send('hoa');
  await outbox.send('hoa');
  expect(sent).toEqual(['a', 'b']);
  expect(outbox.entries).toEqual([entry('a', { writtenMs: 1, refusal })]);
});

it("never sends somebody else's", async () => {
  const { outbox, sent } = outboxWith();
  await outbox.put(entry('a', { owner: 'lan' }));
  await outbox.send('hoa');
  expect([sent, outbox.entries.length]).toEqual([[], 1]);
});
