import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditHandlers } from '../../hub/audit/grpc.ts';
import { CheckpointExchange } from '../../node/federation/checkpoints/exchange.ts';
import { hubCheckpoints } from '../../node/federation/checkpoints/grpc.ts';
import type { Caller } from '../../shared/acts/access.ts';
import { nodeOrigin, signCheckpoint } from '../../shared/audit/checkpoint.ts';
import type { AuditLog } from '../../shared/audit/log.ts';
import { PeerLogs } from '../../shared/audit/peer-logs.ts';
import { acceptRestore } from '../../shared/audit/restores.ts';
import { systemClock } from '../../shared/clock.ts';
import { Disposal } from '../../shared/disposal.ts';
import { type FakeHub, startFakeHub } from '../support/fake-hub.ts';
import { waitFor } from '../support/wait.ts';
import { type AuditFixture, createAuditFixture, recordEntries, silent, stillClock } from './audit-fixture.ts';

/** A node and a hub with real databases, joined by real gRPC; either log can be exchanged for another. */
interface Pair {
  node: AuditFixture;
  hub: AuditFixture;
  readonly fake: FakeHub;
  readonly nodePeers: PeerLogs;
  readonly hubPeers: PeerLogs;
  readonly counts: string[];
}

let held: Disposal;
let pair: Pair;

beforeEach(async () => {
  held = new Disposal();
  const fake = held.use(await startFakeHub());
  const node = held.use(await createAuditFixture());
  const hub = held.use(await createAuditFixture({ kind: 'hub' }));
  const counts: string[] = [];
  const peersOf = (side: string, { db }: AuditFixture) =>
    new PeerLogs({
      ...{ db, clock: stillClock, logger: silent },
      countConflict: (peer, reason) => counts.push(`${side} ${peer} ${reason}`),
    });
  pair = { node, hub, fake, nodePeers: peersOf('node', node), hubPeers: peersOf('hub', hub), counts };
  serve();
});
afterEach(() => held[Symbol.asyncDispose]());

/** The hub of the fixture answers, with the log that it has now. */
function serve(provinceKeys = new Map([['24', pair.node.key.publicKey]])) {
  const { log } = pair.hub;
  const fresh: Pick<AuditLog, 'recentCheckpoint' | 'consistency'> = {
    // Without the ten seconds for which a checkpoint is recent.
    recentCheckpoint: () => log.checkpoint(),
    consistency: (oldSize, size) => log.consistency(oldSize, size),
  };
  const ctx = { log: fresh, peers: pair.hubPeers, provinceKeys };
  pair.fake.exchange = auditHandlers(ctx).exchangeCheckpoints;
}

function newExchange(log = pair.node.log): CheckpointExchange {
  const { fake, nodePeers, hub } = pair;
  return held.use(
    new CheckpointExchange({
      ...{ log, peers: nodePeers, hub: hubCheckpoints(fake.link.client), hubKey: hub.key.publicKey },
      ...{ clock: stillClock, logger: silent, everyMs: 60_000 },
    }),
  );
}

/** [peer, size, conflict] in the order of arrival. */
async function kept({ db }: AuditFixture): Promise<unknown[][]> {
  const rows = await db.sql`SELECT peer, size, conflict FROM audit_peer_checkpoints ORDER BY id`;
  return rows.map((row) => Object.values(row));
}

async function refusalsOnRecord({ db }: AuditFixture): Promise<unknown[]> {
  const rows = await db.sql<{ body: string }[]>`
    SELECT body FROM audit_records WHERE body LIKE '%checkpoint.refused%' ORDER BY id`;
  return rows.map(({ body }) => JSON.parse(body));
}

const operatorOf = (area: string): Caller => ({
  ...{ subject: 'binh', actor: { kind: 'person', id: 'binh' }, expiresAt: 4e9 },
  grants: [{ role: 'operator', area }],
});

/** Another log of the same owner, with `count` entries. */
async function otherLog(of: AuditFixture, kind: 'node' | 'hub', count: number): Promise<AuditFixture> {
  const other = held.use(await createAuditFixture({ kind, key: of.key }));
  await recordEntries(other.db, count, 1_000);
  return other;
}

/** Both logs have 5 entries and each side holds that. */
async function begun(): Promise<CheckpointExchange> {
  await recordEntries(pair.node.db, 5);
  await recordEntries(pair.hub.db, 5);
  const exchange = newExchange();
  await exchange.exchange();
  expect((await kept(pair.hub)).at(-1)).toEqual(['24', 5, null]);
  expect((await kept(pair.node)).at(-1)).toEqual(['hub', 5, null]);
  return exchange;
}

