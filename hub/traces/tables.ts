/**
 * Tables for drizzle: traces, questions, answers, deliveries, alarms, and what provinces report. The
 * migrations make and explain them, and a test compares the two. Bodies of answers are read and written by
 * hand-written SQL.
 */
import { isNotNull, isNull, sql } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, instant, int8, newestFirst, preciseInstant } from '../../shared/db/columns.ts';

export const traces = pgTable(
  'traces',
  {
    id: text().primaryKey(),
    province: text().notNull(),
    openedAt: preciseInstant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    completedAt: preciseInstant(),
    closedAt: preciseInstant(),
    status: jsonb(),
    restedAt: preciseInstant(),
    asked: text().array().notNull().default([]),
    waitsFor: text().array().notNull().default([]),
    version: integer().notNull().default(1),
    keyGeneration: integer().notNull().default(1),
  },
  (table) => [
    index('traces_open_by_generation').on(table.keyGeneration).where(isNull(table.closedAt)),
    index('traces_listed').on(newestFirst(table.openedAt), newestFirst(table.id)),
    index('traces_open').on(table.openedAt).where(isNull(table.closedAt)),
    index('traces_ended').on(table.closedAt).where(isNotNull(table.closedAt)),
  ],
);

export const openings = pgTable(
  'openings',
  {
    traceId: text().notNull(),
    revision: integer().notNull(),
    opening: text().notNull(),
    countersignature: text().notNull(),
    acceptedAt: preciseInstant().notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.revision] })],
);

export const questions = pgTable(
  'questions',
  {
    traceId: text().notNull(),
    seq: integer().notNull(),
    body: bytea().notNull(),
    askedAt: preciseInstant().notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.seq] })],
);

export const answers = pgTable(
  'answers',
  {
    traceId: text().notNull(),
    seq: integer().notNull(),
    province: text().notNull(),
    incarnation: int8().notNull(),
    dataVersion: int8().notNull(),
    stale: boolean().notNull().default(false),
    body: bytea().notNull(),
    answeredAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.seq, table.province] }),
    index('answers_of').on(table.province, table.traceId),
  ],
);

export const deliveries = pgTable(
  'deliveries',
  {
    traceId: text().notNull(),
    province: text().notNull(),
    seq: integer().notNull(),
    body: bytea().notNull(),
    acknowledgedAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.province, table.seq] })],
);

export const provinces = pgTable('provinces', {
  province: text().primaryKey(),
  incarnation: int8().notNull().default(0),
  dataVersion: int8().notNull().default(0),
  dataAt: instant(),
  protocol: integer().notNull().default(0),
  reportedAt: instant(),
});

export const traceExclusions = pgTable(
  'trace_exclusions',
  {
    traceId: text().notNull(),
    province: text().notNull(),
    reason: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.province] })],
);

export const traceAlarms = pgTable(
  'trace_alarms',
  {
    traceId: text().notNull(),
    reason: text().notNull(),
    persons: integer().notNull(),
    raisedAt: instant().notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.reason] })],
);

export const takenOver = pgTable(
  'taken_over',
  {
    traceId: text().notNull(),
    contactId: text().notNull(),
    province: text().notNull(),
    takenAt: instant().notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.contactId] })],
);
