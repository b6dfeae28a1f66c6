/**
 * The node's tables of what the province wrote down, for drizzle: people, their identifiers, households,
 * places, and the keys that seal them. The others are in schema.ts; `check_ins` and `encounters` are
 * partitioned and hot: hand-written SQL only.
 */
import { isNotNull, isNull, sql } from 'drizzle-orm';
import {
  boolean,
  doublePrecision,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core';
import { bytea, instant, int8 } from '../../shared/db/columns.ts';

export const nodeState = pgTable('node_state', {
  onlyRow: boolean().primaryKey().default(true),
  incarnation: int8().notNull().default(0),
  dataAt: int8().notNull().default(0),
});

export const households = pgTable('households', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  nameSealed: bytea().notNull(),
  nameIndex: bytea().notNull().unique(),
  keyGeneration: integer().notNull(),
});

export const dataKeys = pgTable('data_keys', {
  generation: integer().primaryKey(),
  checkValue: bytea().notNull(),
  firstUsedAt: instant().notNull().default(sql`now()`),
  retiredAt: instant(),
});

export const identifiers = pgTable(
  'identifiers',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    token: bytea().unique(),
    tokenGeneration: integer(),
    householdId: integer(),
    homeProvince: text(),
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

export const places = pgTable('places', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  place: text().notNull().unique(),
  kind: smallint().notNull(),
  ward: text(),
  capacity: integer(),
  latitude: doublePrecision(),
  longitude: doublePrecision(),
  nameSealed: bytea(),
  keyGeneration: integer().notNull(),
});
