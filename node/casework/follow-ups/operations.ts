/**
 * Contacts' work as the desk reads it: work lists, follow-ups, one with all that hangs on it. What is done
 * with them is work.ts and task-work.ts.
 */
import type { Caller } from '../../../shared/acts/access.ts';
import { isWithin } from '../../../shared/acts/access.ts';
import { type Leave, mayOf } from '../../../shared/acts/act.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import type { Database, Queryable } from '../../../shared/db/database.ts';
import { vietnamDate, vietnamMidnight } from '../../../shared/domain/instant.ts';
import { allowedCommands } from '../../../shared/domain/machine.ts';
import { FOLLOW_UP_ACTS, read } from './acts.ts';
import * as days from './days.ts';
import * as filing from './filing.ts';
import { listExposures } from './filing-queries.ts';
import * as lists from './lists-queries.ts';
import { FOLLOW_UP, type FollowUpCommand, OUTCOMES, PLACES, stateWord, type TaskKind } from './machines.ts';
import { type ListedTask, type ShownFollowUp, type ShownTask, showFollowUps, showTask } from './persons.ts';
import * as queries from './queries.ts';
import { addDays, REASONS } from './rules.ts';
import type { ExposureRow, FollowUpRow, TaskRow } from './settling.ts';
import { type FollowUpsCtx, factsOf, noSuchFollowUp, noSuchTask, readHanging } from './standing.ts';

export type { FilingCtx } from './filing.ts';
export type { FollowUpPlace, TaskPlace } from './lists-queries.ts';
export type { ListedTask, ShownFollowUp, ShownTask } from './persons.ts';
export type { FollowUpsCtx } from './standing.ts';

/** Files contacts to people, from now on. */
export const startFiling = filing.startFiling;

/** Lets days pass: what ends by itself, and what was not done in time. */
export const { startDays } = days;

export type Due = 'overdue' | 'today' | 'all';

export interface TasksRequest {
  readonly limit: number;
  readonly after?: lists.TaskPlace | undefined;
  /** A ward; the province's own code: what lies in none. */
  readonly ward?: string | undefined;
  readonly kind?: TaskKind | undefined;
  readonly mine?: boolean | undefined;
  readonly due: Due;
}

