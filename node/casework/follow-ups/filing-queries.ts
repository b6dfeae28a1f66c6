/**
 * The tables of follow-ups as contacts are filed to them: a thousand at a time, so by hand, from and to JSON;
 * a trace of 36,000 contacts is 36 transactions.
 */
import { and, asc, eq, inArray, like } from 'drizzle-orm';
import type { Queryable } from '../../../shared/db/database.ts';
import { TASK_NUMBERS } from './machines.ts';
import type { ExposureRow, FollowUpRow, LoggedState, NewTask, TaskChange, TaskRow } from './settling.ts';
import { followUpContacts, followUpIdentifiers, followUpReplans, followUps, tasks } from './tables.ts';

/** Any number, the same in all programs. */
const FILING_LOCK = 7_300_003;

/** Nobody else opens follow-ups, or finds whose one is, until the transaction ends. */
export async function lockFollowUpFiling({ sql }: Queryable): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${FILING_LOCK})`;
}

/** Ids of follow-ups that have one of these identifiers, by identifier. */
export function listByIdentifiers({ orm }: Queryable, identifierIds: readonly number[]) {
  return orm
    .select()
    .from(followUpIdentifiers)
    .where(inArray(followUpIdentifiers.identifierId, [...identifierIds]));
}

/** Exposures that came of these contacts of a trace. */
export function listByContacts(
  { orm }: Queryable,
  traceId: string,
  contactIds: readonly string[],
): Promise<ExposureRow[]> {
  return orm
    .select()
    .from(followUpContacts)
    .where(and(eq(followUpContacts.traceId, traceId), inArray(followUpContacts.contactId, [...contactIds])));
}

/** Follow-ups of these ids, by ascending id; others wait until the transaction ends. */
export function lockFollowUps({ orm }: Queryable, ids: readonly number[]): Promise<FollowUpRow[]> {
  return orm
    .select()
    .from(followUps)
    .where(inArray(followUps.id, [...ids]))
    .orderBy(asc(followUps.id))
    .for('update');
}

/** All exposures of these follow-ups. */
export function listExposures({ orm }: Queryable, ids: readonly number[]): Promise<ExposureRow[]> {
  return orm
    .select()
    .from(followUpContacts)
    .where(inArray(followUpContacts.followUpId, [...ids]));
}

/** All tasks that plans have made of these follow-ups. */
export function listPlannedTasks({ orm }: Queryable, ids: readonly number[]): Promise<TaskRow[]> {
  return orm
    .select()
    .from(tasks)
    .where(and(inArray(tasks.followUpId, [...ids]), like(tasks.cause, 'plan:%')))
    .orderBy(asc(tasks.id));
}

/** Rows as `jsonb_populate_recordset` takes them. */
function recordset(rows: readonly object[]): string {
  const snake = (name: string) => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
  return JSON.stringify(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [snake(key), value]))),
  );
}

/** New follow-ups with their identifiers. */
export async function insertFollowUps({ sql }: Queryable, rows: readonly FollowUpRow[]): Promise<void> {
  if (rows.length === 0) return;
  const json = recordset(rows);
  await sql`
    INSERT INTO follow_ups OVERRIDING SYSTEM VALUE
    SELECT * FROM jsonb_populate_recordset(NULL::follow_ups, ${json}::text::jsonb)`;
}

/** Follow-ups that were locked, as they are now. */
export async function updateFollowUps({ sql }: Queryable, rows: readonly FollowUpRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    UPDATE follow_ups f SET ward = n.ward, ward_by_hand = n.ward_by_hand, identifier_ids = n.identifier_ids,
      reason = n.reason, state = n.state, outcome = n.outcome, episode = n.episode, began_at = n.began_at,
      closed_at = n.closed_at, degree = n.degree, first_exposed_at = n.first_exposed_at,
      last_exposed_at = n.last_exposed_at, plan = n.plan, pack = n.pack, priority = n.priority, day0 = n.day0,
      place_planned = n.place_planned, quarantine_until = n.quarantine_until, watch_until = n.watch_until,
      place = n.place, place_name = n.place_name, quarantined_at = n.quarantined_at, refused = n.refused,
      next_report_on = n.next_report_on, symptomatic_since = n.symptomatic_since, tracer = n.tracer,
      case_id = n.case_id, case_trace = n.case_trace, case_province = n.case_province, version = n.version
    FROM jsonb_populate_recordset(NULL::follow_ups, ${recordset(rows)}::text::jsonb) n WHERE f.id = n.id`;
}

