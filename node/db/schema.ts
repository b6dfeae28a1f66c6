/**
 * The node's ordinary tables for drizzle; migrations/ is what makes them and explains them, and a test
 * compares the two. `check_ins` and `encounters` are partitioned and hot: hand-written SQL only. The audit
 * log's are in shared/db/audit-tables.ts.
 */
import { sql } from 'drizzle-orm';
import {
  boolean,
  date,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
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
  nameIndex: bytea().notNull(),
  keyGeneration: integer().notNull(),
});

export const dataKeys = pgTable('data_keys', {
  generation: integer().primaryKey(),
  checkValue: bytea().notNull(),
  firstUsedAt: instant().notNull().default(sql`now()`),
  retiredAt: instant(),
});

export const identifiers = pgTable('identifiers', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  token: bytea(),
  tokenGeneration: integer(),
  householdId: integer(),
  homeProvince: text(),
  valueSealed: bytea().notNull(),
  valueIndex: bytea().notNull(),
  keyGeneration: integer().notNull(),
  isCccd: boolean().notNull(),
});

export const links = pgTable(
  'links',
  {
    identifierA: integer().notNull(),
    identifierB: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.identifierA, table.identifierB] })],
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
  (table) => [primaryKey({ columns: [table.personId, table.identifierId] })],
);

export const places = pgTable('places', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  place: text().notNull(),
  kind: smallint().notNull(),
  ward: text(),
  capacity: integer(),
  latitude: doublePrecision(),
  longitude: doublePrecision(),
  nameSealed: bytea(),
  keyGeneration: integer().notNull(),
});

export const cases = pgTable('cases', {
  id: uuid().primaryKey(),
  onsetOn: date({ mode: 'string' }),
  sampledAt: instant(),
  isolatedAt: instant(),
  createdAt: instant().notNull().default(sql`now()`),
  changedAt: instant().notNull().default(sql`now()`),
  withdrawnAt: instant(),
  ward: text(),
  version: integer().notNull().default(1),
});

export const caseIdentifiers = pgTable(
  'case_identifiers',
  {
    caseId: uuid().notNull(),
    position: integer().notNull(),
    identifierId: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.caseId, table.position] })],
);

export const rulePacks = pgTable('rule_packs', {
  number: integer().primaryKey(),
  signed: text().notNull(),
  pack: jsonb().notNull(),
});

export const traces = pgTable('traces', {
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
  refusedAt: instant(),
  closing: boolean().notNull().default(false),
  closedAt: instant(),
  status: jsonb(),
  federationKey: integer(),
  version: integer().notNull().default(1),
});

export const traceCases = pgTable(
  'trace_cases',
  {
    traceId: text().notNull(),
    caseId: uuid().notNull(),
    position: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.caseId] })],
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
  (table) => [primaryKey({ columns: [table.traceId, table.revision] })],
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
  (table) => [primaryKey({ columns: [table.traceId, table.contactId] })],
);

export const deliveries = pgTable('deliveries', {
  traceId: text().primaryKey(),
  applied: integer().notNull(),
});
export const breakGlass = pgTable('break_glass', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  publicId: uuid().notNull(),
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
});

export const serviceAccounts = pgTable('service_accounts', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  keySha256: bytea().notNull(),
  scopes: text().array().notNull(),
  createdBy: text().notNull(),
  createdAt: instant().notNull(),
  expiresAt: instant(),
  revokedAt: instant(),
  version: integer().notNull().default(1),
});

export const knownProvinces = pgTable('known_provinces', {
  province: text().primaryKey(),
  statement: text().notNull(),
  statedAt: int8().notNull(),
  acceptedAt: instant().notNull().default(sql`now()`),
  revokedAt: instant(),
});
