/**
 * The federation key among nodes, through a real hub: birth, approval, rotation, forgetting, and what a hub
 * or a province that lies gets out of it.
 */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  approveProvince,
  createKey,
  describeKeys,
  listNewcomers,
  openingGeneration,
  rotateKey,
} from '../../node/federation/keys/operations.ts';
import { toAppError } from '../../shared/errors.ts';
import { wrapFederationKey } from '../../shared/signed/federation-key.ts';
import { signApproval } from '../../shared/signed/key-approval.ts';
import { type KeyFederation, type KeyNode, newParty, startKeyFederation } from '../support/key-federation.ts';

let federation: KeyFederation;
beforeEach(async () => {
  federation = await startKeyFederation();
});
afterEach(() => federation?.[Symbol.asyncDispose]());

const DAY_MS = 86_400_000;
const approve = (by: KeyNode, whom: Pick<KeyNode, 'statement' | 'fingerprint'>) =>
  approveProvince(by.ctx, by.caller, { province: whom.statement.province, fingerprint: whom.fingerprint });
const rotate = (by: KeyNode, atOnce = false) => rotateKey(by.ctx, by.caller, { atOnce });
const held = (node: KeyNode) => node.ctx.ring.content.keys.map(({ generation }) => generation);
const keyOf = (node: KeyNode, generation: number) =>
  Buffer.from(node.ctx.ring.keyOf(generation)).toString('hex');
const sync = async (...nodes: KeyNode[]) => {
  for (const node of nodes) await node.ctx.courier.sync();
};
const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => toAppError(error).reason,
  );

/** Generation 1 at three: 24 gave it to 79, and they approved each other; 79 gave it to 01. */
async function threeProvinces(): Promise<[KeyNode, KeyNode, KeyNode]> {
  const n24 = await federation.node('24');
  await createKey(n24.ctx, n24.caller);
  const n79 = await federation.node('79');
  await approve(n79, n24);
  await approve(n24, n79);
  const n01 = await federation.node('01');
  await sync(n79);
  await approve(n79, n01);
  await sync(n01, n24, n79);
  return [n24, n79, n01];
}

describe('birth', () => {
  it('happens once, by whoever the hub hears first', async () => {
    const [n24, n79] = [await federation.node('24'), await federation.node('79')];
    const outcomes = await Promise.all([n24, n79].map((node) => reasonOf(createKey(node.ctx, node.caller))));
    expect(outcomes.toSorted()).toEqual(['FEDERATION_KEY_TAKEN', 'done']);
    const [mother, other] = outcomes[0] === 'done' ? [n24, n79] : [n79, n24];
    expect([held(mother), held(other)]).toEqual([[1], []]);
    expect(await reasonOf(createKey(other.ctx, other.caller))).toBe('FEDERATION_KEY_EXISTS');
    expect(await reasonOf(createKey(mother.ctx, mother.caller))).toBe('FEDERATION_KEY_EXISTS');
    expect(await mother.record()).toContain('federation_key.created done');
  });

  it('survives a crash between the file and the hub', async () => {
    const n24 = await federation.node('24');
    const proposed = { generation: 1, key: new Uint8Array(32).fill(5), useFrom: 0 };
    await n24.ctx.ring.change((content) => ({ ...content, proposed }));
    await n24.restart();
    expect([held(n24), n24.ctx.ring.content.proposed]).toEqual([[1], undefined]);
    expect(JSON.parse(await readFile(n24.file, 'utf8')).keys).toEqual({ 1: '05'.repeat(32) });
  });
});

