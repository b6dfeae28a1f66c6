import { afterEach, beforeEach, expect, test } from 'vitest';
import { currentCheckpoint } from '../../shared/audit/log.ts';
import { leafHash, TreeBuilder, verifyConsistency, verifyInclusion } from '../../shared/audit/merkle.ts';
import { lockTree } from '../../shared/audit/queries.ts';
import { recordAct } from '../../shared/audit/record.ts';
import { TreeGrower } from '../../shared/audit/tree-grower.ts';
import { systemClock } from '../../shared/clock.ts';
import { openDatabase, withTransaction } from '../../shared/db/database.ts';
import { waitFor } from '../support/wait.ts';
import {
  type AuditFixture,
  createAuditFixture,
  entryOf,
  placedRows,
  recordEntries,
  silent,
  stillClock,
  tamper,
} from './audit-fixture.ts';

let audit: AuditFixture;
beforeEach(async () => {
  audit = await createAuditFixture();
});
afterEach(() => audit[Symbol.asyncDispose]());

const numbers = async () => (await placedRows(audit.db)).map(({ n }) => n);
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A transaction that has recorded entry `n` and waits to be told how to end. */
async function openWriter(n: number) {
  const end = deferred<'commit' | 'roll back'>();
  const recorded = deferred<void>();
  const done = withTransaction(audit.db, async (tx) => {
    await recordAct(tx, entryOf(n), 0);
    recorded.resolve();
    if ((await end.promise) === 'roll back') throw new Error('rolled back');
  }).catch((error: Error) => expect(error.message).toBe('rolled back'));
  await recorded.promise;
  return async (how: 'commit' | 'roll back') => {
    end.resolve(how);
    await done;
  };
}

test('what is committed gets the next positions, and the tree is that of its bodies', async () => {
  const { db, grower, log } = audit;
  await recordEntries(db, 20);
  await grower.grow();
  expect(await numbers()).toEqual(range(20));
  const before = await log.checkpoint();
  await recordEntries(db, 13, 20);
  const after = await log.checkpoint();
  expect([before.size, after.size]).toEqual([20, 33]);
  const rows = await placedRows(db);
  expect(rows.map(({ position }) => position)).toEqual(range(33));
  const builder = new TreeBuilder();
  for (const { body } of rows) builder.append(leafHash(body));
  expect(Buffer.from(after.root)).toEqual(builder.root());
  for (const { position, body } of rows) {
    const proof = await log.inclusion(position, 33);
    const claim = { leaf: leafHash(body), position, size: 33, proof, root: after.root };
    expect(verifyInclusion(claim)).toBe(true);
  }
  const proof = await log.consistency(20, 33);
  const claim = { oldSize: 20, oldRoot: before.root, newSize: 33, newRoot: after.root, proof };
  expect(verifyConsistency(claim)).toBe(true);
});

test('a transaction that stays open holds nobody up, and its entry follows when it commits', async () => {
  const { db, grower } = audit;
  const [slow, failing] = [await openWriter(100), await openWriter(101)];
  await recordEntries(db, 3);
  await grower.grow();
  expect(await numbers()).toEqual([0, 1, 2]);
  await recordEntries(db, 2, 3);
  await grower.grow();
  await slow('commit');
  await failing('roll back');
  await grower.grow();
  await recordEntries(db, 1, 5);
  await grower.grow();
  await grower.grow();
  expect(await numbers()).toEqual([0, 1, 2, 3, 4, 100, 5]);
});

test('many writers, some rolled back, and two sealers: each entry once, positions for good', async () => {
  const { db, database } = audit;
  await using otherDb = openDatabase(database.programUrl, { max: 2, name: 'other' });
  await using other = new TreeGrower({ db: otherDb, clock: stillClock, logger: silent, batch: 3 });
  const slow = await openWriter(1_000);
  let writing = true;
  const seen: number[][] = [];
  const placing = [audit.grower, other].map(async (grower) => {
    while (writing) {
      await grower.grow();
      seen.push((await placedRows(db)).map(({ recordId }) => recordId));
    }
  });
  const writers = range(8).map(async (writer) => {
    for (const i of range(25)) {
      const work = withTransaction(db, async (tx) => {
        await recordAct(tx, entryOf(writer * 25 + i), 0);
        if (i % 5 === 4) throw new Error('rolled back');
      });
      await work.catch((error: Error) => expect(error.message).toBe('rolled back'));
    }
  });
  await Promise.all(writers);
  writing = false;
  await Promise.all(placing);
  await slow('commit');
  await Promise.all([audit.grower.grow(), other.grow()]);
  const rows = await placedRows(db);
  const kept = range(200).filter((n) => n % 5 !== 4);
  expect(rows.map(({ n }) => n).sort((a, b) => a - b)).toEqual([...kept, 1_000]);
  expect(rows.map(({ position }) => position)).toEqual(range(rows.length));
  const ids = rows.map(({ recordId }) => recordId);
  for (const earlier of seen) expect(ids.slice(0, earlier.length)).toEqual(earlier);
  const builder = new TreeBuilder();
  for (const { body } of rows) builder.append(leafHash(body));
  expect(Buffer.from((await currentCheckpoint(db)).root)).toEqual(builder.root());
});

