/**
 * Tasks and follow-ups in JSON: their schemas, and the words of what is stored as numbers.
 */
import { z } from '@hono/zod-openapi';
import { TEST_METHODS } from '../../../shared/domain/follow-up-rules.ts';
import { commandsOf } from '../../../shared/domain/machine.ts';
import {
  identifierOutput,
  personOutput,
  textOutput,
  traceIdInput,
  uuidOutput,
  wardOutput,
} from '../../../shared/http/fields.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import type { Shown } from '../../../shared/http/json-case.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import { exposureFields } from '../../tracing/contacts/json.ts';
import { placeKindsOf, settingsOf } from '../../tracing/contacts/rules.ts';
import { FOLLOW_UP, FOLLOW_UP_STATES, OUTCOMES, PLACES, stateWord, TASK, TASK_KINDS } from './machines.ts';
import type { WholeFollowUp } from './operations.ts';
import { CALL_OUTCOMES, DONE_OUTCOMES, outcomeWord, SYMPTOMS, symptomsOf } from './outcomes.ts';
import { FLAGS } from './persons.ts';
import { REASONS } from './rules.ts';
import type { LoggedState } from './settling.ts';

const dateOutput = textOutput('2021-06-01');
const phoneOutput = textOutput('+84912345678');

const person = {
  name: textOutput('Nguyễn Văn An').nullable(),
  phone: phoneOutput.nullable(),
  identifiers: z.array(identifierOutput),
};

const flags = z.array(z.enum(FLAGS));

const day = z
  .int()
  .nullable()
  .openapi({
    description: bilingual('số ngày từ lần tiếp xúc cuối', 'days since the last exposure'),
  });

const briefOutput = z.object({
  ...{ id: uuidOutput, version: z.int(), state: z.enum(FOLLOW_UP_STATES), ...person },
  ...{ degree: z.int().nullable(), day, household_size: z.int().nullable(), symptomatic: z.boolean(), flags },
});

const task = {
  id: z.int(),
  kind: z.enum(TASK_KINDS),
  cause: textOutput('plan:7'),
  due_at: instantOutput,
  not_before: instantOutput,
  expires_at: instantOutput.nullable(),
  priority: z.int(),
  state: z.enum(TASK.states),
  version: z.int(),
  ward: wardOutput.nullable(),
  assignee: personOutput.nullable(),
  claimed_until: instantOutput.nullable(),
  attempts: z.int(),
  method: z.enum(TEST_METHODS).nullable(),
  outcome: z.enum([...CALL_OUTCOMES, ...DONE_OUTCOMES]).nullable(),
  done_at: instantOutput.nullable(),
  allowed: z.array(z.enum(commandsOf(TASK))),
};

const ownTaskOutput = z.object(task);

/** zod schema of a task in a work list. */
export const taskOutput = z.object({ ...task, follow_up: briefOutput.nullable() }).openapi('Task');

/** zod schema of what the work list says beside its tasks. */
export const countsOutput = z.object({
  counts: z.record(z.string(), z.int()).openapi({ example: { call: 12, sample: 3 } }),
});

/** zod schema of the answer to an outcome. */
export const outcomeOutput = z
  .object({
    task: taskOutput,
    follow_up: z.object({ id: uuidOutput, state: z.enum(FOLLOW_UP_STATES), version: z.int() }),
    applied: z.boolean().openapi({
      description: bilingual(
        'false: việc đã chuyển hay đã xong; cuộc gọi được giữ lại',
        'false: the task had moved on; the call is kept',
      ),
    }),
  })
  .openapi('RecordedOutcome');

const item = {
  ...{ id: uuidOutput, version: z.int(), ward: wardOutput.nullable(), state: z.enum(FOLLOW_UP_STATES) },
  ...{ priority: z.int(), degree: z.int().nullable(), day, day0: dateOutput.nullable() },
  ...{ quarantine_until: dateOutput.nullable(), watch_until: dateOutput.nullable(), ...person, flags },
  plan: textOutput('f1-vaccinated').nullable(),
};

