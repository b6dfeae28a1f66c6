/**
 * Tables for drizzle: generations of data keys. The migrations make and explain them, and a test compares
 * the two.
 */
import { sql } from 'drizzle-orm';
import { integer, pgTable } from 'drizzle-orm/pg-core';
import { bytea, instant } from '../../shared/db/columns.ts';

export const dataKeys = pgTable('data_keys', {
  generation: integer().primaryKey(),
  checkValue: bytea().notNull(),
  firstUsedAt: instant().notNull().default(sql`now()`),
  retiredAt: instant(),
});
