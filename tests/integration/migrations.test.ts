import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { createTestDatabase } from '../support/database.ts';
import { describeSchema } from '../support/describe-schema.ts';
import { describedTables, drizzlesShare } from '../support/described-tables.ts';

const PROGRAMS = ['node', 'hub'] as const;

describe.each(PROGRAMS)('migrations of the %s', (program) => {
  const folder = join(packageRoot, program, 'db', 'migrations');

  test('from empty give the committed schema, and repeated change nothing', async () => {
    await using database = await createTestDatabase('empty');
    await migrateDatabase(database.db, folder);
    const schema = await describeSchema(database.db);
    expect(await readFile(join(packageRoot, program, 'db', 'schema.sql'), 'utf8')).toContain(schema);
    const applied = await database.db.sql`select * from drizzle.__drizzle_migrations`;
    await migrateDatabase(database.db, folder);
    expect(await describeSchema(database.db)).toBe(schema);
    expect(await database.db.sql`select * from drizzle.__drizzle_migrations`).toEqual(applied);
  });

  test('from ten programs at once are applied once', async () => {
    await using database = await createTestDatabase('empty');
    const pools = Array.from({ length: 10 }, (_, i) =>
      openDatabase(database.url, { max: 1, name: `starter ${i}` }),
    );
    await Promise.all(pools.map((pool) => pool.sql`select 1`));
    await Promise.all(pools.map((pool) => migrateDatabase(pool, folder)));
    await Promise.all(pools.map((pool) => pool[Symbol.asyncDispose]()));
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql'));
    const applied = await database.db.sql`select id from drizzle.__drizzle_migrations`;
    expect(applied).toHaveLength(files.length);
  });

  test('are refused on a database of a newer program', async () => {
    await using database = await createTestDatabase('empty');
    await migrateDatabase(database.db, folder);
    await database.db
      .sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', ${2 ** 45})`;
    const refused = migrateDatabase(database.db, folder);
    await expect(refused).rejects.toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'DATABASE_NEWER' });
  });

  test('have all ordinary tables described for drizzle: columns, defaults, keys, indexes', async () => {
    await using migrated = await createTestDatabase(program);
    await using described = await createTestDatabase('empty');
    for (const statement of await describedTables(program)) await described.db.sql.unsafe(statement);
    const schema = drizzlesShare(await describeSchema(described.db));
    expect(schema).toBe(drizzlesShare(await describeSchema(migrated.db)));
  });
});

test('a migration may include what stands elsewhere', async () => {
  await using database = await createTestDatabase('empty');
  const parts: [string, string][] = [
    ['0000_first', 'create table first (id int);\n\\ir more/second.txt\ncreate table third (id int);'],
  ];
  await using folder = await migrationFolder(parts);
  await mkdir(join(folder.path, 'more'));
  await writeFile(join(folder.path, 'more', 'second.txt'), 'create table second (id int);\n');
  await migrateDatabase(database.db, folder.path);
  const tables = await database.db.sql`
    select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`;
  expect(tables.map(({ relname }) => relname)).toEqual(['first', 'second', 'third']);
});

test('a migration that fails leaves the database as it was', async () => {
  await using database = await createTestDatabase('empty');
  await using folder = await migrationFolder([
    ['0000_good', 'create table good (id int); create table more (id int);'],
    ['0001_bad', 'create table bad (id int); select nothing;'],
  ]);
  await expect(migrateDatabase(database.db, folder.path)).rejects.toMatchObject({ cause: { code: '42703' } });
  expect(await describeSchema(database.db)).toBe('\n');
  await writeFile(join(folder.path, '0001_bad.sql'), 'create table mended (id int);');
  await migrateDatabase(database.db, folder.path);
  expect(await describeSchema(database.db)).toMatch(/good.*mended.*more/s);
});

test('a database of a release with a journal is brought on from there, by instant', async () => {
  await using database = await createTestDatabase('empty');
  const { db } = database;
  await using folder = await migrationFolder([
    ['0000_foundation', 'create table one (id int);'],
    ['0001_audit', 'create table two (id int);'],
    ['0002_later', 'create table three (id int);'],
  ]);
  await db.sql.unsafe(`create schema drizzle; create table one (id int); create table two (id int);
    create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
    insert into drizzle.__drizzle_migrations (hash, created_at)
      values ('a', 1795392000000), ('b', 1795651200001)`);
  await migrateDatabase(db, folder.path);
  expect(await describeSchema(db)).toMatch(/one.*three.*two/s);
});

test('two migrations of one number, or a gap, are no order', async () => {
  await using database = await createTestDatabase('empty');
  for (const second of ['0000_two', '0002_two']) {
    await using folder = await migrationFolder([
      ['0000_one', 'create table one (id int);'],
      [second, 'create table two (id int);'],
    ]);
    await expect(migrateDatabase(database.db, folder.path)).rejects.toThrow('not migration 1');
  }
});

test('a later migration is applied on top of the earlier ones', async () => {
  await using database = await createTestDatabase('empty');
  await using first = await migrationFolder([['0000_one', 'create table one (id int);']]);
  await using second = await migrationFolder([
    ['0000_one', 'create table one (id int);'],
    ['0001_two', 'create table two (id int);'],
  ]);
  await migrateDatabase(database.db, first.path);
  await migrateDatabase(database.db, second.path);
  expect(await describeSchema(database.db)).toMatch(/one.*two/s);
});

test('the description of a schema tells every kind of difference', async () => {
  await using database = await createTestDatabase('empty');
  const { db } = database;
  await db.sql`create table base (id int primary key, name text, amount int default 1, body bytea)`;
  const seen = new Set([await describeSchema(db)]);
  const changes = [
    'alter table base add column extra int8',
    'alter table base alter column extra type int4',
    'alter table base alter column name set not null',
    'alter table base alter column amount set default 2',
    'alter table base alter column body set storage external',
    'alter table base add constraint positive check (amount > 0)',
    'create index by_name on base (name)',
    'drop index by_name; create index by_name on base (name desc)',
    'create table child (base_id int references base, at int8) partition by range (at)',
    'create view names as select name from base',
    `create type mood as enum ('good', 'bad')`,
    'create sequence counter',
    'create function one() returns int language sql as $$select 1$$',
    'create or replace function one() returns int language sql as $$select 2$$',
    'create extension btree_gist',
  ];
  for (const change of changes) {
    await db.sql.unsafe(change);
    seen.add(await describeSchema(db));
  }
  expect(seen.size).toBe(changes.length + 1);
  await db.sql.unsafe('create table child_1 partition of child for values from (1) to (2)');
  expect(seen).toContain(await describeSchema(db));
});

async function migrationFolder(files: readonly (readonly [string, string])[]) {
  const path = await mkdtemp(join(tmpdir(), 'truyvet-migrations-'));
  for (const [tag, sql] of files) await writeFile(join(path, `${tag}.sql`), sql);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