/** zod schema of a follow-up in a list. */
export const itemOutput = z.object(item).openapi('FollowUpItem');

const exposureOutput = z.object({
  trace: traceIdInput,
  direction: z.enum(['forward', 'backward']),
  ...exposureFields,
  withdrawn: z.boolean(),
});

const loggedOutput = z.object({
  ...{ state: z.enum(FOLLOW_UP_STATES), ward: wardOutput.nullable(), degree: z.int().nullable() },
  ...{ plan: textOutput('f1').nullable(), pack: z.int().nullable(), day0: dateOutput.nullable() },
  ...{ quarantine_until: dateOutput.nullable(), watch_until: dateOutput.nullable(), episode: z.int() },
});

/** zod schema of a follow-up with all that hangs on it; nothing of the case that the contact met. */
export const followUpOutput = z
  .object({
    ...item,
    reason: z.enum(REASONS),
    outcome: z.enum(OUTCOMES).nullable(),
    pack: z.int().nullable(),
    episode: z.int(),
    place: z.enum(PLACES).nullable(),
    place_name: textOutput('Trường THPT Lạng Giang').nullable(),
    quarantined_at: instantOutput.nullable(),
    next_report_on: dateOutput.nullable(),
    symptomatic_since: dateOutput.nullable(),
    tracer: personOutput.nullable(),
    address: textOutput('12 Lê Lợi').nullable(),
    household_size: z.int().nullable(),
    allowed: z.array(z.enum(commandsOf(FOLLOW_UP))),
    exposures: z.array(exposureOutput),
    tasks: z.array(ownTaskOutput),
    calls: z.array(
      z.object({
        ...{
          at: instantOutput,
          by: personOutput,
          outcome: z.enum([...CALL_OUTCOMES, ...DONE_OUTCOMES]).nullable(),
        },
        ...{
          next_at: instantOutput.nullable(),
          late: z.boolean(),
          note: textOutput('ở nhà với mẹ').nullable(),
        },
      }),
    ),
    reports: z.array(
      z.object({
        ...{ on_date: dateOutput, at: instantOutput, temp: z.number().nullable() },
        ...{ symptoms: z.array(z.enum(SYMPTOMS)), by: z.enum(['self', 'tracer', 'site']) },
      }),
    ),
    history: z.array(
      z.object({
        ...{ at: instantOutput, by: personOutput.nullable(), command: textOutput('reach') },
        ...{
          before: loggedOutput.nullable(),
          after: loggedOutput.nullable(),
          reason: textOutput('theo công văn').nullable(),
        },
      }),
    ),
  })
  .openapi('FollowUp');

const REPORTERS = ['self', 'tracer', 'site'] as const;

/** A follow-up as answers show it. */
export function showFollowUp({ row, ...whole }: WholeFollowUp): Shown<typeof followUpOutput> {
  const { pack, episode, placeName, quarantinedAt, nextReportOn, symptomaticSince, tracer } = row;
  return {
    ...whole,
    ...{ pack, episode, placeName, quarantinedAt, nextReportOn, symptomaticSince, tracer },
    exposures: whole.exposures.map(({ traceId: trace, settings, placeKinds, withdrawnAt, ...one }) => ({
      ...{ ...one, trace, settings: settingsOf(settings), placeKinds: placeKindsOf(placeKinds) },
      withdrawn: withdrawnAt !== null,
    })),
    calls: whole.calls.map(({ outcome, ...call }) => ({ ...call, outcome: outcomeWord(outcome) })),
    reports: whole.reports.map(({ onDate, at, temp, symptoms, source }) => ({
      ...{ onDate, at, temp: temp === null ? null : temp / 10, symptoms: symptomsOf(symptoms) },
      by: REPORTERS[source - 1] ?? 'tracer',
    })),
    history: whole.history.map(({ at, by, command, before, after, reason }) => ({
      ...{ at, by, command, reason },
      ...{ before: shownState(before), after: shownState(after) },
    })),
  };
}

function shownState(logged: unknown) {
  if (logged === null) return null;
  const { state, ...said } = logged as LoggedState;
  return { ...said, state: stateWord(state) };
}