describe('a newcomer', () => {
  it('waits, named with its fingerprint, and gets the key when somebody has compared it', async () => {
    const n24 = await federation.node('24');
    await createKey(n24.ctx, n24.caller);
    const n79 = await federation.node('79');
    expect(() => n79.ctx.ring.keyOf(1)).toThrow('has not reached this node');
    expect(await reasonOf(openingGeneration(n79.ctx))).toBe('FEDERATION_KEY_MISSING');
    expect(await listNewcomers(n24.ctx, n24.caller)).toMatchObject([
      { province: '79', fingerprint: n79.fingerprint, holds: false },
    ]);
    const fingerprint = n24.fingerprint;
    const wrong = approveProvince(n24.ctx, n24.caller, { province: '79', fingerprint });
    expect(await reasonOf(wrong)).toBe('FINGERPRINT_MISMATCH');
    await sync(n79);
    expect(held(n79)).toEqual([]);

    const spoken = n79.fingerprint.toLowerCase().replaceAll('-', ' ');
    await approveProvince(n24.ctx, n24.caller, { province: '79', fingerprint: spoken });
    await sync(n79);
    expect(keyOf(n79, 1)).toBe(keyOf(n24, 1));
    expect(await openingGeneration(n79.ctx)).toBe(1);
    expect(await listNewcomers(n24.ctx, n24.caller)).toEqual([]);
    expect(await n24.record()).toEqual(
      expect.arrayContaining([
        'federation_key.approved refused FINGERPRINT_MISMATCH',
        'federation_key.approved done',
      ]),
    );
    expect(await n79.record()).toEqual(['federation_key.received done']);
    expect((await describeKeys(n79.ctx, n79.caller)).giver).toEqual({
      province: '24',
      fingerprint: n24.fingerprint,
    });
    // Nothing is left at the hub once it has arrived.
    expect(await federation.hubDb.sql`SELECT * FROM federation_key_wraps`).toEqual([]);
  });

  it('takes no key when two are offered, until its operator has said whom to believe', async () => {
    const n24 = await federation.node('24');
    await createKey(n24.ctx, n24.caller);
    const n79 = await federation.node('79');
    const puppet = await enrolPuppet();
    await puppet.approve(n79);
    await puppet.wrap(n79, 1);
    await approve(n24, n79);
    await sync(n79, n79);
    expect(held(n79)).toEqual([]);
    expect(new Set(await n79.record())).toEqual(
      new Set(['federation_key.received refused FEDERATION_KEY_CONFLICT']),
    );
    await approve(n79, n24);
    await sync(n79);
    expect(keyOf(n79, 1)).toBe(keyOf(n24, 1));
  });
});

describe('rotation', () => {
  it('reaches all that a chain of approvals reaches; who was away catches up', async () => {
    const [n24, n79, n01] = await threeProvinces();
    expect(await rotate(n24)).toEqual({ generation: 2, state: 'held', sentTo: ['01', '79'], leftOut: [] });
    await sync(n79);
    expect([held(n24), held(n79), held(n01)]).toEqual([[1, 2], [1, 2], [1]]);
    await sync(n24, n79);
    expect([await openingGeneration(n24.ctx), await openingGeneration(n79.ctx)]).toEqual([1, 1]);
    await n01.restart();
    await sync(n24, n79);
    for (const node of [n24, n79, n01]) {
      expect(keyOf(node, 2)).toBe(keyOf(n24, 2));
      expect(await openingGeneration(node.ctx)).toBe(2);
    }
    expect(await n01.record()).toEqual(['federation_key.received done', 'federation_key.received done']);
  });

  it('reaches a province that trusts only its giver by way of that one', async () => {
    const n24 = await federation.node('24');
    await createKey(n24.ctx, n24.caller);
    const [n79, n01] = [await federation.node('79'), await federation.node('01')];
    await approve(n24, n79);
    await sync(n79);
    await approve(n79, n01);
    await sync(n01);
    await rotate(n24);
    await sync(n01, n79, n01);
    expect([n24, n79, n01].map((node) => keyOf(node, 2))).toEqual(Array(3).fill(keyOf(n24, 2)));
    await rotate(n01);
    await sync(n79, n24);
    expect([n24, n79, n01].map((node) => keyOf(node, 3))).toEqual(Array(3).fill(keyOf(n01, 3)));
  });

  it('by two at once makes one generation', async () => {
    const [n24, n79, n01] = await threeProvinces();
    const proposed = { generation: 2, key: new Uint8Array(32).fill(8), useFrom: 0 };
    await n79.ctx.ring.change((content) => ({ ...content, proposed }));
    await rotate(n24);
    await sync(n79, n01);
    expect(new Set([n24, n79, n01].map((node) => keyOf(node, 2))).size).toBe(1);
    expect(n79.ctx.ring.content.proposed).toBeUndefined();
    expect(await rotate(n79)).toMatchObject({ generation: 3 });
  });

  it('cannot be held back for ever by a hub that says somebody lacks it', async () => {
    const [n24, n79] = await threeProvinces();
    await rotate(n24);
    await sync(n79);
    federation.nowMs += DAY_MS + 1_000;
    await sync(n79);
    expect(await openingGeneration(n79.ctx)).toBe(2);
    await rotate(n24, true);
    expect(await openingGeneration(n24.ctx)).toBe(3);
  });

  it('leaves out a province that the hub has enrolled for itself, and one that is revoked', async () => {
    const [n24, n79, n01] = await threeProvinces();
    const puppet = await enrolPuppet();
    for (const node of [n24, n79, n01]) await puppet.approve(node);
    federation.enrolled.set('01', { statement: n01.statement, revoked: true });
    expect(await rotate(n24)).toMatchObject({ sentTo: ['79'], leftOut: ['90'] });
    await sync(n79, n01, n24);
    expect([held(n79), held(n01)]).toEqual([[1, 2], [1]]);
    const to = await federation.hubDb
      .sql`SELECT DISTINCT to_province FROM federation_key_wraps WHERE from_province <> '90'`;
    expect(to).toEqual([]);
  });
});

