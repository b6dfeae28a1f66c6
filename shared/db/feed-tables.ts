/**
 * The ordinary table of the feed for drizzle, the same in node and hub; the migrations make and explain it.
 */
import { jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { int8 } from './columns.ts';

export const feedCursors = pgTable('feed_cursors', {
  name: text().primaryKey(),
  position: int8().notNull(),
  gaps: jsonb().notNull(),
});
