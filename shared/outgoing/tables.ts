/**
 * Tables for drizzle, the same in node and hub: what leaves the program. The migrations make and explain
 * them, and a test compares the two.
 */
import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { instant, int8, preciseInstant } from '../db/columns.ts';
import { OUTGOING_STATES } from './rules.ts';

export const outgoing = pgTable(
  'outgoing',
  {
    id: int8().primaryKey().generatedAlwaysAsIdentity(),
    channel: text().notNull(),
    key: text().notNull(),
    subject: text().notNull(),
    body: jsonb().notNull(),
    state: text({ enum: OUTGOING_STATES }).notNull().default('waiting'),
    tries: integer().notNull().default(0),
    failure: text(),
    createdAt: instant().notNull().default(sql`now()`),
    dueAt: preciseInstant().notNull().default(sql`now()`),
    endedAt: instant(),
  },
  (table) => [
    unique().on(table.channel, table.key),
    index('outgoing_due').on(table.channel, table.dueAt, table.id).where(sql`state = 'waiting'`),
    index('outgoing_in_order').on(table.channel, table.subject, table.id).where(sql`state = 'waiting'`),
    index('outgoing_dead').on(table.id).where(sql`state = 'dead'`),
    index('outgoing_ended').on(table.endedAt).where(sql`ended_at IS NOT NULL`),
  ],
);
