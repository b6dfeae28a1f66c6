import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Caller, Role } from '../../shared/acts/access.ts';
import { nodeOrigin } from '../../shared/audit/checkpoint.ts';
import { PeerLogs, type Reception } from '../../shared/audit/peer-logs.ts';
import { acceptRestore, findHeldLogs, lostStretch } from '../../shared/audit/restores.ts';
import { verifyLog } from '../../shared/audit/verify.ts';
import { Disposal } from '../../shared/disposal.ts';
import { type AuditFixture, createAuditFixture, recordEntries, silent, stillClock } from './audit-fixture.ts';

let held: Disposal;
let hub: AuditFixture;
let node: AuditFixture;
let peers: PeerLogs;

beforeEach(async () => {
  held = new Disposal();
  hub = held.use(await createAuditFixture({ kind: 'hub' }));
  node = held.use(await createAuditFixture());
  peers = peersOfHub();
  // The hub has seen three entries, and then five.
  await recordEntries(node.db, 3);
  await present(node);
  await recordEntries(node.db, 2, 3);
  await present(node);
});
afterEach(() => held[Symbol.asyncDispose]());

function peersOfHub(): PeerLogs {
  return new PeerLogs({ db: hub.db, clock: stillClock, logger: silent, countConflict: () => undefined });
}

/** What node 24 presents, as the node does it: again with a proof from what the hub says that it holds. */
async function present({ log }: AuditFixture): Promise<Reception> {
  const { note, size } = await log.checkpoint();
  const fromSize = await peers.heldSize('24');
  const presented = { note, fromSize, proof: await log.consistency(fromSize, size) };
  return peers.receive({ name: '24', origin: nodeOrigin('24'), key: node.key.publicKey }, presented);
}

