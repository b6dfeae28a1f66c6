/**
 * `/v1/traces`: JSON in snake_case to the operations and back, and a trace as server-sent events.
 */
import { z } from '@hono/zod-openapi';
import { type Caller, mayCall } from '../../../shared/acts/access.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { isoInstant } from '../../../shared/domain/instant.ts';
import { toAppError } from '../../../shared/errors.ts';
import { type CsvCell, csvLine, csvResponse } from '../../../shared/http/csv.ts';
import { eventStream, type ServerEvent } from '../../../shared/http/events.ts';
import { instantInput, instantOutput } from '../../../shared/http/instants.ts';
import { cutPage, decodeCursor, encodeCursor, nextOutput, pageQuery } from '../../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { traceJson, traceOutput } from '../../../shared/http/trace-json.ts';
import type { Logger } from '../../../shared/log.ts';
import { exportContacts } from '../contacts/export.ts';
import { type Watched, watchTrace } from './events.ts';
import * as traces from './operations.ts';
import { placeKindsOf, settingsOf } from './rules.ts';

const MAX_CONTACTS = 1_000;

const newTrace = z
  .strictObject({
    cases: z
      .array(z.uuid('not a UUID').transform((id) => id.toLowerCase()))
      .min(1)
      .max(1_000),
    direction: z.enum(['forward', 'backward']),
    max_degree: z.int().min(1).optional(),
    as_of: instantInput.optional(),
  })
  .openapi('NewTrace');

const contactOutput = z
  .object({
    id: z.string(),
    identifiers: z.array(z.string()),
    name: z.string().nullable(),
    ward: z.string().nullable(),
    degree: z.int(),
    first_exposed_at: instantOutput,
    last_exposed_at: instantOutput,
    seconds: z.int(),
    settings: z.array(z.enum(['place', 'encounter', 'household'])),
    place_kinds: z.array(z.string()),
    exposed_in: z.array(z.string()),
  })
  .openapi('Contact');

const contactsOutput = z.object({ contacts: z.array(contactOutput), next: nextOutput }).openapi('Contacts');
const idOutput = z.object({ id: z.string() });
const idParam = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, 'not 32 hex digits') });
const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'not 1 to 200 printable ASCII characters')
    .optional()
    .openapi({ description: 'Cùng khóa, cùng yêu cầu: cùng id · The same key and request give the same id' }),
});
const traceCursor = z.tuple([z.number(), z.string()]);
const contactCursor = z.tuple([z.string()]);
const tags = ['traces'];

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const postTrace = apiRoute('traces.write', {
  method: 'post',
  path: '/v1/traces',
  tags,
  summary: 'Bắt đầu truy vết · Start a trace',
  request: { headers: idempotencyHeader, body: { required: true, content: json(newTrace) } },
  responses: { 202: { description: 'Đã nhận · Accepted', content: json(idOutput) } },
});

