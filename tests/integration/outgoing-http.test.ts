/**
 * What an operator sees of what leaves the program, and does about dead letters; the same routes in both
 * programs.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withTransaction } from '../../shared/db/database.ts';
import { outgoingChannel } from '../../shared/outgoing/channels.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

const LETTERS = outgoingChannel<{ readonly n: number }>('letters');

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
  const keys = ['one', 'two', 'three', 'waits'];
  const items = keys.map((key, n) => ({ key, subject: `letters/${n}`, body: { n } }));
  await withTransaction(node.db, (tx) => tx.enqueue(LETTERS, items));
  await node.db.sql`
    UPDATE outgoing SET state = 'dead', tries = 11, failure = 'HUB_UNREACHABLE', ended_at = now()
    WHERE key <> 'waits'`;
});
afterAll(() => node[Symbol.asyncDispose]());

const listed = async (query = '') => (await node.call('GET', `/v1/outgoing${query}`)).body;

it('dead letters are shown, oldest first and by pages; without what they say', async () => {
  const first = await listed('?limit=2');
  expect(first.outgoing.map(({ key }: { key: string }) => key)).toEqual(['one', 'two']);
  expect(first.outgoing[0]).toEqual({
    ...{ id: expect.any(Number), channel: 'letters', key: 'one', subject: 'letters/0', state: 'dead' },
    ...{ tries: 11, failure: 'HUB_UNREACHABLE', next_try_at: null, allowed: ['retry', 'discard'] },
    ...{ created_at: expect.any(String), ended_at: expect.any(String) },
  });
  const second = await listed(`?limit=2&after=${first.next}`);
  expect(second.outgoing.map(({ key }: { key: string }) => key)).toEqual(['three']);
  const { outgoing } = await listed('?state=waiting&channel=letters');
  expect(outgoing).toMatchObject([
    { key: 'waits', allowed: [], ended_at: null, next_try_at: expect.any(String) },
  ]);
  expect((await listed('?channel=webhooks')).outgoing).toEqual([]);
});

it('a dead letter is tried again or given up, once, and on record', async () => {
  const [one, two] = (await listed()).outgoing;
  const retry = () =>
    node.call('POST', `/v1/outgoing/${one.id}/retry`, { headers: { 'idempotency-key': 'again' } });
  const { status, body } = await retry();
  expect([status, body.state, body.tries, body.ended_at]).toEqual([200, 'waiting', 0, null]);
  // The same request once more is answered alike; another one finds it in another state.
  expect((await retry()).body.state).toBe('waiting');
  const refused = await node.call('POST', `/v1/outgoing/${one.id}/discard`);
  expect([refused.status, refused.body.reason, refused.body.state]).toEqual([409, 'WRONG_STATE', 'waiting']);
  const discarded = await node.call('POST', `/v1/outgoing/${two.id}/discard`);
  expect([discarded.status, discarded.body.state]).toEqual([200, 'discarded']);
  expect((await listed()).outgoing.map(({ key }: { key: string }) => key)).toEqual(['three']);
  const { body: log } = await node.call('GET', '/v1/audit?limit=3');
  const detail = { channel: 'letters' };
  expect(log.entries).toMatchObject([
    { action: 'outgoing.discarded', outcome: 'done', detail: { ...detail, item: two.id } },
    { action: 'outgoing.discarded', outcome: 'refused', reason: 'WRONG_STATE' },
    { action: 'outgoing.retried', outcome: 'done', detail: { ...detail, item: one.id } },
  ]);
});

it('what is not there, or no number, is said', async () => {
  const missing = await node.call('POST', '/v1/outgoing/999999/retry');
  expect([missing.status, missing.body.reason]).toEqual([404, 'NO_SUCH_ITEM']);
  const malformed = await node.call('POST', '/v1/outgoing/0x1/retry');
  expect([malformed.status, malformed.body.errors[0].reason]).toEqual([400, 'NOT_AN_INTEGER']);
});
