/**
 * One follow-up and one task at a time: their rows, what hangs on them, and what people did. Notes and
 * reasons are sealed and opened here.
 */
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { drawIds } from '../../../shared/db/draw-ids.ts';
import type { ColumnSealer } from '../../sealing/sealer.ts';
import type { LogLine } from './filing-queries.ts';
import { TASK_NUMBERS } from './machines.ts';
import type { FollowUpRow, TaskRow } from './settling.ts';
import { calls, followUpLog, followUps, reports, tasks } from './tables.ts';

export type ReportRow = typeof reports.$inferSelect;
type SealedCall = typeof calls.$inferSelect;
type SealedLine = typeof followUpLog.$inferSelect;
export type CallRow = Omit<SealedCall, 'noteSealed' | 'keyGeneration'> & { readonly note: string | null };
export type HistoryRow = Omit<SealedLine, 'reasonSealed' | 'keyGeneration'> & {
  readonly reason: string | null;
};

/** A follow-up by the id that people know. */
export async function findFollowUp({ orm }: Queryable, publicId: string): Promise<FollowUpRow | undefined> {
  const [row] = await orm.select().from(followUps).where(eq(followUps.publicId, publicId));
  return row;
}

/** A task of an id. */
export async function findTask({ orm }: Queryable, id: number): Promise<TaskRow | undefined> {
  const [row] = await orm.select().from(tasks).where(eq(tasks.id, id));
  return row;
}

/** The task, locked; its follow-up is to be locked before. */
export async function lockTask({ orm }: Queryable, id: number): Promise<TaskRow | undefined> {
  const [row] = await orm.select().from(tasks).where(eq(tasks.id, id)).for('update');
  return row;
}

/** Changes a task, and its version with it. */
export async function updateTask(
  { orm }: Queryable,
  id: number,
  change: Partial<typeof tasks.$inferInsert>,
): Promise<TaskRow> {
  const version = sql`${tasks.version} + 1`;
  const [row] = await orm
    .update(tasks)
    .set({ ...change, version })
    .where(eq(tasks.id, id))
    .returning();
  return row as TaskRow;
}

/** All tasks of a follow-up, the newest episode first. */
export function listTasksOf({ orm }: Queryable, followUpId: number): Promise<TaskRow[]> {
  return orm
    .select()
    .from(tasks)
    .where(eq(tasks.followUpId, followUpId))
    .orderBy(desc(tasks.episode), asc(tasks.dueAt), asc(tasks.id));
}

/** Adds a task that something has brought about; one that is known by its kind and cause stays as it is. */
export async function insertTask({ orm }: Queryable, task: typeof tasks.$inferInsert): Promise<void> {
  await orm.insert(tasks).values(task).onConflictDoNothing();
}

/** Ends the open tasks of some kinds (all unless told): `state` done or cancelled. */
export async function endTasks(
  { orm }: Queryable,
  followUpId: number,
  { kinds, ...end }: { readonly kinds?: readonly number[] } & Partial<typeof tasks.$inferInsert>,
): Promise<void> {
  await orm
    .update(tasks)
    .set({
      ...end,
      version: sql`${tasks.version} + 1`,
      ...{ assignee: null, claimedUntil: null },
      lastAssignee: sql`coalesce(${tasks.assignee}, ${tasks.lastAssignee})`,
    })
    .where(
      and(
        eq(tasks.followUpId, followUpId),
        inArray(tasks.state, [TASK_NUMBERS.open, TASK_NUMBERS.assigned]),
        kinds && inArray(tasks.kind, [...kinds]),
      ),
    );
}

