/**
 * The list of traces at a node: what it costs the hub and the database, however many traces there are.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Direction, TraceState } from '../../shared/gen/truyvet/v1/common_pb.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { waitFor } from '../support/wait.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

const AS_OF = Date.parse('2021-07-01T00:00:00Z') / 1000;
const STATUS = {
  ...{ state: TraceState.PARTIAL, rules: 1, direction: Direction.FORWARD, maxDegree: 1, asOf: AS_OF },
  ...{ province: '24', questions: 4, awaited: 2, openedAt: AS_OF, elapsedMs: 41, revision: 0 },
};

it('costs one call to the hub, whose word is written down where it is new', async () => {
  const facts = { identifiers: ['phone:0912345678'], onset_on: '2021-06-10' };
  const { id: caseId } = (await node.call('POST', '/v1/cases', { json: facts })).body;
  const trace = { cases: [caseId], direction: 'forward', as_of: '2021-07-01T00:00:00Z' };
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) ids.push((await node.call('POST', '/v1/traces', { json: trace })).body.id);
  await waitFor('the hub to take them', async () => {
    const open = await node.db.sql`SELECT FROM traces WHERE accepted_at IS NULL`;
    return open.length === 0;
  });
  for (const id of ids) node.hub.statuses.set(id, STATUS);
  const versions = () =>
    node.db.sql`SELECT id, xmin::text FROM traces WHERE id = ANY (${ids}::text[]) ORDER BY id`;
  const list = async () => (await node.call('GET', '/v1/traces?limit=100')).body.traces;
  node.hub.listed.length = 0;
  const shown = await list();
  expect(node.hub.listed.length).toBe(1);
  for (const id of ids)
    expect(shown.find((one: { id: string }) => one.id === id)).toMatchObject({ state: 'partial' });
  const before = await versions();
  for (const id of ids) node.hub.statuses.set(id, { ...STATUS, elapsedMs: 99 });
  await list();
  expect(await versions()).toEqual(before);
  node.hub.statuses.set(ids[0]!, { ...STATUS, questions: 5 });
  await list();
  const changed = (await versions()).filter((row, i) => row.xmin !== before[i]?.xmin);
  expect(changed.map((row) => row.id)).toEqual([ids[0]]);
});
