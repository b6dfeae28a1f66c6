/**
 * Tables for drizzle: what provinces may ask of the key service, and have asked, and rotations of its key.
 * The migrations make and explain them, and a test compares the two.
 */
import { sql } from 'drizzle-orm';
import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, int8 } from '../../shared/db/columns.ts';

export const keyEvaluations = pgTable(
  'key_evaluations',
  {
    province: text().notNull(),
    hour: instant().notNull(),
    evaluations: int8().notNull(),
    cases: int8().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.province, table.hour] })],
);

export const keyBudgets = pgTable('key_budgets', {
  province: text().primaryKey(),
  perHour: int8().notNull(),
  perDay: int8().notNull(),
  firstLoading: int8().notNull(),
  casesPerDay: int8().notNull().default(40_000),
});

export const firstLoadings = pgTable(
  'first_loadings',
  {
    province: text().notNull(),
    evaluations: int8().notNull(),
    generation: integer().notNull().default(1),
  },
  (table) => [primaryKey({ columns: [table.province, table.generation] })],
);

export const keyRotations = pgTable('key_rotations', {
  generation: integer().primaryKey(),
  former: integer().notNull(),
  begunAt: instant().notNull().default(sql`now()`),
  leftBehind: text().array().notNull().default([]),
  usedFrom: instant(),
  retiredAt: instant(),
});
