/**
 * Tables for drizzle, the same in node and hub: the audit log. The migrations make and explain them, and a
 * test compares the two.
 */
import { sql } from 'drizzle-orm';
import { index, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core';
import { bytea, int8, preciseInstant, xid8 } from '../db/columns.ts';

export const auditRecords = pgTable(
  'audit_records',
  {
    id: int8().primaryKey().generatedAlwaysAsIdentity(),
    xact: xid8().notNull().default(sql`pg_current_xact_id()`),
    body: text().notNull(),
  },
  (table) => [
    index('audit_records_actor').on(sql`(${table.body}::jsonb #>> '{actor,id}')`, table.id),
    index('audit_records_on').using('gin', sql`(${table.body}::jsonb -> 'on') jsonb_path_ops`),
    index('audit_records_trace')
      .on(sql`(${table.body}::jsonb ->> 'trace')`, table.id)
      .where(sql`${table.body}::jsonb ->> 'trace' IS NOT NULL`),
    index('audit_records_xact').on(table.xact, table.id),
  ],
);

export const auditTree = pgTable(
  'audit_tree',
  {
    level: smallint().notNull(),
    position: int8().notNull(),
    hash: bytea().notNull(),
    recordId: int8().unique(),
  },
  (table) => [primaryKey({ columns: [table.level, table.position] })],
);

export const auditCheckpoints = pgTable('audit_checkpoints', {
  size: int8().primaryKey(),
  root: bytea().notNull(),
  note: text().notNull(),
  signedAt: preciseInstant().notNull().default(sql`now()`),
});

export const auditPeerCheckpoints = pgTable(
  'audit_peer_checkpoints',
  {
    id: int8().primaryKey().generatedAlwaysAsIdentity(),
    peer: text().notNull(),
    size: int8().notNull(),
    root: bytea().notNull(),
    note: text().notNull(),
    conflict: text(),
    receivedAt: preciseInstant().notNull().default(sql`now()`),
  },
  (table) => [index('audit_peer_checkpoints_newest').on(table.peer, table.id)],
);
