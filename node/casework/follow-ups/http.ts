/**
 * `/v1/tasks` and `/v1/follow-ups`: the work list of a desk, and what is done with its tasks and people.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../../shared/http/command.ts';
import { provinceInput, uuidInput } from '../../../shared/http/fields.ts';
import { dateInput, instantInput } from '../../../shared/http/instants.ts';
import { addList } from '../../../shared/http/list.ts';
import { addRead } from '../../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { type Bilingual, bilingual } from '../../../shared/i18n/bilingual.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { countsOutput, followUpOutput, itemOutput, outcomeOutput, showFollowUp, taskOutput } from './json.ts';
import { FOLLOW_UP_STATES, type FollowUpCommand, PLACES, TASK_KINDS } from './machines.ts';
import {
  type FollowUpsCtx,
  listFollowUps,
  listTasks,
  readFollowUp,
  readTask,
  type WholeFollowUp,
} from './operations.ts';
import { CALL_OUTCOMES, DONE_OUTCOMES, SYMPTOMS } from './outcomes.ts';
import { commandTask, readOutcome, recordOutcome } from './task-work.ts';
import { commandFollowUp } from './work.ts';

const PAGES = { most: 200, usual: 50 };
const desk = z
  .string()
  .regex(/^(?:\d{2}|\d{5})$/, fault({ reason: 'NOT_A_WARD_CODE' }))
  .optional()
  .openapi({
    description: bilingual('mã tỉnh: những việc không rõ xã, phường', 'code of the province: of no ward'),
    example: '07213',
  });
const ward = z
  .string()
  .regex(/^\d{1,5}$/, fault({ reason: 'NOT_A_WARD_CODE' }))
  .openapi({ example: '07213' });
const words = z.string().trim().min(1).max(500);
const temp = z.number().min(30).max(45).openapi({ example: 37.2 });
const symptoms = z
  .array(z.enum(SYMPTOMS))
  .max(SYMPTOMS.length)
  .openapi({ example: ['cough'] });

const taskParams = {
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, fault({ reason: 'NOT_AN_INTEGER' }))
    .openapi({ example: '12' }),
};
const params = { id: uuidInput };
const NO_TASK = { NOT_FOUND: ['NO_SUCH_TASK'] } as const;
const NO_FOLLOW_UP = { NOT_FOUND: ['NO_SUCH_FOLLOW_UP'] } as const;
const versionOf = ({ version }: { readonly version: number }) => version;

/** The routes of contacts' work. */
export function followUpRoutes(ctx: FollowUpsCtx): Routes {
  const routes = newRoutes();
  addTaskLists(routes, ctx);
  addTaskCommands(routes, ctx);
  addOutcomes(routes, ctx);
  addFollowUps(routes, ctx);
  for (const command of COMMANDS) addFollowUpCommand(routes, ctx, command);
  return routes;
}

function addTaskLists(routes: Routes, ctx: FollowUpsCtx): void {
  addList(routes, {
    ...{ act: 'tasks.list', name: 'listTasks', path: '/v1/tasks', tag: 'tasks' },
    summary: 'Danh sách việc của bàn làm việc · The work list of a desk',
    ...{ items: 'tasks', output: taskOutput, head: countsOutput, pages: PAGES },
    filters: {
      ward: desk,
      kind: z.enum(TASK_KINDS).optional(),
      mine: z.enum(['true', 'false']).optional(),
      due: z.enum(['overdue', 'today', 'all']).default('today'),
    },
    place: z.tuple([z.number(), z.number(), z.number()]),
    find: async ({ caller }, { limit, after, filters: { mine, ...filters } }) => {
      const asked = { limit, after, ...filters, mine: mine === 'true' };
      const { tasks, counts } = await listTasks(ctx, caller, asked);
      return { items: tasks, head: { counts } };
    },
    placeOf: ({ priority, dueAt, id }) => [priority, dueAt, id],
  });
  addRead(routes, {
    ...{ act: 'tasks.read', name: 'readTask', path: '/v1/tasks/{id}', tag: 'tasks', params: taskParams },
    ...{ summary: 'Xem một việc · Read a task', output: taskOutput, reasons: NO_TASK, versionOf },
    find: ({ caller, params: { id } }) => readTask(ctx, caller, Number(id)),
  });
}

const reasonBody = z.strictObject({ reason: words.optional() });