/** Files the open tasks of a follow-up at another desk; nobody has them then. */
export async function refileTasks(
  { sql: client }: Queryable,
  followUpIds: readonly number[],
  lateUntil: number,
): Promise<void> {
  await client`
    UPDATE tasks t SET ward = f.ward, assignee = NULL, claimed_until = NULL, version = t.version + 1,
      last_assignee = coalesce(t.assignee, t.last_assignee), last_until = ${lateUntil},
      state = ${TASK_NUMBERS.open}
    FROM follow_ups f
    WHERE t.follow_up_id = f.id AND f.id = ANY (${[...followUpIds]}::int[]) AND t.state IN (1, 2)
      AND t.ward IS DISTINCT FROM f.ward`;
}

/** A call, with what was noted of it. */
export async function insertCall(
  { orm, sql: client }: Queryable,
  sealer: ColumnSealer,
  { note, ...call }: Omit<CallRow, 'id'>,
): Promise<void> {
  const [id] = (await drawIds({ sql: client }, 'calls_id_seq', 1)) as [number];
  const [noteSealed] = sealer.seal('calls.note', [id], [note]);
  await orm
    .insert(calls)
    .overridingSystemValue()
    .values({ ...call, id, noteSealed: noteSealed ?? null, keyGeneration: sealer.generation });
}

/** Calls of a follow-up, the newest first. */
export async function listCalls(
  { orm }: Queryable,
  sealer: ColumnSealer,
  followUpId: number,
): Promise<CallRow[]> {
  const rows = await orm.select().from(calls).where(eq(calls.followUpId, followUpId)).orderBy(desc(calls.id));
  return rows.map(({ noteSealed, keyGeneration: _, ...call }) => ({
    ...call,
    note: sealer.openOptional('calls.note', call.id, noteSealed),
  }));
}

/** When somebody was called, and what came of it; without what was noted. */
export function listOutcomes({ orm }: Queryable, followUpId: number) {
  const { at, outcome, late } = calls;
  return orm.select({ at, outcome, late }).from(calls).where(eq(calls.followUpId, followUpId));
}

/** A report; the same key of the same day is the same report. */
export async function insertReport({ orm }: Queryable, report: ReportRow): Promise<void> {
  await orm.insert(reports).values(report).onConflictDoNothing();
}

/** Reports of a follow-up, the newest first. */
export function listReports({ orm }: Queryable, followUpId: number): Promise<ReportRow[]> {
  return orm
    .select()
    .from(reports)
    .where(eq(reports.followUpId, followUpId))
    .orderBy(desc(reports.onDate), desc(reports.at), reports.key);
}

/** A line of the history with somebody's reason. */
export async function insertReasoned(
  { orm, sql: client }: Queryable,
  sealer: ColumnSealer,
  { reason, ...line }: LogLine & { readonly reason: string | null },
): Promise<void> {
  const [id] = (await drawIds({ sql: client }, 'follow_up_log_id_seq', 1)) as [number];
  const [reasonSealed] = sealer.seal('follow_up_log.reason', [id], [reason]);
  await orm
    .insert(followUpLog)
    .overridingSystemValue()
    .values({ ...line, id, reasonSealed: reasonSealed ?? null, keyGeneration: sealer.generation });
}

/** What was done last with a follow-up, and by whom. */
export async function findLastCommand({ orm }: Queryable, followUpId: number) {
  const { by, command } = followUpLog;
  const [row] = await orm
    .select({ by, command })
    .from(followUpLog)
    .where(eq(followUpLog.followUpId, followUpId))
    .orderBy(desc(followUpLog.id))
    .limit(1);
  return row;
}

/** The history of a follow-up, the newest first. */
export async function listHistory(
  { orm }: Queryable,
  sealer: ColumnSealer,
  followUpId: number,
): Promise<HistoryRow[]> {
  const rows = await orm
    .select()
    .from(followUpLog)
    .where(eq(followUpLog.followUpId, followUpId))
    .orderBy(desc(followUpLog.id));
  return rows.map(({ reasonSealed, keyGeneration: _, ...line }) => ({
    ...line,
    reason: sealer.openOptional('follow_up_log.reason', line.id, reasonSealed),
  }));
}