describe('a hub or a province that lies', () => {
  it('cannot give a key of its own', async () => {
    const [n24, n79] = await threeProvinces();
    const puppet = await enrolPuppet();
    await puppet.approve(n79);
    await puppet.wrap(n79, 2);
    await sync(n79, n79);
    expect(held(n79)).toEqual([1]);
    expect((await n79.record()).slice(-1)).toEqual(['federation_key.received refused WRAP_UNKNOWN_GIVER']);
    expect((await n79.record()).filter((line) => line.includes('refused'))).toHaveLength(1);
    expect(held(n24)).toEqual([1]);
  });

  it('cannot swap wraps, nor hand one to another', async () => {
    const [n24, n79, n01] = await threeProvinces();
    await rotate(n24);
    const { sql } = federation.hubDb;
    await sql`UPDATE federation_key_wraps AS one SET wrap = other.wrap FROM federation_key_wraps AS other
      WHERE one.to_province <> other.to_province`;
    await sync(n79, n01);
    expect([held(n79), held(n01)]).toEqual([[1], [1]]);
    expect((await n01.record()).at(-1)).toBe('federation_key.received refused WRAP_NOT_FOR_ME');
  });

  it('cannot bring back a generation that was given up', async () => {
    const [n24, n79] = await threeProvinces();
    const key = n24.ctx.ring.content.keys[0] as (typeof n24.ctx.ring.content.keys)[number];
    await rotate(n24);
    await sync(n79, n24);
    await n79.ctx.ring.change((content) => ({ ...content, keys: content.keys.slice(1) }));
    const from = { province: '24', openingKey: n24.openingKey };
    const wrap = await wrapFederationKey({ key, from, to: n79.statement, issuedAt: 1_795_660_000 });
    await n24.hub.put({ approvals: [], wraps: [{ to: '79', generation: 3, wrap }] });
    await sync(n79);
    expect(held(n79)).toEqual([2]);
    expect((await n79.record()).at(-1)).toBe('federation_key.received refused FEDERATION_KEY_OLD');
  });

  it('cannot put two keys under one number unseen', async () => {
    const [n24, n79] = await threeProvinces();
    const before = keyOf(n79, 1);
    const from = { province: '24', openingKey: n24.openingKey };
    const key = { generation: 1, key: new Uint8Array(32).fill(9), useFrom: 0 };
    const wrap = await wrapFederationKey({ key, from, to: n79.statement, issuedAt: 1_795_660_000 });
    await n24.hub.put({ approvals: [], wraps: [{ to: '79', generation: 2, wrap }] });
    await sync(n79);
    expect(keyOf(n79, 1)).toBe(before);
    expect((await n79.record()).at(-1)).toBe('federation_key.received refused FEDERATION_KEY_CONFLICT');
    expect(federation.logged.some((line) => line.includes('FEDERATION_KEY_CONFLICT'))).toBe(true);
    await n24.hub.report([{ generation: 1, check: '0'.repeat(32) }]);
    expect((await describeKeys(n79.ctx, n79.caller)).generations[0]).toMatchObject({ conflicts: ['24'] });
  });

  it.each<[string, (node: KeyNode) => Promise<unknown>, string]>([
    [
      'a generation far ahead',
      ({ hub }) => hub.report([{ generation: 9, check: 'a'.repeat(32) }]),
      'INVALID_FIELD',
    ],
    [
      'a check value that is none',
      ({ hub }) => hub.report([{ generation: 1, check: 'KEY' }]),
      'INVALID_FIELD',
    ],
    [
      'a generation twice',
      ({ hub }) => hub.report(Array(2).fill({ generation: 1, check: 'a'.repeat(32) })),
      'INVALID_FIELD',
    ],
    [
      'a key that is not wrapped',
      ({ hub }) => hub.put({ approvals: [], wraps: [{ to: '24', generation: 2, wrap: 'a.b.c' }] }),
      'WRAP_MALFORMED',
    ],
    [
      'an approval that is none',
      ({ hub }) => hub.put({ approvals: ['a.b.c'], wraps: [] }),
      'APPROVAL_MALFORMED',
    ],
  ])('is refused by the hub with %s', async (_name, lie, reason) => {
    const [, n79] = await threeProvinces();
    expect(await reasonOf(lie(n79))).toBe(reason);
  });
});

