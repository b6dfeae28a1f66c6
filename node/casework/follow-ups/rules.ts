/**
 * What follows for a person out of their exposures and a rule pack: until when they are kept apart and
 * watched, and which tasks that makes. The one function by which follow-ups are planned, planned anew and
 * previewed. Days are dates in Asia/Ho_Chi_Minh; day 0 is that of the last exposure. Pure.
 */
import {
  type CountedFrom,
  type FollowUpPlan,
  type FollowUpRules,
  type PriorityRules,
  QUARANTINE_PLACES,
  type QuarantineWhere,
  type Requirement,
  type TestMethod,
} from '../../../shared/domain/follow-up-rules.ts';
import { vietnamDate, vietnamMidnight } from '../../../shared/domain/instant.ts';
import { holds, type KnownFacts } from '../../../shared/domain/predicate.ts';
import { type RulePack, workRulesInForce } from '../../../shared/domain/rule-pack.ts';

/** Why somebody is followed up; the order is that of the stored numbers, from 1. */
export const REASONS = [
  'contact',
  'entry',
  'hand_over',
  'by_hand',
  'released_case',
  'possible_source',
  'pool',
] as const;
export type FollowUpReason = (typeof REASONS)[number];

/** One standing exposure of a person: a contact of one trace. */
export interface Exposure {
  readonly direction: 'forward' | 'backward';
  readonly degree: number;
  /** Epoch seconds. */
  readonly firstExposedAt: number;
  readonly lastExposedAt: number;
  readonly seconds: number;
  /** Words of settings and of kinds of place. */
  readonly kinds: readonly string[];
}

export interface PlanFacts {
  readonly exposures: readonly Exposure[];
  /** What is known of the person: facts of PLAN_FACTS that are not of one exposure. */
  readonly person: KnownFacts;
  /** When this episode of the work began, epoch seconds: before it nothing can be done. */
  readonly beganAt: number;
  /** Since when they are kept apart, epoch seconds. */
  readonly quarantinedAt?: number | undefined;
}

/** The parts of a pack that plan. */
export interface PlanningPack {
  readonly number: number;
  readonly follow_up?: FollowUpRules;
  readonly priority?: PriorityRules;
}

export type PlannedKind = 'call' | 'quarantine' | 'sample';

export interface PlannedTask {
  readonly kind: PlannedKind;
  /** `plan:<day>`: with the kind, by what it is known again. */
  readonly cause: string;
  /** Epoch seconds: from when it can be done, until when it should be, when it is too late (null: never). */
  readonly notBefore: number;
  readonly dueAt: number;
  readonly expiresAt: number | null;
  readonly method: TestMethod | null;
}

export interface Plan {
  /** Of the pack's plan; `possible-source` for who only may have infected a case. */
  readonly id: string;
  readonly priority: number;
  readonly day0: string;
  readonly where: QuarantineWhere;
  /** Last day on which they are kept apart; null: they are not. */
  readonly quarantineUntil: string | null;
  /** Last day of all. */
  readonly watchUntil: string;
  readonly daily: boolean;
  readonly requires: readonly Requirement[];
  readonly tasks: readonly PlannedTask[];
}

/** Days for which somebody who may have infected a case is looked after, unless the call ends it. */
const SOURCE_DAYS = 14;
/** A sample may be this many days late before another is planned. */
const SAMPLE_LATE_DAYS = 2;
/** For writing down where somebody is kept apart. */
const QUARANTINE_WITHIN_SECONDS = 86_400;

/** The date `days` after `date`. */
export function addDays(date: string, days: number): string {
  return vietnamDate(vietnamMidnight(date) + days * 86_400);
}

/**
 * The plan of a person, undefined if the pack has none for them. Each exposure is planned by itself: the
 * strictest place and the latest end win, so that an old exposure of the first degree and a fresh one of the
 * second are not a fresh one of the first. The strictest one's tests are done, and its day 0 counts.
 */
