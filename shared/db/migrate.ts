/**
 * Brings a database to the newest schema, once, however many programs start at the same time.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import { AppError } from '../errors.ts';
import { type Database, type Transaction, withTransaction } from './database.ts';

/** Any number, the same in all programs. */
const MIGRATION_LOCK = 7_260_124;

/**
 * Applies the migrations of `folder` (drizzle's layout: `meta/_journal.json` and one SQL file each) that `db`
 * lacks, all in one transaction under an advisory lock: safe when many start at once, and a no-op when there
 * is nothing to do. Throws FAILED_PRECONDITION/DATABASE_NEWER when a newer program has migrated it already.
 */
export async function migrateDatabase(db: Database, folder: string): Promise<void> {
  await withTransaction(db, async (tx) => {
    await tx.sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    await refuseNewer(tx, folder);
    await migrate(tx.orm, { migrationsFolder: folder });
  });
}

async function refuseNewer(tx: Transaction, folder: string): Promise<void> {
  const [found] = await tx.sql`select to_regclass('drizzle.__drizzle_migrations') is not null as migrated`;
  if (!found?.migrated) return;
  const [last] = await tx.sql`select max(created_at) as at from drizzle.__drizzle_migrations`;
  if ((last?.at ?? 0) <= newestOf(folder)) return;
  throw new AppError('FAILED_PRECONDITION', 'DATABASE_NEWER', 'the database was migrated by a newer program');
}

function newestOf(folder: string): number {
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  return Math.max(0, ...journal.entries.map((entry) => entry.when));
}
