/**
 * Tables for drizzle: places. The migrations make and explain them, and a test compares the two.
 */
import { sql } from 'drizzle-orm';
import { boolean, doublePrecision, index, integer, pgTable, smallint, text } from 'drizzle-orm/pg-core';
import { bytea } from '../../../shared/db/columns.ts';

export const places = pgTable(
  'places',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    place: text().notNull().unique(),
    kind: smallint().notNull(),
    ward: text(),
    capacity: integer(),
    latitude: doublePrecision(),
    longitude: doublePrecision(),
    nameSealed: bytea(),
    keyGeneration: integer().notNull(),
    bound: boolean().notNull().default(true),
  },
  (table) => [index('places_unbound').on(table.id).where(sql`NOT ${table.bound}`)],
);
