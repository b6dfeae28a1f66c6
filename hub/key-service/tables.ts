/**
 * Tables for drizzle: what provinces may ask of the key service, and have asked. The migrations make and
 * explain them, and a test compares the two.
 */
import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
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

export const firstLoadings = pgTable('first_loadings', {
  province: text().primaryKey(),
  evaluations: int8().notNull(),
});
