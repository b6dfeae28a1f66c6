/**
 * `/v1/traces`: JSON in snake_case to the operations and back, and a trace as server-sent events.
 */
import { z } from '@hono/zod-openapi';
import { toAppError } from '../../../shared/errors.ts';
import { addCommand } from '../../../shared/http/command.ts';
import { eventStream, type ServerEvent } from '../../../shared/http/events.ts';
import { traceIdInput, uuidInput } from '../../../shared/http/fields.ts';
import { addFile } from '../../../shared/http/file.ts';
import { instantInput } from '../../../shared/http/instants.ts';
import { toWire } from '../../../shared/http/json-case.ts';
import { addList, pageJson } from '../../../shared/http/list.ts';
import { type Cursors, listId } from '../../../shared/http/paging.ts';
import { addRead } from '../../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { showTrace, traceOutput, warningOutput } from '../../../shared/http/trace-json.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import type { Logger } from '../../../shared/log.ts';
import { CONTACT_ACTS } from '../contacts/acts.ts';
import { CONTACT_LIST, headed } from '../contacts/json.ts';
import { type ContactsCtx, listContacts } from '../contacts/operations.ts';
import { type Watched, watchTrace } from './events.ts';
import * as traces from './operations.ts';
import { WatchedTraces } from './watched.ts';

/** Contacts in one event: the first page, as GET …/contacts answers it at most. */
const MAX_CONTACTS = 1_000;

const newTrace = z
  .strictObject({
    cases: z.array(uuidInput).min(1).max(1_000),
    direction: z.enum(['forward', 'backward']),
    max_degree: z.int().min(1).optional(),
    as_of: instantInput.optional(),
  })
  .openapi('NewTrace');

const idOutput = z.object({ id: traceIdInput });
const openedOutput = z.object({ id: traceIdInput, warnings: z.array(warningOutput) }).openapi('OpenedTrace');
const params = { id: traceIdInput };
const tag = 'traces';
const NO_SUCH_TRACE = { NOT_FOUND: ['NO_SUCH_TRACE'] } as const;
const reasons = { ...NO_SUCH_TRACE, UNAVAILABLE: ['HUB_UNREACHABLE'] } as const;

/** The routes of traces. */
export function traceRoutes(ctx: WatchCtx): Routes {
  const routes = newRoutes();
  addTraces(routes, ctx);
  addCommands(routes, ctx);
  const watchedTraces = new WatchedTraces(ctx);
  addFile(routes, {
    ...{ act: 'traces.watch', name: 'watchTrace', path: '/v1/traces/{id}/events', tag, params, reasons },
    summary: 'Theo dõi truy vết · Watch a trace',
    description: bilingual(
      '`state` và `progress` mang truy vết, `contacts` mang trang đầu của người tiếp xúc (nếu được ' + 'xem)',
      'Server-sent events: `state` and `progress` carry the trace, `contacts` the first page of its ' +
        'contacts (only for roles that may read them). Ends when the client leaves.',
    ),
    type: 'text/event-stream',
    example: 'event: state\ndata: {"id":"4bf92f3577b34da6a3ce929d0e0e4736","state":"running"}\n\n',
    answer: async ({ caller, params: { id }, c }) => {
      // An unknown trace gets its problem before the stream begins.
      const leave = await traces.beginWatch(ctx, caller, id);
      const watched = { id, leave, renew: () => c.get('door').renew(c), cursors: c.get('cursors') };
      return eventStream((over) => eventsOf({ ...ctx, watchedTraces }, watched, over), {
        ...{ c, clock: ctx.clock },
        onError: (error) => ctx.logger.warn({ err: toAppError(error), trace: id }, 'events ended early'),
      });
    },
  });
  return routes;
}

type WatchCtx = ContactsCtx & { readonly logger: Logger };

