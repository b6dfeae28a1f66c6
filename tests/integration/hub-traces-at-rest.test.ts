/**
 * Traces of which the hub holds nothing: at rest they cost no memory, and whatever changes (answers that no
 * longer hold, a node that is back or begins anew, an amended opening, a province that joins or is left out)
 * is folded in as if they had been held all the time. Also what stands in the way of being held: a trace that
 * cannot be read, and too many of them.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getTraceStatus, listTraceStatuses, openTrace, reportStatus } from '../../hub/traces/operations.ts';
import { leaveOut, readGraph, takeBack } from '../../hub/traces/sources.ts';
import { signOpening } from '../../shared/signed/opening.ts';
import { personWith } from '../support/callers.ts';
import { openingOf, startTracedHub, type TracedHubOptions } from '../support/traced-hub.ts';
import { waitFor } from '../support/wait.ts';

const REST_MS = 150;
let hub: Awaited<ReturnType<typeof startTracedHub>>;
const start = async (options: TracedHubOptions = {}) => {
  hub = await startTracedHub({ ...options, engine: { restAfterMs: REST_MS, ...options.engine } });
};
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

const statusOf = (id: string) => getTraceStatus(hub.ctx, id);
const province = (code: string) => hub.provinces.find((one) => one.province === code)!;
const becomes = (id: string, state: string) =>
  waitFor(`a ${state} trace`, async () => (await statusOf(id)).state === state);
const atRest = () => waitFor('all at rest', () => hub.engine.figures().held === 0);
const askedAbout = (id: string) =>
  hub.provinces.map((one) => one.answered.filter((a) => a.traceId === id).length);
const reported = { dataAt: 1, protocol: 1 };
const operator = personWith(['hub_operator']);

/** Opens, and waits until nothing of it is held. */
async function openAndRest(n = 0, state = 'complete'): Promise<string> {
  const id = await hub.open(n);
  await becomes(id, state);
  await atRest();
  return id;
}

const shown = async (id: string) => {
  const { elapsedMs: _, coverage, ...rest } = await statusOf(id);
  return { ...rest, coverage: coverage.map(({ answeredAt: _at, ...one }) => one) };
};

/** Its graph, in an order that does not depend on who answered first. */
async function graphOf(id: string) {
  const graph = await readGraph(hub.ctx, operator, { id, limit: 1_000, without: [] });
  const sorted = <T>(rows: readonly T[]) => rows.map((row) => JSON.stringify(row)).sort();
  return {
    persons: sorted(graph.persons.map((person) => ({ ...person, links: sorted(person.links) }))),
    exposures: sorted(graph.exposures),
  };
}

describe('a trace at rest', () => {
  beforeEach(() => start());

  it('stands as it stood, also after a restart, and nobody is asked again', async () => {
    const id = await hub.open();
    await becomes(id, 'complete');
    const held = await shown(id);
    await atRest();
    expect(await shown(id)).toEqual(held);
    const asked = askedAbout(id);
    await hub.restart();
    expect(hub.engine.figures()).toEqual({ open: 1, held: 0, resting: 1, unreadable: 0 });
    expect(await shown(id)).toEqual(held);
    expect(askedAbout(id)).toEqual(asked);
    expect((await listTraceStatuses(hub.ctx, [id, 'ff'.repeat(16)], held.province)).map((s) => s.id)).toEqual(
      [id],
    );
  });

  it('is folded again for whoever reads its graph, and let go again', async () => {
    const id = await hub.open();
    await becomes(id, 'complete');
    const before = await graphOf(id);
    await atRest();
    expect(await graphOf(id)).toEqual(before);
    expect(hub.engine.figures().held).toBe(1);
    await atRest();
  });

  it('is asked again where a node says that answers no longer hold', async () => {
    const id = await openAndRest();
    const before = await shown(id);
    const asked = askedAbout(id);
    province('79').dataVersion = 2;
    const report = { ...reported, province: '79', incarnation: 1, dataVersion: 2 };
    await reportStatus(hub.ctx, { ...report, stale: [{ traceId: id, seqs: [1] }] });
    // From here on nobody may be told that the trace is complete, until it is.
    const state = (await statusOf(id)).state;
    if (state === 'complete') expect(province('79').answered.length).toBeGreaterThan(asked[1]!);
    await waitFor('a second answer', () => askedAbout(id).some((count, i) => count > asked[i]!));
    await becomes(id, 'complete');
    await atRest();
    expect(await shown(id)).toEqual(before);
  });

  it('asks everything again of a node that begins anew, and tells it its contacts again', async () => {
    const id = await openAndRest();
    const { questions, byProvince } = await statusOf(id);
    const [code] = [...byProvince.keys()];
    const node = province(code as string);
    node.incarnation = 2;
    node.delivered.clear();
    const asked = node.answered.length;
    await reportStatus(hub.ctx, {
      ...reported,
      province: node.province,
      incarnation: 2,
      dataVersion: 1,
      stale: [],
    });
    await waitFor('all answers', () => node.answered.length === asked + questions);
    await waitFor('all contacts', () => node.delivered.has(id));
    await becomes(id, 'complete');
    await atRest();
  });

  it('goes on under the next revision of its opening, and knows the one that it has', async () => {
    const opening = openingOf(hub.world, 0);
    const key = hub.keys.get(opening.province)!.privateKey;
    const jws = await signOpening(opening, key);
    const first = await openTrace(hub.ctx, opening.province, jws);
    await becomes(first.traceId, 'complete');
    await atRest();
    expect(await openTrace(hub.ctx, opening.province, jws)).toEqual(first);
    expect(hub.engine.figures().held).toBe(0);
    const narrower = opening.index.map((one) => ({ ...one, until: one.from }));
    const next = await signOpening({ ...opening, revision: 1, index: narrower }, key);
    await openTrace(hub.ctx, opening.province, next);
    expect((await statusOf(first.traceId)).revision).toBe(1);
    await becomes(first.traceId, 'complete');
    expect((await statusOf(first.traceId)).byDegree.size).toBe(0);
    await atRest();
  });

  it('leaves a province out, and takes it back', async () => {
    const id = await openAndRest();
    const before = await shown(id);
    await leaveOut(hub.ctx, operator, { id, province: '79', reason: 'other' });
    await becomes(id, 'partial');
    await atRest();
    expect((await statusOf(id)).coverage.map((one) => one.state)).toContain('excluded');
    await hub.restart();
    await takeBack(hub.ctx, operator, { id, province: '79' });
    await becomes(id, 'complete');
    await atRest();
    expect((await shown(id)).byDegree).toEqual(before.byDegree);
  });

  it('is closed without being read, and its counts stay', async () => {
    const id = await openAndRest();
    const { byDegree, province: owner } = await shown(id);
    await hub.engine.close(id, owner);
    expect(await shown(id)).toMatchObject({ state: 'closed', byDegree, coverage: [] });
    await hub.db.sql`DELETE FROM deliveries`;
    expect(await shown(id)).toMatchObject({ state: 'closed', byDegree });
  });
});

