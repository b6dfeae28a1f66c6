/**
 * A program's database at its start: migrated by its owner, opened as the role of the running program. The
 * program itself never works as the owner.
 */
import type { Clock } from '../clock.ts';
import type { Secret } from '../config.ts';
import { type Database, openDatabase, retryWhileStarting } from './database.ts';
import { migrateDatabase, requireMigrated } from './migrate.ts';
import { grantProgramRole, requireProtectedAudit } from './program-role.ts';

export interface ProgramDatabase {
  /** As the running program. */
  readonly databaseUrl: Secret<string>;
  /** As the owner; without it the database must have been migrated before. */
  readonly ownerDatabaseUrl?: Secret<string> | undefined;
  /** Directory of the migrations. */
  readonly migrations: string;
  readonly clock: Clock;
}

/**
 * Migrates as the owner and grants the program's role its rights; waits for a server that is starting. Throws
 * as `migrateDatabase` and `grantProgramRole`.
 */
export async function migrateAsOwner(place: ProgramDatabase, ownerUrl: Secret<string>): Promise<void> {
  const { databaseUrl, migrations, clock } = place;
  await using owner = openDatabase(ownerUrl.reveal(), { max: 1, name: 'migrate' });
  await retryWhileStarting(() => migrateDatabase(owner, migrations), { clock });
  await grantProgramRole(owner, decodeURIComponent(new URL(databaseUrl.reveal()).username));
}

/**
 * A pool of `max` connections for the running program, on a database of the newest schema. Throws
 * FAILED_PRECONDITION: DATABASE_OLDER, DATABASE_NEWER, AUDIT_NOT_PROTECTED.
 */
export async function openAsProgram(
  place: ProgramDatabase,
  pool: { readonly max: number; readonly name: string },
): Promise<Database> {
  const { databaseUrl, ownerDatabaseUrl, migrations, clock } = place;
  if (ownerDatabaseUrl) await migrateAsOwner(place, ownerDatabaseUrl);
  const db = openDatabase(databaseUrl.reveal(), pool);
  try {
    await retryWhileStarting(() => requireMigrated(db, migrations), { clock });
    await requireProtectedAudit(db);
    return db;
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
}
