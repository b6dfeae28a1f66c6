/**
 * The federation's databases, one a program: in an embedded server of its own, or in a real server that it
 * is told of, where it touches nothing but what it has created.
 */
import { join } from 'node:path';
import { openDatabase } from '../../shared/db/database.ts';
import type { ServerSettings } from '../../shared/db/embedded/settings.ts';
import { startPostgres } from '../../shared/db/embedded.ts';
import { createDatabase, dropDatabase, urlOfDatabase } from '../../shared/db/server-admin.ts';
import { newId } from '../../shared/ids.ts';

export interface DatabaseOptions {
  /** A server with the right to create databases; an embedded one if absent. */
  readonly databaseUrl?: string | undefined;
  /** Of the embedded server. */
  readonly postgres?: { readonly settings?: ServerSettings; readonly durable?: boolean } | undefined;
}

export interface Databases extends AsyncDisposable {
  /** Creates an empty database; returns its URL. Disposing drops it. */
  create(name: string): Promise<string>;
}

/** Databases in the server of `options`; an embedded one keeps its files below `directory`. */
export function openDatabases(options: DatabaseOptions, directory: string): Promise<Databases> {
  return options.databaseUrl === undefined
    ? startEmbedded(options, directory)
    : Promise.resolve(useServer(options.databaseUrl));
}

async function startEmbedded({ postgres }: DatabaseOptions, directory: string): Promise<Databases> {
  const server = await startPostgres({ ...postgres, dataDir: join(directory, 'postgres'), temporary: true });
  return {
    async create(name) {
      await server.createDatabase(name);
      return server.url(name);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function useServer(url: string): Databases {
  // A name of our own: the server may already have a database `hub`, or another federation of ours.
  const prefix = `truyvet_${newId().slice(0, 8)}_`;
  const created: string[] = [];
  return {
    async create(name) {
      await using admin = openDatabase(url, { max: 1, name: 'launcher' });
      await createDatabase(admin.sql, prefix + name);
      created.push(prefix + name);
      return urlOfDatabase(url, prefix + name);
    },
    async [Symbol.asyncDispose]() {
      await using admin = openDatabase(url, { max: 1, name: 'launcher' });
      for (const name of created) await dropDatabase(admin.sql, name);
    },
  };
}
