/**
 * `/v1/break-glass`: reading beyond the own area, and what the supervisor sees of it.
 */
import { z } from '@hono/zod-openapi';
import { commandsOf } from '../../../shared/domain/machine.ts';
import { addCommand } from '../../../shared/http/command.ts';
import { areaOutput, personOutput, textOutput, uuidInput, uuidOutput } from '../../../shared/http/fields.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import { addList } from '../../../shared/http/list.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { fault } from '../../../shared/shape-errors.ts';
import {
  type BreakGlassCtx,
  listBreakGlass,
  openBreakGlass,
  readReviewed,
  reviewBreakGlass,
} from './operations.ts';
import { BREAK_GLASS, MAX_MINUTES, REASON_LENGTH, VERDICTS } from './rules.ts';

const newBreakGlass = z
  .strictObject({
    reason: z
      .string()
      .trim()
      .min(REASON_LENGTH.min, `less than ${REASON_LENGTH.min} characters`)
      .max(REASON_LENGTH.max, `more than ${REASON_LENGTH.max} characters`),
    area: z
      .string()
      .regex(/^(?:\d{2}|\d{3}|\d{5})$/, fault({ reason: 'NOT_AN_AREA_CODE' }))
      .openapi({ example: '213' }),
    minutes: z.int().min(1).max(MAX_MINUTES),
  })
  .openapi('NewBreakGlass');

const opened = { id: uuidOutput, area: areaOutput, ends_at: instantOutput };

const breakGlassOutput = z
  .object({
    ...opened,
    subject: personOutput,
    reason: textOutput('Ổ dịch trên tàu, cần xem huyện bên'),
    opened_at: instantOutput,
    reviewed_at: instantOutput.nullable(),
    reviewed_by: personOutput.nullable(),
    verdict: z.enum(VERDICTS).nullable(),
    state: z.enum(BREAK_GLASS.states),
    /** What the caller may do with it now. */
    allowed: z.array(z.enum(commandsOf(BREAK_GLASS))),
    version: z.int(),
  })
  .openapi('BreakGlass');

const tag = 'break-glass';

/** The routes of break-glass. */
export function breakGlassRoutes(ctx: BreakGlassCtx): Routes {
  const routes = newRoutes();
  addCommand(routes, ctx, {
    ...{ act: 'break_glass.open', name: 'openBreakGlass', method: 'post', path: '/v1/break-glass', tag },
    summary: 'Mở quyền xem khẩn cấp · Read beyond your area, for a while and on the record',
    ...{ body: newBreakGlass, status: 201, done: 'Đã mở · Open', output: z.object(opened) },
    reasons: { FAILED_PRECONDITION: ['ALREADY_IN_AREA'], RESOURCE_EXHAUSTED: ['TOO_MANY_OPEN'] },
    example: { reason: 'Ổ dịch trên tàu, cần xem huyện bên', area: '217', minutes: 60 },
    run: ({ caller }, { body }) => openBreakGlass(ctx, caller, body),
    again: (_call, { id, area, ends_at }) => ({
      ...{ id: id as string, area: area as string, endsAt: ends_at as number },
    }),
  });
  addList(routes, {
    ...{ act: 'break_glass.list', name: 'listBreakGlass', path: '/v1/break-glass', tag },
    summary: 'Các lần xem khẩn cấp, mới nhất trước · All of them, newest first, with their reasons',
    ...{ items: 'break_glass', output: breakGlassOutput, pages: { most: 200, usual: 50 } },
    place: z.tuple([z.number(), z.uuid()]),
    find: ({ caller }, { limit, after }) =>
      listBreakGlass(ctx, caller, { limit, after: after && { openedAt: after[0], id: after[1] } }),
    placeOf: ({ openedAt, id }) => [openedAt, id],
  });
  addCommand(routes, ctx, {
    ...{ act: 'break_glass.review', name: 'reviewBreakGlass', method: 'post', tag },
    path: '/v1/break-glass/{id}/review',
    summary: 'Đánh giá · Review one; `unjustified` ends it',
    ...{ params: { id: uuidInput }, body: z.strictObject({ verdict: z.enum(VERDICTS) }) },
    ...{ status: 200, done: 'Đã ghi · Noted', output: breakGlassOutput },
    reasons: {
      NOT_FOUND: ['NO_SUCH_BREAK_GLASS'],
      PERMISSION_DENIED: ['OWN_BREAK_GLASS'],
      FAILED_PRECONDITION: ['WRONG_STATE'],
    },
    example: { verdict: 'justified' as const },
    run: ({ caller, params }, { body: { verdict } }) =>
      reviewBreakGlass(ctx, caller, { id: params.id, verdict }),
    again: ({ params }) => readReviewed(ctx, params.id),
    versioned: true,
    versionOf: ({ version }) => version,
  });
  return routes;
}
