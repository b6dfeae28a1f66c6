/**
 * Tables for drizzle: invitations and requests. The migrations make and explain them, and a test compares
 * the two.
 */
import { sql } from 'drizzle-orm';
import { index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, newestFirst } from '../../shared/db/columns.ts';

export const invitations = pgTable('invitations', {
  id: uuid().primaryKey(),
  province: text().notNull(),
  secretSha256: bytea().notNull(),
  madeBy: text().notNull(),
  madeAt: instant().notNull(),
  expiresAt: instant().notNull(),
});

export const enrolments = pgTable(
  'enrolments',
  {
    id: uuid().primaryKey(),
    kind: text({ enum: ['joining', 'renewal'] }).notNull(),
    invitationId: uuid().unique(),
    province: text().notNull(),
    address: text().notNull(),
    request: text().notNull(),
    fingerprint: text().notNull(),
    requestedAt: instant().notNull(),
    state: text({ enum: ['pending', 'approved', 'rejected'] })
      .notNull()
      .default('pending'),
    decidedAt: instant(),
    decidedBy: text(),
    certificate: text(),
    statement: text(),
    version: integer().notNull().default(1),
  },
  (table) => [
    index('enrolments_listed').on(newestFirst(table.requestedAt), table.id),
    uniqueIndex('enrolments_renewal')
      .on(table.province)
      .where(sql`${table.kind} = 'renewal' AND ${table.state} = 'pending'`),
  ],
);