/** The node from a backup of its first `kept` entries, and `more` since. */
async function restored(kept: number, more: number): Promise<AuditFixture> {
  const back = held.use(await createAuditFixture({ key: node.key }));
  const { sql } = node.db;
  const rows = await sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id LIMIT ${kept}`;
  for (const { body } of rows) await back.db.sql`INSERT INTO audit_records (body) VALUES (${body})`;
  await recordEntries(back.db, more, 100);
  await back.grower.grow();
  return back;
}

const person = (role: Role): Caller => ({
  ...{ subject: 'binh', actor: { kind: 'person', id: 'binh' }, expiresAt: 4e9 },
  grants: [{ role, area: null }],
});
const accept = (role: Role = 'hub_operator') =>
  acceptRestore({ db: hub.db, clock: stillClock, peers }, person(role), {
    ...{ group: 'hub.audit.restore', peer: '24', reason: 'restored_from_backup' },
  });

/** [size, conflict] in the order of arrival. */
async function kept(): Promise<unknown[]> {
  const rows = await hub.db.sql`SELECT size, conflict FROM audit_peer_checkpoints ORDER BY id`;
  return rows.map((row) => Object.values(row));
}

async function acceptancesOnRecord() {
  const rows = await hub.db.sql<{ body: string }[]>`
    SELECT body FROM audit_records WHERE body LIKE '%audit.restore_accepted%' ORDER BY id`;
  return rows.map(({ body }) => JSON.parse(body));
}

const heldLogs = () => findHeldLogs(hub.db, '24', { present: 100, past: 100 });
const WARNED = ['24: AUDIT_LOG_TRUNCATED'];
const nothingToAccept = { code: 'FAILED_PRECONDITION', reason: 'NO_CONFLICT' };

describe('a log that was restored from a backup', () => {
  test('stays refused until somebody accepts it, and then must continue what was accepted', async () => {
    const back = await restored(3, 1);
    for (let i = 0; i < 3; i++) {
      expect(await present(back)).toEqual({ heldSize: 5, conflict: 'AUDIT_LOG_TRUNCATED' });
    }
    expect(peers.warnings(['24'])).toEqual(WARNED);
    expect(await accept()).toMatchObject({ held: { size: 5 }, base: { size: 4 } });
    await recordEntries(back.db, 9, 200);
    expect(await present(back)).toEqual({ heldSize: 13, conflict: undefined });
    expect(peers.warnings(['24'])).toEqual([]);
    expect(await kept()).toEqual([
      [3, null],
      [5, null],
      [4, 'AUDIT_LOG_TRUNCATED'],
      [4, null],
      [13, null],
    ]);
  });

  test('that has outgrown the old one is accepted as it was refused last', async () => {
    const back = await restored(3, 1);
    await present(back);
    await recordEntries(back.db, 4, 200);
    expect((await present(back)).conflict).toBe('AUDIT_LOG_REWRITTEN');
    expect((await accept()).base.size).toBe(8);
    await recordEntries(back.db, 1, 300);
    expect(await present(back)).toEqual({ heldSize: 9, conflict: undefined });
  });

  test('that begins with nothing is accepted too', async () => {
    const back = await restored(0, 0);
    expect(await present(back)).toEqual({ heldSize: 5, conflict: 'AUDIT_LOG_TRUNCATED' });
    expect((await accept()).base.size).toBe(0);
    expect(await present(back)).toEqual({ heldSize: 0, conflict: undefined });
    await recordEntries(back.db, 2, 200);
    expect(await present(back)).toEqual({ heldSize: 2, conflict: undefined });
    expect(peers.warnings(['24'])).toEqual([]);
  });

  test('is on record with both sizes and roots, and who accepted it', async () => {
    await present(await restored(3, 1));
    const { held: before, base } = await accept();
    const hex = (root: Uint8Array) => Buffer.from(root).toString('hex');
    const [entry, ...more] = await acceptancesOnRecord();
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      ...{ actor: { kind: 'person', id: 'binh' }, outcome: 'done' },
      detail: {
        ...{ peer: '24', reason: 'restored_from_backup' },
        ...{ held_size: 5, held_root: hex(before.root), base_size: 4, base_root: hex(base.root) },
      },
    });
    expect(hex(before.root)).not.toBe(hex(base.root));
  });

  test('and again: the next conflict wants its own acceptance', async () => {
    const back = await restored(3, 1);
    await present(back);
    await accept();
    await present(back);
    const again = await restored(2, 0);
    expect(await present(again)).toEqual({ heldSize: 4, conflict: 'AUDIT_LOG_TRUNCATED' });
    expect(await present(again)).toEqual({ heldSize: 4, conflict: 'AUDIT_LOG_TRUNCATED' });
    expect(peers.warnings(['24'])).toEqual(WARNED);
    await accept();
    expect(await present(again)).toEqual({ heldSize: 2, conflict: undefined });
    expect((await heldLogs()).past.map(({ restore }) => restore.held_size)).toEqual([4, 5]);
  });

  test('that is another one than was refused first is not accepted with it', async () => {
    const shown = await restored(3, 1);
    await present(shown);
    const other = await restored(2, 2);
    await present(other);
    await accept();
    expect((await present(other)).conflict).toBe('AUDIT_LOG_FORKED');
    expect((await present(shown)).conflict).toBeUndefined();
  });
});

describe('nothing is accepted', () => {
  test('by whoever may not', async () => {
    await present(await restored(3, 1));
    const denied = { code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' };
    await expect(accept('analyst')).rejects.toMatchObject(denied);
    expect(await acceptancesOnRecord()).toMatchObject([{ outcome: 'refused', reason: 'ROLE_REQUIRED' }]);
    expect((await heldLogs()).past).toEqual([]);
    expect(peers.warnings(['24'])).toEqual(WARNED);
  });

  test('where no log is refused, or none any more', async () => {
    await expect(accept()).rejects.toMatchObject(nothingToAccept);
    const back = await restored(3, 1);
    await present(back);
    await present(node);
    await expect(accept()).rejects.toMatchObject(nothingToAccept);
    await present(back);
    await accept();
    await expect(accept()).rejects.toMatchObject(nothingToAccept);
    expect((await acceptancesOnRecord()).filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
  });

  test('of what the program has not seen refused since it started', async () => {
    const back = await restored(3, 1);
    await present(back);
    peers = peersOfHub();
    await expect(accept()).rejects.toMatchObject(nothingToAccept);
    await present(back);
    expect((await accept()).base.size).toBe(4);
  });

  test('that the owner of the log has not signed', async () => {
    const forged = held.use(await createAuditFixture());
    await expect(present(forged)).rejects.toMatchObject({ reason: 'BAD_CHECKPOINT' });
    await expect(accept()).rejects.toMatchObject(nothingToAccept);
  });
});

describe('what is lost is told for ever', () => {
  const verify = async (log: AuditFixture) => {
    const { present: now, past } = await heldLogs();
    const notesOf = (kept: readonly { note: string }[]) => kept.map(({ note }) => note);
    return verifyLog(log.db, {
      ...{ origin: nodeOrigin('24'), key: node.key.publicKey, held: notesOf(now), page: 2 },
      past: past.map(({ restore, checkpoints }) => ({ restore, notes: notesOf(checkpoints) })),
    });
  };

  test.each([
    ['the last two entries', 3, { first: 4, last: 5 }],
    ['two entries, as far as checkpoints tell', 4, { first: 4, last: 5 }],
    ['everything', 0, { first: 1, last: 5 }],
    ['everything, for the third is another', 2, { first: 1, last: 5 }],
  ])('%s, when the log is verified', async (_, entries, stretch) => {
    const back = await restored(entries, 1);
    expect((await present(back)).conflict).toBeDefined();
    await accept();
    await recordEntries(back.db, 5, 200);
    await present(back);
    const { fault, lost } = await verify(back);
    expect(fault).toBeUndefined();
    expect(lost).toMatchObject([
      { ...stretch, restore: { by: 'binh', reason: 'restored_from_backup', held_size: 5 } },
    ]);
    expect(Date.parse(lost[0]?.restore.at ?? '')).toBeGreaterThan(0);
  });

  test('but what was signed since the restore must stand', async () => {
    const back = await restored(3, 1);
    await present(back);
    await accept();
    await recordEntries(back.db, 5, 200);
    await present(back);
    expect((await verify(await restored(3, 6))).fault).toMatchObject({ reason: 'CHECKPOINT_DIFFERS' });
    expect((await verify(await restored(3, 0))).fault).toMatchObject({ reason: 'LOG_TRUNCATED' });
  });

  test('and a log that came back whole has lost nothing', async () => {
    await present(await restored(3, 0));
    await accept();
    expect((await present(node)).conflict).toBeUndefined();
    expect((await verify(node)).lost).toMatchObject([{ first: 6, last: 5 }]);
  });

  test('each restore by its own checkpoints', async () => {
    await present(await restored(3, 1));
    await accept();
    await present(await restored(2, 0));
    await accept();
    const { past } = await heldLogs();
    expect(past.map((log) => lostStretch(log, new Map()))).toMatchObject([
      { first: 1, last: 4 },
      { first: 1, last: 5 },
    ]);
    expect(past.map(({ checkpoints }) => checkpoints.map(({ size }) => size))).toEqual([[4], [5, 3]]);
  });
});
