/**
 * Tables for drizzle: the federation key, as the hub sees it. The migrations make and explain them, and a
 * test compares the two.
 */
import { sql } from 'drizzle-orm';
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '../../shared/db/columns.ts';

export const federationKeys = pgTable('federation_keys', {
  generation: integer().primaryKey(),
  checkValue: text().notNull(),
  province: text().notNull(),
  registeredAt: instant().notNull().default(sql`now()`),
});

export const federationKeyHolders = pgTable(
  'federation_key_holders',
  {
    province: text().notNull(),
    generation: integer().notNull(),
    checkValue: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.province, table.generation] })],
);

export const federationKeyApprovals = pgTable(
  'federation_key_approvals',
  {
    fromProvince: text().notNull(),
    toProvince: text().notNull(),
    approval: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.fromProvince, table.toProvince] })],
);

export const federationKeyWraps = pgTable(
  'federation_key_wraps',
  {
    toProvince: text().notNull(),
    generation: integer().notNull(),
    fromProvince: text().notNull(),
    recipient: text().notNull(),
    wrap: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.toProvince, table.generation, table.fromProvince] })],
);
