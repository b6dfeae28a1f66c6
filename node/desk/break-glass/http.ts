/**
 * `/v1/break-glass`: reading beyond the own area, and what the supervisor sees of it.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant } from '../../../shared/domain/instant.ts';
import { instantOutput, isoInstantOrNull } from '../../../shared/http/instants.ts';
import { cutPage, decodeCursor, nextOutput, pageQuery } from '../../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { fault } from '../../../shared/shape-errors.ts';
import {
  type BreakGlassContext,
  listBreakGlass,
  openBreakGlass,
  reviewBreakGlass,
  type ShownBreakGlass,
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

const opened = { id: z.uuid(), area: z.string(), ends_at: instantOutput };

const breakGlassOutput = z
  .object({
    ...opened,
    subject: z.string(),
    reason: z.string(),
    opened_at: instantOutput,
    reviewed_at: instantOutput.nullable(),
    reviewed_by: z.string().nullable(),
    verdict: z.enum(VERDICTS).nullable(),
    state: z.enum(BREAK_GLASS.states),
    /** What the caller may do with it now. */
    allowed: z.array(z.string()),
  })
  .openapi('BreakGlass');

const cursor = z.tuple([z.number(), z.uuid()]);
const tags = ['break-glass'];
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const postBreakGlass = apiRoute('break_glass.open', {
  method: 'post',
  path: '/v1/break-glass',
  tags,
  summary: 'Mở quyền xem khẩn cấp · Read beyond your area, for a while and on the record',
  request: { body: { required: true, content: json(newBreakGlass) } },
  responses: { 201: { description: 'Đã mở · Open', content: json(z.object(opened)) } },
});

const getBreakGlass = apiRoute('break_glass.list', {
  method: 'get',
  path: '/v1/break-glass',
  tags,
  summary: 'Các lần xem khẩn cấp, mới nhất trước · All of them, newest first, with their reasons',
  request: { query: pageQuery(200, 50) },
  responses: {
    200: {
      description: 'OK',
      content: json(z.object({ break_glass: z.array(breakGlassOutput), next: nextOutput })),
    },
  },
});

const postReview = apiRoute('break_glass.review', {
  method: 'post',
  path: '/v1/break-glass/{id}/review',
  tags,
  summary: 'Đánh giá · Review one; `unjustified` ends it',
  request: {
    params: z.object({ id: z.uuid().transform((id) => id.toLowerCase()) }),
    body: { required: true, content: json(z.strictObject({ verdict: z.enum(VERDICTS) })) },
  },
  responses: { 200: { description: 'Đã ghi · Noted', content: json(breakGlassOutput) } },
});

/** The routes of break-glass. */
export function breakGlassRoutes(ctx: BreakGlassContext): Routes {
  const routes = newRoutes();
  routes.openapi(postBreakGlass, async (c) => {
    const { id, area, endsAt } = await openBreakGlass(ctx, c.get('caller'), c.req.valid('json'));
    return c.json({ id, area, ends_at: isoInstant(endsAt) }, 201);
  });
  routes.openapi(getBreakGlass, async (c) => {
    const { limit, after } = c.req.valid('query');
    const key = decodeCursor(after, cursor);
    const page = { limit, after: key && { openedAt: key[0], id: key[1] } };
    const found = await listBreakGlass(ctx, c.get('caller'), page);
    const { page: shown, next } = cutPage(found, limit, ({ openedAt, id }) => [openedAt, id]);
    return c.json({ break_glass: shown.map(toJson), next }, 200);
  });
  routes.openapi(postReview, async (c) => {
    const review = { id: c.req.valid('param').id, verdict: c.req.valid('json').verdict };
    return c.json(toJson(await reviewBreakGlass(ctx, c.get('caller'), review)), 200);
  });
  return routes;
}

function toJson(row: ShownBreakGlass): z.output<typeof breakGlassOutput> {
  const { id, area, subject, reason, verdict, state } = row;
  return {
    ...{ id, area, subject, reason, verdict, state, allowed: [...row.allowed] },
    opened_at: isoInstant(row.openedAt),
    ends_at: isoInstant(row.endsAt),
    reviewed_at: isoInstantOrNull(row.reviewedAt),
    reviewed_by: row.reviewedBy,
  };
}
