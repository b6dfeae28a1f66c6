/**
 * `/v1/traces` at the hub: states, and the graph in pseudonyms. No person is known here.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant } from '../../shared/domain/instant.ts';
import { instantOutput } from '../../shared/http/instants.ts';
import { boundedInteger, cutPage, decodeCursor, nextOutput, pageQuery } from '../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import { type TraceJson, traceJson, traceOutput } from '../../shared/http/trace-json.ts';
import { fault } from '../../shared/shape-errors.ts';
import { listTraces, readTrace, type TracesCtx } from './operations.ts';
import { EXCLUSION_REASONS, leaveOut, readGraph, type SourcedGraph, takeBack } from './sources.ts';
import type { TraceStatusView } from './status.ts';

const MAX_PERSONS = 50_000;

const pseudonym = z.string().openapi({ example: '9f86d081884c7d659a2feaa0c55ad015' });

const claimedBy = z
  .array(z.string())
  .openapi({ description: 'tỉnh nào khai · the provinces that say so', example: ['24', '79'] });

const graphOutput = z
  .object({
    persons: z.array(
      z.object({
        id: pseudonym,
        pseudonyms: z.array(pseudonym),
        degree: z.int(),
        residence: claimedBy,
        links: z.array(z.object({ a: pseudonym, b: pseudonym, claimed_by: claimedBy })),
      }),
    ),
    exposures: z.array(
      z.object({
        source: pseudonym,
        contact: pseudonym,
        degree: z.int(),
        first_exposed_at: instantOutput,
        last_exposed_at: instantOutput,
        seconds: z.int(),
        settings: z.array(z.enum(['place', 'encounter', 'household'])),
        claimed_by: claimedBy,
      }),
    ),
    residence_conflicts: z.array(pseudonym).openapi({
      description: 'nhiều tỉnh cùng nhận cư trú · persons whom several provinces claim as residents',
    }),
    open_questions: z.int().openapi({
      description: 'câu hỏi còn thiếu khi bỏ tỉnh ra · what the others were not asked, with `without`',
    }),
    omitted: z.int().openapi({ description: 'số người bị bỏ bớt · persons left out because of the limit' }),
  })
  .openapi('TraceGraph');

const idParam = z.object({
  id: z.string().regex(/^[0-9a-f]{32}$/, fault({ reason: 'NOT_HEX', params: { digits: 32 } })),
});
const province = z.string().regex(/^\d\d$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }));
const cursor = z.tuple([z.string()]);
const tags = ['traces'];

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

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

const getGraph = apiRoute('graph.read', {
  method: 'get',
  path: '/v1/traces/{id}/graph',
  tags,
  summary: 'Sơ đồ tiếp xúc bằng bí danh · Persons and exposures in pseudonyms',
  request: {
    params: idParam,
    query: z.object({
      limit: boundedInteger(1, MAX_PERSONS).default(5_000),
      without: z
        .string()
        .regex(/^\d\d(,\d\d)*$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }))
        .optional()
        .openapi({ description: 'bỏ các tỉnh này ra · as if these had never answered', example: '79' }),
    }),
  },
  responses: { 200: { description: 'OK', content: json(graphOutput) } },
});

const exclusionInput = z.strictObject({ province, reason: z.enum(EXCLUSION_REASONS) }).openapi('Exclusion');

const postExclusion = apiRoute('exclusions.set', {
  method: 'post',
  path: '/v1/traces/{id}/exclusions',
  tags,
  summary: 'Không tính câu trả lời của một tỉnh · Leave a province out of a trace',
  request: { params: idParam, body: { required: true, content: json(exclusionInput) } },
  responses: { 204: { description: 'Đã bỏ ra · Left out' } },
});

const deleteExclusion = apiRoute('exclusions.clear', {
  method: 'delete',
  path: '/v1/traces/{id}/exclusions/{province}',
  tags,
  summary: 'Tính lại câu trả lời của tỉnh · Take a province back',
  request: { params: idParam.extend({ province }) },
  responses: { 204: { description: 'Đã tính lại · Taken back' } },
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
    const { limit, without } = c.req.valid('query');
    const request = { id: c.req.valid('param').id, limit, without: without?.split(',') ?? [] };
    return c.json(graphJson(await readGraph(ctx, c.get('caller'), request)), 200);
  });
  routes.openapi(postExclusion, async (c) => {
    await leaveOut(ctx, c.get('caller'), { ...c.req.valid('param'), ...c.req.valid('json') });
    return c.body(null, 204);
  });
  routes.openapi(deleteExclusion, async (c) => {
    await takeBack(ctx, c.get('caller'), c.req.valid('param'));
    return c.body(null, 204);
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

function graphJson(graph: SourcedGraph): z.output<typeof graphOutput> {
  return {
    persons: graph.persons.map(({ pseudonyms, residence, links, ...person }) => ({
      ...person,
      pseudonyms: [...pseudonyms],
      residence: [...residence],
      links: links.map((link) => ({ a: link.a, b: link.b, claimed_by: [...link.claimedBy] })),
    })),
    exposures: graph.exposures.map(({ source, contact, degree, seconds, ...exposure }) => ({
      ...{ source, contact, degree, seconds },
      first_exposed_at: isoInstant(exposure.firstExposedAt),
      last_exposed_at: isoInstant(exposure.lastExposedAt),
      settings: SETTINGS.filter((_, bit) => (exposure.settings >> bit) & 1),
      claimed_by: [...exposure.claimedBy],
    })),
    residence_conflicts: [...graph.residenceConflicts],
    open_questions: graph.openQuestions,
    omitted: graph.omitted,
  };
}
