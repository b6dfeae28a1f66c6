/**
 * What becomes of one follow-up when its exposures, facts or rules have changed: in memory, one after the
 * other, so that filing a contact, planning anew and a preview do the same. Writes nothing.
 */
import { QUARANTINE_PLACES } from '../../../shared/domain/follow-up-rules.ts';
import { vietnamDate } from '../../../shared/domain/instant.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { placeKindsOf, settingsOf } from '../../tracing/contacts/rules.ts';
import { CLOSED_FROM, OUTCOMES, STATE_NUMBERS, TASK_KINDS, TASK_NUMBERS, type TaskKind } from './machines.ts';
import {
  type Exposure,
  type MadeTask,
  type Plan,
  type PlannedTask,
  packFor,
  planOf,
  REASONS,
  taskChanges,
} from './rules.ts';
import type { followUpContacts, followUps, tasks } from './tables.ts';

export type FollowUpRow = typeof followUps.$inferSelect;
export type ExposureRow = typeof followUpContacts.$inferSelect;
export type TaskRow = typeof tasks.$inferSelect;

/** A follow-up with all that its plan depends on. */
export interface Work {
  row: FollowUpRow;
  /** As it was found. */
  readonly original: FollowUpRow;
  readonly isNew: boolean;
  /** By trace and contact. */
  readonly exposures: Map<string, ExposureRow>;
  /** Made by plans, of all episodes. */
  readonly tasks: readonly TaskRow[];
}

export interface SettlingFacts {
  readonly packs: readonly RulePack[];
  readonly province: string;
  /** Epoch seconds. */
  readonly now: number;
}

/** What is to be written of a follow-up. */
export interface Settled {
  readonly row: FollowUpRow;
  readonly changed: boolean;
  readonly add: readonly NewTask[];
  readonly set: readonly TaskChange[];
  /** Ids of tasks that nobody needs to do any more. */
  readonly cancel: readonly number[];
  /** For the history; undefined if nothing that matters to people has changed. */
  readonly log:
    | { readonly command: string; readonly before: LoggedState; readonly after: LoggedState }
    | undefined;
}

export interface NewTask extends Omit<PlannedTask, 'kind'> {
  readonly followUpId: number;
  readonly episode: number;
  readonly kind: number;
  readonly ward: string | null;
  readonly priority: number;
}

export type TaskChange = Pick<TaskRow, 'id' | 'notBefore' | 'dueAt' | 'expiresAt' | 'priority'>;

/** The number of a kind of task. */
export function kindNumber(kind: TaskKind): number {
  return TASK_KINDS.indexOf(kind) + 1;
}

/** What a row that ends so gets beside its state. */
export function endedAs(outcome: (typeof OUTCOMES)[number], now: number) {
  return { outcome: OUTCOMES.indexOf(outcome) + 1, closedAt: now, nextReportOn: null };
}

const CONTACT = REASONS.indexOf('contact') + 1;
const SOURCE = REASONS.indexOf('possible_source') + 1;
const NOT_A_CONTACT = OUTCOMES.indexOf('not_a_contact') + 1;

/** How the follow-up stands after what it has learnt, and what of its tasks changes. */
export function settle(work: Work, facts: SettlingFacts): Settled {
  const standing = [...work.exposures.values()].filter(({ withdrawnAt }) => withdrawnAt === null);
  const seen = exposedBy(work.row, standing);
  if (standing.length === 0) return endWithout(work, seen, facts);
  const pack = packFor(facts.packs, { ...facts, day0At: latestOf(standing) });
  const day0 = vietnamDate(latestOf(standing));
  const restarts = isRestarted(seen, day0);
  const begun = restarts ? restarted(seen, facts.now) : seen;
  if (begun.caseId !== null || begun.state >= CLOSED_FROM) return only(work, begun);
  const plan = pack && planOf(planFactsOf(begun, standing, facts), pack);
  return planned(work, plan ? withPlan(begun, plan, pack, facts) : withoutPlan(begun), plan);
}