/** What each follow-up's person is known by; what is there already stays. */
export async function insertFollowUpIdentifiers(
  { sql }: Queryable,
  rows: readonly { readonly followUpId: number; readonly identifierId: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    INSERT INTO follow_up_identifiers (identifier_id, follow_up_id)
    SELECT identifier_id, follow_up_id
    FROM jsonb_populate_recordset(NULL::follow_up_identifiers, ${recordset(rows)}::text::jsonb)
    ON CONFLICT DO NOTHING`;
}

/** Exposures as they are now. */
export async function putExposures({ sql }: Queryable, rows: readonly ExposureRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    INSERT INTO follow_up_contacts
    SELECT * FROM jsonb_populate_recordset(NULL::follow_up_contacts, ${recordset(rows)}::text::jsonb)
    ON CONFLICT (trace_id, contact_id) DO UPDATE SET direction = excluded.direction, degree = excluded.degree,
      first_exposed_at = excluded.first_exposed_at, last_exposed_at = excluded.last_exposed_at,
      seconds = excluded.seconds, settings = excluded.settings, place_kinds = excluded.place_kinds,
      exposed_in = excluded.exposed_in, withdrawn_at = excluded.withdrawn_at`;
}

/** New tasks; one that is known by its kind and cause stays as it is. */
export async function insertTasks({ sql }: Queryable, rows: readonly NewTask[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    INSERT INTO tasks (follow_up_id, episode, kind, cause, ward, priority, not_before, due_at, expires_at,
      method)
    SELECT follow_up_id, episode, kind, cause, ward, priority, not_before, due_at, expires_at, method
    FROM jsonb_populate_recordset(NULL::tasks, ${recordset(rows)}::text::jsonb)
    ON CONFLICT DO NOTHING`;
}

/** Tasks that move, or are wanted again. */
export async function moveTasks({ sql }: Queryable, rows: readonly TaskChange[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    UPDATE tasks t SET not_before = n.not_before, due_at = n.due_at, expires_at = n.expires_at,
      priority = n.priority, version = t.version + 1,
      state = CASE WHEN t.state = ${TASK_NUMBERS.cancelled} THEN ${TASK_NUMBERS.open} ELSE t.state END
    FROM jsonb_populate_recordset(NULL::tasks, ${recordset(rows)}::text::jsonb) n
    WHERE t.id = n.id AND t.state IN (1, 2, 4)`;
}

/** Cancels open tasks; what their assignees have done meanwhile still counts until `lateUntil`. */
export async function cancelTasks(
  { sql }: Queryable,
  ids: readonly number[],
  lateUntil: number,
): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    UPDATE tasks SET state = ${TASK_NUMBERS.cancelled}, version = version + 1, assignee = NULL,
      claimed_until = NULL, last_assignee = coalesce(assignee, last_assignee), last_until = ${lateUntil}
    WHERE id = ANY (${[...ids]}::bigint[]) AND state IN (1, 2)`;
}

/**
 * Files open follow-ups of whom records of these wards say otherwise than their desk, unless somebody has
 * filed them by hand; which they were.
 */
export async function refileMoved(
  { sql }: Queryable,
  identifierIds: readonly number[],
  wards: readonly string[],
): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    WITH moved AS MATERIALIZED (
      SELECT f.id, f.ward, (
        SELECT r.ward FROM unnest(f.identifier_ids) AS named (id)
        CROSS JOIN LATERAL (
          SELECT record_id FROM record_identifiers n WHERE n.identifier_id = named.id OFFSET 0) n
        CROSS JOIN LATERAL (
          SELECT * FROM records WHERE id = n.record_id AND retracted_at IS NULL AND waits_for IS NULL
            AND ward = ANY (${[...wards]}::text[]) OFFSET 0) r
        ORDER BY record_rank(r.source), r.at DESC, r.id DESC LIMIT 1) AS said
      FROM follow_ups f
      WHERE f.state < 9 AND NOT f.ward_by_hand AND f.id IN (
        SELECT follow_up_id FROM follow_up_identifiers
        WHERE identifier_id = ANY (${[...identifierIds]}::int[]))
      ORDER BY f.id FOR UPDATE)
    UPDATE follow_ups f SET ward = moved.said, version = f.version + 1 FROM moved
    WHERE f.id = moved.id AND moved.ward IS DISTINCT FROM moved.said
    RETURNING f.id`;
  return rows.map(({ id }) => id);
}

/** How far planning anew under a pack is; its row is locked. */
export async function lockReplan({ sql, orm }: Queryable, pack: number) {
  await sql`INSERT INTO follow_up_replans (pack) VALUES (${pack}) ON CONFLICT DO NOTHING`;
  const { lastId, doneAt } = followUpReplans;
  const [row] = await orm
    .select({ lastId, doneAt })
    .from(followUpReplans)
    .where(eq(followUpReplans.pack, pack))
    .for('update');
  return row as { lastId: number; doneAt: number | null };
}

/** Keeps how far it is. */
export async function keepReplan(
  { orm }: Queryable,
  pack: number,
  how: { readonly lastId: number; readonly doneAt: number | null },
): Promise<void> {
  await orm.update(followUpReplans).set(how).where(eq(followUpReplans.pack, pack));
}

/** At most `limit` ids of open follow-ups behind `after`, ascending. */
export async function listOpenAfter({ sql }: Queryable, after: number, limit: number): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    SELECT id FROM follow_ups WHERE id > ${after} AND state < 9 ORDER BY id LIMIT ${limit}`;
  return rows.map(({ id }) => id);
}

/** A line of a history; `by` null: the program itself. */
export interface LogLine {
  readonly followUpId: number;
  readonly at: number;
  readonly by: string | null;
  readonly command: string;
  readonly before: Partial<LoggedState> | null;
  readonly after: Partial<LoggedState> | null;
}

/** Lines without a reason. */
export async function insertLog(
  { sql }: Queryable,
  rows: readonly LogLine[],
  keyGeneration: number,
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    INSERT INTO follow_up_log (follow_up_id, at, by, command, before, after, key_generation)
    SELECT follow_up_id, at, by, command, before, after, ${keyGeneration}
    FROM jsonb_populate_recordset(NULL::follow_up_log, ${recordset(rows)}::text::jsonb)`;
}
