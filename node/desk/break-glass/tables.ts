/**
 * Tables for drizzle: break-glasses. The migrations make and explain them, and a test compares the two.
 */
import { sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, newestFirst } from '../../../shared/db/columns.ts';

export const breakGlass = pgTable(
  'break_glass',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    publicId: uuid().notNull().unique(),
    subject: text().notNull(),
    area: text().notNull(),
    openedAt: instant().notNull(),
    endsAt: instant().notNull(),
    reviewedAt: instant(),
    reviewedBy: text(),
    verdict: text({ enum: ['justified', 'unjustified'] }),
    reasonSealed: bytea().notNull(),
    keyGeneration: integer().notNull(),
    version: integer().notNull().default(1),
    bound: boolean().notNull().default(true),
  },
  (table) => [
    index('break_glass_newest').on(newestFirst(table.openedAt), newestFirst(table.publicId)),
    index('break_glass_subject').on(table.subject, table.endsAt),
    index('break_glass_unbound').on(table.id).where(sql`NOT ${table.bound}`),
  ],
);
