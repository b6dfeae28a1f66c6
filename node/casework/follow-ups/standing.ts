/**
 * How a follow-up stands: what its plan requires and whether that is so, how often somebody was tried, and
 * what its machine is told of it. Reads; decides nothing.
 */

import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database, Queryable } from '../../../shared/db/database.ts';
import { QUARANTINE_PLACES, type Requirement } from '../../../shared/domain/follow-up-rules.ts';
import { vietnamDate } from '../../../shared/domain/instant.ts';
import type { RulePack } from '../../../shared/domain/rule-pack.ts';
import { AppError } from '../../../shared/errors.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { type FollowUpFacts, TASK_NUMBERS } from './machines.ts';
import { type CallOutcome, outcomeWord, TRY_AGAIN } from './outcomes.ts';
import * as queries from './queries.ts';
import { addDays } from './rules.ts';
import { type FollowUpRow, kindNumber, type TaskRow } from './settling.ts';

/** What contacts' work acts with. */
export interface FollowUpsCtx {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly clock: Clock;
  readonly province: string;
  readonly rules: { packs(): readonly RulePack[]; pack(number: number): RulePack | undefined };
}

type StandingCtx = Pick<FollowUpsCtx, 'clock' | 'rules'>;

const SAMPLE = kindNumber('sample');
const RESULT = kindNumber('result_wait');

/** Days of reports that say that somebody is well: one of the last two, and none of three that says not. */
const WELL = { reportWithin: 2, noneWithin: 3 };

/** What the plan of a follow-up asks for before it ends. */
export function requirementsOf({ rules }: StandingCtx, row: FollowUpRow): readonly Requirement[] {
  const plans = row.pack === null ? undefined : rules.pack(row.pack)?.follow_up?.plans;
  return plans?.find(({ id }) => id === row.plan)?.release.requires ?? [];
}

/** How the tests that a plan wants stand: `pending` while one is awaited. */
export function testsOf(row: FollowUpRow, tasks: readonly TaskRow[]): 'negative' | 'pending' | 'unmet' {
  const own = tasks.filter(({ episode }) => episode === row.episode);
  const samples = own.filter(({ kind }) => kind === SAMPLE);
  const results = own.filter(({ kind }) => kind === RESULT);
  const isOpen = ({ state }: TaskRow) => state === TASK_NUMBERS.open || state === TASK_NUMBERS.assigned;
  const outcomes = results.map(({ outcome }) => outcomeWord(outcome));
  if (outcomes.includes('positive')) return 'unmet';
  if (results.some(isOpen)) return 'pending';
  const planned = samples.filter(({ cause }) => cause.startsWith('plan:'));
  const wanted = planned.filter(({ state }) => state !== TASK_NUMBERS.cancelled);
  const latest = wanted.sort((a, b) => a.notBefore - b.notBefore).at(-1);
  if (latest === undefined) return 'negative';
  const last = inPlaceOf(latest, samples);
  const result = results.find(({ cause }) => cause === `sample:${last.id}`);
  return last.state === TASK_NUMBERS.done && outcomeWord(result?.outcome ?? null) === 'negative'
    ? 'negative'
    : 'unmet';
}

/** One that was not taken in time has another in its place. */
function inPlaceOf(sample: TaskRow, samples: readonly TaskRow[]): TaskRow {
  const next = samples.find(({ cause }) => cause === `missed:${sample.id}`);
  return next ? inPlaceOf(next, samples) : sample;
}

/** Whether reports say that somebody is well. */
export function isWell(reports: readonly queries.ReportRow[], today: string): boolean {
  const since = (days: number) => addDays(today, 1 - days);
  const ill = reports.some(({ onDate, symptoms, temp }) => {
    return onDate >= since(WELL.noneWithin) && isSymptomatic({ symptoms, temp });
  });
  return !ill && reports.some(({ onDate }) => onDate >= since(WELL.reportWithin));
}

/** 37.5 °C counts as fever. */
export function isSymptomatic({ symptoms, temp }: Pick<queries.ReportRow, 'symptoms' | 'temp'>): boolean {
  return symptoms !== 0 || (temp ?? 0) >= 375;
}

/** All that hangs on a follow-up and that its machine asks about. */
export interface Hanging {
  readonly tasks: readonly TaskRow[];
  readonly calls: readonly Pick<queries.CallRow, 'at' | 'outcome' | 'late'>[];
  readonly reports: readonly queries.ReportRow[];
}

/** Reads what hangs on a follow-up. */
export async function readHanging(db: Queryable, { id }: FollowUpRow): Promise<Hanging> {
  const [tasks, calls, reports] = await Promise.all([
    queries.listTasksOf(db, id),
    queries.listOutcomes(db, id),
    queries.listReports(db, id),
  ]);
  return { tasks, calls, reports };
}

/** What the machine of a follow-up is told of it; who acts is added by whoever asks. */
export function factsOf(ctx: StandingCtx, row: FollowUpRow, hanging: Hanging): FollowUpFacts {
  const today = vietnamDate(nowSeconds(ctx.clock));
  const tried = hanging.calls.filter(({ at, outcome }) => {
    return at >= row.beganAt && TRY_AGAIN.has(outcomeWord(outcome) as CallOutcome);
  });
  const requires = requirementsOf(ctx, row);
  const met: Readonly<Record<Requirement, () => boolean>> = {
    tests_done_negative: () => testsOf(row, hanging.tasks) === 'negative',
    no_symptoms: () => isWell(hanging.reports, today),
  };
  const { quarantineUntil, watchUntil } = row;
  const pack = row.pack === null ? undefined : ctx.rules.pack(row.pack);
  return {
    ...{ today, quarantineUntil, watchUntil, unmet: requires.some((one) => !met[one]()) },
    planQuarantines: (row.placePlanned ?? 0) > QUARANTINE_PLACES.indexOf('none'),
    ...{ attempts: tried.length, attemptDays: new Set(tried.map(({ at }) => vietnamDate(at))).size },
    maxAttempts: pack?.follow_up?.call.max_attempts ?? 1,
  };
}

/** There is none, or not for this caller. */
export function noSuchFollowUp(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_FOLLOW_UP', 'there is no such follow-up here');
}

export function noSuchTask(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_TASK', 'there is no such task here');
}
