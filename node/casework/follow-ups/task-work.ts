/**
 * What people do with a task: take it, give it back, say what came of a call, finish or cancel it. A call
 * that reached nobody stays, and is due again.
 */
import { type Caller, isWithin } from '../../../shared/acts/access.ts';
import type { Leave } from '../../../shared/acts/act.ts';
import { requireVersion } from '../../../shared/acts/versions.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/database.ts';
import { step } from '../../../shared/domain/machine.ts';
import { invalidField } from '../../../shared/errors.ts';
import { isProvince } from '../../../shared/gazetteer.ts';
import { change } from './acts.ts';
import { findFollowUps } from './lists-queries.ts';
import {
  CLAIM_SECONDS,
  type FollowUpState,
  isCall,
  LATE_SECONDS,
  stateWord,
  TASK,
  TASK_NUMBERS,
  type TaskCommand,
  taskStateOf,
} from './machines.ts';
import { readTask, showDone } from './operations.ts';
import { type CallOutcome, type DoneOutcome, outcomeNumber, TRY_AGAIN } from './outcomes.ts';
import { type ListedTask, taskFactsOf } from './persons.ts';
import * as queries from './queries.ts';
import { kindNumber, type TaskRow } from './settling.ts';
import { type FollowUpsCtx, noSuchTask } from './standing.ts';
import { type CommandInput, Work } from './work.ts';

interface TaskRequest {
  readonly id: number;
  readonly command: Exclude<TaskCommand, 'attempt'>;
  readonly reason?: string | undefined;
  readonly outcome?: DoneOutcome | undefined;
  readonly barcode?: string | undefined;
}

const ACTS = {
  claim: 'tasks.claim',
  release: 'tasks.release',
  done: 'tasks.done',
  cancel: 'tasks.cancel',
} as const;

/**
 * Does a command with a task; the answer is the task as it is then. Throws NO_SUCH_TASK, VERSION_CHANGED,
 * WRONG_STATE, TASK_TAKEN, TASK_OF_CALL, INVALID_FIELD.
 */
export function commandTask(ctx: FollowUpsCtx, caller: Caller, request: TaskRequest): Promise<ListedTask> {
  const { id, command } = request;
  return change(ctx, caller, ACTS[command], { detail: { task: id } }, async (tx, leave) => {
    const { task, work } = await openTask(tx, ctx, { caller, leave, id });
    if (!isWithin(leave.scope, task.ward)) throw noSuchTask();
    await requireTaskVersion(tx, caller, task);
    const viewer = { caller, leave, now: nowSeconds(ctx.clock) };
    const facts = { ...taskFactsOf(task, viewer), repeated: task.doneBy === caller.subject };
    const { repeated } = step(TASK, { state: taskStateOf(task, viewer.now), command, facts });
    leave.keep({ id });
    if (!repeated) {
      const after = await queries.updateTask(tx, id, changeOf(task, request, viewer));
      if (command === 'done' && work) await finished(work, after, request);
      leave.note({ version: after.version });
    }
    return showDone({ ...ctx, db: tx as never }, { caller, leave }, id);
  });
}

interface Opening {
  readonly caller: Caller;
  readonly leave: Leave;
  readonly id: number;
}

/** The task and its follow-up, which is locked before it: so does whoever files and plans. */
async function openTask(
  tx: Transaction,
  ctx: FollowUpsCtx,
  { id, ...by }: Opening,
): Promise<{ task: TaskRow; work: Work | undefined }> {
  const found = await queries.findTask(tx, id);
  if (!found) throw noSuchTask();
  const [followUp] = found.followUpId === null ? [] : await findFollowUps(tx, [found.followUpId]);
  const work = followUp && (await Work.open(tx, ctx, { ...by, id: followUp.publicId }, true));
  if (followUp) by.leave.on({ follow_up: followUp.publicId });
  return { task: (await queries.lockTask(tx, id)) as TaskRow, work };
}

function requireTaskVersion(tx: Transaction, caller: Caller, { id, version }: TaskRow): Promise<void> {
  return requireVersion(tx, caller, { version, on: { action: `task ${id}` } });
}

