/**
 * Tables for drizzle: admitted openings, what was asked under them, and the state of the node. The
 * migrations make and explain them, and a test compares the two.
 */
import { isNull, sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, instant, int8, newestFirst } from '../../../shared/db/columns.ts';

export const openings = pgTable(
  'openings',
  {
    traceId: text().notNull(),
    revision: integer().notNull(),
    province: text().notNull(),
    opening: text().notNull(),
    expiresAt: int8().notNull(),
    firstSeenAt: instant().notNull().default(sql`now()`),
    federationKey: integer().notNull().default(1),
    asksFrom: int8().notNull().default(0),
    asksUntil: int8().notNull().default(4_294_967_295),
    closedAt: int8(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.revision] }),
    index('openings_by_federation_key').on(table.federationKey, table.expiresAt),
    index('openings_ended').on(sql`coalesce(${table.closedAt}, ${table.expiresAt})`),
    index('openings_reaching').on(table.asksFrom).where(isNull(table.closedAt)),
    index('openings_newest').on(newestFirst(table.firstSeenAt), newestFirst(table.traceId)),
  ],
);

export const answeredQuestions = pgTable(
  'answered_questions',
  {
    traceId: text().notNull(),
    seq: integer().notNull(),
    questionSha256: bytea().notNull(),
    answers: integer().notNull().default(1),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.seq] })],
);

export const askedCounts = pgTable(
  'asked_counts',
  {
    holder: text().notNull(),
    period: text({ enum: ['trace', 'hour', 'day'] }).notNull(),
    beganAt: int8().notNull(),
    questions: int8().notNull(),
    persons: int8().notNull(),
  },
  (table) => [primaryKey({ columns: [table.holder, table.period, table.beganAt] })],
);

export const nodeState = pgTable('node_state', {
  onlyRow: boolean().primaryKey().default(true),
  incarnation: int8().notNull().default(0),
  dataAt: int8().notNull().default(0),
});
