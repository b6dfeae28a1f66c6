/**
 * Follow-ups and tasks by the clock: whose last day is over, what was not done in time, whose report is
 * missing.
 */
import { and, asc, eq, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { CLOSED_FROM, STATE_NUMBERS, TASK_NUMBERS } from './machines.ts';
import { kindNumber, type TaskRow } from './settling.ts';
import { followUps, tasks } from './tables.ts';

/** At most `limit` ids behind `after` of follow-ups of which a last day is before `today`. */
export async function listEnded(
  { orm }: Queryable,
  { today, after, limit }: { readonly today: string; readonly after: number; readonly limit: number },
): Promise<number[]> {
  const { id, state, caseId, quarantineUntil, watchUntil } = followUps;
  const isOpen = and(
    lt(state, sql`${sql.raw(String(CLOSED_FROM))}`),
    ne(state, STATE_NUMBERS.lost),
    isNull(caseId),
  );
  const isOver = sql`coalesce(${watchUntil}, ${quarantineUntil}) < ${today}::date`;
  const isFree = and(eq(state, STATE_NUMBERS.quarantined), sql`${quarantineUntil} < ${today}::date`);
  const rows = await orm
    .select({ id })
    .from(followUps)
    .where(and(isOpen, or(isOver, isFree), sql`${id} > ${after}`))
    .orderBy(asc(id))
    .limit(limit);
  return rows.map((row) => row.id);
}

/** Marks at most `limit` tasks as missed whose time is over; which they were. */
export async function missTasks(
  { sql: client, orm }: Queryable,
  now: number,
  limit: number,
): Promise<TaskRow[]> {
  const rows = await client<{ id: number }[]>`
    UPDATE tasks SET state = ${TASK_NUMBERS.missed}, version = version + 1, assignee = NULL,
      claimed_until = NULL, last_assignee = coalesce(assignee, last_assignee), done_at = ${now}
    WHERE id IN (
      SELECT id FROM tasks WHERE state IN (1, 2) AND expires_at IS NOT NULL AND expires_at <= ${now}
      ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id`;
  const ids = rows.map(({ id }) => id);
  return ids.length === 0 ? [] : orm.select().from(tasks).where(inArray(tasks.id, ids));
}

/**
 * Of at most `limit` follow-ups under a pack whose report of `day` or before is missing: asks for it by a
 * task, and for the next one on the day after. Whether there were any.
 */
export async function askForReports(
  { sql: client }: Queryable,
  {
    pack,
    day,
    now,
    limit,
  }: { readonly pack: number; readonly day: string; readonly now: number; readonly limit: number },
): Promise<boolean> {
  const { count } = await client`
    WITH missing AS (
      SELECT id, next_report_on, ward, episode, priority FROM follow_ups
      WHERE state IN (4, 5) AND next_report_on <= ${day}::date AND pack = ${pack} AND case_id IS NULL
      ORDER BY next_report_on LIMIT ${limit} FOR UPDATE SKIP LOCKED),
    asked AS (
      INSERT INTO tasks (follow_up_id, episode, kind, cause, ward, priority, not_before, due_at)
      SELECT id, episode, ${kindNumber('report_missing')}, 'report:' || next_report_on, ward, priority,
        ${now}, ${now + 86_400} FROM missing
      ON CONFLICT DO NOTHING)
    UPDATE follow_ups f SET next_report_on = ${day}::date + 1 FROM missing WHERE f.id = missing.id`;
  return count > 0;
}