function addTaskCommands(routes: Routes, ctx: FollowUpsCtx): void {
  const common = {
    method: 'post',
    tag: 'tasks',
    params: taskParams,
    status: 200,
    output: taskOutput,
  } as const;
  const done = { done: 'Đã ghi · Noted', versioned: true, versionOf } as const;
  const reasons = { ...NO_TASK, FAILED_PRECONDITION: ['WRONG_STATE', 'TASK_TAKEN', 'TASK_OF_CALL'] } as const;
  for (const [command, name, summary] of TASK_COMMANDS)
    addCommand(routes, ctx, {
      ...{
        ...common,
        ...done,
        reasons,
        act: `tasks.${command}`,
        name,
        path: `/v1/tasks/{id}/${command}`,
        summary,
      },
      run: ({ caller, params: { id } }) => commandTask(ctx, caller, { id: Number(id), command }),
      again: ({ caller, params: { id } }) => readTask(ctx, caller, Number(id)),
    });
  addCommand(routes, ctx, {
    ...{
      ...common,
      ...done,
      reasons,
      act: 'tasks.cancel',
      name: 'cancelTask',
      path: '/v1/tasks/{id}/cancel',
    },
    ...{ summary: 'Hủy việc · Cancel a task', body: reasonBody, example: { reason: 'nhập nhầm' } },
    run: ({ caller, params: { id } }, { body }) =>
      commandTask(ctx, caller, { id: Number(id), command: 'cancel', ...body }),
    again: ({ caller, params: { id } }) => readTask(ctx, caller, Number(id)),
  });
  addCommand(routes, ctx, {
    ...{ ...common, ...done, reasons, act: 'tasks.done', name: 'finishTask', path: '/v1/tasks/{id}/done' },
    ...{ summary: 'Hoàn thành việc · Finish a task', body: doneBody, example: { barcode: 'BG-000123' } },
    run: ({ caller, params: { id } }, { body }) =>
      commandTask(ctx, caller, { id: Number(id), command: 'done', ...body }),
    again: ({ caller, params: { id } }) => readTask(ctx, caller, Number(id)),
  });
}

const TASK_COMMANDS = [
  ['claim', 'claimTask', 'Nhận việc · Claim a task for half an hour'],
  ['release', 'releaseTask', 'Trả việc lại · Give a task back'],
] as const;

const doneBody = z.strictObject({
  outcome: z.enum(DONE_OUTCOMES).optional(),
  barcode: z
    .string()
    .regex(/^[\w.-]{1,40}$/, fault({ reason: 'MALFORMED' }))
    .optional(),
});

const outcomeBody = z
  .strictObject({
    outcome: z.enum(CALL_OUTCOMES),
    at: instantInput.optional(),
    symptoms: symptoms.optional(),
    temp: temp.optional(),
    note: z.string().trim().max(1_000).optional(),
    moved: z.strictObject({ province: provinceInput, ward: ward.optional() }).optional(),
    next_at: instantInput.optional(),
  })
  .openapi('CallOutcome');

function addOutcomes(routes: Routes, ctx: FollowUpsCtx): void {
  addCommand(routes, ctx, {
    ...{ act: 'tasks.outcome', name: 'recordOutcome', method: 'post', tag: 'tasks', params: taskParams },
    path: '/v1/tasks/{id}/outcomes',
    summary: 'Kết quả gọi hay thăm · What came of a call or a visit',
    description: bilingual(
      'Chưa gặp được: việc ở lại và đến hạn lại. Việc đã chuyển: cuộc gọi vẫn được giữ trong 72 giờ',
      'Nobody reached: the task stays and is due again. The call of a task that has moved is kept',
    ),
    ...{ body: outcomeBody, status: 200, done: 'Đã ghi · Noted', output: outcomeOutput },
    reasons: { ...NO_TASK, FAILED_PRECONDITION: ['WRONG_STATE', 'NOT_A_CALL'] },
    example: { outcome: 'reached', symptoms: [], temp: 36.8, note: 'ở nhà với mẹ' },
    run: ({ caller, params: { id } }, { body }) => recordOutcome(ctx, caller, { id: Number(id), ...body }),
    again: ({ caller, params: { id } }, { applied }) =>
      readOutcome(ctx, caller, { id: Number(id), applied: applied === true }),
  });
}

function addFollowUps(routes: Routes, ctx: FollowUpsCtx): void {
  const tag = 'follow-ups';
  addList(routes, {
    ...{ act: 'follow_ups.list', name: 'listFollowUps', path: '/v1/follow-ups', tag },
    summary: 'Người đang theo dõi · Who is followed up',
    ...{ items: 'follow_ups', output: itemOutput, pages: PAGES },
    filters: { ward: desk, state: z.enum(FOLLOW_UP_STATES).optional() },
    place: z.tuple([z.number(), z.number()]),
    find: ({ caller }, { limit, after, filters }) => listFollowUps(ctx, caller, { limit, after, ...filters }),
    placeOf: ({ priority, rowId }) => [priority, rowId],
  });
  addRead(routes, {
    ...{ act: 'follow_ups.read', name: 'readFollowUp', path: '/v1/follow-ups/{id}', tag, params },
    ...{ summary: 'Hồ sơ theo dõi · A follow-up', output: followUpOutput, reasons: NO_FOLLOW_UP },
    find: ({ caller, params: { id } }) => readFollowUp(ctx, caller, id),
    ...{ show: showFollowUp, versionOf },
  });
}

