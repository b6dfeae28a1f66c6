/**
 * The tables of answered requests and of versions for drizzle, the same in node and hub; explained in
 * migrations/*_idempotency.sql and *_versions.sql.
 */
import { integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, int8 } from './columns.ts';

export const idempotency = pgTable(
  'idempotency',
  {
    caller: text('caller').notNull(),
    key: text('key').notNull(),
    digest: bytea('digest').notNull(),
    answer: jsonb('answer'),
    at: int8('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.caller, table.key] })],
);

export const versions = pgTable('versions', {
  name: text('name').primaryKey(),
  version: integer('version').notNull(),
});
