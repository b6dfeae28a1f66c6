/**
 * `/v1/outgoing` of both programs: what waits to leave, and what could not be delivered.
 */
import { z } from '@hono/zod-openapi';
import type { ActCtx } from '../acts/act.ts';
import { commandsOf } from '../domain/machine.ts';
import { listOutgoing, readOutgoing, type ShownItem, settleDeadLetter } from '../outgoing/operations.ts';
import { OUTGOING, OUTGOING_STATES } from '../outgoing/rules.ts';
import { fault } from '../shape-errors.ts';
import { addCommand } from './command.ts';
import { textOutput } from './fields.ts';
import { instantOutput } from './instants.ts';
import type { Shown } from './json-case.ts';
import { addList } from './list.ts';
import { newRoutes, type Routes } from './route.ts';

const itemOutput = z
  .object({
    id: z.int(),
    channel: textOutput('sms'),
    key: textOutput('follow-up 0190b6c2-5c1e-7a4b-9f3d-6f0f3f2c8a11'),
    subject: z.string().openapi({
      description: 'về gì: mã số · what it is about: ids',
      example: 'case 0190b6c2-5c1e-7a4b-9f3d-6f0f3f2c8a11',
    }),
    state: z.enum(OUTGOING_STATES),
    tries: z.int(),
    failure: z.string().nullable().openapi({
      description: 'lý do lần cuối · reason of the last failure',
      example: 'DEADLINE_EXCEEDED',
    }),
    created_at: instantOutput,
    next_try_at: instantOutput.nullable(),
    ended_at: instantOutput.nullable(),
    /** What the caller may do with it now. */
    allowed: z.array(z.enum(commandsOf(OUTGOING))),
  })
  .openapi('OutgoingItem');

const params = {
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, fault({ reason: 'NOT_AN_INTEGER' }))
    .transform(Number)
    .openapi({ type: 'integer', example: 17 }),
};

const tag = 'outgoing';

/** The routes of what leaves the program. */
export function outgoingRoutes(ctx: ActCtx): Routes {
  const routes = newRoutes();
  addList(routes, {
    ...{ act: 'outgoing.list', name: 'listOutgoing', path: '/v1/outgoing', tag },
    summary: 'Những gì chờ gửi đi hoặc không gửi được · What waits to leave, or could not be delivered',
    ...{ items: 'outgoing', output: itemOutput, pages: { most: 200, usual: 50 } },
    filters: {
      state: z
        .enum(OUTGOING_STATES)
        .default('dead')
        .openapi({ description: 'mặc định: không gửi được · those that could not be delivered' }),
      channel: z.string().max(100).optional(),
    },
    place: z.tuple([z.number()]),
    find: ({ caller }, { limit, after, filters }) =>
      listOutgoing(ctx, caller, { ...filters, limit, after: after?.[0] }),
    placeOf: ({ id }) => [id],
    show,
  });
  const settling = { method: 'post', tag, params, status: 200, done: 'OK', output: itemOutput } as const;
  const reasons = { NOT_FOUND: ['NO_SUCH_ITEM'], FAILED_PRECONDITION: ['WRONG_STATE'] } as const;
  addCommand(routes, ctx, {
    ...{
      ...settling,
      act: 'outgoing.retry',
      name: 'retryOutgoing',
      path: '/v1/outgoing/{id}/retry',
      reasons,
    },
    summary: 'Gửi lại · Try once more what could not be delivered',
    run: ({ caller, params: { id } }) => settleDeadLetter(ctx, caller, { command: 'retry', id }),
    again: ({ params: { id } }) => readOutgoing(ctx, id),
    show,
  });
  addCommand(routes, ctx, {
    ...{ ...settling, act: 'outgoing.discard', name: 'discardOutgoing', reasons },
    path: '/v1/outgoing/{id}/discard',
    summary: 'Bỏ, không gửi nữa · Give up what could not be delivered',
    run: ({ caller, params: { id } }) => settleDeadLetter(ctx, caller, { command: 'discard', id }),
    again: ({ params: { id } }) => readOutgoing(ctx, id),
    show,
  });
  return routes;
}

function show(row: ShownItem): Shown<typeof itemOutput> {
  return { ...row, nextTryAt: row.state === 'waiting' ? Math.floor(row.dueAt / 1_000) : null };
}
