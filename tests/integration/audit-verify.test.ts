import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeOrigin, signCheckpoint } from '../../shared/audit/checkpoint.ts';
import { leafHash, TreeBuilder } from '../../shared/audit/merkle.ts';
import { type Verification, verifyLog } from '../../shared/audit/verify.ts';
import { type AuditFixture, createAuditFixture, placedRows, recordEntries, tamper } from './audit-fixture.ts';

let audit: AuditFixture;
/** Our checkpoints as the hub holds them: nobody here can change those. */
let held: string[];

beforeEach(async () => {
  audit = await createAuditFixture();
  held = [];
  for (const [first, count] of [
    [0, 10],
    [10, 15],
    [25, 15],
  ] as const) {
    await recordEntries(audit.db, count, first);
    held.push((await audit.log.checkpoint()).note);
  }
  await recordEntries(audit.db, 5, 40);
  await audit.grower.grow();
});
afterEach(() => audit[Symbol.asyncDispose]());

/** Small pages, so that every fault is looked for across their borders too. */
const verify = (notes?: readonly string[], key = audit.key.publicKey): Promise<Verification> =>
  verifyLog(audit.db, { origin: nodeOrigin('24'), key, held: notes, page: 4 });
const faultOf = async (notes?: readonly string[]) => (await verify(notes)).fault;
const recordAt = async (position: number) => (await placedRows(audit.db))[position]?.recordId as number;

/** An entry that is given the 13th place. */
const INSERTED = '{"at":"2027-01-15T08:00:12Z"}';

/** Whoever owns the database makes the tree anew, so that it fits the entries that there are. */
async function rebuildTree(): Promise<void> {
  const rows = await audit.database.db.sql<{ id: number; body: string }[]>`
    SELECT id, body FROM audit_records ORDER BY CASE WHEN body = ${INSERTED} THEN 12.5 ELSE id END`;
  const builder = new TreeBuilder();
  const values = rows.flatMap(({ id, body }) =>
    builder.append(leafHash(body)).map(({ level, position, hash }) => {
      const record = level === 0 ? id : 'NULL';
      return `(${level}, ${position}, '\\x${Buffer.from(hash).toString('hex')}', ${record})`;
    }),
  );
  await tamper(audit.database, 'DELETE FROM audit_tree', `INSERT INTO audit_tree VALUES ${values.join()}`);
}

test('an untouched log verifies, also against what the other side holds', async () => {
  expect(await verify(held)).toEqual({
    ...{ size: 45, unplaced: 0, checkpoints: 3, foreign: 0, lost: [], fault: undefined },
  });
  await recordEntries(audit.db, 2, 45);
  expect(await verify()).toMatchObject({ size: 45, unplaced: 2, fault: undefined });
});

test('an empty log verifies', async () => {
  await using empty = await createAuditFixture();
  await empty.log.checkpoint();
  const { origin, key } = { origin: nodeOrigin('24'), key: empty.key.publicKey };
  expect(await verifyLog(empty.db, { origin, key })).toMatchObject({
    size: 0,
    checkpoints: 1,
    fault: undefined,
  });
});

