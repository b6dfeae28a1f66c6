/**
 * Tables for drizzle: own traces, and what the hub says of them. The migrations make and explain them, and a
 * test compares the two.
 */
import { sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, int8, newestFirst } from '../../../shared/db/columns.ts';

export const traces = pgTable(
  'traces',
  {
    id: text().primaryKey(),
    direction: text({ enum: ['forward', 'backward'] }).notNull(),
    maxDegree: integer().notNull(),
    asOf: int8().notNull(),
    rules: integer().notNull(),
    revision: integer().notNull().default(0),
    opening: text(),
    createdAt: instant().notNull().default(sql`now()`),
    acceptedAt: instant(),
    refusal: text(),
    closing: boolean().notNull().default(false),
    closedAt: instant(),
    status: jsonb(),
    federationKey: integer(),
    refusedAt: instant(),
    version: integer().notNull().default(1),
    noticed: jsonb().notNull().default([]),
    keyGeneration: integer(),
  },
  (table) => [
    index('traces_newest').on(newestFirst(table.createdAt), newestFirst(table.id)),
    index('traces_unaccepted')
      .on(table.refusedAt.nullsFirst(), table.createdAt)
      .where(sql`(${table.acceptedAt} IS NULL OR ${table.closing}) AND ${table.closedAt} IS NULL`),
  ],
);

export const traceCases = pgTable(
  'trace_cases',
  {
    traceId: text().notNull(),
    caseId: uuid().notNull(),
    position: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.caseId] }),
    index('trace_cases_case').on(table.caseId),
  ],
);

export const traceAlarms = pgTable(
  'trace_alarms',
  {
    traceId: text().notNull(),
    reason: text().notNull(),
    persons: integer().notNull(),
    heardAt: instant().notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.reason] })],
);