/** Standing exposures as plans read them. */
export function exposureOf(row: ExposureRow): Exposure {
  const kinds = [...settingsOf(row.settings), ...placeKindsOf(row.placeKinds)];
  return { ...row, kinds };
}

function planFactsOf(row: FollowUpRow, standing: readonly ExposureRow[], { province }: SettlingFacts) {
  return {
    exposures: standing.map(exposureOf),
    person: {
      ...{ province, reason: REASONS[row.reason - 1] },
      ...(row.symptomaticSince === null ? {} : { symptomatic: true }),
    },
    beganAt: row.beganAt,
    quarantinedAt: row.quarantinedAt ?? undefined,
  };
}

/** Degree and instants come of forward exposures; who only may be a source has those of the others. */
function exposedBy(row: FollowUpRow, standing: readonly ExposureRow[]): FollowUpRow {
  const forward = standing.filter(({ direction }) => direction === 'forward');
  const counted = forward.length > 0 ? forward : standing;
  if (counted.length === 0) return row;
  const isContact = row.reason === CONTACT || row.reason === SOURCE;
  return {
    ...row,
    reason: isContact ? (forward.length > 0 ? CONTACT : SOURCE) : row.reason,
    degree: forward.length > 0 ? Math.min(...forward.map(({ degree }) => degree)) : null,
    firstExposedAt: Math.min(...counted.map(({ firstExposedAt }) => firstExposedAt)),
    lastExposedAt: latestOf(standing),
  };
}

function latestOf(standing: readonly ExposureRow[]): number {
  const forward = standing.filter(({ direction }) => direction === 'forward');
  return Math.max(...(forward.length > 0 ? forward : standing).map(({ lastExposedAt }) => lastExposedAt));
}

/** Whether the work begins anew: a later day 0, or somebody is a contact after all. */
function isRestarted({ state, day0: before, outcome }: FollowUpRow, day0: string): boolean {
  if (state === STATE_NUMBERS.cancelled && outcome === NOT_A_CONTACT) return true;
  if (state === STATE_NUMBERS.dead || state === STATE_NUMBERS.handed_over) return false;
  return before !== null && day0 > before;
}

function restarted(row: FollowUpRow, now: number): FollowUpRow {
  const goesOn = row.state < CLOSED_FROM && row.state !== STATE_NUMBERS.lost;
  return {
    ...row,
    ...{ episode: row.episode + 1, beganAt: now, outcome: null, closedAt: null },
    ...(goesOn ? {} : { state: STATE_NUMBERS.planned, quarantinedAt: null, place: null, placeName: null }),
  };
}

/** The row with its plan; day 0 is kept of the latest exposure, so that only a later one begins anew. */
function withPlan(row: FollowUpRow, plan: Plan, pack: RulePack, { now }: SettlingFacts): FollowUpRow {
  const isOver = plan.watchUntil < vietnamDate(now);
  const isNew = row.state === STATE_NUMBERS.new;
  return {
    ...row,
    ...{ plan: plan.id, pack: pack.number, priority: plan.priority, watchUntil: plan.watchUntil },
    day0: vietnamDate(row.lastExposedAt as number),
    ...{ placePlanned: QUARANTINE_PLACES.indexOf(plan.where), quarantineUntil: plan.quarantineUntil },
    ...(isNew ? { state: STATE_NUMBERS.planned } : {}),
    ...(isNew && isOver ? { ...endedAs('lapsed', now), state: STATE_NUMBERS.lapsed } : {}),
  };
}

/** No pack plans them: they wait, and what an earlier one has begun goes on to its end. */
function withoutPlan(row: FollowUpRow): FollowUpRow {
  return { ...row, day0: vietnamDate(row.lastExposedAt as number) };
}

/** Nobody says any more that they are a contact. */
function endWithout(work: Work, row: FollowUpRow, { now }: SettlingFacts): Settled {
  const isContact = row.reason === CONTACT || row.reason === SOURCE;
  if (!isContact || row.state >= CLOSED_FROM || row.caseId !== null) return only(work, row);
  const state = STATE_NUMBERS.cancelled;
  const ended = { ...row, ...endedAs('not_a_contact', now), state };
  const wasTold = row.state >= STATE_NUMBERS.reached && row.state !== STATE_NUMBERS.lost;
  return {
    ...only(work, ended),
    cancel: openTasks(work.tasks).map(({ id }) => id),
    add: wasTold ? [notifyOf(ended, now)] : [],
  };
}

