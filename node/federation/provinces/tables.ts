/**
 * Tables for drizzle: other provinces. The migrations make and explain them, and a test compares the two.
 */
import { sql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { instant, int8 } from '../../../shared/db/columns.ts';

export const knownProvinces = pgTable('known_provinces', {
  province: text().primaryKey(),
  statement: text().notNull(),
  statedAt: int8().notNull(),
  acceptedAt: instant().notNull().default(sql`now()`),
  revokedAt: instant(),
});
