/**
 * Tables for drizzle, the same in node and hub: the readers of the feed. The migrations make and explain
 * them, and a test compares the two.
 */
import { jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { int8 } from '../db/columns.ts';

export const feedCursors = pgTable('feed_cursors', {
  name: text().primaryKey(),
  position: int8().notNull(),
  gaps: jsonb().notNull(),
});
