/**
 * Tables for drizzle: cases. The migrations make and explain them, and a test compares the two.
 */
import { sql } from 'drizzle-orm';
import { date, index, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { instant, newestFirst } from '../../../shared/db/columns.ts';

export const cases = pgTable(
  'cases',
  {
    id: uuid().primaryKey(),
    onsetOn: date({ mode: 'string' }),
    sampledAt: instant(),
    isolatedAt: instant(),
    createdAt: instant().notNull().default(sql`now()`),
    changedAt: instant().notNull().default(sql`now()`),
    withdrawnAt: instant(),
    ward: text(),
    version: integer().notNull().default(1),
  },
  (table) => [
    index('cases_by_ward').on(table.ward, newestFirst(table.createdAt), newestFirst(table.id)),
    index('cases_newest').on(newestFirst(table.createdAt), newestFirst(table.id)),
  ],
);

export const caseIdentifiers = pgTable(
  'case_identifiers',
  {
    caseId: uuid().notNull(),
    position: integer().notNull(),
    identifierId: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.caseId, table.position] }),
    unique().on(table.caseId, table.identifierId),
    index('case_identifiers_identifier').on(table.identifierId),
  ],
);

/** Identifiers that corrections have replaced. */
export const supersededCaseIdentifiers = pgTable(
  'superseded_case_identifiers',
  {
    caseId: uuid().notNull(),
    version: integer().notNull(),
    position: integer().notNull(),
    identifierId: integer().notNull(),
    supersededAt: instant().notNull().default(sql`now()`),
    supersededBy: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.caseId, table.version, table.position] }),
    index('superseded_case_identifiers_identifier').on(table.identifierId),
  ],
);
