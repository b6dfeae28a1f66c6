/**
 * The hub's tables for drizzle; migrations/ is what makes them and explains them, and a test compares the
 * two. Bodies of answers are read and written by hand-written SQL where a trace runs. The audit
 * log's tables are in shared/db/audit-tables.ts.
 */
import { isNull, sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, int8, newestFirst, preciseInstant } from '../../shared/db/columns.ts';

export const traces = pgTable(
  'traces',
  {
    id: text().primaryKey(),
    province: text().notNull(),
    openedAt: preciseInstant().notNull().default(sql`now()`),
    expiresAt: instant().notNull(),
    completedAt: preciseInstant(),
    closedAt: preciseInstant(),
    status: jsonb(),
    restedAt: preciseInstant(),
    asked: text().array().notNull().default([]),
    waitsFor: text().array().notNull().default([]),
    version: integer().notNull().default(1),
  },
  (table) => [
    index('traces_listed').on(newestFirst(table.openedAt), newestFirst(table.id)),
    index('traces_open').on(table.openedAt).where(isNull(table.closedAt)),
  ],
);

export const openings = pgTable(
  'openings',
  {
    traceId: text().notNull(),
    revision: integer().notNull(),
    opening: text().notNull(),
    countersignature: text().notNull(),
    acceptedAt: preciseInstant().notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.revision] })],
);

export const questions = pgTable(
  'questions',
  {
    traceId: text().notNull(),
    seq: integer().notNull(),
    body: bytea().notNull(),
    askedAt: preciseInstant().notNull().default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.seq] })],
);

export const answers = pgTable(
  'answers',
  {
    traceId: text().notNull(),
    seq: integer().notNull(),
    province: text().notNull(),
    incarnation: int8().notNull(),
    dataVersion: int8().notNull(),
    stale: boolean().notNull().default(false),
    body: bytea().notNull(),
    answeredAt: instant().notNull().default(sql`now()`),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.seq, table.province] }),
    index('answers_of').on(table.province, table.traceId),
  ],
);

export const deliveries = pgTable(
  'deliveries',
  {
    traceId: text().notNull(),
    province: text().notNull(),
    seq: integer().notNull(),
    body: bytea().notNull(),
    acknowledgedAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.province, table.seq] })],
);

export const provinces = pgTable('provinces', {
  province: text().primaryKey(),
  incarnation: int8().notNull().default(0),
  dataVersion: int8().notNull().default(0),
  dataAt: instant(),
  protocol: integer().notNull().default(0),
  reportedAt: instant(),
});

export const federationKeys = pgTable('federation_keys', {
  generation: integer().primaryKey(),
  checkValue: text().notNull(),
  province: text().notNull(),
  registeredAt: instant().notNull().default(sql`now()`),
});

export const federationKeyHolders = pgTable(
  'federation_key_holders',
  {
    province: text().notNull(),
    generation: integer().notNull(),
    checkValue: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.province, table.generation] })],
);

export const federationKeyApprovals = pgTable(
  'federation_key_approvals',
  {
    fromProvince: text().notNull(),
    toProvince: text().notNull(),
    approval: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.fromProvince, table.toProvince] })],
);

export const federationKeyWraps = pgTable(
  'federation_key_wraps',
  {
    toProvince: text().notNull(),
    generation: integer().notNull(),
    fromProvince: text().notNull(),
    recipient: text().notNull(),
    wrap: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.toProvince, table.generation, table.fromProvince] })],
);

export const keyEvaluations = pgTable(
  'key_evaluations',
  {
    province: text().notNull(),
    hour: instant().notNull(),
    evaluations: int8().notNull(),
  },
  (table) => [primaryKey({ columns: [table.province, table.hour] })],
);
export const keyBudgets = pgTable('key_budgets', {
  province: text().primaryKey(),
  perHour: int8().notNull(),
  perDay: int8().notNull(),
  firstLoading: int8().notNull(),
});

export const firstLoadings = pgTable('first_loadings', {
  province: text().primaryKey(),
  evaluations: int8().notNull(),
});

export const traceExclusions = pgTable(
  'trace_exclusions',
  {
    traceId: text().notNull(),
    province: text().notNull(),
    reason: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.province] })],
);

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
