/**
 * Tables for drizzle: follow-ups, their exposures, tasks, calls, reports and history. The migrations make and
 * explain them, and a test compares the two.
 */
import { eq, isNotNull, lt, sql } from 'drizzle-orm';
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
import { bytea, int8 } from '../../../shared/db/columns.ts';

const day = () => date({ mode: 'string' });

export const followUps = pgTable(
  'follow_ups',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    publicId: uuid().notNull().unique(),
    ward: text(),
    wardByHand: boolean().notNull().default(false),
    identifierIds: integer().array().notNull(),
    reason: smallint().notNull(),
    state: smallint().notNull(),
    outcome: smallint(),
    episode: smallint().notNull().default(1),
    beganAt: int8().notNull(),
    openedAt: int8().notNull(),
    closedAt: int8(),
    degree: smallint(),
    firstExposedAt: int8(),
    lastExposedAt: int8(),
    plan: text(),
    pack: integer(),
    priority: smallint().notNull().default(3),
    day0: day(),
    placePlanned: smallint(),
    quarantineUntil: day(),
    watchUntil: day(),
    place: smallint(),
    placeName: text(),
    quarantinedAt: int8(),
    refused: boolean().notNull().default(false),
    nextReportOn: day(),
    symptomaticSince: day(),
    tracer: text(),
    caseId: uuid(),
    caseTrace: text(),
    caseProvince: text(),
    version: integer().notNull().default(1),
  },
  (table) => [
    index('follow_ups_open').on(table.ward, table.priority, table.id).where(lt(table.state, sql`9`)),
    index('follow_ups_of_all').on(table.priority, table.id).where(lt(table.state, sql`9`)),
    index('follow_ups_by_state').on(table.ward, table.state, table.priority, table.id),
    index('follow_ups_reports').on(table.nextReportOn).where(sql`${table.state} IN (4, 5)`),
    index('follow_ups_quarantines').on(table.quarantineUntil, table.id).where(eq(table.state, sql`4`)),
    index('follow_ups_ends')
      .on(sql`coalesce(${table.watchUntil}, ${table.quarantineUntil})`, table.id)
      .where(lt(table.state, sql`9`)),
  ],
);

/** How far follow-ups have been planned anew under a pack. */
export const followUpReplans = pgTable('follow_up_replans', {
  pack: integer().primaryKey(),
  lastId: integer().notNull().default(0),
  doneAt: int8(),
});

export const followUpIdentifiers = pgTable(
  'follow_up_identifiers',
  {
    identifierId: integer().notNull(),
    followUpId: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.identifierId, table.followUpId] }),
    index('follow_up_identifiers_of').on(table.followUpId),
  ],
);

export const followUpContacts = pgTable(
  'follow_up_contacts',
  {
    traceId: text().notNull(),
    contactId: text().notNull(),
    followUpId: integer().notNull(),
    direction: text({ enum: ['forward', 'backward'] }).notNull(),
    degree: smallint().notNull(),
    firstExposedAt: int8().notNull(),
    lastExposedAt: int8().notNull(),
    seconds: int8().notNull(),
    settings: smallint().notNull(),
    placeKinds: integer().notNull(),
    exposedIn: text().array().notNull(),
    withdrawnAt: int8(),
  },
  (table) => [
    primaryKey({ columns: [table.traceId, table.contactId] }),
    index('follow_up_contacts_of').on(table.followUpId),
  ],
);

export const tasks = pgTable(
  'tasks',
  {
    id: int8().primaryKey().generatedAlwaysAsIdentity(),
    followUpId: integer(),
    caseId: uuid(),
    leadId: integer(),
    episode: smallint().notNull().default(1),
    kind: smallint().notNull(),
    cause: text().notNull(),
    ward: text(),
    state: smallint().notNull().default(1),
    priority: smallint().notNull(),
    notBefore: int8().notNull(),
    dueAt: int8().notNull(),
    expiresAt: int8(),
    assignee: text(),
    claimedUntil: int8(),
    lastAssignee: text(),
    lastUntil: int8(),
    attempts: smallint().notNull().default(0),
    method: text(),
    outcome: smallint(),
    data: jsonb(),
    doneAt: int8(),
    doneBy: text(),
    version: integer().notNull().default(1),
  },
  (table) => {
    const isOpen = sql`${table.state} IN (1, 2)`;
    return [
      unique()
        .on(table.followUpId, table.caseId, table.leadId, table.episode, table.kind, table.cause)
        .nullsNotDistinct(),
      index('tasks_open_ward').on(table.ward, table.priority, table.dueAt, table.id).where(isOpen),
      index('tasks_open_kind').on(table.ward, table.kind, table.dueAt, table.id).where(isOpen),
      index('tasks_open_mine').on(table.assignee, table.priority, table.dueAt, table.id).where(isOpen),
      index('tasks_open_all').on(table.priority, table.dueAt, table.id).where(isOpen),
      index('tasks_expiring')
        .on(table.expiresAt)
        .where(sql`${isOpen} AND ${isNotNull(table.expiresAt)}`),
    ];
  },
);

export const calls = pgTable(
  'calls',
  {
    id: int8().primaryKey().generatedAlwaysAsIdentity(),
    taskId: int8().notNull(),
    followUpId: integer().notNull(),
    at: int8().notNull(),
    by: text().notNull(),
    outcome: smallint().notNull(),
    nextAt: int8(),
    late: boolean().notNull().default(false),
    noteSealed: bytea(),
    keyGeneration: integer().notNull(),
  },
  (table) => [index('calls_of').on(table.followUpId, table.id), index('calls_of_task').on(table.taskId)],
);

export const reports = pgTable(
  'reports',
  {
    followUpId: integer().notNull(),
    onDate: day().notNull(),
    key: text().notNull(),
    at: int8().notNull(),
    temp: smallint(),
    symptoms: integer().notNull().default(0),
    source: smallint().notNull(),
    by: text(),
  },
  (table) => [primaryKey({ columns: [table.followUpId, table.onDate, table.key] })],
);

export const followUpLog = pgTable(
  'follow_up_log',
  {
    id: int8().primaryKey().generatedAlwaysAsIdentity(),
    followUpId: integer().notNull(),
    at: int8().notNull(),
    by: text(),
    command: text().notNull(),
    before: jsonb(),
    after: jsonb(),
    reasonSealed: bytea(),
    keyGeneration: integer().notNull(),
  },
  (table) => [index('follow_up_log_of').on(table.followUpId, table.id)],
);
