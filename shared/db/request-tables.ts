/**
 * The tables of answered requests, of versions and of the key of cursors for drizzle, the same in node and
 * hub; explained in migrations/*_idempotency.sql, *_versions.sql and *_cursor_keys.sql.
 */
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, int8 } from './columns.ts';

export const idempotency = pgTable(
  'idempotency',
  {
    caller: text().notNull(),
    key: text().notNull(),
    digest: bytea().notNull(),
    answer: jsonb(),
    at: int8().notNull(),
  },
  (table) => [primaryKey({ columns: [table.caller, table.key] }), index('idempotency_oldest').on(table.at)],
);

export const cursorKeys = pgTable('cursor_keys', {
  onlyRow: boolean().primaryKey().default(true),
  key: bytea().notNull(),
});

export const versions = pgTable('versions', {
  name: text().primaryKey(),
  version: integer().notNull(),
});
