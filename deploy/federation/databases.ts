/**
 * The federation's databases, one a program: in an embedded server of its own, or in a real server that it
 * is told of, where it touches nothing but what it has created. Each has an owner and a role for the program.
 */
import { join } from 'node:path';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { grantProgramRole } from '../../shared/db/program-role.ts';
import { newId, newKey } from '../../shared/ids.ts';
import { packageRoot } from '../../shared/package-root.ts';
import type { ServerSettings } from '../postgres/embedded/settings.ts';
import { startPostgres } from '../postgres/embedded.ts';
import {
  createDatabase,
  createRole,
  dropDatabase,
  dropRole,
  urlOfDatabase,
  urlOfRole,
} from '../postgres/server-admin.ts';

export interface DatabaseOptions {
  /** A server with the right to create databases and roles; an embedded one if absent. */
  readonly databaseUrl?: string | undefined;
  /** Migrated databases in that server, to be copied; made anew if absent. */
  readonly templates?: Readonly<Record<'node' | 'hub', string>> | undefined;
  /** Of the embedded server. */
  readonly postgres?: { readonly settings?: ServerSettings; readonly durable?: boolean } | undefined;
}

/** One program's database, under its owner and under the role that the program runs with. */
export interface DatabaseUrls {
  readonly owner: string;
  readonly program: string;
}

export interface Databases extends AsyncDisposable {
  /** Creates a migrated database for a node or the hub, and a role for it. Disposing drops both. */
  create(name: string, program: 'node' | 'hub'): Promise<DatabaseUrls>;
}

/** Databases in the server of `options`; an embedded one keeps its files below `directory`. */
export async function openDatabases(options: DatabaseOptions, directory: string): Promise<Databases> {
  if (options.databaseUrl !== undefined) {
    // A name of our own: the server may already have a database `hub`, or another federation of ours.
    const prefix = `truyvet_${newId().slice(0, 8)}_`;
    return new ServerDatabases(options.databaseUrl, prefix, options.templates);
  }
  const { postgres } = options;
  const server = await startPostgres({ ...postgres, dataDir: join(directory, 'postgres'), temporary: true });
  const databases = new ServerDatabases(server.url('postgres'), '');
  return {
    create: (name, program) => databases.create(name, program),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

class ServerDatabases implements Databases {
  readonly #url: string;
  readonly #prefix: string;
  readonly #databases: string[] = [];
  readonly #roles: string[] = [];
  readonly #templates = new Map<string, Promise<string>>();
  readonly #strategy: 'wal_log' | 'file_copy';

  constructor(url: string, prefix: string, templates: DatabaseOptions['templates'] = undefined) {
    this.#url = url;
    this.#prefix = prefix;
    // Who keeps templates makes many databases, in a server of their own.
    this.#strategy = templates === undefined ? 'wal_log' : 'file_copy';
    for (const [program, name] of Object.entries(templates ?? {}))
      this.#templates.set(program, Promise.resolve(name));
  }

  async create(name: string, program: 'node' | 'hub'): Promise<DatabaseUrls> {
    const template = await this.#template(program);
    const database = await this.#create(name, template);
    const owner = urlOfDatabase(this.#url, database);
    const role = `${database}_program`;
    const password = Buffer.from(newKey(24)).toString('hex');
    await using db = openDatabase(owner, { max: 1, name: 'launcher' });
    await createRole(db.sql, role, password);
    this.#roles.push(role);
    await grantProgramRole(db, role);
    return { owner, program: urlOfRole(owner, role, password) };
  }

  /** Migrating once and copying is quicker than migrating 63 times. */
  #template(program: 'node' | 'hub'): Promise<string> {
    const known = this.#templates.get(program) ?? this.#makeTemplate(program);
    this.#templates.set(program, known);
    return known;
  }

  async #makeTemplate(program: 'node' | 'hub'): Promise<string> {
    const name = await this.#create(`${program}_template`);
    await using db = openDatabase(urlOfDatabase(this.#url, name), { max: 1, name: 'launcher' });
    await migrateDatabase(db, join(packageRoot, program, 'db', 'migrations'));
    return name;
  }

  async #create(name: string, template?: string): Promise<string> {
    const full = this.#prefix + name;
    await using admin = this.#open();
    await createDatabase(admin.sql, full, template, this.#strategy);
    this.#databases.push(full);
    return full;
  }

  #open(): Database {
    return openDatabase(this.#url, { max: 1, name: 'launcher' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using admin = this.#open();
    for (const name of this.#databases) await dropDatabase(admin.sql, name);
    for (const name of this.#roles) await dropRole(admin.sql, name);
  }
}