describe('a province that is away', () => {
  it('is waited for without anything in memory, also over a restart, and caught up with', async () => {
    await start();
    await province('01').stop();
    const ids = [await hub.open(0), await hub.open(1)];
    for (const id of ids) await becomes(id, 'partial');
    await atRest();
    await hub.restart();
    expect(hub.engine.figures()).toMatchObject({ held: 0, resting: 2 });
    expect((await statusOf(ids[0]!)).coverage.find((one) => one.province === '01')).toMatchObject({
      state: 'unreachable',
    });
    await province('01').start();
    for (const id of ids) await becomes(id, 'complete');
    await atRest();
  });

  it('and that refuses is asked again about some traces, then about all', async () => {
    await start();
    province('01').refusal = { code: 'RESOURCE_EXHAUSTED', reason: 'BUDGET_USED' };
    const ids: string[] = [];
    for (let n = 0; n < 8; n++) ids.push(await hub.open(n));
    for (const id of ids) await becomes(id, 'partial');
    await atRest();
    hub.engine.probe();
    await waitFor('some', () => hub.engine.figures().held > 0);
    expect(hub.engine.figures().held).toBeLessThanOrEqual(4);
    await atRest();
    province('01').refusal = undefined;
    hub.engine.probe();
    for (const id of ids) await becomes(id, 'complete');
    await atRest();
  });

  it('and joins later is asked about traces at rest', async () => {
    await start({ absent: ['01'] });
    const id = await openAndRest();
    expect((await statusOf(id)).coverage.map((one) => one.province)).toEqual(['24', '79']);
    hub.join('01');
    await waitFor('its coverage', async () => (await statusOf(id)).coverage.length === 3);
    await becomes(id, 'complete');
    await atRest();
    expect(province('01').answered.length).toBe((await statusOf(id)).questions);
  });
});

describe('what stands in the way', () => {
  it('a stored trace that cannot be read hurts no other, and is named', async () => {
    await start();
    const [bad, good] = [await openAndRest(0), await openAndRest(1)];
    await hub.db.sql`UPDATE questions SET body = '\\xffff' WHERE trace_id = ${bad}`;
    await hub.db.sql`UPDATE traces SET rested_at = NULL`;
    await hub.restart();
    await waitFor('the warning', () => hub.engine.warnings().length === 1);
    expect(hub.engine.warnings()[0]).toContain(bad);
    await becomes(good, 'complete');
    expect(await statusOf(bad)).toMatchObject({ state: 'partial', warnings: ['TRACE_UNREADABLE'] });
    const graph = readGraph(hub.ctx, operator, { id: bad, limit: 10, without: [] });
    await expect(graph).rejects.toMatchObject({ reason: 'TRACE_UNREADABLE' });
    await hub.engine.close(bad, (await statusOf(bad)).province);
    expect((await statusOf(bad)).state).toBe('closed');
    expect(hub.engine.warnings()).toEqual([]);
  });

  it('a stored answer that cannot be read is asked again', async () => {
    await start();
    const id = await openAndRest();
    const asked = province('79').answered.length;
    await hub.db
      .sql`UPDATE answers SET body = '\\xffff' WHERE trace_id = ${id} AND province = '79' AND seq = 1`;
    await hub.db.sql`UPDATE traces SET rested_at = NULL`;
    await hub.restart();
    await waitFor('the answer', () => province('79').answered.length === asked + 1);
    await becomes(id, 'complete');
  });

  it('a province may not have more open traces than the hub allows', async () => {
    await start({ engine: { mostOpen: 2 } });
    const ids = [await hub.open(0), await hub.open(0)];
    const third = hub.open(0);
    await expect(third).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_OPEN_TRACES' });
    await hub.engine.close(ids[0]!);
    await becomes(await hub.open(0), 'complete');
  });
});
