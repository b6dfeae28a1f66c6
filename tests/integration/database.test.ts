import { connect, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { inArray } from 'drizzle-orm';
import { integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../deploy/postgres/embedded.ts';
import { systemClock } from '../../shared/clock.ts';
import {
  type Database,
  openDatabase,
  retryWhileStarting,
  snapshot,
  withTransaction,
} from '../../shared/db/database.ts';
import { isForeignKeyViolation, isUniqueViolation } from '../../shared/db/errors.ts';
import { AppError } from '../../shared/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const things = pgTable('things', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  at: timestamp('at', { withTimezone: true }),
  details: jsonb('details'),
});

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase('empty');
  db = database.db;
  await db.sql`create table things (id int primary key, name text not null, at timestamptz, details jsonb)`;
  await db.sql`create table parts (thing int references things)`;
});
afterAll(() => database[Symbol.asyncDispose]());

describe('values', () => {
  test('of hand-written SQL', async () => {
    const { sql } = db;
    const [row] = await sql`select
      ${2 ** 53 - 1}::int8 as large, array[1, 2]::int8[] as list, ${[1, 3]}::int4[] as numbers,
      ${['a"b', 'c,d']}::text[] as texts,
      '\\xff00'::bytea as bytes, ${Buffer.from('cd', 'hex')}::bytea as sent,
      '2021-12-29T00:00:00.5+07:00'::timestamptz as instant, '2021-12-29'::date as day,
      ${new Date('2021-12-29T01:02:03Z')}::timestamptz as date_sent, sum(1::int8) as total, count(*) as count,
      ${sql.json({ a: [1] })} as object, ${sql.json('text')} as string, ${'{"b":2}'}::jsonb as parsed,
      null as nothing`;
    expect(row).toEqual({
      large: 2 ** 53 - 1,
      list: [1, 2],
      numbers: [1, 3],
      texts: ['a"b', 'c,d'],
      bytes: Buffer.from('ff00', 'hex'),
      sent: Buffer.from('cd', 'hex'),
      instant: '2021-12-28 17:00:00.5+00',
      day: '2021-12-29',
      date_sent: '2021-12-29 01:02:03+00',
      total: '1',
      count: 1,
      object: { a: [1] },
      string: 'text',
      parsed: { b: 2 },
      nothing: null,
    });
  });

  test('an int8 that a number cannot hold is an error, not another number', async () => {
    await expect(db.sql`select 9007199254740993::int8 as large`).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await db.sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  test('of drizzle, in and out, in a transaction too', async () => {
    const thing = { id: 1, name: 'Quán', at: new Date('2021-12-29T00:00:00Z'), details: { a: 'b' } };
    await db.orm.insert(things).values(thing);
    expect(await db.orm.select().from(things)).toEqual([thing]);
    await withTransaction(db, async (tx) => {
      expect(await tx.orm.select().from(things)).toEqual([thing]);
      await tx.orm.delete(things);
    });
    // Opening a transaction has not undone what openDatabase set on the shared client.
    expect(await db.sql`select ${new Date(0)}::timestamptz as at`).toEqual([
      { at: '1970-01-01 00:00:00+00' },
    ]);
  });
});

test('two tables of one name, as node and hub have them in one process, keep their own columns', async () => {
  const ofNode = pgTable('openings', { expiresAt: integer() });
  const ofHub = pgTable('openings', { acceptedAt: integer() });
  await withTransaction(db, async (tx) => {
    for (const { orm } of [db, tx]) {
      expect(orm.select().from(ofNode).toSQL().sql).toContain('"expires_at"');
      expect(orm.select().from(ofHub).toSQL().sql).toContain('"accepted_at"');
    }
  });
});

test('drizzle’s statements are kept prepared, as those by hand, but for long lists', async () => {
  await using own = openDatabase(database.url, { max: 1, name: 'kept' });
  const kept = async () => {
    const rows = await own.sql<{ statement: string }[]>`SELECT statement FROM pg_prepared_statements`;
    return rows.filter(({ statement }) => statement.includes('from "things"')).length;
  };
  const ids = (count: number) => Array.from({ length: count }, (_, id) => id);
  for (let time = 0; time < 3; time++)
    await own.orm
      .select()
      .from(things)
      .where(inArray(things.id, ids(32)));
  await withTransaction(own, (tx) =>
    tx.orm
      .select()
      .from(things)
      .where(inArray(things.id, ids(32))),
  );
  expect(await kept()).toBe(1);
  await own.orm
    .select()
    .from(things)
    .where(inArray(things.id, ids(33)));
  expect(await kept()).toBe(1);
});

describe('errors', () => {
  const SECRET = '+84912345678';

  test.each<[string, (secret: string) => Promise<unknown>]>([
    ['sql', (secret) => db.sql`select ${secret}::int`],
    ['unsafe sql', (secret) => db.sql.unsafe(`select '${secret}'::int`)],
    ['a cursor', (secret) => drain(db.sql`select ${secret}::int`.cursor(10))],
    ['a constraint', (secret) => db.sql`insert into things values (7, ${secret}), (7, ${secret})`],
    ['drizzle', (secret) => insertTwice(db.orm, secret, 8)],
    ['drizzle in a transaction', (secret) => withTransaction(db, (tx) => insertTwice(tx.orm, secret))],
    [
      'drizzle in a nested one',
      (secret) => db.orm.transaction((tx) => tx.transaction((inner) => insertTwice(inner, secret))),
    ],
    [
      'a savepoint',
      (secret) => withTransaction(db, (tx) => tx.sql.savepoint((sp) => sp`select ${secret}::int`)),
    ],
  ])('of %s tell no value', async (_name, fail) => {
    const error = await fail(SECRET).then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(Error);
    const told =
      inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + (error as Error).stack;
    expect(told).not.toContain(SECRET);
  });

  test('name SQLSTATE, constraint and the place in our code', async () => {
    const error = await db.sql`insert into things values (1, 'a'), (1, 'b')`.catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'INTERNAL',
      reason: 'DATABASE_ERROR',
      message: 'internal error',
      cause: { code: '23505', constraint_name: 'things_pkey', table_name: 'things' },
    });
    expect(((error as AppError).cause as Error).stack).toContain('database.test.ts');
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'things_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'other')).toBe(false);
    expect(isForeignKeyViolation(error)).toBe(false);
    expect(isForeignKeyViolation(await db.sql`insert into parts values (99)`.catch((e: unknown) => e))).toBe(
      true,
    );
  });

  test('that are not the database’s pass through a transaction', async () => {
    const mine = new AppError('NOT_FOUND', 'NO_SUCH_CASE', 'no such case');
    await expect(withTransaction(db, () => Promise.reject(mine))).rejects.toBe(mine);
    const network = Object.assign(new Error('elsewhere'), { code: 'ECONNREFUSED' });
    await expect(withTransaction(db, () => Promise.reject(network))).rejects.toBe(network);
    await expect(withTransaction(db, (tx) => tx.sql.savepoint(() => Promise.reject(network)))).rejects.toBe(
      network,
    );
  });
});

