/**
 * The hub's tables for drizzle; migrations/ is what makes them and explains them, and a test compares the
 * two. Bodies of answers are read and written by hand-written SQL where a trace runs. The audit
 * log's tables are in shared/db/audit-tables.ts.
 */
import { sql } from 'drizzle-orm';
import { boolean, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, int8, preciseInstant } from '../../shared/db/columns.ts';

export const traces = pgTable('traces', {
  id: text('id').primaryKey(),
  province: text('province').notNull(),
  openedAt: preciseInstant('opened_at').notNull().defaultNow(),
  expiresAt: instant('expires_at').notNull(),
  completedAt: preciseInstant('completed_at'),
  closedAt: preciseInstant('closed_at'),
  status: jsonb('status'),
  restedAt: preciseInstant('rested_at'),
  asked: text('asked').array().notNull().default([]),
  waitsFor: text('waits_for').array().notNull().default([]),
});

export const openings = pgTable(
  'openings',
  {
    traceId: text('trace_id').notNull(),
    revision: integer('revision').notNull(),
    opening: text('opening').notNull(),
    countersignature: text('countersignature').notNull(),
    acceptedAt: preciseInstant('accepted_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.revision] })],
);

export const questions = pgTable(
  'questions',
  {
    traceId: text('trace_id').notNull(),
    seq: integer('seq').notNull(),
    body: bytea('body').notNull(),
    askedAt: preciseInstant('asked_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.seq] })],
);

export const answers = pgTable(
  'answers',
  {
    traceId: text('trace_id').notNull(),
    seq: integer('seq').notNull(),
    province: text('province').notNull(),
    incarnation: int8('incarnation').notNull(),
    dataVersion: int8('data_version').notNull(),
    stale: boolean('stale').notNull().default(false),
    body: bytea('body').notNull(),
    answeredAt: instant('answered_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.seq, table.province] })],
);

export const deliveries = pgTable(
  'deliveries',
  {
    traceId: text('trace_id').notNull(),
    province: text('province').notNull(),
    seq: integer('seq').notNull(),
    body: bytea('body').notNull(),
    acknowledgedAt: instant('acknowledged_at'),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.province, table.seq] })],
);

export const provinces = pgTable('provinces', {
  province: text('province').primaryKey(),
  incarnation: int8('incarnation').notNull().default(0),
  dataVersion: int8('data_version').notNull().default(0),
  dataAt: instant('data_at'),
  protocol: integer('protocol').notNull().default(0),
  reportedAt: instant('reported_at'),
});

export const federationKeys = pgTable('federation_keys', {
  generation: integer('generation').primaryKey(),
  checkValue: text('check_value').notNull(),
  province: text('province').notNull(),
  registeredAt: instant('registered_at').notNull().defaultNow(),
});

export const federationKeyHolders = pgTable(
  'federation_key_holders',
  {
    province: text('province').notNull(),
    generation: integer('generation').notNull(),
    checkValue: text('check_value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.province, table.generation] })],
);

export const federationKeyApprovals = pgTable(
  'federation_key_approvals',
  {
    fromProvince: text('from_province').notNull(),
    toProvince: text('to_province').notNull(),
    approval: text('approval').notNull(),
  },
  (table) => [primaryKey({ columns: [table.fromProvince, table.toProvince] })],
);

export const federationKeyWraps = pgTable(
  'federation_key_wraps',
  {
    toProvince: text('to_province').notNull(),
    generation: integer('generation').notNull(),
    fromProvince: text('from_province').notNull(),
    recipient: text('recipient').notNull(),
    wrap: text('wrap').notNull(),
  },
  (table) => [primaryKey({ columns: [table.toProvince, table.generation, table.fromProvince] })],
);

export const keyEvaluations = pgTable(
  'key_evaluations',
  {
    province: text('province').notNull(),
    hour: instant('hour').notNull(),
    evaluations: int8('evaluations').notNull(),
  },
  (table) => [primaryKey({ columns: [table.province, table.hour] })],
);
export const keyBudgets = pgTable('key_budgets', {
  province: text('province').primaryKey(),
  perHour: int8('per_hour').notNull(),
  perDay: int8('per_day').notNull(),
  firstLoading: int8('first_loading').notNull(),
});

export const firstLoadings = pgTable('first_loadings', {
  province: text('province').primaryKey(),
  evaluations: int8('evaluations').notNull(),
});

export const traceExclusions = pgTable(
  'trace_exclusions',
  {
    traceId: text('trace_id').notNull(),
    province: text('province').notNull(),
    reason: text('reason').notNull(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.province] })],
);

export const members = pgTable('members', {
  province: text('province').primaryKey(),
  address: text('address').notNull(),
  statement: text('statement').notNull(),
  statedAt: instant('stated_at').notNull(),
  enrolledAt: instant('enrolled_at').notNull().defaultNow(),
  revokedAt: preciseInstant('revoked_at'),
  revokedBecause: text('revoked_because'),
  changedAt: preciseInstant('changed_at').notNull().default(sql`clock_timestamp()`),
});

export const invitations = pgTable('invitations', {
  id: uuid('id').primaryKey(),
  province: text('province').notNull(),
  secretSha256: bytea('secret_sha256').notNull(),
  madeBy: text('made_by').notNull(),
  madeAt: instant('made_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
});

export const enrolments = pgTable('enrolments', {
  id: uuid('id').primaryKey(),
  kind: text('kind', { enum: ['joining', 'renewal'] }).notNull(),
  invitationId: uuid('invitation_id'),
  province: text('province').notNull(),
  address: text('address').notNull(),
  request: text('request').notNull(),
  fingerprint: text('fingerprint').notNull(),
  requestedAt: instant('requested_at').notNull(),
  state: text('state', { enum: ['pending', 'approved', 'rejected'] })
    .notNull()
    .default('pending'),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by'),
  certificate: text('certificate'),
  statement: text('statement'),
});

export const certificates = pgTable('certificates', {
  serial: text('serial').primaryKey(),
  province: text('province').notNull(),
  certificate: text('certificate').notNull(),
  notAfter: instant('not_after').notNull(),
  issuedAt: instant('issued_at').notNull(),
  revokedAt: instant('revoked_at'),
});