const nothing = z.strictObject({});
const reasoned = z.strictObject({ reason: words });

/** A command of a follow-up: its name, what it is told, and what else it may refuse. */
interface Entry {
  readonly command: FollowUpCommand;
  readonly name: string;
  readonly summary: Bilingual;
  readonly body: z.ZodType;
  readonly example?: object;
  readonly denied?: 'PLAN_QUARANTINES';
  readonly precondition?: 'RELEASE_NOT_MET' | 'ATTEMPTS_MISSING';
}

const COMMANDS: readonly Entry[] = [
  { command: 'reach', name: 'reachFollowUp', summary: 'Đã liên lạc được · Reached', body: nothing },
  {
    ...{ command: 'quarantine', name: 'quarantineFollowUp', summary: 'Cách ly · Kept apart from now on' },
    body: z.strictObject({
      place: z.enum(PLACES),
      at: instantInput.optional(),
      site_name: z.string().trim().min(1).max(200).optional(),
    }),
    example: { place: 'home' },
  },
  {
    ...{ command: 'exempt', name: 'exemptFollowUp', summary: 'Miễn cách ly · Watched without quarantine' },
    ...{ body: reasoned, denied: 'PLAN_QUARANTINES' },
  },
  {
    ...{ command: 'report', name: 'reportFollowUp', summary: 'Báo cáo trong ngày · The report of a day' },
    body: z.strictObject({
      on_date: dateInput.optional(),
      symptoms: symptoms.optional(),
      temp: temp.optional(),
    }),
    example: { symptoms: [], temp: 36.8 },
  },
  {
    ...{ command: 'end_quarantine', name: 'endQuarantine', body: nothing },
    ...{ summary: 'Hết cách ly · Quarantine ends', precondition: 'RELEASE_NOT_MET' },
  },
  {
    ...{ command: 'release', name: 'releaseFollowUp', body: nothing },
    ...{ summary: 'Kết thúc theo dõi · The follow-up ends', precondition: 'RELEASE_NOT_MET' },
  },
  {
    ...{ command: 'lose', name: 'loseFollowUp', summary: 'Mất dấu · Given up as lost', body: reasoned },
    precondition: 'ATTEMPTS_MISSING',
  },
  { command: 'refuse', name: 'refuseFollowUp', summary: 'Từ chối · Refuses', body: reasonBody },
  { command: 'reopen', name: 'reopenFollowUp', summary: 'Mở lại · Opened again', body: reasoned },
  { command: 'cancel', name: 'cancelFollowUp', summary: 'Hủy theo dõi · Cancelled', body: reasoned },
  { command: 'die', name: 'dieFollowUp', summary: 'Tử vong · Died', body: reasonBody },
  {
    ...{ command: 'refile', name: 'refileFollowUp', summary: 'Chuyển bàn làm việc · To another desk' },
    ...{ body: z.strictObject({ ward }), example: { ward: '07213' } },
  },
];

function addFollowUpCommand(routes: Routes, ctx: FollowUpsCtx, entry: Entry): void {
  const { command, name, summary, body, denied, precondition } = entry;
  const example = entry.example ?? (body === reasoned ? { reason: 'theo công văn' } : {});
  const path = `/v1/follow-ups/{id}/${command.replaceAll('_', '-')}`;
  addCommand<typeof followUpOutput, WholeFollowUp, z.ZodType, typeof params>(routes, ctx, {
    ...{ act: `follow_ups.${command}`, name, method: 'post', path, tag: 'follow-ups', params, summary },
    ...{ body, example, status: 200, done: 'Đã ghi · Noted', output: followUpOutput },
    reasons: {
      ...NO_FOLLOW_UP,
      ...(denied && { PERMISSION_DENIED: [denied] }),
      FAILED_PRECONDITION: ['WRONG_STATE', ...(precondition ? [precondition] : [])],
    },
    run: ({ caller, params: { id } }, { body: input }) =>
      commandFollowUp(ctx, caller, { id, command, input: input as object }),
    again: ({ caller, params: { id } }) => readFollowUp(ctx, caller, id),
    ...{ show: showFollowUp, versioned: true, versionOf },
  });
}
