/**
 * `/v1/traces` at the hub: states, and the graph in pseudonyms. No person is known here.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant } from '../../shared/domain/instant.ts';
import { instantOutput } from '../../shared/http/instants.ts';
import { cutPage, decodeCursor, nextOutput, pageQuery } from '../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import { type TraceJson, traceJson, traceOutput } from '../../shared/http/trace-json.ts';
import type { TraceGraph } from './graph.ts';
import { listTraces, readGraph, readTrace, type TracesCtx } from './operations.ts';
import type { TraceStatusView } from './status.ts';

const MAX_PERSONS = 50_000;

const pseudonym = z.string().openapi({ example: '9f86d081884c7d659a2feaa0c55ad015' });

const graphOutput = z
  .object({
    persons: z.array(z.object({ id: pseudonym, pseudonyms: z.array(pseudonym), degree: z.int() })),
    exposures: z.array(
      z.object({
        source: pseudonym,
        contact: pseudonym,
        degree: z.int(),
        first_exposed_at: instantOutput,
        last_exposed_at: instantOutput,
        seconds: z.int(),
        settings: z.array(z.enum(['place', 'encounter', 'household'])),
      }),
    ),
    omitted: z.int().openapi({ description: 'số người bị bỏ bớt · persons left out because of the limit' }),
  })
  .openapi('TraceGraph');

const idParam = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, 'not 32 hex digits') });
const cursor = z.tuple([z.string()]);
const tags = ['traces'];

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const getTraces = apiRoute('hub.traces.read', {
  method: 'get',
  path: '/v1/traces',
  tags,
  summary: 'Danh sách truy vết, mới nhất trước · Traces, newest first',
  request: { query: pageQuery(100, 50) },
  responses: {
    200: { description: 'OK', content: json(z.object({ traces: z.array(traceOutput), next: nextOutput })) },
  },
});

const getTrace = apiRoute('hub.traces.read', {
  method: 'get',
  path: '/v1/traces/{id}',
  tags,
  summary: 'Trạng thái truy vết · How a trace stands',
  request: { params: idParam },
  responses: { 200: { description: 'OK', content: json(traceOutput) } },
});

const getGraph = apiRoute('hub.graph.read', {
  method: 'get',
  path: '/v1/traces/{id}/graph',
  tags,
  summary: 'Sơ đồ tiếp xúc bằng bí danh · Persons and exposures in pseudonyms',
  request: {
    params: idParam,
    query: z.object({
      limit: z.coerce
        .number('not a whole number')
        .int('not a whole number')
        .min(1)
        .max(MAX_PERSONS)
        .default(5_000),
    }),
  },
  responses: { 200: { description: 'OK', content: json(graphOutput) } },
});

/** The routes of traces at the hub. */
export function traceRoutes(ctx: TracesCtx): Routes {
  const routes = newRoutes();
  routes.openapi(getTraces, async (c) => {
    const { limit, after } = c.req.valid('query');
    const [last] = decodeCursor(after, cursor) ?? [];
    const found = await listTraces(ctx, c.get('caller'), { limit, after: last });
    const { page, next } = cutPage(found, limit, ({ id }) => [id]);
    return c.json({ traces: page.map(statusJson), next }, 200);
  });
  routes.openapi(getTrace, async (c) => {
    return c.json(statusJson(await readTrace(ctx, c.get('caller'), c.req.valid('param').id)), 200);
  });
  routes.openapi(getGraph, async (c) => {
    const request = { id: c.req.valid('param').id, limit: c.req.valid('query').limit };
    return c.json(graphJson(await readGraph(ctx, c.get('caller'), request)), 200);
  });
  return routes;
}

function statusJson(view: TraceStatusView): TraceJson {
  return traceJson({
    ...view,
    coverage: view.coverage.map((one) => ({
      ...one,
      answeredAt: one.answeredAt || null,
      dataAt: one.dataAt || null,
    })),
    byDegree: Object.fromEntries(view.byDegree),
    byProvince: Object.fromEntries(view.byProvince),
    openedAt: Math.floor(view.openedAtMs / 1000),
    completedAt: view.completedAtMs === null ? null : Math.floor(view.completedAtMs / 1000),
    // Which cases a trace starts from is the province's own affair.
    cases: [],
    refusal: null,
  });
}

const SETTINGS = ['place', 'encounter', 'household'] as const;

function graphJson(graph: TraceGraph): z.output<typeof graphOutput> {
  return {
    persons: graph.persons.map(({ id, pseudonyms, degree }) => ({ id, pseudonyms: [...pseudonyms], degree })),
    exposures: graph.exposures.map(({ source, contact, degree, seconds, ...exposure }) => ({
      ...{ source, contact, degree, seconds },
      first_exposed_at: isoInstant(exposure.firstExposedAt),
      last_exposed_at: isoInstant(exposure.lastExposedAt),
      settings: SETTINGS.filter((_, bit) => (exposure.settings >> bit) & 1),
    })),
    omitted: graph.omitted,
  };
}
