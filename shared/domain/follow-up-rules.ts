/**
 * What a rule pack says of the work on contacts: its sections `follow_up` (calls, plans) and `priority`.
 * Shape and validation; what a plan comes to for one person is node/casework/follow-ups/rules.ts.
 */
import type { FieldError } from '../errors.ts';
import { type FactTypes, type Predicate, predicateProblems } from './predicate.ts';
import { type Check, integer, list, matching, object, oneOf, optional, text, yesOrNo } from './shape.ts';

/** Where somebody is kept apart, the least strict first. */
export const QUARANTINE_PLACES = ['none', 'home', 'home_if_suitable_else_site', 'site'] as const;
export type QuarantineWhere = (typeof QUARANTINE_PLACES)[number];

/** From which day on days are counted: that of the last exposure, or that on which quarantine began. */
export const COUNTED_FROM = ['exposure', 'quarantine'] as const;
export type CountedFrom = (typeof COUNTED_FROM)[number];

export const TEST_METHODS = ['rt_pcr', 'antigen_rapid', 'antigen_lab'] as const;
export type TestMethod = (typeof TEST_METHODS)[number];

export const REQUIREMENTS = ['tests_done_negative', 'no_symptoms'] as const;
export type Requirement = (typeof REQUIREMENTS)[number];

export interface PlannedTest {
  readonly day: number;
  readonly method: TestMethod;
  /** `exposure` unless told. */
  readonly from?: CountedFrom;
}

export interface FollowUpPlan {
  readonly id: string;
  readonly when: Predicate;
  readonly quarantine: {
    readonly where: QuarantineWhere;
    readonly days: number;
    readonly from?: CountedFrom;
  };
  readonly watch_days: number;
  readonly tests: readonly PlannedTest[];
  /** Whether a report of each day is asked for. */
  readonly daily: boolean;
  /** 1 = first. */
  readonly priority: number;
  readonly release: { readonly requires: readonly Requirement[] };
}

export interface FollowUpRules {
  readonly call: {
    readonly within_hours: number;
    /** Until the next try, by how many there were; the last one stands for all further ones. */
    readonly retry_minutes: readonly number[];
    /** After so many somebody may be given up as lost. */
    readonly max_attempts: number;
  };
  /** Time of day in Asia/Ho_Chi_Minh by which a report is due. */
  readonly report_by: string;
  /** The first whose `when` holds. */
  readonly plans: readonly FollowUpPlan[];
}

export interface PriorityRules {
  /** Of somebody with symptoms, whatever their plan says. */
  readonly symptomatic: number;
}

/** What plans may ask about. */
export const PLAN_FACTS = {
  degree: 'number',
  reason: 'text',
  vaccinated: 'boolean',
  recovered: 'boolean',
  age: 'number',
  household: 'boolean',
  'exposure.kinds': 'texts',
  'exposure.seconds': 'number',
  index_symptomatic: 'boolean',
  home_suitable: 'boolean',
  province: 'text',
  'pool.pending': 'boolean',
  symptomatic: 'boolean',
} as const satisfies FactTypes;

/** Law: 21 days by a decision, and ten by its extension (Decree 101/2010/NĐ-CP art. 2(3)). */
export const LONGEST_QUARANTINE_DAYS = 31;
const LONGEST_WATCH_DAYS = 60;
const LAST_PRIORITY = 3;

const when: Check = (value, at) => predicateProblems(value, PLAN_FACTS, at);
const priority = integer(1, LAST_PRIORITY);

const plan = object({
  id: matching(/^[a-z0-9][a-z0-9-]{0,39}$/),
  when,
  quarantine: object({
    where: oneOf(QUARANTINE_PLACES),
    days: integer(0, LONGEST_QUARANTINE_DAYS),
    from: optional(oneOf(COUNTED_FROM)),
  }),
  watch_days: integer(0, LONGEST_WATCH_DAYS),
  tests: list(
    object({
      day: integer(0, LONGEST_QUARANTINE_DAYS + LONGEST_WATCH_DAYS),
      method: oneOf(TEST_METHODS),
      from: optional(oneOf(COUNTED_FROM)),
    }),
    20,
  ),
  daily: yesOrNo,
  priority,
  release: object({ requires: list(oneOf(REQUIREMENTS), REQUIREMENTS.length) }),
});

const followUp = object({
  call: object({
    within_hours: integer(1, 168),
    retry_minutes: list(integer(1, 10_080), 20, 1),
    max_attempts: integer(1, 50),
  }),
  report_by: matching(/^(?:[01]\d|2[0-3]):[0-5]\d$/),
  plans: list(plan, 50, 1),
});

/** What is wrong with a section `follow_up`. */
export const followUpProblems: Check = (value, at) => {
  const problems = followUp(value, at);
  return problems.length > 0 ? problems : repeatedPlans(value as FollowUpRules, at);
};

/** What is wrong with a section `priority`. */
export const priorityProblems: Check = object({ symptomatic: priority });

/** Texts that a pack may say of itself. */
export const packTitle = text(200);
export const packTexts = list(text(500), 20);

/** One name means one plan, and of one plan each day has one test: tasks are known by them. */
function repeatedPlans({ plans }: FollowUpRules, at: string): FieldError[] {
  const repeated = (keys: readonly string[], i: number) => keys.indexOf(keys[i] as string) < i;
  const ids = plans.map(({ id }) => id);
  return plans.flatMap(({ tests }, n) => {
    const days = tests.map(({ day }) => String(day));
    return [
      ...(repeated(ids, n) ? [{ field: `${at}.plans[${n}].id`, reason: 'REPEATED' } as const] : []),
      ...days.flatMap((_, i): FieldError[] =>
        repeated(days, i) ? [{ field: `${at}.plans[${n}].tests[${i}].day`, reason: 'REPEATED' }] : [],
      ),
    ];
  });
}
