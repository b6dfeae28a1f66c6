/**
 * The tables of the audit log for drizzle, the same in node and hub; migrations/0001_audit.sql makes and
 * explains them.
 */
import { sql } from 'drizzle-orm';
import { pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bytea, int8, preciseInstant, xid8 } from './columns.ts';

export const auditRecords = pgTable('audit_records', {
  id: int8('id').primaryKey().generatedAlwaysAsIdentity(),
  xact: xid8('xact').notNull().default(sql`pg_current_xact_id()`),
  body: text('body').notNull(),
});

export const auditTree = pgTable(
  'audit_tree',
  {
    level: smallint('level').notNull(),
    position: int8('position').notNull(),
    hash: bytea('hash').notNull(),
    recordId: int8('record_id').unique(),
  },
  (table) => [primaryKey({ columns: [table.level, table.position] })],
);

export const auditCheckpoints = pgTable('audit_checkpoints', {
  size: int8('size').primaryKey(),
  root: bytea('root').notNull(),
  note: text('note').notNull(),
  signedAt: preciseInstant('signed_at').notNull().defaultNow(),
});

export const auditPeerCheckpoints = pgTable('audit_peer_checkpoints', {
  id: int8('id').primaryKey().generatedAlwaysAsIdentity(),
  peer: text('peer').notNull(),
  size: int8('size').notNull(),
  root: bytea('root').notNull(),
  note: text('note').notNull(),
  conflict: text('conflict'),
  receivedAt: preciseInstant('received_at').notNull().defaultNow(),
});
