/**
 * Tables for drizzle: identifiers, what links them, people and households. The migrations make and explain
 * them, and a test compares the two.
 */
import { isNotNull, isNull } from 'drizzle-orm';
import { boolean, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, int8 } from '../../../shared/db/columns.ts';

export const households = pgTable('households', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  nameSealed: bytea().notNull(),
  nameIndex: bytea().notNull().unique(),
  keyGeneration: integer().notNull(),
});

export const identifiers = pgTable(
  'identifiers',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    token: bytea().unique(),
    tokenGeneration: integer(),
    householdId: integer(),
    valueSealed: bytea().notNull(),
    valueIndex: bytea().notNull().unique(),
    keyGeneration: integer().notNull(),
    isCccd: boolean().notNull(),
  },
  (table) => [
    index('identifiers_household').on(table.householdId).where(isNotNull(table.householdId)),
    index('identifiers_untokenized').on(table.id).where(isNull(table.token)),
  ],
);

/** How far identifiers of before are spelled anew; one row. */
export const identifierRespelling = pgTable('identifier_respelling', {
  doneUntil: integer().notNull().default(0),
  lastId: integer().notNull(),
});

export const links = pgTable(
  'links',
  {
    identifierA: integer().notNull(),
    identifierB: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.identifierA, table.identifierB] }),
    index('links_b').on(table.identifierB, table.identifierA),
  ],
);

export const people = pgTable('people', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  sex: text({ enum: ['male', 'female', 'other'] }),
  province: text(),
  ward: text(),
  nameSealed: bytea(),
  bornOnSealed: bytea(),
  addressSealed: bytea(),
  keyGeneration: integer().notNull(),
});

export const peopleIdentifiers = pgTable(
  'people_identifiers',
  {
    personId: integer().notNull(),
    identifierId: integer().notNull(),
    since: int8().notNull().generatedAlwaysAsIdentity(),
  },
  (table) => [
    primaryKey({ columns: [table.personId, table.identifierId] }),
    index('people_identifiers_identifier').on(table.identifierId, table.personId),
  ],
);
