import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensurePartitions, listPartitions, partitionOf } from '../../node/db/partitions.ts';
import { openDatabase, withTransaction } from '../../shared/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const MONDAY = Date.parse('2021-12-27T00:00:00Z') / 1000;
const WEEK = 7 * 86_400;

describe('the week of an instant', () => {
  test.each([
    ['2021-12-27T00:00:00Z', 'check_ins_2021_12_27'],
    ['2021-12-26T23:59:59Z', 'check_ins_2021_12_20'],
    ['1970-01-01T00:00:00Z', 'check_ins_1969_12_29'],
    ['0001-01-08T00:00:00Z', 'check_ins_0001_01_08'],
    ['9999-12-31T00:00:00Z', 'check_ins_9999_12_27'],
  ])('%s is in %s', (at, name) => {
    const instant = Date.parse(at) / 1000;
    const partition = partitionOf('check_ins', instant);
    expect(partition.name).toBe(name);
    expect(partition.until - partition.from).toBe(WEEK);
    expect(partition.from <= instant && instant < partition.until).toBe(true);
  });

  test.each([Number.NaN, 1e13, -1e12])('%d is none', (instant) => {
    expect(() => partitionOf('check_ins', instant)).toThrow();
  });
});

describe('partitions', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase('node');
  });
  afterEach(() => database[Symbol.asyncDispose]());

  test('partitions are made for exactly the weeks needed, with the indexes of the table', async () => {
    const { db } = database;
    const instants = [MONDAY - 1, MONDAY, MONDAY + WEEK - 1, MONDAY + 3 * WEEK];
    await ensurePartitions(db, 'check_ins', instants);
    expect(await listPartitions(db, 'check_ins')).toEqual([
      { name: 'check_ins_2021_12_20', from: MONDAY - WEEK, until: MONDAY },
      { name: 'check_ins_2021_12_27', from: MONDAY, until: MONDAY + WEEK },
      { name: 'check_ins_2022_01_17', from: MONDAY + 3 * WEEK, until: MONDAY + 4 * WEEK },
    ]);
    expect(await listPartitions(db, 'encounters')).toEqual([]);
    const insert = () => db.sql`
    insert into check_ins (identifier_id, place_id, in_at) select 1, 2, unnest(${instants}::int8[])
    on conflict do nothing`;
    expect((await insert()).count).toBe(4);
    expect((await insert()).count).toBe(0);
    const [indexes] =
      await db.sql`select count(*) from pg_index where indrelid = 'check_ins_2021_12_27'::regclass`;
    expect(indexes).toEqual({ count: 2 });
  });

  test('a partition keeps the checks of its table', async () => {
    const { db } = database;
    await ensurePartitions(db, 'encounters', [MONDAY]);
    const wrong = db.sql`insert into encounters values (2, 1, ${MONDAY}, ${MONDAY + 60})`;
    await expect(wrong).rejects.toMatchObject({ cause: { code: '23514' } });
  });

  test('making them again, in this program or in many at once, changes nothing', async () => {
    const weeks = Array.from({ length: 12 }, (_, i) => MONDAY + i * WEEK);
    const pools = Array.from({ length: 8 }, () => openDatabase(database.url, { max: 2, name: 'importer' }));
    await Promise.all(pools.map((pool, i) => ensurePartitions(pool, 'encounters', weeks.slice(i % 3))));
    await Promise.all(pools.map((pool) => ensurePartitions(pool, 'encounters', weeks)));
    expect((await listPartitions(database.db, 'encounters')).map((p) => p.from)).toEqual(weeks);
    await Promise.all(pools.map((pool) => pool[Symbol.asyncDispose]()));
  });

  test('neither readers nor writers of the table are waited for', async () => {
    const { db } = database;
    await ensurePartitions(db, 'check_ins', [MONDAY]);
    await withTransaction(db, async (tx) => {
      await tx.sql`select count(*) from check_ins`;
      await tx.sql`insert into check_ins values (1, 1, ${MONDAY}, null, null)`;
      // With a lock that conflicts, this would wait for the transaction, which waits for it.
      await ensurePartitions(db, 'check_ins', [MONDAY + WEEK]);
      expect(await tx.sql`select count(*) from check_ins`).toEqual([{ count: 1 }]);
    });
    expect(await listPartitions(db, 'check_ins')).toHaveLength(2);
  });

  test('known weeks cost no statement', async () => {
    const own = openDatabase(database.url, { max: 1, name: 'importer' });
    await ensurePartitions(own, 'check_ins', [MONDAY]);
    await own[Symbol.asyncDispose]();
    await ensurePartitions(own, 'check_ins', [MONDAY, MONDAY + WEEK - 1]);
    await expect(ensurePartitions(own, 'check_ins', [MONDAY + WEEK])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});