test('recording takes no lock that placing holds, and placing none that recording holds', async () => {
  const { db, grower } = audit;
  const writer = await openWriter(0);
  const [locks] = await db.sql`
    SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database()
    WHERE locktype IN ('advisory', 'tuple') OR NOT granted`;
  expect(locks).toEqual({ count: 0 });
  await recordEntries(db, 5, 1);
  // The writer's transaction is open: this would wait for it for ever.
  await grower.grow();
  await writer('commit');
  await withTransaction(db, async (placing) => {
    await lockTree(placing);
    await placing.sql`SELECT count(*) FROM audit_tree`;
    await placing.sql`INSERT INTO audit_tree VALUES (0, 5, ${leafHash('x')}, 999)`;
    // Another grower waits now; writers do not.
    await recordEntries(db, 10, 6);
    throw new Error('undone');
  }).catch((error: Error) => expect(error.message).toBe('undone'));
  await grower.grow();
  expect((await numbers()).sort((a, b) => a - b)).toEqual(range(16));
});

test('one statement records an entry', async () => {
  let statements = 0;
  await withTransaction(audit.db, async (tx) => {
    const counting = new Proxy(tx.sql, {
      apply: (target, self, words) => {
        statements++;
        return Reflect.apply(target as never, self, words);
      },
    });
    await recordAct({ sql: counting }, entryOf(0), 0);
  });
  expect(statements).toBe(1);
});

test('a placing that breaks off half-way leaves nothing, and another program completes it', async () => {
  const { db, database, grower } = audit;
  await recordEntries(db, 40);
  await database.db.sql.unsafe(`
    CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.position = 16 AND NEW.level = 0 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
      RETURN NEW;
    END $$;
    ALTER FUNCTION break_off() SECURITY DEFINER;
    CREATE TRIGGER break_off BEFORE INSERT ON audit_tree FOR EACH ROW EXECUTE FUNCTION break_off()`);
  await expect(grower.grow()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  // Two batches of seven stand, of the third nothing does.
  expect(await numbers()).toEqual(range(14));
  const [nodes] = await db.sql`SELECT count(*) FROM audit_tree WHERE level > 0`;
  expect(nodes).toEqual({ count: 7 + 3 + 1 });
  await database.db.sql`DROP TRIGGER break_off ON audit_tree`;
  await using next = new TreeGrower({ db, clock: stillClock, logger: silent });
  await next.grow();
  expect(await numbers()).toEqual(range(40));
  await grower.grow();
  expect(await numbers()).toEqual(range(40));
});

test('entries of a server that had counted further are placed after a restore, and new ones', async () => {
  const { db, database, grower } = audit;
  await recordEntries(db, 3);
  await tamper(database, `UPDATE audit_records SET xact = '987654321000'`);
  await using restored = new TreeGrower({ db, clock: stillClock, logger: silent });
  await restored.grow();
  await recordEntries(db, 2, 3);
  await restored.grow();
  await grower.grow();
  expect(await numbers()).toEqual([0, 1, 2, 3, 4]);
});

test('in the background entries are placed by themselves', async () => {
  const { db, grower } = audit;
  await grower[Symbol.asyncDispose]();
  await using _running = new TreeGrower({ db, clock: systemClock, logger: silent, everyMs: 20 });
  await recordEntries(db, 3);
  await waitFor('three placed entries', async () => (await numbers()).length === 3);
  await recordEntries(db, 1, 3);
  await waitFor('the fourth', async () => (await numbers()).length === 4);
});