const getTraces = apiRoute('traces.read', {
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

const getContacts = apiRoute('contacts.read', {
  method: 'get',
  path: '/v1/traces/{id}/contacts',
  tags,
  summary: 'Người tiếp xúc của tỉnh này · Contacts that this province is responsible for',
  request: {
    params: idParam,
    query: pageQuery(MAX_CONTACTS, 100).extend({ ward: z.string().max(100).optional() }),
  },
  responses: { 200: { description: 'OK', content: json(contactsOutput) } },
});

const getContactsFile = apiRoute('contacts.export', {
  method: 'get',
  path: '/v1/traces/{id}/contacts.csv',
  tags,
  summary: 'Xuất người tiếp xúc ra tệp · Export the contacts as a file',
  description:
    'Cột như trong JSON, danh sách cách nhau bằng dấu cách · Columns as in the JSON, lists separated by ' +
    'spaces; UTF-8 with a mark; cells that could begin a formula get an apostrophe. Put on record.',
  request: { params: idParam, query: z.object({ ward: z.string().max(100).optional() }) },
  responses: {
    200: { description: 'OK', content: { 'text/csv': { schema: z.string() } } },
  },
});

const postClose = apiRoute('traces.write', {
  method: 'post',
  path: '/v1/traces/{id}/close',
  tags,
  summary: 'Kết thúc truy vết · End a trace',
  request: { params: idParam },
  responses: { 202: { description: 'Đã nhận · Accepted', content: json(idOutput) } },
});

const getEvents = apiRoute('traces.read', {
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
export function traceRoutes(ctx: traces.TracesContext & { readonly logger: Logger }): Routes {
  const routes = newRoutes();
  addTraces(routes, ctx);
  addContacts(routes, ctx);
  routes.openapi(getEvents, async (c) => {
    const { id } = c.req.valid('param');
    // An unknown trace gets its problem before the stream begins.
    await traces.readTrace(ctx, c.get('caller'), id);
    return eventStream((over) => eventsOf(ctx, { id, renew: () => c.get('door').renew(c) }, over), {
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

function addContacts(routes: Routes, ctx: traces.TracesContext): void {
  routes.openapi(getContacts, async (c) => {
    const { limit, after, ward } = c.req.valid('query');
    const [last] = decodeCursor(after, contactCursor) ?? [];
    const page = { traceId: c.req.valid('param').id, limit, after: last, ward };
    return c.json(await contactsPage(ctx, c.get('caller'), page), 200);
  });
  routes.openapi(getContactsFile, async (c) => {
    const traceId = c.req.valid('param').id;
    const pages = exportContacts(ctx, c.get('caller'), { traceId, ...c.req.valid('query') });
    // A refusal is told before the file begins.
    const first = await pages.next();
    return csvResponse(csvLines(first, pages), `truyvet-${traceId}.csv`);
  });
}

async function* eventsOf(
  ctx: traces.TracesContext,
  watched: Watched,
  over: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for await (const change of watchTrace(ctx, watched, over)) {
    const { kind, caller } = change;
    if (kind !== 'contacts') yield { event: kind, data: traceJson(change.trace) };
    else if (mayCall(caller, 'contacts.read', nowSeconds(ctx.clock))) {
      const page = { traceId: watched.id, limit: MAX_CONTACTS };
      yield { event: kind, data: await contactsPage(ctx, caller, page) };
    }
  }
}

interface PageRequest {
  readonly traceId: string;
  readonly limit: number;
  readonly after?: string | undefined;
  readonly ward?: string | undefined;
}

async function contactsPage(
  ctx: traces.TracesContext,
  caller: Caller,
  request: PageRequest,
): Promise<z.output<typeof contactsOutput>> {
  const found = await traces.listContacts(ctx, caller, request);
  const { page, next } = cutPage(found, request.limit, ({ id }) => [id]);
  return { contacts: page.map(contactJson), next };
}

function contactJson(contact: traces.Contact): z.output<typeof contactOutput> {
  const { id, identifiers, name, ward, degree, seconds, exposed_in } = contact;
  return {
    ...{ id, identifiers, name, ward, degree, seconds, exposed_in },
    first_exposed_at: isoInstant(contact.first_exposed_at),
    last_exposed_at: isoInstant(contact.last_exposed_at),
    settings: settingsOf(contact.settings),
    place_kinds: placeKindsOf(contact.place_kinds),
  };
}

const CSV_COLUMNS = Object.keys(contactOutput.shape) as (keyof z.output<typeof contactOutput>)[];

/** The header, then each page as it comes. */
async function* csvLines(
  first: IteratorResult<traces.Contact[], void>,
  rest: AsyncIterable<traces.Contact[]>,
): AsyncGenerator<string> {
  yield csvLine(CSV_COLUMNS);
  if (!first.done) yield linesOf(first.value);
  for await (const page of rest) yield linesOf(page);
}

function linesOf(page: readonly traces.Contact[]): string {
  return page.map((contact) => csvLine(cellsOf(contactJson(contact)))).join('');
}

function cellsOf(contact: z.output<typeof contactOutput>): CsvCell[] {
  return CSV_COLUMNS.map((column) => {
    const value = contact[column];
    return Array.isArray(value) ? value.join(' ') : value;
  });
}
