import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { urlOfRole } from '../../deploy/postgres/server-admin.ts';
import { MIGRATIONS as HUB_MIGRATIONS } from '../../hub/app.ts';
import { MIGRATIONS as NODE_MIGRATIONS } from '../../node/app.ts';
import { ensurePartitions, listPartitions } from '../../node/db/partitions.ts';
import { recordAct } from '../../shared/audit/record.ts';
import { systemClock } from '../../shared/clock.ts';
import { Secret } from '../../shared/config.ts';
import { type Database, openDatabase, withTransaction } from '../../shared/db/database.ts';
import { migrateAsOwner, openAsProgram } from '../../shared/db/program-database.ts';
import { grantProgramRole, requireProtectedAudit } from '../../shared/db/program-role.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ENTRY = {
  action: 'cases.read',
  actor: { kind: 'person', id: 'subject' },
  outcome: 'done',
} as const;
const AUDIT_TABLES = ['audit_records', 'audit_tree', 'audit_checkpoints', 'audit_peer_checkpoints'];
const DENIED = { cause: { code: '42501' } };

describe.each(['node', 'hub'] as const)('the role of the running %s', (kind) => {
  let database: TestDatabase;
  let program: Database;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    program = openDatabase(database.programUrl, { max: 2, name: 'program' });
  });
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  test('writes entries and reads them', async () => {
    await withTransaction(program, (tx) => recordAct(tx, ENTRY, 0));
    expect((await program.sql`SELECT body FROM audit_records`).length).toBeGreaterThan(0);
    await requireProtectedAudit(program);
  });

  test.each(AUDIT_TABLES)('cannot change, remove or own what %s holds', async (table) => {
    const column = table === 'audit_records' ? 'body' : table === 'audit_tree' ? 'hash' : 'note';
    for (const statement of [
      `UPDATE ${table} SET ${column} = ${column}`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
      `SELECT * FROM ${table} FOR UPDATE`,
      `ALTER TABLE ${table} DISABLE TRIGGER ALL`,
      `DROP TABLE ${table}`,
      `CREATE TRIGGER sly BEFORE INSERT ON ${table} EXECUTE FUNCTION refuse_audit_change()`,
      'SET session_replication_role = replica',
    ]) {
      await expect(program.sql.unsafe(statement), statement).rejects.toMatchObject(DENIED);
    }
  });

  test.each(AUDIT_TABLES)('and the owner of %s trips over a wire', async (table) => {
    const column = table === 'audit_records' ? 'body' : table === 'audit_tree' ? 'hash' : 'note';
    for (const statement of [
      `UPDATE ${table} SET ${column} = ${column}`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
    ]) {
      await expect(database.db.sql.unsafe(statement), statement).rejects.toMatchObject(DENIED);
    }
  });

  test('says neither the number of an entry nor its transaction', async () => {
    const { sql } = program;
    const numbered = sql`INSERT INTO audit_records (id, body) OVERRIDING SYSTEM VALUE VALUES (7, 'x')`;
    await expect(numbered).rejects.toMatchObject(DENIED);
    const dated = sql`INSERT INTO audit_records (xact, body) VALUES ('3', 'x')`;
    await expect(dated).rejects.toMatchObject(DENIED);
  });

  test('reads and writes every other table, also one of a later migration', async () => {
    await database.db.sql`CREATE TABLE later (id integer GENERATED ALWAYS AS IDENTITY, name text)`;
    await database.db.sql`CREATE TABLE audit_later (note text)`;
    await grantProgramRole(database.db, inject('programRole').name);
    await program.sql`INSERT INTO later (name) VALUES ('a')`;
    await program.sql`UPDATE later SET name = 'b'`;
    await program.sql`DELETE FROM later`;
    await program.sql`INSERT INTO audit_later VALUES ('a')`;
    await expect(program.sql`DELETE FROM audit_later`).rejects.toMatchObject(DENIED);
    const open = await database.db.sql<{ name: string }[]>`
      SELECT relname AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname NOT LIKE 'audit%' AND NOT (
          has_table_privilege(${inject('programRole').name}, oid, 'SELECT')
          AND has_table_privilege(${inject('programRole').name}, oid, 'INSERT')
          AND has_table_privilege(${inject('programRole').name}, oid, 'UPDATE')
          AND has_table_privilege(${inject('programRole').name}, oid, 'DELETE'))`;
    expect(open).toHaveLength(0);
  });
});

