/**
 * `/v1/traces`: JSON in snake_case to the operations and back, and a trace as server-sent events.
 */
import { z } from '@hono/zod-openapi';
import { toAppError } from '../../../shared/errors.ts';
import { eventStream, type ServerEvent } from '../../../shared/http/events.ts';
import { instantInput } from '../../../shared/http/instants.ts';
import { cutPage, decodeCursor, encodeCursor, nextOutput, pageQuery } from '../../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { traceJson, traceOutput } from '../../../shared/http/trace-json.ts';
import type { Logger } from '../../../shared/log.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { CONTACT_ACTS } from '../contacts/acts.ts';
import { type ContactsContext, listContacts } from '../contacts/operations.ts';
import { shownContact } from '../contacts/rules.ts';
import { type Watched, watchTrace } from './events.ts';
import * as traces from './operations.ts';

/** Contacts in one event: the first page, as GET …/contacts answers it at most. */
const MAX_CONTACTS = 1_000;

const newTrace = z
  .strictObject({
    cases: z
      .array(z.uuid().transform((id) => id.toLowerCase()))
      .min(1)
      .max(1_000),
    direction: z.enum(['forward', 'backward']),
    max_degree: z.int().min(1).optional(),
    as_of: instantInput.optional(),
  })
  .openapi('NewTrace');

const idOutput = z.object({ id: z.string() });
const idParam = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/, fault({ reason: 'NOT_HEX', params: { digits: 32 } })),
});
const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, fault({ reason: 'NOT_ASCII' }))
    .optional()
    .openapi({ description: 'Cùng khóa, cùng yêu cầu: cùng id · The same key and request give the same id' }),
});
const traceCursor = z.tuple([z.number(), z.string()]);
const tags = ['traces'];

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const postTrace = apiRoute('traces.open', {
  method: 'post',
  path: '/v1/traces',
  tags,
  summary: 'Bắt đầu truy vết · Start a trace',
  request: { headers: idempotencyHeader, body: { required: true, content: json(newTrace) } },
  responses: { 202: { description: 'Đã nhận · Accepted', content: json(idOutput) } },
});

const getTraces = apiRoute('traces.list', {
  method: 'get',
  path: '/v1/traces',
  tags,
  summary: 'Danh sách truy vết, mới nhất trước · Traces, newest first',
  request: { query: pageQuery(100, 50) },
  responses: {
    200: { description: 'OK', content: json(z.object({ traces: z.array(traceOutput), next: nextOutput })) },
  },
});

const getTrace = apiRoute('traces.read', {
  method: 'get',
  path: '/v1/traces/{id}',
  tags,
  summary: 'Trạng thái truy vết · How a trace stands',
  request: { params: idParam },
  responses: { 200: { description: 'OK', content: json(traceOutput) } },
});

const postClose = apiRoute('traces.close', {
  method: 'post',
  path: '/v1/traces/{id}/close',
  tags,
  summary: 'Kết thúc truy vết · End a trace',
  request: { params: idParam },
  responses: { 202: { description: 'Đã nhận · Accepted', content: json(idOutput) } },
});

const getEvents = apiRoute('traces.watch', {
  method: 'get',
  path: '/v1/traces/{id}/events',
  tags,
  summary: 'Theo dõi truy vết · Watch a trace',
  description:
    'Server-sent events: `state` and `progress` carry the trace, `contacts` the first page of its ' +
    'contacts (only for roles that may read them). Ends when the client leaves.',
  request: { params: idParam },
  responses: {
    200: { description: 'OK', content: { 'text/event-stream': { schema: z.string() } } },
  },
});

/** The routes of traces. */
export function traceRoutes(
  ctx: traces.TracesContext & ContactsContext & { readonly logger: Logger },
): Routes {
  const routes = newRoutes();
  addTraces(routes, ctx);
  routes.openapi(getEvents, async (c) => {
    const { id } = c.req.valid('param');
    // An unknown trace gets its problem before the stream begins.
    const leave = await traces.beginWatch(ctx, c.get('caller'), id);
    return eventStream((over) => eventsOf(ctx, { id, leave, renew: () => c.get('door').renew(c) }, over), {
      gone: c.req.raw.signal,
      stopping: c.get('stopping'),
      clock: ctx.clock,
      onError: (error) => ctx.logger.warn({ err: toAppError(error), trace: id }, 'events ended early'),
    });
  });
  return routes;
}

function addTraces(routes: Routes, ctx: traces.TracesContext): void {
  routes.openapi(postTrace, async (c) => {
    const { cases, direction, max_degree, as_of } = c.req.valid('json');
    const { 'idempotency-key': idempotencyKey } = c.req.valid('header');
    const request = { cases, direction, maxDegree: max_degree, asOf: as_of, idempotencyKey };
    const id = await traces.openTrace(ctx, c.get('caller'), request);
    return c.json({ id }, 202, { location: `/v1/traces/${id}` });
  });
  routes.openapi(getTraces, async (c) => {
    const { limit, after } = c.req.valid('query');
    const key = decodeCursor(after, traceCursor);
    const place = key && { listedAt: key[0], id: key[1] };
    const { traces: page, next } = await traces.listTraces(ctx, c.get('caller'), { limit, after: place });
    return c.json(
      { traces: page.map(traceJson), next: next ? encodeCursor([next.listedAt, next.id]) : null },
      200,
    );
  });
  routes.openapi(getTrace, async (c) => {
    return c.json(traceJson(await traces.readTrace(ctx, c.get('caller'), c.req.valid('param').id)), 200);
  });
  routes.openapi(postClose, async (c) => {
    const { id } = c.req.valid('param');
    await traces.closeTrace(ctx, c.get('caller'), id);
    return c.json({ id }, 202);
  });
}

async function* eventsOf(
  ctx: traces.TracesContext & ContactsContext,
  watched: Watched,
  over: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for await (const change of watchTrace(ctx, watched, over)) {
    const { kind, caller, leave } = change;
    if (kind !== 'contacts') yield { event: kind, data: traceJson(change.trace) };
    else if (leave.scopeOf(CONTACT_ACTS, 'contacts.list') !== undefined) {
      const found = await listContacts(ctx, caller, { traceId: watched.id, limit: MAX_CONTACTS });
      const { page, next } = cutPage(found, MAX_CONTACTS, ({ id }) => [id]);
      yield { event: kind, data: { contacts: page.map(shownContact), next } };
    }
  }
}
