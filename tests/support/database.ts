/**
 * A migrated database for one test or one file, cloned from a template in about 60 ms and dropped in the end.
 */
import { inject } from 'vitest';
import {
  createDatabase,
  dropDatabase,
  urlOfDatabase,
  urlOfRole,
} from '../../deploy/postgres/server-admin.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { newId } from '../../shared/ids.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Url of the test cluster's maintenance database; provided by global-setup.ts. */
    adminUrl: string;
    /** The role that running programs have in all test databases but empty ones. */
    programRole: { name: string; password: string };
  }
}

/** Databases that global-setup.ts has migrated, and that nobody connects to. */
export const TEMPLATES = { node: 'template_node', hub: 'template_hub' } as const;

/** Disposing closes `db`, ends other connections and drops the database. */
export interface TestDatabase extends AsyncDisposable {
  /** As its owner, for what no program does. */
  readonly url: string;
  /** For programs under test that open it themselves: the role that they run with. */
  readonly programUrl: string;
  /** As its owner. */
  readonly db: Database;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A database with the schema of a node or of the hub, or an empty one. */
export async function createTestDatabase(kind: 'node' | 'hub' | 'empty'): Promise<TestDatabase> {
  const adminUrl = inject('adminUrl');
  const name = `test_${newId().replaceAll('-', '')}`;
  await administer(adminUrl, (admin) =>
    createDatabase(admin.sql, name, kind === 'empty' ? undefined : TEMPLATES[kind], 'file_copy'),
  );
  const url = urlOfDatabase(adminUrl, name);
  const db = openDatabase(url, { max: 4, name: 'test' });
  const role = inject('programRole');
  return {
    url,
    programUrl: urlOfRole(url, role.name, role.password),
    db,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await administer(adminUrl, (admin) => dropDatabase(admin.sql, name));
    },
  };
}

async function administer(adminUrl: string, work: (admin: Database) => Promise<void>): Promise<void> {
  await using admin = openDatabase(adminUrl, { max: 1, name: 'test admin' });
  await work(admin);
}