describe('transactions', () => {
  test('commit when the work resolves and roll back when it rejects', async () => {
    const insert = (id: number, fail: boolean) =>
      withTransaction(db, async (tx) => {
        await tx.sql`insert into things values (${id}, 'x')`;
        if (fail) throw new Error('no');
        return id;
      });
    expect(await insert(20, false)).toBe(20);
    await expect(insert(21, true)).rejects.toThrow('no');
    expect(await db.sql`select id from things where id in (20, 21)`).toEqual([{ id: 20 }]);
  });

  test('nest: a failed savepoint undoes its own part only', async () => {
    await withTransaction(db, async (tx) => {
      await tx.orm.insert(things).values({ id: 30, name: 'kept' });
      const inner = tx.orm.transaction((nested) => insertTwice(nested, 'undone', 31));
      await expect(inner).rejects.toMatchObject({ reason: 'DATABASE_ERROR' });
    });
    expect(await db.sql`select id from things where id in (30, 31)`).toEqual([{ id: 30 }]);
  });

  test('a snapshot sees one state and may not write', async () => {
    await snapshot(db, async (tx) => {
      const before = await tx.sql`select count(*) from things`;
      await db.sql`insert into things values (40, 'later')`;
      expect(await tx.sql`select count(*) from things`).toEqual(before);
    });
    const writing = snapshot(db, (tx) => tx.sql`insert into things values (41, 'x')`);
    await expect(writing).rejects.toMatchObject({ cause: { code: '25006' } });
  });

  test('that lose against another are ABORTED', async () => {
    await db.sql`insert into things values (50, 'contended')`;
    const losing = db.sql.begin('isolation level repeatable read', async (tx) => {
      await tx`select * from things`;
      await db.sql`update things set name = 'won' where id = 50`;
      await tx`update things set name = 'lost' where id = 50`;
    });
    await expect(losing).rejects.toMatchObject({ code: 'ABORTED', reason: 'TRANSACTION_CONFLICT' });
  });
});

