/**
 * The table of answered requests for drizzle, the same in node and hub; migrations/*_idempotency.sql makes
 * and explains it.
 */
import { jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
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