export function planOf(facts: PlanFacts, pack: PlanningPack): Plan | undefined {
  const { follow_up: rules } = pack;
  if (rules === undefined) return undefined;
  const forward = facts.exposures.filter(({ direction }) => direction === 'forward');
  if (forward.length === 0) return facts.exposures.length > 0 ? planOfSource(facts, rules) : undefined;
  const planned = forward.flatMap((exposure) => planOfExposure(facts, exposure, rules) ?? []);
  const [leading] = planned.sort(byStrictness);
  if (leading === undefined) return undefined;
  const { plan, day0 } = leading;
  const ends = planned.flatMap(({ quarantineUntil }) => quarantineUntil ?? []).sort();
  const watchUntil = planned
    .map((one) => one.watchUntil)
    .sort()
    .at(-1) as string;
  const symptomatic = facts.person.symptomatic === true;
  const priority = Math.min(...planned.map((one) => one.plan.priority));
  const isOver = watchUntil < vietnamDate(facts.beganAt);
  return {
    ...{ id: plan.id, day0, where: plan.quarantine.where, watchUntil },
    priority: symptomatic ? Math.min(priority, pack.priority?.symptomatic ?? 1) : priority,
    quarantineUntil: ends.at(-1) ?? null,
    daily: planned.some((one) => one.plan.daily),
    requires: [...new Set(planned.flatMap((one) => one.plan.release.requires))],
    tasks: isOver ? [] : tasksOf(facts, leading, rules),
  };
}

interface PlannedExposure {
  readonly plan: FollowUpPlan;
  readonly day0: string;
  readonly quarantineUntil: string | null;
  readonly watchUntil: string;
}

function planOfExposure(
  facts: PlanFacts,
  exposure: Exposure,
  rules: FollowUpRules,
): PlannedExposure | undefined {
  const { degree, seconds, kinds, lastExposedAt } = exposure;
  const known = { ...facts.person, degree, 'exposure.seconds': seconds, 'exposure.kinds': kinds };
  const plan = rules.plans.find(({ when }) => holds(when, known, facts.beganAt));
  if (plan === undefined) return undefined;
  const { where, days, from } = plan.quarantine;
  const day0 = vietnamDate(lastExposedAt);
  const quarantineUntil = where === 'none' ? null : addDays(countedFrom(facts, day0, from), days);
  const watchUntil = addDays(quarantineUntil ?? day0, plan.watch_days);
  return { plan, day0, quarantineUntil, watchUntil };
}

function countedFrom({ quarantinedAt }: PlanFacts, day0: string, from: CountedFrom = 'exposure'): string {
  return from === 'quarantine' && quarantinedAt !== undefined ? vietnamDate(quarantinedAt) : day0;
}

function byStrictness(a: PlannedExposure, b: PlannedExposure): number {
  const rank = ({ plan }: PlannedExposure) => QUARANTINE_PLACES.indexOf(plan.quarantine.where);
  return rank(b) - rank(a) || (a.watchUntil < b.watchUntil ? 1 : a.watchUntil > b.watchUntil ? -1 : 0);
}

function tasksOf(facts: PlanFacts, { plan, day0 }: PlannedExposure, rules: FollowUpRules): PlannedTask[] {
  const quarantine: PlannedTask = {
    kind: 'quarantine',
    ...{ cause: 'plan:0', notBefore: facts.beganAt, expiresAt: null, method: null },
    dueAt: facts.beganAt + QUARANTINE_WITHIN_SECONDS,
  };
  return [
    callOf(facts, rules),
    ...(plan.quarantine.where === 'none' ? [] : [quarantine]),
    ...samplesOf(facts, plan, day0),
  ];
}

function callOf({ beganAt }: PlanFacts, { call }: FollowUpRules): PlannedTask {
  const dueAt = beganAt + call.within_hours * 3600;
  return { kind: 'call', cause: 'plan:0', notBefore: beganAt, dueAt, expiresAt: null, method: null };
}

