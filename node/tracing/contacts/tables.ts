/**
 * Tables for drizzle: contacts and their deliveries. The migrations make and explain them, and a test
 * compares the two.
 */
import { isNull, sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { instant, int8 } from '../../../shared/db/columns.ts';
import { TAKE_OVER_STATES } from './rules.ts';

export const contacts = pgTable(
  'contacts',
  {
    traceId: text().notNull(),
    contactId: text().notNull(),
    degree: smallint().notNull(),
    firstExposedAt: int8().notNull(),
    lastExposedAt: int8().notNull(),
    seconds: int8().notNull(),
    settings: smallint().notNull(),
    placeKinds: integer().notNull(),
    exposedIn: text().array().notNull(),
    identifierIds: integer().array().notNull(),
    ward: text(),
    delivery: integer().notNull(),
    withdrawnAt: instant(),
    deliveredAt: instant().notNull().default(sql`now()`),
    alsoClaimed: boolean().notNull().default(false),
    takeOver: text({ enum: TAKE_OVER_STATES }),
    takeOverRefusal: text(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.contactId] }),
    index('contacts_by_ward').on(table.traceId, table.ward, table.contactId),
    index('contacts_identifiers').using('gin', table.identifierIds),
    index('contacts_in_order')
      .on(table.traceId, table.degree, sql`(-${table.lastExposedAt})`, table.contactId)
      .where(isNull(table.withdrawnAt)),
    index('contacts_of_ward').on(table.ward, table.traceId),
  ],
);

export const deliveries = pgTable('deliveries', {
  traceId: text().primaryKey(),
  applied: integer().notNull(),
});
