/**
 * Follow-ups and tasks as a desk is shown them: with the person, as far as the reader's area goes. Nothing of
 * the case that a contact met.
 */
import type { Caller, Scope } from '../../../shared/acts/access.ts';
import { type Leave, mayOf } from '../../../shared/acts/act.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import type { TestMethod } from '../../../shared/domain/follow-up-rules.ts';
import { vietnamDate, vietnamMidnight } from '../../../shared/domain/instant.ts';
import { allowedCommands } from '../../../shared/domain/machine.ts';
import { readIdentifiers } from '../../records/people/operations.ts';
import { readPersons } from '../../tracing/contacts/operations.ts';
import { FOLLOW_UP_ACTS } from './acts.ts';
import {
  type FollowUpState,
  stateWord,
  TASK,
  TASK_KINDS,
  type TaskCommand,
  type TaskFacts,
  type TaskKind,
  type TaskState,
  taskStateOf,
} from './machines.ts';
import { type CallOutcome, type DoneOutcome, outcomeWord } from './outcomes.ts';
import { REASONS } from './rules.ts';
import type { FollowUpRow, TaskRow } from './settling.ts';
import type { FollowUpsCtx } from './standing.ts';

/** Who a follow-up is about, for a reader. */
export interface ShownPerson {
  readonly name: string | null;
  readonly phone: string | null;
  readonly identifiers: readonly string[];
  readonly address: string | null;
}

export const FLAGS = ['refused', 'symptomatic', 'became_case', 'possible_source', 'no_record'] as const;
export type Flag = (typeof FLAGS)[number];

/** A follow-up in a list. */
export interface ShownFollowUp extends ShownPerson {
  /** By which its list goes on; not shown. */
  readonly rowId: number;
  readonly id: string;
  readonly version: number;
  readonly ward: string | null;
  readonly state: FollowUpState;
  readonly priority: number;
  readonly degree: number | null;
  /** Days since the last exposure. */
  readonly day: number | null;
  readonly day0: string | null;
  readonly quarantineUntil: string | null;
  readonly watchUntil: string | null;
  readonly plan: string | null;
  readonly symptomatic: boolean;
  readonly householdSize: number | null;
  readonly flags: readonly Flag[];
}

export interface ShownTask {
  readonly id: number;
  readonly kind: TaskKind;
  readonly cause: string;
  readonly dueAt: number;
  readonly notBefore: number;
  readonly expiresAt: number | null;
  readonly priority: number;
  readonly state: TaskState;
  readonly version: number;
  readonly ward: string | null;
  readonly assignee: string | null;
  readonly claimedUntil: number | null;
  readonly attempts: number;
  readonly method: TestMethod | null;
  readonly outcome: CallOutcome | DoneOutcome | null;
  readonly doneAt: number | null;
  readonly allowed: readonly TaskCommand[];
}

/** A task in a list: with whom it is about. */
export interface ListedTask extends ShownTask {
  readonly followUp: ShownFollowUp | null;
}

/** Follow-ups with their persons, in the same order. */
export async function showFollowUps(
  ctx: Pick<FollowUpsCtx, 'db' | 'dataKeys' | 'clock'>,
  rows: readonly FollowUpRow[],
  scope: Scope,
): Promise<ShownFollowUp[]> {
  const persons = await readPersons(ctx, rows, scope);
  const unknown = rows.filter((_, i) => persons[i]?.identifiers.length === 0);
  // What no record names is known of a scan alone: the desk that is to call must see it.
  const values = await readIdentifiers(
    ctx,
    unknown.flatMap(({ identifierIds }) => identifierIds),
  );
  return rows.map((row, i) => {
    const { name = null, address = null, identifiers = [], knownElsewhere = 0 } = persons[i] ?? {};
    const isUnknown =
      identifiers.length === 0 && knownElsewhere === row.identifierIds.length && name === null;
    const named = isUnknown ? row.identifierIds.flatMap((id) => values.get(id) ?? []) : identifiers;
    const phone = named.find((one) => one.startsWith('phone:'))?.slice('phone:'.length) ?? null;
    return { ...shownOf(row, nowSeconds(ctx.clock)), name, address, identifiers: named, phone };
  });
}

function shownOf(row: FollowUpRow, now: number) {
  const { publicId: id, version, ward, priority, degree, day0, quarantineUntil, watchUntil, plan } = row;
  return {
    rowId: row.id,
    ...{ id, version, ward, priority, degree, day0, quarantineUntil, watchUntil, plan },
    state: stateWord(row.state),
    day: day0 === null ? null : daysBetween(day0, vietnamDate(now)),
    symptomatic: row.symptomaticSince !== null,
    householdSize: null,
    flags: flagsOf(row),
  };
}

function daysBetween(from: string, until: string): number {
  return Math.round((vietnamMidnight(until) - vietnamMidnight(from)) / 86_400);
}

function flagsOf(row: FollowUpRow): Flag[] {
  const said: Record<Flag, boolean> = {
    refused: row.refused,
    symptomatic: row.symptomaticSince !== null,
    became_case: row.caseId !== null || row.caseTrace !== null,
    possible_source: REASONS[row.reason - 1] === 'possible_source',
    no_record: row.identifierIds.length === 0,
  };
  return FLAGS.filter((flag) => said[flag]);
}

/** Who looks at tasks, and what they may do. */
export interface Viewer {
  readonly caller: Pick<Caller, 'subject'>;
  readonly leave: Pick<Leave, 'scopeOf'>;
  readonly now: number;
}

/** A task as somebody sees it. */
export function showTask(task: TaskRow, { caller, leave, now }: Viewer): ShownTask {
  const { id, cause, dueAt, notBefore, expiresAt, priority, version, ward, attempts, method, doneAt } = task;
  const state = taskStateOf(task, now);
  const isHeld = state === 'assigned';
  return {
    ...{ id, cause, dueAt, notBefore, expiresAt, priority, version, ward, attempts, doneAt, state },
    method: method as TestMethod | null,
    kind: TASK_KINDS[task.kind - 1] ?? 'call',
    assignee: isHeld ? task.assignee : null,
    claimedUntil: isHeld ? task.claimedUntil : null,
    outcome: outcomeWord(task.outcome),
    allowed: allowedCommands(
      TASK,
      { state, facts: taskFactsOf(task, { caller, leave, now }) },
      mayOf(leave, FOLLOW_UP_ACTS),
    ),
  };
}

/** What the machine of a task is told of it and of who does something with it. */
export function taskFactsOf(
  task: TaskRow,
  { caller, leave, now }: Viewer,
): TaskFacts & { readonly kind: TaskKind } {
  const isHeld = taskStateOf(task, now) === 'assigned';
  return {
    kind: TASK_KINDS[task.kind - 1] ?? 'call',
    taken: isHeld && task.assignee !== caller.subject,
    own: isHeld && task.assignee === caller.subject,
    supervisor: leave.scopeOf(FOLLOW_UP_ACTS, 'follow_ups.cancel') !== undefined,
  };
}
