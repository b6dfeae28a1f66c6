/**
 * The node's ordinary tables for drizzle; migrations/ is what makes them and explains them, and a test
 * compares the two. `check_ins` and `encounters` are partitioned and hot: hand-written SQL only. The audit
 * log's are in shared/db/audit-tables.ts.
 */
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
  onlyRow: boolean('only_row').primaryKey().default(true),
  incarnation: int8('incarnation').notNull().default(0),
  dataAt: int8('data_at').notNull().default(0),
});

export const households = pgTable('households', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  nameSealed: bytea('name_sealed').notNull(),
  nameIndex: bytea('name_index').notNull(),
  keyGeneration: integer('key_generation').notNull(),
});

export const dataKeys = pgTable('data_keys', {
  generation: integer('generation').primaryKey(),
  checkValue: bytea('check_value').notNull(),
  firstUsedAt: instant('first_used_at').notNull().defaultNow(),
  retiredAt: instant('retired_at'),
});

export const identifiers = pgTable('identifiers', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  token: bytea('token'),
  tokenGeneration: integer('token_generation'),
  householdId: integer('household_id'),
  homeProvince: text('home_province'),
  valueSealed: bytea('value_sealed').notNull(),
  valueIndex: bytea('value_index').notNull(),
  keyGeneration: integer('key_generation').notNull(),
  isCccd: boolean('is_cccd').notNull(),
});

export const links = pgTable(
  'links',
  {
    identifierA: integer('identifier_a').notNull(),
    identifierB: integer('identifier_b').notNull(),
  },
  (table) => [primaryKey({ columns: [table.identifierA, table.identifierB] })],
);

export const people = pgTable('people', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  sex: text('sex', { enum: ['male', 'female', 'other'] }),
  province: text('province'),
  ward: text('ward'),
  nameSealed: bytea('name_sealed'),
  bornOnSealed: bytea('born_on_sealed'),
  addressSealed: bytea('address_sealed'),
  keyGeneration: integer('key_generation').notNull(),
});

export const peopleIdentifiers = pgTable(
  'people_identifiers',
  {
    personId: integer('person_id').notNull(),
    identifierId: integer('identifier_id').notNull(),
    since: int8('since').notNull().generatedAlwaysAsIdentity(),
  },
  (table) => [primaryKey({ columns: [table.personId, table.identifierId] })],
);

export const places = pgTable('places', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  place: text('place').notNull(),
  kind: smallint('kind').notNull(),
  ward: text('ward'),
  capacity: integer('capacity'),
  latitude: doublePrecision('latitude'),
  longitude: doublePrecision('longitude'),
  nameSealed: bytea('name_sealed'),
  keyGeneration: integer('key_generation').notNull(),
});

export const cases = pgTable('cases', {
  id: uuid('id').primaryKey(),
  onsetOn: date('onset_on', { mode: 'string' }),
  sampledAt: instant('sampled_at'),
  isolatedAt: instant('isolated_at'),
  createdAt: instant('created_at').notNull().defaultNow(),
  changedAt: instant('changed_at').notNull().defaultNow(),
  withdrawnAt: instant('withdrawn_at'),
  ward: text('ward'),
  version: integer('version').notNull().default(1),
});

export const caseIdentifiers = pgTable(
  'case_identifiers',
  {
    caseId: uuid('case_id').notNull(),
    position: integer('position').notNull(),
    identifierId: integer('identifier_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.caseId, table.position] })],
);

export const rulePacks = pgTable('rule_packs', {
  number: integer('number').primaryKey(),
  signed: text('signed').notNull(),
  pack: jsonb('pack').notNull(),
});

export const traces = pgTable('traces', {
  id: text('id').primaryKey(),
  direction: text('direction', { enum: ['forward', 'backward'] }).notNull(),
  maxDegree: integer('max_degree').notNull(),
  asOf: int8('as_of').notNull(),
  rules: integer('rules').notNull(),
  revision: integer('revision').notNull().default(0),
  opening: text('opening'),
  createdAt: instant('created_at').notNull().defaultNow(),
  acceptedAt: instant('accepted_at'),
  refusal: text('refusal'),
  refusedAt: instant('refused_at'),
  closing: boolean('closing').notNull().default(false),
  closedAt: instant('closed_at'),
  status: jsonb('status'),
  federationKey: integer('federation_key'),
  version: integer('version').notNull().default(1),
});

export const traceCases = pgTable(
  'trace_cases',
  {
    traceId: text('trace_id').notNull(),
    caseId: uuid('case_id').notNull(),
    position: integer('position').notNull(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.caseId] })],
);

