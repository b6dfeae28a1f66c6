/**
 * Weekly partitions of check-ins and encounters, made ahead, and dropped whole when they are over. Weeks
 * begin on Monday 00:00 UTC.
 */
import assert from 'node:assert/strict';
import type { Database, Queryable } from '../../shared/db/database.ts';

export type PartitionedTable = 'check_ins' | 'encounters';

/** One week of a table: instants in [from, until), in seconds since 1970. */
export interface Partition {
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

export const WEEK_SECONDS = 7 * 86_400;
/** Monday 1970-01-05. */
const FIRST_MONDAY = 4 * 86_400;

/** Bounds are stored as an expression: FOR VALUES FROM ('345600') TO ('950400'). */
const BOUNDS = String.raw`FROM \('(-?\d+)'\) TO \('(-?\d+)'\)`;

/** The partition that holds an instant (whole seconds since 1970, years 1 to 9999); it need not exist. */
export function partitionOf(table: PartitionedTable, instant: number): Partition {
  const from = FIRST_MONDAY + weekOf(instant) * WEEK_SECONDS;
  const monday = new Date(from * 1000).toISOString().slice(0, 10).replaceAll('-', '_');
  assert(/^\d{4}_\d\d_\d\d$/.test(monday), 'an instant outside the years 1 to 9999');
  return { name: `${table}_${monday}`, from, until: from + WEEK_SECONDS };
}

/** Weeks that are known to have their partition, so that a batch of known weeks asks nothing. */
const knownWeeks = new WeakMap<Database, Map<PartitionedTable, Set<number>>>();

/**
 * Makes the partitions that `instants` (whole seconds since 1970) need and that are missing. Safe while many
 * do the same. Commits on its own, so call it before the transaction that inserts. The database's function
 * does it, for the program itself owns no table.
 */
export async function ensurePartitions(
  db: Database,
  table: PartitionedTable,
  instants: Iterable<number>,
): Promise<void> {
  const known = knownWeeksOf(db, table);
  const missing = new Set<number>();
  for (const instant of instants) {
    const week = weekOf(instant);
    if (!known.has(week)) missing.add(week);
  }
  if (missing.size === 0) return;
  const weeks = [...missing].map((week) => partitionOf(table, FIRST_MONDAY + week * WEEK_SECONDS).from);
  await db.sql`select make_partition(${table}, week) from unnest(${weeks}::bigint[]) week`;
  for (const week of missing) known.add(week);
}

/** Where each table keeps the instant by which it is cut into weeks. */
const CUT_BY = { check_ins: 'in_at', encounters: 'from_at' } as const;

/** Rows of a week; asked of the whole table, for the program has no right of its own to a part of it. */
export async function countRows(
  db: Queryable,
  table: PartitionedTable,
  { from, until }: Partition,
): Promise<number> {
  const at = db.sql(CUT_BY[table]);
  const [row] = await db.sql<{ rows: number }[]>`
    select count(*)::bigint as rows from ${db.sql(table)} where ${at} >= ${from} and ${at} < ${until}`;
  return row?.rows ?? 0;
}

/** How long others may wait behind a lock on a whole table that is not to be had. */
const LOCK_TIMEOUT = '500ms';

/**
 * Nobody reads or writes the table until the transaction ends. Throws TRANSACTION_CONFLICT if somebody has
 * been at it for half a second.
 */
export async function lockPartitions(tx: Queryable, table: PartitionedTable): Promise<void> {
  await tx.sql`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`;
  await tx.sql`lock table only ${tx.sql(table)} in access exclusive mode`;
}

/** Drops a partition, whose table is locked, with all that is in it. */
export async function dropPartition(
  tx: Queryable,
  table: PartitionedTable,
  { from }: Partition,
): Promise<void> {
  await tx.sql`select drop_partition(${table}, ${from}::bigint)`;
}

/** A week that was dropped is made again should a row come that the rules allow once more. */
export function forgetWeek(db: Database, table: PartitionedTable, { from }: Partition): void {
  knownWeeksOf(db, table).delete(weekOf(from));
}

/** The partitions of a table, oldest first. */
export async function listPartitions(db: Queryable, table: PartitionedTable): Promise<Partition[]> {
  const rows = await db.sql<Partition[]>`
    select child.relname as name, bounds[1]::bigint as from, bounds[2]::bigint as until
    from pg_inherits
    join pg_class child on child.oid = inhrelid
    cross join regexp_match(pg_get_expr(child.relpartbound, child.oid), ${BOUNDS}) bounds
    where inhparent = ${table}::regclass
    order by 2`;
  return [...rows];
}

function weekOf(instant: number): number {
  return Math.floor((instant - FIRST_MONDAY) / WEEK_SECONDS);
}

function knownWeeksOf(db: Database, table: PartitionedTable): Set<number> {
  const tables = knownWeeks.get(db) ?? new Map<PartitionedTable, Set<number>>();
  knownWeeks.set(db, tables);
  const weeks = tables.get(table) ?? new Set<number>();
  tables.set(table, weeks);
  return weeks;
}
