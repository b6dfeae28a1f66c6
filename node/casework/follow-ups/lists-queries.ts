/**
 * Work lists, read off their indexes whatever the size of the province: the first of each ward and priority
 * are merged. With one condition for all wards PostgreSQL sorts all tasks that they have.
 */
import { and, asc, inArray, type SQL, sql } from 'drizzle-orm';
import { isWithin, type Scope } from '../../../shared/acts/access.ts';
import type { Queryable } from '../../../shared/db/database.ts';
import { CLOSED_FROM, type FollowUpState, STATE_NUMBERS, TASK_KINDS, type TaskKind } from './machines.ts';
import { type FollowUpRow, kindNumber, type TaskRow } from './settling.ts';
import { followUps, tasks } from './tables.ts';

export type TaskPlace = [priority: number, dueAt: number, id: number];

export interface TaskFilters {
  /** null: those of no ward. */
  readonly ward?: string | null | undefined;
  readonly kind?: TaskKind | undefined;
  /** Of this person. */
  readonly assignee?: string | undefined;
  /** Due at this instant or before. */
  readonly dueUntil?: number | undefined;
  /** Such as can be begun at this instant. */
  readonly readyAt?: number | undefined;
}

export interface TasksPage extends TaskFilters {
  readonly limit: number;
  readonly after?: TaskPlace | undefined;
}

/** Wards to look through one by one; `whole`: through all at once; `province`: what lies in no ward. */
type Desks = 'whole' | 'province' | readonly string[];

function desksOf({ ward }: Pick<TaskFilters, 'ward'>, scope: Scope): Desks {
  if (ward === undefined) return scope === 'whole' ? 'whole' : [...scope];
  if (!isWithin(scope, ward)) return [];
  return ward === null ? 'province' : [ward];
}

const PRIORITIES = sql`(VALUES (1::smallint), (2::smallint), (3::smallint)) p (priority)`;

/** What the rows of `t` are looked up by, one desk after the other, as `w`. */
function placesOf(desks: Desks): SQL {
  const wards = typeof desks === 'string' ? undefined : sql`unnest(${sql.param(desks)}::text[])`;
  return wards ? sql`${wards} w (ward)` : sql`(SELECT 1) w`;
}

function ofDesk(desks: Desks): SQL | undefined {
  if (desks === 'whole') return undefined;
  return desks === 'province' ? sql`t.ward IS NULL` : sql`t.ward = w.ward`;
}

/** At most `limit` open tasks in scope, in the order of priority, due, id. */
export async function listTasks(db: Queryable, page: TasksPage, scope: Scope): Promise<TaskRow[]> {
  const desks = desksOf(page, scope);
  const { after, limit } = page;
  const behind = after
    ? sql`(t.priority, t.due_at, t.id) > (${after[0]}::smallint, ${after[1]}::bigint, ${after[2]}::bigint)`
    : undefined;
  const ids = sql`
    SELECT first.id FROM ${placesOf(desks)} CROSS JOIN ${PRIORITIES} CROSS JOIN LATERAL (
      SELECT id, priority, due_at FROM tasks t
      WHERE ${and(sql`t.priority = p.priority`, ofDesk(desks), ...conditionsOf(page), behind)}
      ORDER BY due_at, id LIMIT ${limit}
    ) first ORDER BY first.priority, first.due_at, first.id LIMIT ${limit}`;
  return db.orm
    .select()
    .from(tasks)
    .where(sql`${tasks.id} IN (${ids})`)
    .orderBy(asc(tasks.priority), asc(tasks.dueAt), asc(tasks.id));
}

function conditionsOf({ kind, assignee, dueUntil, readyAt }: TaskFilters) {
  return [
    sql`t.state IN (1, 2)`,
    kind && sql`t.kind = ${kindNumber(kind)}::smallint`,
    assignee === undefined ? undefined : sql`t.assignee = ${assignee}`,
    dueUntil === undefined ? undefined : sql`t.due_at <= ${dueUntil}::bigint`,
    readyAt === undefined ? undefined : sql`t.not_before <= ${readyAt}::bigint`,
  ];
}

/** Nobody reads more than this off a badge. */
export const MOST_COUNTED = 999;

/** How many open tasks in scope there are of each kind that has any, up to MOST_COUNTED. */
export async function countTasks(
  db: Queryable,
  filters: TaskFilters,
  scope: Scope,
): Promise<Record<string, number>> {
  const desks = desksOf(filters, scope);
  const rows = await db.orm.execute<{ kind: number; count: number }>(sql`
    SELECT k.kind, counted.count FROM generate_series(1, ${TASK_KINDS.length}::int) k (kind)
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS count FROM (
        SELECT 1 FROM ${placesOf(desks)} CROSS JOIN LATERAL (
          SELECT 1 FROM tasks t WHERE ${and(sql`t.kind = k.kind`, ofDesk(desks), ...conditionsOf(filters))}
          LIMIT ${MOST_COUNTED}
        ) desk LIMIT ${MOST_COUNTED}
      ) kind
    ) counted WHERE counted.count > 0`);
  return Object.fromEntries([...rows].map(({ kind, count }) => [TASK_KINDS[kind - 1] ?? '', count]));
}

/** Follow-ups of these ids. */
export function findFollowUps({ orm }: Queryable, ids: readonly number[]): Promise<FollowUpRow[]> {
  return orm
    .select()
    .from(followUps)
    .where(inArray(followUps.id, [...new Set(ids)]));
}

export type FollowUpPlace = [priority: number, id: number];

export interface FollowUpsPage {
  readonly limit: number;
  readonly ward?: string | null | undefined;
  readonly state?: FollowUpState | undefined;
  readonly after?: FollowUpPlace | undefined;
}

/** At most `limit` follow-ups in scope by priority and id: those that are open, unless a state is named. */
export async function listFollowUps(
  db: Queryable,
  page: FollowUpsPage,
  scope: Scope,
): Promise<FollowUpRow[]> {
  const desks = desksOf(page, scope);
  const { state, after, limit } = page;
  const named =
    state === undefined
      ? sql`t.state < ${sql.raw(String(CLOSED_FROM))}`
      : sql`t.state = ${STATE_NUMBERS[state]}::smallint`;
  const behind = after && sql`(t.priority, t.id) > (${after[0]}::smallint, ${after[1]}::int)`;
  const ids = sql`
    SELECT first.id FROM ${placesOf(desks)} CROSS JOIN LATERAL (
      SELECT id, priority FROM follow_ups t WHERE ${and(named, ofDesk(desks), behind)}
      ORDER BY priority, id LIMIT ${limit}
    ) first ORDER BY first.priority, first.id LIMIT ${limit}`;
  return db.orm
    .select()
    .from(followUps)
    .where(sql`${followUps.id} IN (${ids})`)
    .orderBy(asc(followUps.priority), asc(followUps.id));
}
