/**
 * Databases and roles of a server as a whole: creating, cloning, dropping. Needs an account that may do so.
 */
import type postgres from 'postgres';
import { AppError } from '../../shared/errors.ts';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * Creates a database, empty or as a copy of `template`, which nobody may be connected to. Throws
 * INVALID_ARGUMENT for a name that is not lower-case letters, digits and underscores; DATABASE_ERROR if it
 * exists. `file_copy` takes half of the time and two checkpoints of the whole server.
 */
export async function createDatabase(
  admin: postgres.ISql,
  name: string,
  template = 'template0',
  strategy: 'wal_log' | 'file_copy' = 'wal_log',
): Promise<void> {
  checkName(name);
  checkName(template);
  await admin`create database ${admin(name)} template ${admin(template)} strategy ${admin(strategy)}`;
}

/** Drops a database, ending the connections to it; one that is not there is no error. */
export async function dropDatabase(admin: postgres.ISql, name: string): Promise<void> {
  checkName(name);
  await admin`drop database if exists ${admin(name)} with (force)`;
}

/**
 * Creates a role that may log in and nothing else. Throws INVALID_ARGUMENT for a name or a password (letters
 * and digits) that would have to be quoted, DATABASE_ERROR if it exists.
 */
export async function createRole(admin: postgres.ISql, name: string, password: string): Promise<void> {
  checkName(name);
  if (!/^[A-Za-z0-9]+$/.test(password)) {
    throw new AppError('INVALID_ARGUMENT', 'INVALID_PASSWORD', 'password: not letters and digits');
  }
  await admin.unsafe(`create role ${name} login password '${password}'`);
}

/** Drops a role, which nothing may depend on any more; one that is not there is no error. */
export async function dropRole(admin: postgres.ISql, name: string): Promise<void> {
  checkName(name);
  await admin`drop role if exists ${admin(name)}`;
}

/** `url` as another role. */
export function urlOfRole(url: string, name: string, password: string): string {
  const changed = new URL(url);
  changed.username = name;
  changed.password = password;
  return changed.href;
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