describe('a node and the hub', () => {
  test('hold each other’s newest checkpoint, and keep nothing where nothing is new', async () => {
    const exchange = await begun();
    await recordEntries(pair.node.db, 20, 5);
    await recordEntries(pair.hub.db, 1, 5);
    await exchange.exchange();
    const before = [await kept(pair.hub), await kept(pair.node)];
    expect(before.map((rows) => rows.at(-1))).toEqual([
      ['24', 25, null],
      ['hub', 6, null],
    ]);
    await exchange.exchange();
    expect([await kept(pair.hub), await kept(pair.node)]).toEqual(before);
    expect(pair.hubPeers.warnings(['24'])).toEqual([]);
    expect(pair.nodePeers.warnings(['hub'])).toEqual([]);
  });

  test('a node that starts anew learns what the hub holds, and goes on from there', async () => {
    const first = await begun();
    await first[Symbol.asyncDispose]();
    await recordEntries(pair.node.db, 3, 5);
    await newExchange().exchange();
    expect((await kept(pair.hub)).at(-1)).toEqual(['24', 8, null]);
    expect(pair.nodePeers.warnings(['hub'])).toEqual([]);
  });

  test('in the background it happens by itself, also after the hub was away', async () => {
    await pair.fake.stop();
    held.use(
      new CheckpointExchange({
        ...{ log: pair.node.log, peers: pair.nodePeers, hub: hubCheckpoints(pair.fake.link.client) },
        ...{ hubKey: pair.hub.key.publicKey, clock: systemClock, logger: silent, everyMs: 20 },
      }),
    );
    await recordEntries(pair.node.db, 2);
    await pair.fake.start();
    await waitFor('a checkpoint', async () => (await kept(pair.hub)).at(-1)?.[1] === 2);
  });
});

describe.each([
  ['shorter', 3, 'AUDIT_LOG_TRUNCATED'],
  ['as long but another', 5, 'AUDIT_LOG_FORKED'],
  ['longer and no continuation', 9, 'AUDIT_LOG_REWRITTEN'],
])('a log that is %s', (_, count, reason) => {
  test('at the node is refused by the hub, kept as evidence, told to both, and stops nothing', async () => {
    await begun();
    const lying = newExchange((await otherLog(pair.node, 'node', count)).log);
    await lying.exchange();
    await lying.exchange();
    expect((await kept(pair.hub)).slice(-2)).toEqual([
      ['24', 5, null],
      ['24', count, reason],
    ]);
    expect(pair.counts.filter((count) => count === `hub 24 ${reason}`).length).toBeGreaterThan(1);
    expect(await refusalsOnRecord(pair.hub)).toMatchObject([
      {
        actor: { kind: 'node', id: 'node/24' },
        outcome: 'refused',
        reason,
        detail: { size: count, held_size: 5 },
      },
    ]);
    expect(pair.hubPeers.warnings(['24'])).toEqual([`24: ${reason}`]);
    expect(pair.nodePeers.warnings(['hub'])).toEqual([`hub refuses our log: ${reason}`]);
    const honest = newExchange();
    await recordEntries(pair.node.db, 1, 5);
    await honest.exchange();
    expect((await kept(pair.hub)).at(-1)).toEqual(['24', 6, null]);
    expect(pair.hubPeers.warnings(['24'])).toEqual([]);
    expect(pair.nodePeers.warnings(['hub'])).toEqual([]);
  });

  test('at the hub is refused by the node, kept as evidence, told to both, and stops nothing', async () => {
    const exchange = await begun();
    const honest = pair.hub;
    pair.hub = await otherLog(honest, 'hub', count);
    serve();
    await exchange.exchange();
    await exchange.exchange();
    expect((await kept(pair.node)).slice(-2)).toEqual([
      ['hub', 5, null],
      ['hub', count, reason],
    ]);
    expect(await refusalsOnRecord(pair.node)).toMatchObject([
      {
        actor: { kind: 'hub', id: 'hub' },
        outcome: 'refused',
        reason,
        detail: { size: count, held_size: 5 },
      },
    ]);
    expect(pair.nodePeers.warnings(['hub'])).toEqual([`hub: ${reason}`]);
    expect(pair.hubPeers.warnings(['24'])).toEqual([`24 refuses our log: ${reason}`]);
    pair.hub = honest;
    serve();
    await exchange.exchange();
    expect(pair.nodePeers.warnings(['hub'])).toEqual([]);
  });
});