describe('an old generation', () => {
  const admit = (node: KeyNode, generation: number, expiresAt: number) => node.db.sql`
    INSERT INTO openings (trace_id, revision, province, opening, expires_at, federation_key)
    VALUES (${String(generation).repeat(32)}, 0, '24', 'x', ${expiresAt}, ${generation})`;

  it('is forgotten everywhere when nobody needs it, an hour after all hold the newer', async () => {
    const [n24, n79, n01] = await threeProvinces();
    const first = keyOf(n24, 1);
    await admit(n79, 1, federation.nowMs / 1_000 + 7_200);
    await rotate(n24);
    await sync(n79, n01, n24, n79, n01);
    federation.nowMs += 3_599_000;
    await sync(n24, n79, n01);
    expect([held(n24), held(n79), held(n01)]).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    federation.nowMs += 1_000;
    await sync(n24, n79, n01);
    // 79 has a trace under it that is open for another hour.
    expect([held(n24), held(n79), held(n01)]).toEqual([[2], [1, 2], [2]]);
    expect(() => n24.ctx.ring.keyOf(1)).toThrow('generation 1 is not held here');
    federation.nowMs += 3_600_000;
    await sync(n79);
    federation.nowMs += 3_600_000;
    await sync(n79);
    expect([held(n79), n79.forgotten]).toEqual([[2], [1]]);
    expect(await readFile(n79.file, 'utf8')).not.toContain(first);
    expect((await n79.record()).at(-1)).toBe('federation_key.forgotten done');
  });
});

describe('the file', () => {
  it('is for its owner alone, and says nothing of its content when it is damaged', async () => {
    const [n24] = await threeProvinces();
    expect((await stat(n24.file)).mode & 0o777).toBe(0o600);
    const key = keyOf(n24, 1);
    await writeFile(n24.file, (await readFile(n24.file, 'utf8')).replace('"keys"', `"${key}"`));
    const error = toAppError(await n24.restart().catch((thrown) => thrown));
    expect(error.reason).toBe('BAD_FEDERATION_KEYS');
    expect(`${error.message} ${error.stack}`).not.toContain(key);
    await writeFile(n24.file, JSON.stringify({ keys: { 1: key } }));
    await n24.restart();
    expect(held(n24)).toEqual([1]);
    await chmod(n24.file, 0o640);
    expect(await reasonOf(n24.restart())).toBe('BAD_FEDERATION_KEYS');
  });
});

it('leaves the key in no table of the hub and no log', async () => {
  const [n24, n79, n01] = await threeProvinces();
  await rotate(n24);
  const dump = async () => JSON.stringify(await everyRow());
  const whileWaiting = await dump();
  expect(whileWaiting).toContain('federation_key_wraps');
  await sync(n79, n01);
  const found = `${whileWaiting} ${await dump()} ${federation.logged.join('')}`;
  for (const generation of [1, 2]) {
    const key = Buffer.from(n24.ctx.ring.keyOf(generation));
    for (const spelling of ['hex', 'base64', 'base64url'] as const)
      expect(found.toLowerCase()).not.toContain(key.toString(spelling).toLowerCase());
  }
});

async function everyRow(): Promise<object> {
  const { sql } = federation.hubDb;
  const tables = await sql<{ name: string }[]>`
    SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`;
  const rows: [string, unknown][] = [];
  for (const { name } of tables) rows.push([name, await sql`SELECT t::text FROM ${sql(name)} t`]);
  return rows;
}

/** A province that only the hub has enrolled: it holds the CA, and a certificate for its puppet. */
async function enrolPuppet() {
  const puppet = newParty('90');
  federation.enrolled.set('90', { statement: puppet.statement, revoked: false });
  const { sql } = federation.hubDb;
  const from = { province: '90', openingKey: puppet.openingKey };
  return {
    approve: async ({ statement }: KeyNode) => {
      const approval = await signApproval(from, statement, 1_795_660_000);
      await sql`INSERT INTO federation_key_approvals VALUES ('90', ${statement.province}, ${approval})`;
    },
    wrap: async ({ statement }: KeyNode, generation: number) => {
      const key = { generation, key: new Uint8Array(32).fill(6), useFrom: 0 };
      const wrap = await wrapFederationKey({ key, from, to: statement, issuedAt: 1_795_660_000 });
      const recipient = JSON.parse(Buffer.from(wrap.split('.')[0] as string, 'base64url').toString()).kid;
      const { province } = statement;
      await sql`INSERT INTO federation_key_wraps
        VALUES (${province}, ${generation}, '90', ${recipient}, ${wrap})`;
    },
  };
}
