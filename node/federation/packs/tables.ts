/**
 * Tables for drizzle: rule packs. The migrations make and explain them, and a test compares the two.
 */
import { integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';

export const rulePacks = pgTable('rule_packs', {
  number: integer().primaryKey(),
  signed: text().notNull(),
  pack: jsonb().notNull(),
});