/** Who was told to stay at home is told that they need not. */
function notifyOf({ id, episode, ward, priority }: FollowUpRow, now: number): NewTask {
  return {
    ...{ followUpId: id, episode, ward, priority, kind: kindNumber('notify'), cause: `withdrawn:${episode}` },
    ...{ notBefore: now, dueAt: now + 86_400, expiresAt: null, method: null },
  };
}

function planned(work: Work, row: FollowUpRow, plan: Plan | undefined): Settled {
  if (plan === undefined) return only(work, row);
  const wanted = isWorkedOn(row) ? plan.tasks : [];
  const own = work.tasks.filter((task) => task.cause.startsWith('plan:'));
  const present = own.filter((task) => task.episode === row.episode);
  const earlier = openTasks(own.filter((task) => task.episode !== row.episode));
  const { add, reopen, move, cancel } = taskChanges(present.map(madeOf), wanted, row.priority);
  const common = { followUpId: row.id, episode: row.episode, ward: row.ward, priority: row.priority };
  return {
    ...only(work, row),
    add: add.map((task) => ({ ...task, ...common, kind: kindNumber(task.kind) })),
    set: [...reopen, ...move].map(({ id, task }) => {
      const tried = present.find((one) => one.id === id && one.attempts > 0);
      const { notBefore, dueAt, expiresAt } = task;
      return { id, notBefore, dueAt: tried ? tried.dueAt : dueAt, expiresAt, priority: row.priority };
    }),
    cancel: [...cancel, ...earlier.map(({ id }) => id)],
  };
}

/** Nobody works on who is lost, either, until they are found. */
function isWorkedOn({ state }: FollowUpRow): boolean {
  return state < CLOSED_FROM && state !== STATE_NUMBERS.lost;
}

function openTasks(all: readonly TaskRow[]): TaskRow[] {
  return all.filter(({ state }) => state === TASK_NUMBERS.open || state === TASK_NUMBERS.assigned);
}

function madeOf(task: TaskRow): MadeTask {
  const { id, cause, dueAt, notBefore, expiresAt, priority, attempts } = task;
  const kind = TASK_KINDS[task.kind - 1] ?? '';
  return { id, kind, cause, state: madeState(task), dueAt, notBefore, expiresAt, priority, attempts };
}

function madeState({ state }: TaskRow): MadeTask['state'] {
  if (state === TASK_NUMBERS.done) return 'done';
  if (state === TASK_NUMBERS.missed) return 'missed';
  return state === TASK_NUMBERS.cancelled ? 'cancelled' : 'open';
}

/** Codes and dates of a follow-up: what its history says. */
export type LoggedState = Pick<
  FollowUpRow,
  'state' | 'ward' | 'degree' | 'plan' | 'pack' | 'day0' | 'quarantineUntil' | 'watchUntil' | 'episode'
>;

/** What the history says of a row. */
export function loggedOf(row: FollowUpRow): LoggedState {
  const { state, ward, degree, plan, pack, day0, quarantineUntil, watchUntil, episode } = row;
  return { state, ward, degree, plan, pack, day0, quarantineUntil, watchUntil, episode };
}

/** Only the row changes, if it does; its version with it. */
function only({ original: before, isNew }: Work, after: FollowUpRow): Settled {
  const changed = isNew || JSON.stringify(before) !== JSON.stringify(after);
  const [was, is] = [loggedOf(before), loggedOf(after)];
  const matters = isNew || JSON.stringify(was) !== JSON.stringify(is);
  return {
    row: changed && !isNew ? { ...after, version: before.version + 1 } : after,
    ...{ changed, add: [], set: [], cancel: [] },
    log: matters ? { command: isNew ? 'open' : 'plan', before: was, after: is } : undefined,
  };
}
