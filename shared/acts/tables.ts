/**
 * Tables for drizzle, the same in node and hub: answered requests and versions. The migrations make and
 * explain them, and a test compares the two.
 */
import { index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, int8 } from '../db/columns.ts';

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

export const versions = pgTable('versions', {
  name: text().primaryKey(),
  version: integer().notNull(),
});
