/**
 * Brings a database to the newest schema, once, however many programs start at the same time, and tells
 * whether it is there.
 */
import { strict as assert } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MigrationMeta } from 'drizzle-orm/migrator';
import { PgDialect } from 'drizzle-orm/pg-core';
import { AppError } from '../errors.ts';
import { type Database, type Queryable, type Transaction, withTransaction } from './database.ts';

/** Any number, the same in all programs. */
const MIGRATION_LOCK = 7_260_124;

/**
 * Applies the migrations of `folder` (`0000_name.sql`, `0001_…`) that `db` lacks, all in one transaction
 * under an advisory lock: safe when many start at once, and a no-op when there is nothing to do. Throws
 * FAILED_PRECONDITION/DATABASE_NEWER when a newer program has migrated it already.
 */
export async function migrateDatabase(db: Database, folder: string): Promise<void> {
  await withTransaction(db, async (tx) => {
    await tx.sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    await refuseNewer(tx, folder);
    // Its session's type differs from what `migrate` asks for only in a schema that nobody has given.
    const session = tx.orm._.session as never;
    await new PgDialect().migrate(readMigrations(folder), session, { migrationsFolder: folder });
  });
}

/**
 * Resolves if every migration of `folder` has been applied to `db`, and none that it lacks. Throws
 * FAILED_PRECONDITION: DATABASE_OLDER (run `migrate`), DATABASE_NEWER.
 */
export async function requireMigrated(db: Queryable, folder: string): Promise<void> {
  const applied = await lastApplied(db);
  if (applied > newestOf(folder)) throw databaseNewer();
  if (applied === newestOf(folder)) return;
  throw new AppError(
    'FAILED_PRECONDITION',
    'DATABASE_OLDER',
    'the database lacks migrations: run `migrate` with OWNER_DATABASE_URL',
  );
}

async function refuseNewer(tx: Transaction, folder: string): Promise<void> {
  if ((await lastApplied(tx)) > newestOf(folder)) throw databaseNewer();
}

/** When the newest migration that `db` has was written; 0 = none. */
async function lastApplied({ sql }: Queryable): Promise<number> {
  const [found] = await sql`select to_regclass('drizzle.__drizzle_migrations') is not null as migrated`;
  if (!found?.migrated) return 0;
  const [last] = await sql`select max(created_at) as at from drizzle.__drizzle_migrations`;
  return last?.at ?? 0;
}

function databaseNewer(): AppError {
  return new AppError(
    'FAILED_PRECONDITION',
    'DATABASE_NEWER',
    'the database was migrated by a newer program',
  );
}

function newestOf(folder: string): number {
  return Math.max(0, ...readMigrations(folder).map(({ folderMillis }) => folderMillis));
}

/** Databases hold the number of a migration as an instant, like drizzle's journal once gave it. */
const instantOf = (number: number) => (number === 0 ? 1_795_392_000_000 : 1_795_651_200_000 + number);

/** As psql says it: what both programs have alike stands once, in shared/db/migrations. */
const INCLUDED = /^\\ir (\S+)\n/gm;

/** As drizzle reads them out of a journal; here the names of the files are the journal. */
function readMigrations(folder: string): MigrationMeta[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return files.sort().map((name, number) => {
    assert(Number(name.slice(0, 4)) === number, `${name}: not migration ${number}, of which there is one`);
    const text = readFileSync(join(folder, name), 'utf8').replace(INCLUDED, (_line, path: string) =>
      readFileSync(join(folder, path), 'utf8'),
    );
    const hash = createHash('sha256').update(text).digest('hex');
    return { sql: [text], bps: false, folderMillis: instantOf(number), hash };
  });
}