export interface TaskList {
  readonly tasks: readonly ListedTask[];
  /** Open ones by kind, up to 999; of the first page. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Open tasks of the caller's area in the order of priority, due, id: `limit` of them, and one more if there
 * are more.
 */
export function listTasks(ctx: FollowUpsCtx, caller: Caller, request: TasksRequest): Promise<TaskList> {
  const { ward, kind, mine, due, after, limit } = request;
  const asked = { detail: { ward: ward ?? null, kind: kind ?? null, due } };
  return read(ctx, caller, 'tasks.list', asked, async (leave) => {
    const now = nowSeconds(ctx.clock);
    const filters = {
      ...{ ward: ward === ctx.province ? null : ward, kind, ...dueOf(due, now) },
      assignee: mine ? caller.subject : undefined,
    };
    const found = await lists.listTasks(ctx.db, { ...filters, after, limit: limit + 1 }, leave.scope);
    const counts = after ? {} : await lists.countTasks(ctx.db, filters, leave.scope);
    const tasks = await withFollowUps(ctx, { caller, leave }, found);
    leave.on(
      ...tasks.slice(0, limit).flatMap(({ followUp }) => (followUp ? [{ follow_up: followUp.id }] : [])),
    );
    return { tasks, counts };
  });
}

/** What is due today is due until the next midnight, and can be begun. */
function dueOf(due: Due, now: number): Pick<lists.TaskFilters, 'dueUntil' | 'readyAt'> {
  if (due === 'all') return {};
  const midnight = vietnamMidnight(addDays(vietnamDate(now), 1));
  return { dueUntil: due === 'overdue' ? now - 1 : midnight, readyAt: now };
}

interface Looking {
  readonly caller: Pick<Caller, 'subject'>;
  readonly leave: Pick<Leave, 'scope' | 'scopeOf'>;
}

async function withFollowUps(
  ctx: FollowUpsCtx,
  { caller, leave }: Looking,
  found: readonly TaskRow[],
): Promise<ListedTask[]> {
  const ids = found.flatMap(({ followUpId }) => followUpId ?? []);
  const rows = await lists.findFollowUps(ctx.db, ids);
  const shown = await showFollowUps(ctx, rows, leave.scope);
  const byId = new Map(rows.map(({ id }, i) => [id, shown[i] as ShownFollowUp]));
  const viewer = { caller, leave, now: nowSeconds(ctx.clock) };
  return found.map((task) => ({
    ...showTask(task, viewer),
    followUp: (task.followUpId !== null && byId.get(task.followUpId)) || null,
  }));
}

/** One task. Throws NOT_FOUND NO_SUCH_TASK, also for one outside the caller's area. */
export function readTask(ctx: FollowUpsCtx, caller: Caller, id: number): Promise<ListedTask> {
  return read(ctx, caller, 'tasks.read', { detail: { task: id } }, async (leave) => {
    const task = await queries.findTask(ctx.db, id);
    if (!task || !isWithin(leave.scope, task.ward)) throw noSuchTask();
    const [shown] = await withFollowUps(ctx, { caller, leave }, [task]);
    if (shown?.followUp) leave.on({ follow_up: shown.followUp.id });
    return shown as ListedTask;
  });
}

/** A task after a command, for whoever did it and their answer again. */
export async function showDone(ctx: FollowUpsCtx, looking: Looking, id: number): Promise<ListedTask> {
  const task = await queries.findTask(ctx.db, id);
  if (!task) throw noSuchTask();
  return (await withFollowUps(ctx, looking, [task]))[0] as ListedTask;
}

export interface FollowUpsRequest extends Omit<lists.FollowUpsPage, 'ward'> {
  readonly ward?: string | undefined;
}

/**
 * Follow-ups of the caller's area by priority, those that are open unless a state is named: `limit` of them,
 * and one more if there are more.
 */
export function listFollowUps(
  ctx: FollowUpsCtx,
  caller: Caller,
  { ward, ...page }: FollowUpsRequest,
): Promise<ShownFollowUp[]> {
  const asked = { detail: { ward: ward ?? null, state: page.state ?? null } };
  return read(ctx, caller, 'follow_ups.list', asked, async (leave) => {
    const desk = ward === ctx.province ? null : ward;
    const rows = await lists.listFollowUps(
      ctx.db,
      { ...page, ward: desk, limit: page.limit + 1 },
      leave.scope,
    );
    leave.on(...rows.slice(0, page.limit).map(({ publicId }) => ({ follow_up: publicId })));
    return showFollowUps(ctx, rows, leave.scope);
  });
}

/** A follow-up with all that hangs on it: everything but whom the contact met. */
export interface WholeFollowUp extends ShownFollowUp {
  readonly row: FollowUpRow;
  readonly reason: (typeof REASONS)[number];
  readonly outcome: (typeof OUTCOMES)[number] | null;
  readonly place: (typeof PLACES)[number] | null;
  readonly allowed: readonly FollowUpCommand[];
  readonly exposures: readonly ExposureRow[];
  readonly tasks: readonly ShownTask[];
  readonly calls: readonly queries.CallRow[];
  readonly reports: readonly queries.ReportRow[];
  readonly history: readonly queries.HistoryRow[];
}

/** The follow-up of an id. Throws NOT_FOUND NO_SUCH_FOLLOW_UP, also for one outside the caller's area. */
export function readFollowUp(ctx: FollowUpsCtx, caller: Caller, id: string): Promise<WholeFollowUp> {
  return read(ctx, caller, 'follow_ups.read', { on: [{ follow_up: id }] }, async (leave) => {
    const row = await queries.findFollowUp(ctx.db, id);
    if (!row || !isWithin(leave.scope, row.ward)) throw noSuchFollowUp();
    return showWhole(ctx, { caller, leave, db: ctx.db }, row);
  });
}

/** A follow-up as somebody sees it, with all that hangs on it. */
export async function showWhole(
  ctx: FollowUpsCtx,
  { caller, leave, db }: Looking & { readonly db: Queryable },
  row: FollowUpRow,
): Promise<WholeFollowUp> {
  const { sealer } = ctx.dataKeys;
  const [shown] = await showFollowUps({ ...ctx, db: db as Database }, [row], leave.scope);
  const hanging = await readHanging(db, row);
  const viewer = { caller, leave, now: nowSeconds(ctx.clock) };
  const supervisor = leave.scopeOf(FOLLOW_UP_ACTS, 'follow_ups.cancel') !== undefined;
  const facts = { ...factsOf(ctx, row, hanging), supervisor };
  return {
    ...(shown as ShownFollowUp),
    row,
    reason: REASONS[row.reason - 1] ?? 'contact',
    outcome: row.outcome === null ? null : (OUTCOMES[row.outcome - 1] ?? null),
    place: row.place === null ? null : (PLACES[row.place - 1] ?? null),
    allowed: allowedCommands(FOLLOW_UP, { state: stateWord(row.state), facts }, mayOf(leave, FOLLOW_UP_ACTS)),
    exposures: await listExposures(db, [row.id]),
    tasks: hanging.tasks.map((task) => showTask(task, viewer)),
    calls: await queries.listCalls(db, sealer, row.id),
    reports: hanging.reports,
    history: await queries.listHistory(db, sealer, row.id),
  };
}