describe('the first fault is named', () => {
  test('an entry that was changed', async () => {
    const [later, first] = [await recordAt(30), await recordAt(17)];
    const change = (id: number) => `UPDATE audit_records SET body = body || ' ' WHERE id = ${id}`;
    await tamper(audit.database, change(later), change(first));
    expect(await faultOf()).toEqual({ reason: 'ENTRY_CHANGED', position: 17, recordId: first });
  });

  test('an entry that was removed', async () => {
    const id = await recordAt(44);
    await tamper(audit.database, `DELETE FROM audit_records WHERE id = ${id}`);
    expect(await faultOf()).toEqual({ reason: 'ENTRY_REMOVED', position: 44, recordId: id });
  });

  test('a position that was removed', async () => {
    await tamper(audit.database, 'DELETE FROM audit_tree WHERE level = 0 AND position = 8');
    expect(await faultOf()).toEqual({ reason: 'POSITION_MISSING', position: 8 });
  });

  test('two entries that changed places', async () => {
    const [a, b] = [await recordAt(5), await recordAt(6)];
    await tamper(
      audit.database,
      `CREATE TEMP TABLE swap ON COMMIT DROP AS SELECT * FROM audit_tree WHERE record_id IN (${a}, ${b})`,
      `DELETE FROM audit_tree WHERE record_id IN (${a}, ${b})`,
      'INSERT INTO audit_tree SELECT 0, 11 - position, hash, record_id FROM swap',
    );
    expect(await faultOf()).toEqual({ reason: 'TREE_CHANGED', position: 4 });
  });

  test('a node of the tree that was changed, or that is too many', async () => {
    const hash = `'\\x${'00'.repeat(32)}'`;
    await tamper(audit.database, `INSERT INTO audit_tree VALUES (3, 900, ${hash}, NULL)`);
    expect(await faultOf()).toEqual({ reason: 'TREE_CHANGED', position: 45 });
    await tamper(audit.database, `UPDATE audit_tree SET hash = ${hash} WHERE level = 2 AND position = 5`);
    expect(await faultOf()).toEqual({ reason: 'TREE_CHANGED', position: 20 });
  });

  test('a log whose end was cut off', async () => {
    const [id] = [await recordAt(38)];
    await tamper(audit.database, `DELETE FROM audit_records WHERE id >= ${id}`);
    await rebuildTree();
    expect(await faultOf()).toEqual({ reason: 'LOG_TRUNCATED', position: 38, checkpoint: 40 });
  });

  test('a checkpoint that says something else than its note', async () => {
    await tamper(
      audit.database,
      `UPDATE audit_checkpoints SET note = replace(note, '25', '26') WHERE size = 25`,
    );
    expect(await faultOf()).toEqual({ reason: 'CHECKPOINT_FORGED', position: 10, checkpoint: 25 });
  });
});

describe('an owner of the database who makes everything fit is found out by the signed checkpoints', () => {
  test.each([
    ['changes an entry', (id: number) => `UPDATE audit_records SET body = body || ' ' WHERE id = ${id}`],
    ['removes an entry', (id: number) => `DELETE FROM audit_records WHERE id = ${id}`],
    ['inserts an entry', () => `INSERT INTO audit_records (body) VALUES ('${INSERTED}')`],
  ])('who %s', async (_, statement) => {
    await tamper(audit.database, statement(await recordAt(12)));
    await rebuildTree();
    const differs = { reason: 'CHECKPOINT_DIFFERS', position: 10, checkpoint: 25 };
    expect(await faultOf()).toEqual(differs);
    // Own checkpoints can be removed as well; those that the other side holds cannot.
    await tamper(audit.database, 'DELETE FROM audit_checkpoints');
    expect(await faultOf()).toBeUndefined();
    expect(await faultOf(held)).toEqual(differs);
    expect(await faultOf(held.slice(2))).toEqual({ ...differs, position: 0, checkpoint: 40 });
  });

  test('who cuts the log off and removes the checkpoints', async () => {
    const id = await recordAt(20);
    await tamper(
      audit.database,
      `DELETE FROM audit_records WHERE id >= ${id}`,
      'DELETE FROM audit_checkpoints WHERE size > 20',
    );
    await rebuildTree();
    expect(await faultOf()).toBeUndefined();
    expect(await faultOf(held)).toEqual({ reason: 'LOG_TRUNCATED', position: 20, checkpoint: 25 });
  });

  test('and signs with a key of his own: the checkpoints are counted as another’s', async () => {
    const forger = generateKeyPairSync('ed25519');
    const [row] = await audit.db.sql`SELECT root FROM audit_checkpoints WHERE size = 25`;
    const note = signCheckpoint({ size: 25, root: row?.root }, nodeOrigin('24'), forger.privateKey);
    await tamper(audit.database, `UPDATE audit_checkpoints SET note = '${note}' WHERE size = 25`);
    expect(await verify()).toMatchObject({ checkpoints: 3, foreign: 1, fault: undefined });
    const bad = { code: 'PERMISSION_DENIED', reason: 'BAD_CHECKPOINT' };
    await expect(verify([note])).rejects.toMatchObject(bad);
  });
});
