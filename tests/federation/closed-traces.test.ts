/**
 * A trace that is closed is closed everywhere: the nodes that it asked keep nothing of it in memory, while
 * what other traces have asked is still told of.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { waitFor } from '../support/wait.ts';
import { call } from './drive.ts';
import { converges, createWorld, importWorld, open, pickRequest, rowsOf } from './scenario.ts';

let federation: Federation;
beforeAll(async () => {
  federation = await createWorld({ env: { hub: { REPORT_EVERY_MS: '200' } } });
});
afterAll(() => federation?.[Symbol.asyncDispose]());

/** Of how many traces each node keeps what they have asked. */
async function kept(): Promise<number[]> {
  const pages = federation.nodes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text());
  return (await Promise.all(pages)).map((page) =>
    Number(/truyvet_asked\{[^}]*what="traces"[^}]*\} (\d+)/.exec(page)?.[1]),
  );
}

test('the nodes let go what a closed trace has asked', { timeout: 120_000 }, async () => {
  const imported = await importWorld(federation, 1);
  const { request, owner, expected } = pickRequest(imported.world);
  const closed = await open(federation, imported, request);
  const stays = await open(federation, imported, request);
  for (const id of [closed, stays]) await converges(federation, id, { at: owner, expected, firm: false });
  expect(await kept()).toEqual([2, 2, 2]);
  await call(federation.node(owner), `/v1/traces/${closed}/close`, { method: 'POST' });
  await waitFor('all nodes to let it go', async () => (await kept()).every((traces) => traces === 1));
  // What is kept for traces that may ask is not kept for this one any longer.
  for (const node of federation.nodes) {
    const over = await rowsOf(node, `SELECT DISTINCT trace_id FROM openings WHERE closed_at IS NOT NULL`);
    expect(over).toEqual([{ trace_id: closed }]);
    const unknown = await rowsOf(node, `SELECT FROM openings WHERE asks_from = 0 OR asks_until > 4294967294`);
    expect(unknown).toEqual([]);
  }
  await converges(federation, stays, { at: owner, expected, firm: false });
});