describe('a lost connection', () => {
  const unavailable = { code: 'UNAVAILABLE', reason: 'DATABASE_UNAVAILABLE' };
  /** One connection, so that what a dead transaction sends would reach the next one. */
  let single: Database;
  beforeAll(() => {
    single = openDatabase(database.url, { max: 1, name: 'single' });
  });
  afterAll(() => single[Symbol.asyncDispose]());

  test('under a statement', async () => {
    const sleeping = single.sql`select pg_sleep(60), 'sleeper'`;
    const failed = expect(sleeping).rejects.toMatchObject(unavailable);
    await terminateOthers();
    await failed;
    await becomesUsable(single);
  });

  test('under a transaction’s statement', async () => {
    const sleeping = withTransaction(single, (tx) => tx.sql`select pg_sleep(60)`);
    const failed = expect(sleeping).rejects.toMatchObject(unavailable);
    await terminateOthers();
    await failed;
    await becomesUsable(single);
  });

  test('between two statements: the second does not run in another transaction', async () => {
    let late: Promise<unknown> | undefined;
    const dead = withTransaction(single, async (tx) => {
      await tx.sql`insert into things values (60, 'dead')`;
      late = (async () => {
        await terminateOthers();
        await becomesUsable(single);
        await withTransaction(single, async (other) => {
          await expect(tx.sql`insert into things values (61, 'dead')`).rejects.toMatchObject(unavailable);
          await other.sql`insert into things values (62, 'alive')`;
        });
      })();
      await late;
    });
    await expect(dead).rejects.toMatchObject(unavailable);
    await late;
    expect(await single.sql`select id from things where id between 60 and 69`).toEqual([{ id: 62 }]);
  });

  test('in a savepoint, and when the work hides the failure', async () => {
    const hiding = withTransaction(single, async (tx) => {
      await tx.sql`insert into things values (70, 'dead')`;
      const nested = tx.sql.savepoint((sp) => sp`select pg_sleep(60)`);
      await terminateOthers();
      await nested.catch(() => undefined);
      await tx.sql`insert into things values (71, 'dead')`.catch(() => undefined);
      return 'as if nothing had happened';
    });
    await expect(hiding).rejects.toMatchObject(unavailable);
    await becomesUsable(single);
    expect(await single.sql`select id from things where id between 70 and 79`).toEqual([]);
  });

  test('by a reset of the network, in and out of transactions', async () => {
    await using network = await openProxy(database.url);
    await using remote = openDatabase(network.url, { max: 1, name: 'remote' });
    for (let round = 0; round < 3; round++) {
      // What is sent the moment the reset is known goes to the dead connection: it must be answered, if by a
      // failure.
      const again = () =>
        remote.sql`select 1`.then(
          () => 'answered',
          () => 'answered',
        );
      const plain = remote.sql`select pg_sleep(60)`.then(() => 'slept', again);
      await network.reset();
      expect(await plain).toBe('answered');
      await becomesUsable(remote);
      const within = withTransaction(remote, (tx) => tx.sql`select pg_sleep(60)`);
      const failed = expect(within).rejects.toMatchObject(unavailable);
      await network.reset();
      await failed;
      await becomesUsable(remote);
    }
  });
});

