/**
 * Provinces of two steps of the protocol in one trace: what one that answers in links leaves open is said,
 * and ends when it answers in records. And index persons whose windows are empty.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getTraceStatus, reportStatus } from '../../hub/traces/operations.ts';
import { readGraph } from '../../hub/traces/sources.ts';
import { pseudonymOf } from '../simulation/model-node.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { personWith } from '../support/callers.ts';
import { openingOf, startTracedHub } from '../support/traced-hub.ts';
import { waitFor } from '../support/wait.ts';

let hub: Awaited<ReturnType<typeof startTracedHub>>;
beforeEach(async () => {
  hub = await startTracedHub({ seed: 4, engine: { restAfterMs: 150 } });
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

const statusOf = (id: string) => getTraceStatus(hub.ctx, id);
const becomes = (id: string, state: string) =>
  waitFor(`a ${state} trace`, async () => (await statusOf(id)).state === state);
const atRest = () => waitFor('all at rest', () => hub.engine.figures().held === 0);
const coverageOf = async (id: string, code: string) =>
  (await statusOf(id)).coverage.find(({ province }) => province === code);

/** The contacts' pseudonyms, as the hub shows them and as the oracle has them. */
async function contactsOf(id: string): Promise<string[]> {
  const { persons } = await readGraph(hub.ctx, personWith(['hub_operator']), {
    id,
    limit: 1_000,
    without: [],
  });
  return persons
    .filter(({ degree }) => degree > 0)
    .map(({ pseudonyms }) => pseudonyms.join('+'))
    .sort();
}

function expectedContacts(): string[] {
  const contacts = oracleOf(hub.world, hub.world.rules).contacts(hub.world.traces[0]!);
  return contacts.map(({ identifiers }) => identifiers.map(pseudonymOf).sort().join('+')).sort();
}

describe('a province that answers in links', () => {
  it('leaves the trace partial, named with the reason, until it answers in records', async () => {
    const older = hub.provinces.find(({ province }) => province === '79')!;
    older.protocol = 1;
    const id = await hub.open();
    await becomes(id, 'partial');
    await waitFor('an answer', async () => (await coverageOf(id, '79'))?.answeredAt !== 0);
    await atRest();
    const said = { state: 'behind', behind: 0, reason: 'PROTOCOL_OLDER' };
    expect(await coverageOf(id, '79')).toMatchObject(said);
    expect(await coverageOf(id, '24')).toMatchObject({ state: 'current', reason: '' });
    await hub.restart();
    expect(await statusOf(id)).toMatchObject({ state: 'partial', awaited: 0, completedAtMs: null });
    expect(await coverageOf(id, '79')).toMatchObject(said);

    older.protocol = 2;
    older.incarnation = 2;
    const report = { province: '79', incarnation: 2, dataVersion: 1, dataAt: 1, protocol: 2 };
    await reportStatus(hub.ctx, { ...report, stale: [] });
    await becomes(id, 'complete');
    expect(await coverageOf(id, '79')).toMatchObject({ state: 'current', reason: '' });
    expect(await contactsOf(id)).toEqual(expectedContacts());
  });

  it('tells less: whether two share a phone is not seen', async () => {
    for (const province of hub.provinces) province.protocol = 1;
    const id = await hub.open();
    await becomes(id, 'partial');
    await atRest();
    const contacts = await contactsOf(id);
    expect(contacts.length).toBeGreaterThan(0);
    expect(contacts).not.toEqual(expectedContacts());
  });
});

describe('an index person without a window', () => {
  it('is named, in what is kept of the trace too, until it has one', async () => {
    const { index, ...opening } = openingOf(hub.world, 0);
    const empty = index.map((entry) => ({ ...entry, until: entry.from }));
    const id = await hub.open(0, { ...opening, index: empty });
    await becomes(id, 'complete');
    expect(await statusOf(id)).toMatchObject({ warnings: ['INDEX_WINDOW_EMPTY'] });
    expect(await contactsOf(id)).toEqual([]);
    await atRest();
    expect(await statusOf(id)).toMatchObject({ warnings: ['INDEX_WINDOW_EMPTY'] });
    await hub.open(0, { ...opening, index, revision: 1 });
    await waitFor('contacts', async () => (await statusOf(id)).byDegree.size > 0);
    await becomes(id, 'complete');
    expect(await statusOf(id)).toMatchObject({ warnings: [] });
  });
});
