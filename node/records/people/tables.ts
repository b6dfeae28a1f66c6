/**
 * Tables for drizzle: identifiers, records of people, and households. The migrations make and explain them,
 * and a test compares the two.
 */
import { eq, isNotNull, isNull, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
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
    token: bytea(),
    tokenGeneration: integer(),
    valueSealed: bytea().notNull(),
    valueIndex: bytea().notNull().unique(),
    keyGeneration: integer().notNull(),
    kind: smallint().notNull(),
    nextToken: bytea(),
    nextGeneration: integer(),
  },
  (table) => [
    index('identifiers_plain_token').on(table.id).where(sql`length(token) = 16`),
    index('identifiers_untokenized').on(table.id).where(isNull(table.token)),
    index('identifiers_of_no_kind').on(table.id).where(sql`kind = 0`),
  ],
);

/** Which generations the tokens are of; one row. */
export const tokenGenerations = pgTable('token_generations', {
  id: integer().primaryKey().default(1),
  current: integer().notNull(),
  next: integer(),
  isComplete: boolean().notNull().default(false),
  isMoved: boolean().notNull().default(true),
});

/** How far identifiers of before are spelled anew; one row. */
export const identifierRespelling = pgTable('identifier_respelling', {
  doneUntil: integer().notNull().default(0),
  lastId: integer().notNull(),
});

const rowId = () => bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity();

export const records = pgTable(
  'records',
  {
    id: rowId(),
    source: smallint().notNull(),
    sourceKey: bytea().notNull(),
    identifierIds: integer().array().notNull(),
    personSealed: bytea(),
    sex: text({ enum: ['male', 'female', 'other'] }),
    birthYear: smallint(),
    province: text(),
    ward: text(),
    householdId: integer(),
    principalId: integer(),
    at: int8().notNull(),
    retractedAt: int8(),
    version: integer().notNull().default(1),
    keyGeneration: integer().notNull(),
    waitsFor: text().array(),
    writtenBy: text(),
    writtenWithin: text().array(),
    bound: boolean().notNull().default(true),
  },
  (table) => [
    index('records_of_areas')
      .on(table.id)
      .where(
        sql`${isNotNull(table.writtenWithin)} AND ${isNull(table.waitsFor)} AND ${isNull(table.retractedAt)}`,
      ),
    index('records_waiting')
      .on(table.id)
      .where(sql`${isNotNull(table.waitsFor)} AND ${isNull(table.retractedAt)}`),
    uniqueIndex('records_standing').on(table.source, table.sourceKey).where(isNull(table.retractedAt)),
    index('records_household').on(table.householdId).where(isNotNull(table.householdId)),
    index('records_unbound').on(table.id).where(sql`NOT bound`),
    index('records_retracted').on(table.retractedAt).where(isNotNull(table.retractedAt)),
    index('records_to_complete').on(table.id).where(eq(table.keyGeneration, sql`0`)),
  ],
);

export const recordIdentifiers = pgTable(
  'record_identifiers',
  {
    identifierId: integer().notNull(),
    recordId: int8().notNull(),
    position: smallint().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.identifierId, table.recordId] }),
    index('record_identifiers_record').on(table.recordId),
  ],
);

export const recordVersions = pgTable(
  'record_versions',
  {
    id: rowId(),
    recordId: int8().notNull(),
    version: integer().notNull(),
    identifierIds: integer().array().notNull(),
    personSealed: bytea(),
    sex: text(),
    birthYear: smallint(),
    province: text(),
    ward: text(),
    householdId: integer(),
    at: int8().notNull(),
    keyGeneration: integer().notNull(),
    bound: boolean().notNull().default(true),
  },
  (table) => [
    unique().on(table.recordId, table.version),
    index('record_versions_unbound').on(table.id).where(sql`NOT bound`),
    index('record_versions_oldest').on(table.at),
    index('record_versions_identifiers').using('gin', table.identifierIds),
    index('record_versions_household').on(table.householdId).where(isNotNull(table.householdId)),
  ],
);

export const recordSecret = pgTable('record_secret', {
  id: integer().primaryKey(),
  valueSealed: bytea().notNull(),
  keyGeneration: integer().notNull(),
});

/** What was known of people before there were records; empty once the node has started. */
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
