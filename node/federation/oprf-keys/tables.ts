/**
 * Tables for drizzle: pinned OPRF keys. The migrations make and explain them, and a test compares the two.
 */
import { sql } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '../../../shared/db/columns.ts';

export const oprfKeys = pgTable('oprf_keys', {
  generation: integer().primaryKey(),
  checkValue: text().notNull(),
  statement: text(),
  pinnedAt: instant().notNull().default(sql`now()`),
});
