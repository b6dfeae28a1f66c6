/**
 * Tables for drizzle: service accounts. The migrations make and explain them, and a test compares the two.
 */
import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, newestFirst } from '../../../shared/db/columns.ts';

export const serviceAccounts = pgTable(
  'service_accounts',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    keySha256: bytea().notNull().unique(),
    scopes: text().array().notNull(),
    createdBy: text().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant(),
    revokedAt: instant(),
    version: integer().notNull().default(1),
    area: text(),
  },
  (table) => [index('service_accounts_newest').on(newestFirst(table.createdAt), newestFirst(table.id))],
);