test('a hub that was restored is accepted by the node’s operator, and both warnings end', async () => {
  const exchange = await begun();
  pair.hub = await otherLog(pair.hub, 'hub', 3);
  serve();
  await exchange.exchange();
  await exchange.exchange();
  expect(pair.hubPeers.warnings(['24'])).toEqual(['24 refuses our log: AUDIT_LOG_TRUNCATED']);
  const ctx = { db: pair.node.db, clock: stillClock, peers: pair.nodePeers };
  const accepting = { group: 'audit.restore', peer: 'hub', reason: 'restored_from_backup' } as const;
  await acceptRestore(ctx, operatorOf('24'), accepting);
  await recordEntries(pair.hub.db, 4, 2_000);
  // The first exchange after it asks from where, the second tells the hub that all is well.
  await exchange.exchange();
  await exchange.exchange();
  expect((await kept(pair.node)).at(-1)).toEqual(['hub', 7, null]);
  expect(pair.nodePeers.warnings(['hub'])).toEqual([]);
  expect(pair.hubPeers.warnings(['24'])).toEqual([]);
});

describe('what is not signed by the owner of the log is refused', () => {
  const bad = { code: 'PERMISSION_DENIED', reason: 'BAD_CHECKPOINT' };

  test('a node with another key, and another province’s checkpoint under the own name', async () => {
    await begun();
    serve(new Map([['24', generateKeyPairSync('ed25519').publicKey]]));
    await expect(newExchange().exchange()).rejects.toMatchObject(bad);
    expect(pair.counts).toContain('hub 24 BAD_CHECKPOINT');
    expect(pair.hubPeers.warnings(['24'])).toEqual(['24: BAD_CHECKPOINT']);
    serve();
    const { size, root } = await pair.node.log.checkpoint();
    const note = signCheckpoint({ size, root }, nodeOrigin('79'), pair.node.key.privateKey);
    const presented = { note, fromSize: size, proof: [] };
    const peer = { name: '24', origin: nodeOrigin('24'), key: pair.node.key.publicKey };
    await expect(pair.hubPeers.receive(peer, presented)).rejects.toMatchObject(bad);
    serve(new Map());
    const unknown = { code: 'FAILED_PRECONDITION', reason: 'PROVINCE_UNKNOWN' };
    await expect(newExchange().exchange()).rejects.toMatchObject(unknown);
  });

  test('a hub with another key', async () => {
    const exchange = await begun();
    pair.hub = held.use(await createAuditFixture({ kind: 'hub' }));
    serve();
    await expect(exchange.exchange()).rejects.toMatchObject(bad);
    expect(pair.nodePeers.warnings(['hub'])).toEqual(['hub: BAD_CHECKPOINT']);
  });
});

describe('a peer that goes silent is seen', () => {
  test('a node that no longer shows its log, or never did', async () => {
    const late = { ...stillClock, nowMs: () => systemClock.nowMs() + offset };
    let offset = 0;
    const { db } = pair.hub;
    const peers = new PeerLogs({ db, clock: late, logger: silent, countConflict: () => undefined });
    expect(peers.warnings(['24', '79'])).toEqual([]);
    offset = 599_000;
    await recordEntries(pair.node.db, 1);
    const { note } = await pair.node.log.checkpoint();
    const peer = { name: '24', origin: nodeOrigin('24'), key: pair.node.key.publicKey };
    await peers.receive(peer, { note, fromSize: 0, proof: [] });
    offset = 601_000;
    expect(peers.warnings(['24', '79'])).toEqual(['79: AUDIT_LOG_SILENT']);
    offset = 1_200_000;
    expect(peers.warnings(['24', '79'])).toEqual(['24: AUDIT_LOG_SILENT', '79: AUDIT_LOG_SILENT']);
  });

  test('a hub that takes no checkpoint and says nothing', async () => {
    const exchange = await begun();
    const honest = pair.fake.exchange;
    pair.fake.exchange = async (request, call) => {
      const answer = await honest?.({ ...request, own: { ...request.own, fromSize: 4n } as never }, call);
      return { ...answer, heldSize: 5n };
    };
    await recordEntries(pair.node.db, 1, 5);
    await exchange.exchange();
    expect(pair.nodePeers.warnings(['hub'])).toEqual(['hub refuses our log: CHECKPOINT_NOT_TAKEN']);
  });
});