function changeOf(
  task: TaskRow,
  { command, outcome = 'done', barcode }: TaskRequest,
  { caller, now }: { readonly caller: Pick<Caller, 'subject'>; readonly now: number },
) {
  const left = {
    ...{ assignee: null, claimedUntil: null, lastAssignee: task.assignee ?? task.lastAssignee },
    lastUntil: now + LATE_SECONDS,
  };
  const ended = { ...left, doneAt: now, doneBy: caller.subject };
  switch (command) {
    case 'claim':
      return { state: TASK_NUMBERS.assigned, assignee: caller.subject, claimedUntil: now + CLAIM_SECONDS };
    case 'release':
      return { ...left, state: TASK_NUMBERS.open };
    case 'cancel':
      return { ...ended, state: TASK_NUMBERS.cancelled };
    case 'done': {
      const data = barcode === undefined ? {} : { data: { barcode } };
      return { ...ended, ...data, state: TASK_NUMBERS.done, outcome: outcomeNumber(outcome) };
    }
  }
}

/** What a finished task brings about: a sample has a result, until which somebody waits. */
async function finished(work: Work, task: TaskRow, { outcome }: TaskRequest): Promise<void> {
  if (task.kind === kindNumber('result_wait') && (outcome === undefined || outcome === 'done'))
    throw invalidField('outcome', 'REQUIRED');
  if (task.kind === kindNumber('sample')) await work.add('result_wait', `sample:${task.id}`);
  if (task.kind === kindNumber('result_wait') && outcome === 'positive')
    await work.add('review_case', `result:${task.id}`);
}

export interface OutcomeRequest {
  readonly id: number;
  readonly outcome: CallOutcome;
  /** Epoch seconds; now unless told. */
  readonly at?: number | undefined;
  readonly symptoms?: CommandInput['symptoms'];
  readonly temp?: number | undefined;
  readonly note?: string | undefined;
  readonly moved?: { readonly province: string; readonly ward?: string | undefined } | undefined;
  readonly nextAt?: number | undefined;
}

export interface RecordedOutcome {
  readonly task: ListedTask;
  readonly followUp: { readonly id: string; readonly state: FollowUpState; readonly version: number };
  /** False: the task had moved on; the call is kept, and changed nothing else. */
  readonly applied: boolean;
}

/**
 * Records what came of a call or a visit. For 72 hours after a task was taken from somebody, or closed, what
 * they have done is kept and told, and changes nothing else. Throws NO_SUCH_TASK, NOT_A_CALL, WRONG_STATE,
 * INVALID_FIELD.
 */
export function recordOutcome(
  ctx: FollowUpsCtx,
  caller: Caller,
  request: OutcomeRequest,
): Promise<RecordedOutcome> {
  const { id, outcome } = request;
  return change(ctx, caller, 'tasks.outcome', { detail: { task: id, outcome } }, async (tx, leave) => {
    const { task, work } = await openTask(tx, ctx, { caller, leave, id });
    const now = nowSeconds(ctx.clock);
    const wasOwn = task.lastAssignee === caller.subject && (task.lastUntil ?? 0) > now;
    const isOwn = task.assignee === caller.subject;
    if (!work || !(isWithin(leave.scope, task.ward) || wasOwn || isOwn)) throw noSuchTask();
    const at = request.at ?? now;
    if (at > now + 300) throw invalidField('at', 'IN_FUTURE');
    const state = taskStateOf(task, now);
    const isLate = wasOwn && !isOwn && !(state === 'ready' && isWithin(leave.scope, task.ward));
    const facts = taskFactsOf(task, { caller, leave, now });
    if (!isLate || !isCall(facts.kind)) step(TASK, { state, command: 'attempt', facts });
    const said = { ...request, at };
    const nextAt = isLate ? null : await nextTry(tx, ctx, { work, task, said });
    await queries.insertCall(tx, work.sealer, {
      ...{ taskId: id, followUpId: work.row.id, at, by: caller.subject, outcome: outcomeNumber(outcome) },
      ...{ nextAt, late: isLate, note: request.note ?? null },
    });
    if (request.symptoms !== undefined || request.temp !== undefined) await work.report(said, 'tracer');
    if (!isLate) await bringAbout(work, task, said);
    const row = await work.write(undefined);
    leave.note({ applied: !isLate });
    leave.keep({ id, applied: !isLate });
    return {
      task: await showDone({ ...ctx, db: tx as never }, { caller, leave }, id),
      followUp: { id: row.publicId, state: stateWord(row.state), version: row.version },
      applied: !isLate,
    };
  });
}

