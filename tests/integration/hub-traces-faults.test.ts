/**
 * Whatever happens to traces while they are held, at rest, or between the two (nodes that go, come back,
 * begin anew, refuse or correct themselves; a hub that starts again; provinces left out and taken back), each
 * ends as the fold alone has it, and every province has been told all that it must know.
 */
import { expect, it } from 'vitest';
import { getTraceStatus, reportStatus } from '../../hub/traces/operations.ts';
import { leaveOut, readGraph, takeBack } from '../../hub/traces/sources.ts';
import { systemClock } from '../../shared/clock.ts';
import { foldTrace } from '../simulation/fold.ts';
import { pseudonymOf } from '../simulation/model-node.ts';
import { Random } from '../simulation/random.ts';
import { personWith } from '../support/callers.ts';
import { extent } from '../support/extent.ts';
import { type ModelProvince, startTracedHub } from '../support/traced-hub.ts';
import { waitFor } from '../support/wait.ts';

type Hub = Awaited<ReturnType<typeof startTracedHub>>;

const SEEDS = extent({ quick: 1, all: 40 });
const REST_MS = 40;
const operator = personWith(['hub_operator']);

it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('seed %i', { timeout: 240_000 }, async (seed) => {
  await using hub = await startTracedHub({ seed, engine: { restAfterMs: REST_MS, roundDeadlineMs: 300 } });
  const random = new Random(seed);
  const ids: string[] = [await hub.open(0)];
  const story: string[] = [];
  for (let step = 0; step < 25; step++) {
    const what = random.pick(STEPS);
    story.push(what);
    await act(hub, { what, ids, random });
    await systemClock.sleep(random.pick([0, 0, 10, 3 * REST_MS]));
  }
  await setRight(hub, ids);
  for (const [n, id] of ids.entries()) await endsAs(hub, { id, n, story });
  await waitFor('all at rest', () => hub.engine.figures().held === 0);
});

const STEPS = [
  ...['open', 'stale', 'stale', 'life', 'down', 'up', 'refuse', 'allow', 'probe'],
  ...['restart', 'crash', 'leave out', 'take back', 'read', 'report'],
] as const;

interface Step {
  readonly what: (typeof STEPS)[number];
  readonly ids: string[];
  readonly random: Random;
}

async function act(hub: Hub, { what, ids, random }: Step): Promise<void> {
  const node = random.pick(hub.provinces);
  const id = random.pick(ids);
  if (what === 'open' && ids.length < 3) ids.push(await hub.open(ids.length));
  if (what === 'down') await node.stop();
  if (what === 'up') await goUp(node);
  if (what === 'refuse') node.refusal = { code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_CALLS' };
  if (what === 'allow') node.refusal = undefined;
  if (what === 'probe') hub.engine.probe();
  if (what === 'restart') await hub.restart();
  if (what === 'crash') await hub.restart('lost');
  if (what === 'report') await report(hub, node, []);
  if (what === 'life') await beginAnew(hub, node);
  if (what === 'stale') {
    node.dataVersion++;
    const { questions } = await getTraceStatus(hub.ctx, id);
    if (questions > 0) await report(hub, node, [{ traceId: id, seqs: [random.int(1, questions)] }]);
  }
  const excluded = { id, province: node.province };
  if (what === 'leave out') await leaveOut(hub.ctx, operator, { ...excluded, reason: 'other' });
  if (what === 'take back') await takeBack(hub.ctx, operator, excluded).catch(() => undefined);
  if (what === 'read') await readGraph(hub.ctx, operator, { id, limit: 10, without: [] });
}

/** A node that was not stopped is up already. */
async function goUp(node: ModelProvince): Promise<void> {
  await node.stop();
  await node.start();
}

async function beginAnew(hub: Hub, node: ModelProvince): Promise<void> {
  await node.stop();
  node.incarnation++;
  node.dataVersion = 1;
  node.delivered.clear();
  await node.start();
  await report(hub, node, []);
}

function report(
  hub: Hub,
  { province, incarnation, dataVersion }: ModelProvince,
  stale: Stale,
): Promise<unknown> {
  return reportStatus(hub.ctx, { province, incarnation, dataVersion, dataAt: 1, protocol: 1, stale });
}

type Stale = Parameters<typeof reportStatus>[1]['stale'];

async function setRight(hub: Hub, ids: readonly string[]): Promise<void> {
  for (const node of hub.provinces) {
    node.refusal = undefined;
    await goUp(node);
    for (const id of ids)
      await takeBack(hub.ctx, operator, { id, province: node.province }).catch(() => undefined);
  }
}

async function endsAs(hub: Hub, { id, n, story }: { id: string; n: number; story: string[] }): Promise<void> {
  await waitFor(`a complete trace after ${story.join(', ')}`, async () => {
    hub.engine.probe();
    return (await getTraceStatus(hub.ctx, id)).state === 'complete';
  });
  const { persons } = await readGraph(hub.ctx, operator, { id, limit: 10_000, without: [] });
  const request = hub.world.traces[n % hub.world.traces.length]!;
  const { contacts } = foldTrace(hub.world, request, n);
  const expected = contacts.map(({ identifiers, degree }) => [
    degree,
    ...identifiers.map(pseudonymOf).sort(),
  ]);
  const found = persons.filter(({ degree }) => degree > 0).map((p) => [p.degree, ...p.pseudonyms]);
  expect(sorted(found), story.join(', ')).toEqual(sorted(expected));
  const rows = await hub.db.sql<{ province: string; last: number }[]>`
    SELECT province, max(seq) AS last FROM deliveries WHERE trace_id = ${id} GROUP BY province`;
  for (const { province, last } of rows) {
    const node = hub.provinces.find((one) => one.province === province)!;
    expect([province, node.delivered.get(id)], story.join(', ')).toEqual([province, last]);
  }
}

function sorted(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
