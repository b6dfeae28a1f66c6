/**
 * Drizzle on a client or on one of its transactions. Columns have one name, in TypeScript: `createdAt` is
 * `created_at` in the database.
 */
import { toSnakeCase } from 'drizzle-orm/casing';
import {
  type PgColumn,
  PgDatabase,
  PgDialect,
  type PgPreparedQuery,
  type PreparedQueryConfig,
} from 'drizzle-orm/pg-core';
import {
  drizzle,
  type PostgresJsDatabase,
  PostgresJsPreparedQuery,
  PostgresJsSession,
} from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';

export type Orm = PostgresJsDatabase;

/** A statement with more is one for each length of its list: it is not worth keeping. */
const MOST_PARAMETERS_KEPT = 32;

type NoSchema = Record<string, never>;
type Session = PostgresJsSession<postgres.Sql, NoSchema, NoSchema>;

/**
 * Has the driver keep statements prepared, by their texts, as it keeps those that are written by hand.
 * Drizzle itself asks for it only where a statement was given a name.
 */
class KeepingSession extends PostgresJsSession<postgres.Sql, NoSchema, NoSchema> {
  override prepareQuery<T extends PreparedQueryConfig>(
    ...[query, fields, name, ...rest]: Parameters<Session['prepareQuery']>
  ): PgPreparedQuery<T> {
    const isKept = query.params.length <= MOST_PARAMETERS_KEPT;
    return super.prepareQuery(
      query,
      fields,
      name ?? (isKept ? query.sql : undefined),
      ...rest,
    ) as PgPreparedQuery<T>;
  }
}

/** Drizzle on `sql`, whose options have been settled for it. */
export function ormOf(sql: postgres.ISql): Orm {
  const session = new KeepingSession(sql as unknown as postgres.Sql, DIALECT, undefined);
  return new PgDatabase(DIALECT, session, undefined) as unknown as Orm;
}

/** Makes the client hand dates and instants over as text, which drizzle's columns read and write. */
export function settleForDrizzle(client: postgres.Sql): void {
  drizzle(client);
  client.options.serializers[TIMESTAMPTZ] = (value) => (value instanceof Date ? value.toISOString() : value);
}

const TIMESTAMPTZ = 1184;

/**
 * Drizzle's own memory of names knows tables by their names; node and hub, which may share a process, have
 * different ones of one name.
 */
class SnakeCase {
  readonly #known = new Map<string, string>();

  getColumnCasing({ name, keyAsName }: Pick<PgColumn, 'name' | 'keyAsName'>): string {
    if (!keyAsName) return name;
    const known = this.#known.get(name) ?? toSnakeCase(name);
    this.#known.set(name, known);
    return known;
  }
}

/** One for all: it remembers the names of columns. */
const DIALECT = Object.assign(new PgDialect(), { casing: new SnakeCase() }) as unknown as PgDialect;

// Drizzle wraps errors in one whose message holds the statement's parameters; the client's are translated
// already.
Object.defineProperty(PostgresJsPreparedQuery.prototype, 'queryWithCache', {
  value: (_statement: string, _parameters: unknown[], run: () => Promise<unknown>) => run(),
});