/** Days that are past when the work begins become one test on that day, unless it has one anyway. */
function samplesOf(facts: PlanFacts, { tests }: Pick<FollowUpPlan, 'tests'>, day0: string): PlannedTask[] {
  const today = vietnamDate(facts.beganAt);
  const dated = tests
    .map(({ day, method, from }) => ({ day, method, on: addDays(countedFrom(facts, day0, from), day) }))
    .sort((a, b) => (a.on < b.on ? -1 : 1));
  const missed = dated.findLast(({ on }) => on < today);
  const ahead = dated.filter(({ on }) => on >= today);
  const now = missed && ahead[0]?.on !== today ? [{ ...missed, on: today }] : [];
  return [...now, ...ahead].map(({ day, method, on }) => ({
    ...{ kind: 'sample', cause: `plan:${day}`, method, notBefore: vietnamMidnight(on) },
    dueAt: vietnamMidnight(addDays(on, 1)),
    expiresAt: vietnamMidnight(addDays(on, SAMPLE_LATE_DAYS + 1)),
  }));
}

/** Who may have infected a case is called and tested, and not kept apart. */
function planOfSource(facts: PlanFacts, rules: FollowUpRules): Plan {
  const day0 = vietnamDate(Math.max(...facts.exposures.map(({ lastExposedAt }) => lastExposedAt)));
  const today = vietnamDate(facts.beganAt);
  const test = { day: 0, method: 'rt_pcr', from: 'exposure' } as const;
  return {
    ...{ id: 'possible-source', priority: 2, day0, where: 'none', quarantineUntil: null, daily: false },
    ...{ watchUntil: addDays(today, SOURCE_DAYS), requires: ['tests_done_negative'] },
    tasks: [callOf(facts, rules), ...samplesOf(facts, { tests: [test] }, today)],
  };
}

/**
 * The pack by which somebody is planned: that in force on their day 0, or a later one that was made for all
 * who are open; undefined if none was.
 */
export function packFor(
  packs: readonly RulePack[],
  { province, day0At, now }: { readonly province: string; readonly day0At: number; readonly now: number },
): RulePack | undefined {
  const own = workRulesInForce(packs, province, day0At);
  const later = workRulesInForce(
    packs.filter(({ applies_to }) => applies_to === 'open'),
    province,
    now,
  );
  if (own === undefined || later === undefined) return own ?? later;
  return Date.parse(later.effective_from) > Date.parse(own.effective_from) ? later : own;
}

/** A task of the present episode that a plan has made. */
export interface MadeTask {
  readonly id: number;
  readonly kind: string;
  readonly cause: string;
  readonly state: 'open' | 'done' | 'cancelled' | 'missed';
  readonly dueAt: number;
  readonly notBefore: number;
  readonly expiresAt: number | null;
  readonly priority: number;
  readonly attempts: number;
}

/** What planning anew changes: what is done, or was missed, stays as it is. */
export interface TaskChanges {
  readonly add: readonly PlannedTask[];
  /** Cancelled by a plan before, and wanted again. */
  readonly reopen: readonly { readonly id: number; readonly task: PlannedTask }[];
  readonly move: readonly { readonly id: number; readonly task: PlannedTask }[];
  readonly cancel: readonly number[];
}

/** The changes from the tasks that there are to those that a plan wants. */
export function taskChanges(
  made: readonly MadeTask[],
  wanted: readonly PlannedTask[],
  priority: number,
): TaskChanges {
  const keyOf = ({ kind, cause }: Pick<MadeTask, 'kind' | 'cause'>) => `${kind} ${cause}`;
  const byKey = new Map(made.map((task) => [keyOf(task), task]));
  const keys = new Set(wanted.map(keyOf));
  const known = wanted.flatMap((task) => {
    const found = byKey.get(keyOf(task));
    return found ? [{ id: found.id, found, task }] : [];
  });
  return {
    add: wanted.filter((task) => !byKey.has(keyOf(task))),
    reopen: known.filter(({ found }) => found.state === 'cancelled').map(({ id, task }) => ({ id, task })),
    move: known
      .filter(({ found, task }) => found.state === 'open' && isMoved(found, task, priority))
      .map(({ id, task }) => ({ id, task })),
    cancel: made.filter((task) => task.state === 'open' && !keys.has(keyOf(task))).map(({ id }) => id),
  };
}

/** What was tried keeps the time of its next try. */
function isMoved(found: MadeTask, task: PlannedTask, priority: number): boolean {
  const due = found.attempts > 0 ? found.dueAt : task.dueAt;
  return (
    found.dueAt !== due ||
    found.notBefore !== task.notBefore ||
    found.expiresAt !== task.expiresAt ||
    found.priority !== priority
  );
}
