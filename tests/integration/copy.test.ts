import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { copyColumns, copyIn } from '../../shared/db/copy.ts';
import { NULL_BOOL, NULL_INT } from '../../shared/db/copy-format.ts';
import { openDatabase, retryWhileStarting, snapshot, withTransaction } from '../../shared/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase('empty');
});
afterAll(() => database[Symbol.asyncDispose]());

test('reads every type, with NULLs', async () => {
  const select = `values
    (1::int2, -2::int4, 3::int8, true, '\\x000102030405060708090a0b0c0d0e0f'::bytea),
    (null, null, null, null, null),
    (-5::int2, 6::int4, -9007199254740991::int8, false, '\\xff0102030405060708090a0b0c0d0e0f'::bytea)`;
  const { rows, columns } = await copyColumns(database.db.sql, select, [
    'int2',
    'int4',
    'int8',
    'bool',
    'bytea16',
  ]);
  expect(rows).toBe(3);
  expect(columns[0]).toEqual(Int32Array.of(1, NULL_INT, -5));
  expect(columns[1]).toEqual(Int32Array.of(-2, NULL_INT, 6));
  expect(columns[2]).toEqual(Float64Array.of(3, Number.NaN, -9_007_199_254_740_991));
  expect(columns[3]).toEqual(Uint8Array.of(1, NULL_BOOL, 0));
  expect(Buffer.from(columns[4]).toString('hex')).toBe(
    `000102030405060708090a0b0c0d0e0f${'00'.repeat(16)}ff0102030405060708090a0b0c0d0e0f`,
  );
});

test('reads no rows', async () => {
  const { rows, columns } = await copyColumns(database.db.sql, 'select 1::int4 where false', ['int4']);
  expect(rows).toBe(0);
  expect(columns[0]).toHaveLength(0);
});

test('reads many rows in order, and the transaction goes on', async () => {
  await snapshot(database.db, async (tx) => {
    const select = 'select x::int4, x * 1000000000::int8 from generate_series(1, 200000) x';
    const { rows, columns } = await copyColumns(tx.sql, select, ['int4', 'int8']);
    expect(rows).toBe(200_000);
    expect(columns[0]).toEqual(Int32Array.from({ length: 200_000 }, (_, i) => i + 1));
    expect(columns[1]).toEqual(Float64Array.from({ length: 200_000 }, (_, i) => (i + 1) * 1e9));
    expect(await tx.sql`select 7 as seven`).toEqual([{ seven: 7 }]);
  });
});

test.each([
  ['a wrong statement', 'select nothing', '42703'],
  ['a failure in the first row', 'select 1 / (x - 1) from generate_series(1, 3) x', '22012'],
  ['a failure after many rows', 'select 1 / (x - 90000) from generate_series(1, 99999) x', '22012'],
])('rejects on %s and leaves the connections usable', async (_name, select, code) => {
  const failure = expect.objectContaining({
    reason: 'DATABASE_ERROR',
    cause: expect.objectContaining({ code }),
  });
  await expect(copyColumns(database.db.sql, select, ['int4'])).rejects.toEqual(failure);
  await expect(withTransaction(database.db, (tx) => copyColumns(tx.sql, select, ['int4']))).rejects.toEqual(
    failure,
  );
  expect((await copyColumns(database.db.sql, 'select 1', ['int4'])).rows).toBe(1);
});

test('what is asked of a pool that is at work waits for a COPY to end', async () => {
  await using one = openDatabase(database.url, { max: 1, name: 'one connection' });
  await one.sql`select 1`; // a connection that is open already takes statements in advance
  const last = 'case when x > 2000 then pg_sleep(1) is null end';
  const select = `select x::int4, ${last} from generate_series(1, 2001) x`;
  const reading = copyColumns(one.sql, select, ['int4', 'bool']);
  await waitFor('a COPY that has sent rows', async () => {
    const rows = await database.db.sql`SELECT FROM pg_stat_activity
      WHERE application_name LIKE 'one connection%' AND wait_event = 'PgSleep'`;
    return rows.length === 1;
  });
  expect(await one.sql`select 7 as seven`).toEqual([{ seven: 7 }]);
  expect((await reading).rows).toBe(2001);
});