/** The same answer again, whoever has the task now: then without the person. */
export async function readOutcome(
  ctx: FollowUpsCtx,
  caller: Caller,
  { id, applied }: { readonly id: number; readonly applied: boolean },
): Promise<RecordedOutcome> {
  const nobody = { scope: new Set<string>(), scopeOf: () => undefined };
  const bare = () => showDone(ctx, { caller, leave: nobody }, id);
  const task = await readTask(ctx, caller, id).catch(bare);
  const { id: followUp = '', state = 'new', version = 0 } = task.followUp ?? {};
  return { task, followUp: { id: followUp, state, version }, applied };
}

interface Attempt {
  readonly work: Work;
  readonly task: TaskRow;
  readonly said: OutcomeRequest & { readonly at: number };
}

/** Ends the task, or says when it is tried again; then it stays whose it is. */
async function nextTry(
  tx: Transaction,
  ctx: FollowUpsCtx,
  { work, task, said }: Attempt,
): Promise<number | null> {
  const { outcome, at, nextAt } = said;
  const again = TRY_AGAIN.has(outcome) || isMovedWithin(ctx, said);
  const attempts = task.attempts + 1;
  if (!again) {
    const end = { state: TASK_NUMBERS.done, outcome: outcomeNumber(outcome), doneAt: at, attempts };
    await queries.updateTask(tx, task.id, {
      ...end,
      ...{ assignee: null, claimedUntil: null, lastAssignee: task.assignee },
    });
    return null;
  }
  const { pack } = work.row;
  const minutes = (pack === null ? undefined : ctx.rules.pack(pack)?.follow_up?.call.retry_minutes) ?? [60];
  const wait = minutes[Math.min(attempts, minutes.length) - 1] ?? 60;
  const dueAt = TRY_AGAIN.has(outcome) ? (nextAt ?? at + wait * 60) : at;
  await queries.updateTask(tx, task.id, { attempts, dueAt });
  return dueAt;
}

function isMovedWithin(
  { province }: Pick<FollowUpsCtx, 'province'>,
  { outcome, moved }: OutcomeRequest,
): boolean {
  return outcome === 'moved' && moved?.province === province;
}

/** What the outcome brings about for the person. */
async function bringAbout(work: Work, task: TaskRow, said: Attempt['said']): Promise<void> {
  const { outcome, moved } = said;
  switch (outcome) {
    case 'reached':
    case 'already_quarantined':
      return reached(work);
    case 'refused':
      await work.do('refuse');
      return;
    case 'deceased':
      await work.do('die');
      return;
    case 'positive_elsewhere':
      return work.add('review_case', `call:${task.id}`);
    case 'wrong_number':
      return wrongNumber(work, task);
    case 'moved':
      return movedAway(work, task, moved);
    default:
      return;
  }
}

/** Whose plan keeps nobody apart is watched from then on. */
async function reached(work: Work): Promise<void> {
  if (stateWord(work.row.state) !== 'planned') return;
  await work.do('reach');
  if (work.row.placePlanned === 0) await work.do('exempt');
}

async function wrongNumber(work: Work, task: TaskRow): Promise<void> {
  if ((await work.countOutcomes('wrong_number')) >= 2) await work.add('find_person', `call:${task.id}`);
}

async function movedAway(work: Work, task: TaskRow, moved: OutcomeRequest['moved']): Promise<void> {
  if (moved === undefined || !isProvince(moved.province)) throw invalidField('moved', 'REQUIRED');
  if (work.isHome(moved.province)) {
    if (moved.ward === undefined) throw invalidField('moved.ward', 'REQUIRED');
    await work.do('refile', { ward: moved.ward });
  } else await work.add('hand_over', `call:${task.id}`, moved);
}
