/**
 * Tables for drizzle, the same in node and hub: the key of cursors. The migrations make and explain them,
 * and a test compares the two.
 */
import { boolean, pgTable } from 'drizzle-orm/pg-core';
import { bytea } from '../db/columns.ts';

export const cursorKeys = pgTable('cursor_keys', {
  onlyRow: boolean().primaryKey().default(true),
  key: bytea().notNull(),
});