test('the running node makes partitions, and nothing else, through the owner', async () => {
  await using database = await createTestDatabase('node');
  await using program = openDatabase(database.programUrl, { max: 1, name: 'program' });
  await ensurePartitions(program, 'check_ins', [0, 8 * 86_400]);
  await program.sql`INSERT INTO check_ins (identifier_id, place_id, in_at) VALUES (1, 1, 0)`;
  expect(await program.sql`DELETE FROM check_ins`).toMatchObject({ count: 1 });
  expect(await listPartitions(program, 'check_ins')).toHaveLength(2);
  const refused = { cause: { code: '22023' } };
  const make = (parent: string, week: number) => program.sql`SELECT make_partition(${parent}, ${week})`;
  await expect(make('people', 345_600)).rejects.toMatchObject(refused);
  await expect(make('check_ins; DROP TABLE people', 345_600)).rejects.toMatchObject(refused);
  await expect(make('check_ins', 345_601)).rejects.toMatchObject(refused);
  await expect(make('check_ins', 345_600 + 604_800 * 1e6)).rejects.toMatchObject(refused);
  const own = program.sql`CREATE TABLE mine (id integer)`;
  await expect(own).rejects.toMatchObject(DENIED);
});

describe('at its start a program', () => {
  const secret = (url: string) => new Secret(url);
  const programOf = (url: string) => {
    const { name, password } = inject('programRole');
    return secret(urlOfRole(url, name, password));
  };
  const POOL = { max: 1, name: 'program' };

  test.each([
    ['node', NODE_MIGRATIONS],
    ['hub', HUB_MIGRATIONS],
  ])('is migrated by the owner and works as its role: %s', async (_, migrations) => {
    await using database = await createTestDatabase('empty');
    const place = { databaseUrl: programOf(database.url), migrations, clock: systemClock };
    await database.db.sql`GRANT CONNECT ON DATABASE ${database.db.sql(nameOf(database.url))} TO PUBLIC`;
    const older = { code: 'FAILED_PRECONDITION', reason: 'DATABASE_OLDER' };
    await expect(openAsProgram(place, POOL)).rejects.toMatchObject(older);
    const ownerDatabaseUrl = secret(database.url);
    {
      await using db = await openAsProgram({ ...place, ownerDatabaseUrl }, POOL);
      await withTransaction(db, (tx) => recordAct(tx, ENTRY, 0));
      await expect(db.sql`DELETE FROM audit_records`).rejects.toMatchObject(DENIED);
    }
    await migrateAsOwner(place, ownerDatabaseUrl);
    await using again = await openAsProgram(place, POOL);
    expect(await again.sql`SELECT count(*) FROM audit_records`).toEqual([{ count: 1 }]);
  });

  test('refuses the owner, a superuser, and a role that may become one or change a column', async () => {
    await using database = await createTestDatabase('hub');
    const open = { code: 'FAILED_PRECONDITION', reason: 'AUDIT_NOT_PROTECTED' };
    const place = { migrations: HUB_MIGRATIONS, clock: systemClock };
    const asOwner = { ...place, databaseUrl: secret(database.url) };
    await expect(openAsProgram(asOwner, POOL)).rejects.toMatchObject(open);
    await expect(migrateAsOwner(asOwner, asOwner.databaseUrl)).rejects.toMatchObject(open);
    const { name } = inject('programRole');
    for (const grant of [
      `GRANT UPDATE (body) ON audit_records TO ${name}`,
      `GRANT DELETE ON audit_tree TO ${name}`,
      `GRANT TRUNCATE ON audit_checkpoints TO PUBLIC`,
      `GRANT TRIGGER ON audit_peer_checkpoints TO ${name}`,
      `CREATE ROLE keeper; ALTER TABLE audit_tree OWNER TO keeper; GRANT keeper TO ${name}`,
    ]) {
      await database.db.sql
        .begin(async (sql) => {
          await sql.unsafe(grant);
          await sql.unsafe(`SET LOCAL ROLE ${name}`);
          await expect(requireProtectedAudit({ sql }), grant).rejects.toMatchObject(open);
          await sql.unsafe('RESET ROLE');
          throw new Error('undone');
        })
        .catch((error: Error) => expect(error.message).toBe('undone'));
    }
    await using db = await openAsProgram({ ...place, databaseUrl: programOf(database.url) }, POOL);
    await requireProtectedAudit(db);
  });
});

const nameOf = (url: string) => new URL(url).pathname.slice(1);
