/**
 * How a follow-up and a task go on: one table each, read by the operations, the buttons, the documentation
 * and the model-based tests. Also the words behind the stored numbers. Pure.
 */
import type { Guard, Machine } from '../../../shared/domain/machine.ts';

/** Stored numbers: open below CLOSED_FROM. */
export const STATE_NUMBERS = {
  new: 1,
  planned: 2,
  reached: 3,
  quarantined: 4,
  watched: 5,
  lost: 6,
  released: 9,
  cancelled: 10,
  lapsed: 11,
  dead: 12,
  handed_over: 13,
} as const;
export const CLOSED_FROM = 9;

export type FollowUpState = keyof typeof STATE_NUMBERS;
export const FOLLOW_UP_STATES = Object.keys(STATE_NUMBERS) as [FollowUpState, ...FollowUpState[]];

/** Why one has ended; the order is that of the stored numbers, from 1. */
export const OUTCOMES = ['released', 'not_a_contact', 'mistake', 'lapsed', 'died', 'handed_over'] as const;

export const PLACES = ['home', 'site', 'hospital'] as const;
export type QuarantinePlace = (typeof PLACES)[number];

/** Number of days on which somebody must have been tried before they are lost. */
export const LOST_AFTER_DAYS = 3;

/** What is known of a follow-up and of who does something with it; what is absent is not known. */
export interface FollowUpFacts {
  /** The dates of now and of the plan. */
  readonly today?: string;
  readonly quarantineUntil?: string | null;
  readonly watchUntil?: string | null;
  /** What the plan requires, and is not so. */
  readonly unmet?: boolean;
  readonly planQuarantines?: boolean;
  readonly supervisor?: boolean;
  readonly attempts?: number;
  readonly attemptDays?: number;
  readonly maxAttempts?: number;
  /** The same caller has done the same before. */
  readonly repeated?: boolean;
}

export type FollowUpCommand =
  | 'reach'
  | 'quarantine'
  | 'exempt'
  | 'report'
  | 'end_quarantine'
  | 'release'
  | 'refuse'
  | 'lose'
  | 'reopen'
  | 'cancel'
  | 'die'
  | 'refile';

const OPEN = ['new', 'planned', 'reached', 'quarantined', 'watched'] as const;
const repeats = ({ repeated }: FollowUpFacts) => repeated === true;

const notOver = (until: 'quarantineUntil' | 'watchUntil'): Guard<FollowUpFacts> => ({
  ...{ reason: 'RELEASE_NOT_MET', code: 'FAILED_PRECONDITION', message: 'its last day is not over' },
  refuses: (facts) => {
    const end = facts[until];
    return facts.today !== undefined && end != null && !(end < facts.today);
  },
});
const unmet: Guard<FollowUpFacts> = {
  ...{ reason: 'RELEASE_NOT_MET', code: 'FAILED_PRECONDITION', message: 'a requirement is not met' },
  refuses: (facts) => facts.unmet === true,
};

export const FOLLOW_UP: Machine<FollowUpState, FollowUpCommand, FollowUpFacts, never> = {
  states: FOLLOW_UP_STATES,
  commands: {
    reach: { from: ['planned'], to: 'reached', act: 'follow_ups.reach', repeats },
    quarantine: { from: ['reached'], to: 'quarantined', act: 'follow_ups.quarantine', repeats },
    exempt: {
      ...{ from: ['planned', 'reached'], to: 'watched', act: 'follow_ups.exempt', repeats },
      guards: [
        {
          ...{ reason: 'PLAN_QUARANTINES', code: 'PERMISSION_DENIED' },
          message: 'the plan asks for quarantine',
          refuses: ({ planQuarantines, supervisor }) => planQuarantines === true && supervisor === false,
        },
      ],
    },
    report: { from: ['reached', 'quarantined', 'watched'], act: 'follow_ups.report' },
    end_quarantine: {
      ...{ from: ['quarantined'], to: 'watched', act: 'follow_ups.end_quarantine', repeats },
      guards: [notOver('quarantineUntil'), unmet],
    },
    release: {
      ...{ from: ['watched'], to: 'released', act: 'follow_ups.release', repeats },
      guards: [notOver('watchUntil'), unmet],
    },
    refuse: { from: OPEN, act: 'follow_ups.refuse' },
    lose: {
      ...{ from: OPEN, to: 'lost', act: 'follow_ups.lose', repeats },
      guards: [
        {
          ...{ reason: 'ATTEMPTS_MISSING', code: 'FAILED_PRECONDITION', message: 'too few attempts' },
          refuses: ({ attempts, attemptDays, maxAttempts }) =>
            attempts !== undefined && (attempts < (maxAttempts ?? 0) || (attemptDays ?? 0) < LOST_AFTER_DAYS),
        },
      ],
    },
    reopen: {
      from: ['lost', 'released', 'cancelled', 'lapsed'],
      ...{ to: 'planned', act: 'follow_ups.reopen', repeats },
    },
    cancel: { from: [...OPEN, 'lost'], to: 'cancelled', act: 'follow_ups.cancel', repeats },
    die: { from: [...OPEN, 'lost'], to: 'dead', act: 'follow_ups.die', repeats },
    refile: { from: [...OPEN, 'lost'], act: 'follow_ups.refile' },
  },
  passes: [
    { from: 'new', to: 'planned' },
    { from: 'quarantined', to: 'watched' },
    { from: 'watched', to: 'released' },
    { from: 'planned', to: 'lapsed' },
    { from: 'reached', to: 'lapsed' },
  ],
};

