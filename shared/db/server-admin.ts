/**
 * Databases of a server as a whole: creating, cloning, dropping. Needs an account that may do so.
 */
import type postgres from 'postgres';
import { AppError } from '../errors.ts';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Creates a database, empty or as a copy of `template`, which nobody may be connected to. Throws
 * INVALID_ARGUMENT for a name that is not lower-case letters, digits and underscores; DATABASE_ERROR if it
 * exists.
 */
export async function createDatabase(
  admin: postgres.ISql,
  name: string,
  template = 'template0',
): Promise<void> {
  checkName(name);
  checkName(template);
  await admin`create database ${admin(name)} template ${admin(template)}`;
}

/** Drops a database, ending the connections to it; one that is not there is no error. */
export async function dropDatabase(admin: postgres.ISql, name: string): Promise<void> {
  checkName(name);
  await admin`drop database if exists ${admin(name)} with (force)`;
}

/** `url` with another database. */
export function urlOfDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new AppError('INVALID_ARGUMENT', 'INVALID_DATABASE_NAME', 'database name: not [a-z][a-z0-9_]*');
}