export const openings = pgTable(
  'openings',
  {
    traceId: text('trace_id').notNull(),
    revision: integer('revision').notNull(),
    province: text('province').notNull(),
    opening: text('opening').notNull(),
    expiresAt: int8('expires_at').notNull(),
    firstSeenAt: instant('first_seen_at').notNull().defaultNow(),
    federationKey: integer('federation_key').notNull().default(1),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.revision] })],
);

export const answeredQuestions = pgTable(
  'answered_questions',
  {
    traceId: text('trace_id').notNull(),
    seq: integer('seq').notNull(),
    questionSha256: bytea('question_sha256').notNull(),
    answers: integer('answers').notNull().default(1),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.seq] })],
);

export const askedCounts = pgTable(
  'asked_counts',
  {
    holder: text('holder').notNull(),
    period: text('period', { enum: ['trace', 'hour', 'day'] }).notNull(),
    beganAt: int8('began_at').notNull(),
    questions: int8('questions').notNull(),
    persons: int8('persons').notNull(),
  },
  (table) => [primaryKey({ columns: [table.holder, table.period, table.beganAt] })],
);

export const budgets = pgTable('budgets', {
  province: text('province').primaryKey(),
  questionsPerHour: int8('questions_per_hour').notNull(),
  personsPerHour: int8('persons_per_hour').notNull(),
  questionsPerDay: int8('questions_per_day').notNull(),
  personsPerDay: int8('persons_per_day').notNull(),
});

export const contacts = pgTable(
  'contacts',
  {
    traceId: text('trace_id').notNull(),
    contactId: text('contact_id').notNull(),
    degree: smallint('degree').notNull(),
    firstExposedAt: int8('first_exposed_at').notNull(),
    lastExposedAt: int8('last_exposed_at').notNull(),
    seconds: int8('seconds').notNull(),
    settings: smallint('settings').notNull(),
    placeKinds: integer('place_kinds').notNull(),
    exposedIn: text('exposed_in').array().notNull(),
    identifierIds: integer('identifier_ids').array().notNull(),
    ward: text('ward'),
    delivery: integer('delivery').notNull(),
    withdrawnAt: instant('withdrawn_at'),
    deliveredAt: instant('delivered_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.traceId, table.contactId] })],
);

export const deliveries = pgTable('deliveries', {
  traceId: text('trace_id').primaryKey(),
  applied: integer('applied').notNull(),
});
export const breakGlass = pgTable('break_glass', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  publicId: uuid('public_id').notNull(),
  subject: text('subject').notNull(),
  area: text('area').notNull(),
  openedAt: instant('opened_at').notNull(),
  endsAt: instant('ends_at').notNull(),
  reviewedAt: instant('reviewed_at'),
  reviewedBy: text('reviewed_by'),
  verdict: text('verdict', { enum: ['justified', 'unjustified'] }),
  reasonSealed: bytea('reason_sealed').notNull(),
  keyGeneration: integer('key_generation').notNull(),
  version: integer('version').notNull().default(1),
});

export const serviceAccounts = pgTable('service_accounts', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  keySha256: bytea('key_sha256').notNull(),
  scopes: text('scopes').array().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
  version: integer('version').notNull().default(1),
});

export const knownProvinces = pgTable('known_provinces', {
  province: text('province').primaryKey(),
  statement: text('statement').notNull(),
  statedAt: int8('stated_at').notNull(),
  acceptedAt: instant('accepted_at').notNull().defaultNow(),
  revokedAt: instant('revoked_at'),
});
