/**
 * Tables for drizzle: budgets. The migrations make and explain them, and a test compares the two.
 */
import { pgTable, text } from 'drizzle-orm/pg-core';
import { int8 } from '../../../shared/db/columns.ts';

export const budgets = pgTable('budgets', {
  province: text().primaryKey(),
  questionsPerHour: int8().notNull(),
  personsPerHour: int8().notNull(),
  questionsPerDay: int8().notNull(),
  personsPerDay: int8().notNull(),
});