/** Kinds of tasks; the order is that of the stored numbers, from 1. It only grows. */
export const TASK_KINDS = [
  'call',
  'visit',
  'quarantine',
  'sample',
  'result_wait',
  'report_missing',
  'end_quarantine',
  'release',
  'recall',
  'review_case',
  'find_person',
  'upload_code',
  'notify',
  'order',
  'order_extension',
  'hand_over',
] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export type TaskState = 'scheduled' | 'ready' | 'assigned' | 'done' | 'cancelled' | 'missed';
export type TaskCommand = 'claim' | 'release' | 'attempt' | 'done' | 'cancel';

/** As stored; whether an open one is scheduled or ready, or a claim is over, the clock says. */
export const TASK_NUMBERS = { open: 1, assigned: 2, done: 3, cancelled: 4, missed: 5 } as const;

/** A claim holds for half an hour, an assignment until it is taken back. */
export const CLAIM_SECONDS = 1_800;
/** For so long what somebody has done counts after a task of theirs was moved or closed. */
export const LATE_SECONDS = 72 * 3_600;

export interface TaskFacts {
  readonly kind?: TaskKind;
  /** Somebody else has it. */
  readonly taken?: boolean;
  readonly supervisor?: boolean;
  readonly own?: boolean;
  readonly repeated?: boolean;
}

const TAKEN = { reason: 'TASK_TAKEN', code: 'FAILED_PRECONDITION', message: 'somebody has it' } as const;

type Refusal = Omit<Guard<TaskFacts>, 'refuses'>;
const TASK_OF_CALL: Refusal = {
  ...{ reason: 'TASK_OF_CALL', code: 'FAILED_PRECONDITION', message: 'a call ends by its outcome' },
};
const NOT_A_CALL: Refusal = {
  ...{ reason: 'NOT_A_CALL', code: 'FAILED_PRECONDITION', message: 'nobody is called by it' },
};

export const TASK: Machine<TaskState, TaskCommand, TaskFacts, never> = {
  states: ['scheduled', 'ready', 'assigned', 'done', 'cancelled', 'missed'],
  commands: {
    claim: {
      ...{ from: ['ready', 'assigned'], to: 'assigned', act: 'tasks.claim' },
      repeats: ({ own }) => own === true,
      guards: [{ ...TAKEN, refuses: ({ taken }) => taken === true }],
    },
    release: {
      ...{ from: ['assigned'], to: 'ready', act: 'tasks.release' },
      guards: [{ ...TAKEN, refuses: ({ taken, supervisor }) => taken === true && supervisor !== true }],
    },
    attempt: {
      ...{ from: ['ready', 'assigned'], act: 'tasks.outcome' },
      guards: [{ ...NOT_A_CALL, refuses: ({ kind }) => kind !== undefined && !isCall(kind) }],
    },
    done: {
      ...{ from: ['ready', 'assigned'], to: 'done', act: 'tasks.done' },
      repeats: ({ repeated }) => repeated === true,
      guards: [{ ...TASK_OF_CALL, refuses: ({ kind }) => kind !== undefined && isCall(kind) }],
    },
    cancel: {
      ...{ from: ['scheduled', 'ready', 'assigned'], to: 'cancelled', act: 'tasks.cancel' },
      repeats: ({ repeated }) => repeated === true,
    },
  },
  passes: [
    { from: 'scheduled', to: 'ready' },
    { from: 'assigned', to: 'ready' },
    { from: 'ready', to: 'missed' },
  ],
};

/** Whether a task of the kind ends by an outcome of talking to somebody. */
export function isCall(kind: TaskKind): boolean {
  return kind === 'call' || kind === 'visit';
}

/** How a stored task stands at `now`. */
export function taskStateOf(
  { state, notBefore, claimedUntil }: { state: number; notBefore: number; claimedUntil: number | null },
  now: number,
): TaskState {
  if (state === TASK_NUMBERS.done) return 'done';
  if (state === TASK_NUMBERS.cancelled) return 'cancelled';
  if (state === TASK_NUMBERS.missed) return 'missed';
  if (notBefore > now) return 'scheduled';
  const held = state === TASK_NUMBERS.assigned && (claimedUntil === null || claimedUntil > now);
  return held ? 'assigned' : 'ready';
}

export function stateWord(number: number): FollowUpState {
  return FOLLOW_UP_STATES.find((state) => STATE_NUMBERS[state] === number) ?? 'new';
}