function addTraces(routes: Routes, ctx: traces.TracesCtx): void {
  addList(routes, {
    ...{ act: 'traces.list', name: 'listTraces', path: '/v1/traces', tag },
    summary: 'Danh sách truy vết, mới nhất trước · Traces, newest first',
    ...{ items: 'traces', output: traceOutput, pages: { most: 100, usual: 50 } },
    filters: { case: uuidInput.optional() },
    place: z.tuple([z.number(), z.string()]),
    find: async ({ caller }, { limit, after, filters }) => {
      const place = after && { listedAt: after[0], id: after[1] };
      const asked = { limit, after: place, ofCase: filters.case };
      const { traces: page, next } = await traces.listTraces(ctx, caller, asked);
      return { page, next: next && [next.listedAt, next.id] };
    },
    show: showTrace,
  });
  addRead(routes, {
    ...{ act: 'traces.read', name: 'readTrace', path: '/v1/traces/{id}', tag, params, reasons },
    ...{ summary: 'Trạng thái truy vết · How a trace stands', output: traceOutput },
    find: ({ caller, params }) => traces.readTrace(ctx, caller, params.id),
    show: showTrace,
    versionOf: ({ version }) => version,
  });
}

function addCommands(routes: Routes, ctx: traces.TracesCtx): void {
  addCommand(routes, ctx, {
    ...{ act: 'traces.open', name: 'openTrace', method: 'post', path: '/v1/traces', tag },
    summary: 'Bắt đầu truy vết · Start a trace',
    ...{ body: newTrace, status: 202, done: 'Đã nhận · Accepted', output: openedOutput },
    reasons: {
      NOT_FOUND: ['NO_SUCH_CASE'],
      FAILED_PRECONDITION: ['CASE_WITHDRAWN'],
      UNAVAILABLE: ['NO_RULES'],
    },
    example: {
      ...{ cases: ['0190b6c2-5c1e-7a4b-9f3d-6f0f3f2c8a11'], direction: 'forward' as const, max_degree: 2 },
    },
    run: ({ caller }, { body }) => traces.openTrace(ctx, caller, body),
    again: (_call, kept) => kept as unknown as traces.OpenedTrace,
    locationOf: ({ id }) => `/v1/traces/${id}`,
    show: ({ id, warnings }) => ({ id, warnings: [...warnings] }),
  });
  addCommand(routes, ctx, {
    ...{ act: 'traces.close', name: 'closeTrace', method: 'post', path: '/v1/traces/{id}/close', tag },
    summary: 'Kết thúc truy vết · End a trace',
    ...{ params, status: 202, done: 'Đã nhận · Accepted', output: idOutput },
    reasons: { ...NO_SUCH_TRACE, PERMISSION_DENIED: ['NOT_THE_OWNER', 'CASES_OUTSIDE_AREA'] },
    versioned: true,
    run: async ({ caller, params: { id } }): Promise<EndedTrace> => ({
      id,
      version: await traces.closeTrace(ctx, caller, id),
    }),
    again: ({ params: { id } }, { version }) => ({ id, version: version as number }),
    versionOf: ({ version }) => version,
  });
}

interface EndedTrace {
  readonly id: string;
  readonly version: number;
}

async function* eventsOf(
  ctx: WatchCtx & { readonly watchedTraces: WatchedTraces },
  watched: Watched & { readonly cursors: Cursors },
  over: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for await (const change of watchTrace(ctx, watched, over)) {
    const { kind, caller, leave } = change;
    if (kind !== 'contacts') yield { event: kind, data: toWire(traceOutput, showTrace(change.trace)) };
    else if (leave.scopeOf(CONTACT_ACTS, 'contacts.list') !== undefined) {
      const limit = MAX_CONTACTS;
      const found = headed(
        await listContacts(ctx, caller, { traceId: watched.id, limit, seen: change.trace }),
      );
      const list = listId(`/v1/traces/${watched.id}/contacts`);
      yield { event: kind, data: pageJson(watched.cursors, { list, limit, spec: CONTACT_LIST }, found) };
    }
  }
}