test('rejects when the types are not those promised, and reads the rest of the answer', async () => {
  const select = 'select x::int8 from generate_series(1, 50000) x';
  await withTransaction(database.db, async (tx) => {
    await expect(copyColumns(tx.sql, select, ['int4'])).rejects.toThrow('column 1 of COPY is not int4');
    expect((await copyColumns(tx.sql, select, ['int8'])).rows).toBe(50_000);
  });
});

test('rejects when the connection is cut in the middle', async () => {
  await using own = openDatabase(database.url, { max: 1, name: 'cut' });
  const select = 'select x::int4, pg_sleep(0.001) is null from generate_series(1, 100000) x';
  const reading = withTransaction(own, async (tx) => {
    const [self] = await tx.sql`select pg_backend_pid() as pid`;
    const cut = database.db.sql`select pg_terminate_backend(${self?.pid})`;
    return Promise.all([copyColumns(tx.sql, select, ['int4', 'bool']), cut]);
  });
  await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const again = () => copyColumns(own.sql, 'select 1', ['int4']);
  expect((await retryWhileStarting(again, { clock: systemClock })).rows).toBe(1);
});

test('loads what it reads, NULLs and awkward texts included', async () => {
  const { sql } = database.db;
  await sql`create table loaded (a int4, b int8, c text, d bytea, e bool)`;
  const texts = ['a\tb', null, 'c\\N\r\n', '', 'Nguyễn Thị Ánh'];
  const tokens = [Buffer.from('00ff5c', 'hex'), null, Buffer.alloc(0), null, null];
  const count = await copyIn(sql, 'loaded (a, b, c, d, e)', [
    Int32Array.of(1, NULL_INT, 3, 4, 5),
    Float64Array.of(2 ** 52, 2, Number.NaN, 4, 5),
    texts,
    tokens,
    [true, false, undefined, null, true],
  ]);
  expect(count).toBe(5);
  const rows = await sql`select a, b, c, d, e from loaded order by coalesce(a, 2)`;
  expect(rows.map((row) => row.c)).toEqual(texts);
  expect(rows.map((row) => row.d)).toEqual(tokens);
  expect(rows.map((row) => row.a)).toEqual([1, null, 3, 4, 5]);
  expect(rows.map((row) => row.b)).toEqual([2 ** 52, 2, null, 4, 5]);
  expect(rows.map((row) => row.e)).toEqual([true, false, null, null, true]);
});

test('loads nothing', async () => {
  await database.db.sql`create table empty_load (a int4)`;
  expect(await copyIn(database.db.sql, 'empty_load (a)', [new Int32Array(0)])).toBe(0);
});

test.each([
  ['no such table', 'missing (a)', [1], '42P01'],
  ['a bad value early', 'strict (a)', ['x', ...Array<string>(50_000).fill('1')], '22P02'],
  ['a bad value in the last row', 'strict (a)', [...Array<string>(50_000).fill('1'), 'x'], '22P02'],
  ['a constraint checked at the end', 'strict_key (a)', [1, 1], '23505'],
])('a load with %s is refused as a whole', async (_name, target, values, code) => {
  const { db } = database;
  await db.sql`create table if not exists strict (a int4)`;
  await db.sql`create table if not exists strict_key (a int4 unique deferrable initially immediate)`;
  const failure = expect.objectContaining({ cause: expect.objectContaining({ code }) });
  await expect(copyIn(db.sql, target, [values])).rejects.toEqual(failure);
  await expect(withTransaction(db, (tx) => copyIn(tx.sql, target, [values]))).rejects.toEqual(failure);
  expect(await copyIn(db.sql, 'strict (a)', [[1]])).toBe(1);
  expect(await db.sql`delete from strict returning a`).toEqual([{ a: 1 }]);
});

test('columns of different lengths are refused', async () => {
  await expect(copyIn(database.db.sql, 'any (a, b)', [[1, 2], [1]])).rejects.toThrow(RangeError);
});