describe('a server that is not there yet', () => {
  test('is UNAVAILABLE, and waited for', async () => {
    const port = await findFreePort();
    const url = new URL(database.url);
    const target = Number(url.port);
    url.port = `${port}`;
    await using early = openDatabase(url.href, { max: 1, name: 'early' });
    await expect(early.sql`select 1`).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    let attempts = 0;
    const waiting = retryWhileStarting(
      () => {
        attempts++;
        return early.sql`select 1 as one`;
      },
      { clock: systemClock },
    );
    await expect.poll(() => attempts).toBeGreaterThan(1);
    const server = createServer((client) => client.pipe(connect(target, '127.0.0.1')).pipe(client));
    server.listen(port, '127.0.0.1');
    expect(await waiting).toEqual([{ one: 1 }]);
    server.close();
  });

  test('is not waited for longer than patience, nor after an abort, nor for other errors', async () => {
    const port = await findFreePort();
    await using nobody = openDatabase(`postgres://a:b@127.0.0.1:${port}/c`, { max: 1, name: 'early' });
    const work = () => nobody.sql`select 1`;
    const options = { clock: systemClock, patienceMs: 0 };
    await expect(retryWhileStarting(work, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const aborted = { clock: systemClock, signal: AbortSignal.abort() };
    await expect(retryWhileStarting(work, aborted)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const wrong = () => db.sql`select nothing`;
    await expect(retryWhileStarting(wrong, { clock: systemClock })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });

  test('a closed pool is not waited for', async () => {
    const closed = openDatabase(database.url, { max: 1, name: 'closed' });
    await closed[Symbol.asyncDispose]();
    const work = retryWhileStarting(() => closed.sql`select 1`, { clock: systemClock });
    await expect(work).rejects.toMatchObject({ cause: { code: 'CONNECTION_ENDED' } });
  });
});

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

async function insertTwice(orm: Pick<Database['orm'], 'insert'>, name: string, id = 9): Promise<void> {
  await orm.insert(things).values({ id, name });
  await orm.insert(things).values({ id, name });
}

/**
 * Ends the connections of the pools `single` and `remote` once they are in a statement or an open
 * transaction.
 */
async function terminateOthers(): Promise<void> {
  await expect
    .poll(async () => {
      const ended = await db.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'single' and datname = current_database() and xact_start is not null`;
      return ended.length;
    })
    .toBeGreaterThan(0);
}

async function becomesUsable(pool: Database): Promise<void> {
  const alive = await retryWhileStarting(() => pool.sql`select 1 as one`, {
    clock: systemClock,
    patienceMs: 10_000,
  });
  expect(alive).toEqual([{ one: 1 }]);
}

/**
 * A TCP proxy to the server of `url` whose `reset` waits for a running statement and then resets every
 * connection.
 */
async function openProxy(url: string) {
  const target = new URL(url);
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    const upstream = connect(Number(target.port), '127.0.0.1');
    client.on('error', () => upstream.destroy());
    client.on('close', () => {
      clients.delete(client);
      upstream.destroy();
    });
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  const port = await findFreePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const through = new URL(url);
  through.port = `${port}`;
  return {
    url: through.href,
    async reset() {
      const sleepers = () =>
        db.sql`select from pg_stat_activity
          where application_name = 'remote' and datname = current_database() and wait_event = 'PgSleep'`;
      await expect.poll(async () => (await sleepers()).length).toBeGreaterThan(0);
      for (const client of clients) client.resetAndDestroy();
      await db.sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'remote' and datname = current_database()`;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
