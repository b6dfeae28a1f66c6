/**
 * The node's ordinary tables for drizzle, but for those of its records (records-schema.ts); migrations/ is
 * what makes them and explains them, and a test compares the two. The audit log's are in
 * shared/db/audit-tables.ts.
 */
import { isNull, sql } from 'drizzle-orm';
import {
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, int8, newestFirst } from '../../shared/db/columns.ts';

export const cases = pgTable(
  'cases',
  {
    id: uuid().primaryKey(),
    onsetOn: date({ mode: 'string' }),
    sampledAt: instant(),
    isolatedAt: instant(),
    createdAt: instant().notNull().default(sql`now()`),
    changedAt: instant().notNull().default(sql`now()`),
    withdrawnAt: instant(),
    ward: text(),
    version: integer().notNull().default(1),
  },
  (table) => [
    index('cases_by_ward').on(table.ward, newestFirst(table.createdAt), newestFirst(table.id)),
    index('cases_newest').on(newestFirst(table.createdAt), newestFirst(table.id)),
  ],
);

export const caseIdentifiers = pgTable(
  'case_identifiers',
  {
    caseId: uuid().notNull(),
    position: integer().notNull(),
    identifierId: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.caseId, table.position] }),
    unique().on(table.caseId, table.identifierId),
    index('case_identifiers_identifier').on(table.identifierId),
  ],
);

export const rulePacks = pgTable('rule_packs', {
  number: integer().primaryKey(),
  signed: text().notNull(),
  pack: jsonb().notNull(),
});

export const traces = pgTable(
  'traces',
  {
    id: text().primaryKey(),
    direction: text({ enum: ['forward', 'backward'] }).notNull(),
    maxDegree: integer().notNull(),
    asOf: int8().notNull(),
    rules: integer().notNull(),
    revision: integer().notNull().default(0),
    opening: text(),
    createdAt: instant().notNull().default(sql`now()`),
    acceptedAt: instant(),
    refusal: text(),
    closing: boolean().notNull().default(false),
    closedAt: instant(),
    status: jsonb(),
    federationKey: integer(),
    refusedAt: instant(),
    version: integer().notNull().default(1),
  },
  (table) => [
    index('traces_newest').on(newestFirst(table.createdAt), newestFirst(table.id)),
    index('traces_unaccepted')
      .on(table.refusedAt.nullsFirst(), table.createdAt)
      .where(sql`(${table.acceptedAt} IS NULL OR ${table.closing}) AND ${table.closedAt} IS NULL`),
  ],
);

export const traceCases = pgTable(
  'trace_cases',
  {
    traceId: text().notNull(),
    caseId: uuid().notNull(),
    position: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.caseId] }),
    index('trace_cases_case').on(table.caseId),
  ],
);

export const openings = pgTable(
  'openings',
  {
    traceId: text().notNull(),
    revision: integer().notNull(),
    province: text().notNull(),
    opening: text().notNull(),
    expiresAt: int8().notNull(),
    firstSeenAt: instant().notNull().default(sql`now()`),
    federationKey: integer().notNull().default(1),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.revision] }),
    index('openings_by_federation_key').on(table.federationKey, table.expiresAt),
    index('openings_newest').on(newestFirst(table.firstSeenAt), newestFirst(table.traceId)),
  ],
);

export const answeredQuestions = pgTable(
  'answered_questions',
  {
    traceId: text().notNull(),
    seq: integer().notNull(),
    questionSha256: bytea().notNull(),
    answers: integer().notNull().default(1),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.seq] })],
);

export const askedCounts = pgTable(
  'asked_counts',
  {
    holder: text().notNull(),
    period: text({ enum: ['trace', 'hour', 'day'] }).notNull(),
    beganAt: int8().notNull(),
    questions: int8().notNull(),
    persons: int8().notNull(),
  },
  (table) => [primaryKey({ columns: [table.holder, table.period, table.beganAt] })],
);

export const budgets = pgTable('budgets', {
  province: text().primaryKey(),
  questionsPerHour: int8().notNull(),
  personsPerHour: int8().notNull(),
  questionsPerDay: int8().notNull(),
  personsPerDay: int8().notNull(),
});

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
  },
  (table) => [
    index('break_glass_newest').on(newestFirst(table.openedAt), newestFirst(table.publicId)),
    index('break_glass_subject').on(table.subject, table.endsAt),
  ],
);

export const serviceAccounts = pgTable(
  'service_accounts',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    keySha256: bytea().notNull().unique(),
    scopes: text().array().notNull(),
    createdBy: text().notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant(),
    revokedAt: instant(),
    version: integer().notNull().default(1),
  },
  (table) => [index('service_accounts_newest').on(newestFirst(table.createdAt), newestFirst(table.id))],
);

export const knownProvinces = pgTable('known_provinces', {
  province: text().primaryKey(),
  statement: text().notNull(),
  statedAt: int8().notNull(),
  acceptedAt: instant().notNull().default(sql`now()`),
  revokedAt: instant(),
});
