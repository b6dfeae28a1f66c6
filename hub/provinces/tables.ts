/**
 * Tables for drizzle: members and their certificates. The migrations make and explain them, and a test
 * compares the two.
 */
import { sql } from 'drizzle-orm';
import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, newestFirst, preciseInstant } from '../../shared/db/columns.ts';

export const members = pgTable('members', {
  province: text().primaryKey(),
  address: text().notNull(),
  statement: text().notNull(),
  statedAt: instant().notNull(),
  enrolledAt: instant().notNull().default(sql`now()`),
  revokedAt: preciseInstant(),
  revokedBecause: text(),
  changedAt: preciseInstant().notNull().default(sql`clock_timestamp()`),
  version: integer().notNull().default(1),
});

export const certificates = pgTable(
  'certificates',
  {
    serial: text().primaryKey(),
    province: text().notNull(),
    certificate: text().notNull(),
    notAfter: instant().notNull(),
    issuedAt: instant().notNull(),
    revokedAt: instant(),
  },
  (table) => [index('certificates_of').on(table.province, newestFirst(table.notAfter))],
);
