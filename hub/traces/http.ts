/**
 * `/v1/traces` at the hub: states, and the graph in pseudonyms. No person is known here.
 */
import { z } from '@hono/zod-openapi';
import { isProvince } from '../../shared/gazetteer.ts';
import { addCommand } from '../../shared/http/command.ts';
import { provinceInput, traceIdInput } from '../../shared/http/fields.ts';
import { instantOutput } from '../../shared/http/instants.ts';
import type { Shown } from '../../shared/http/json-case.ts';
import { addList } from '../../shared/http/list.ts';
import { boundedInteger } from '../../shared/http/paging.ts';
import { addRead } from '../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../shared/http/route.ts';
import { showTrace, traceOutput } from '../../shared/http/trace-json.ts';
import { ANSWERS_VERSION } from '../../shared/http/versions.ts';
import { fault } from '../../shared/shape-errors.ts';
import { listTraces, readTrace, type TracesCtx, type VersionedStatus } from './operations.ts';
import { EXCLUSION_REASONS, leaveOut, readGraph, type SourcedGraph, takeBack } from './sources.ts';

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
        shared_handle: z.boolean().openapi({
          description:
            'điện thoại nhiều người dùng: một ai trong họ · a phone that several share: somebody of them',
        }),
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

const exclusionInput = z
  .strictObject({ province: provinceInput, reason: z.enum(EXCLUSION_REASONS) })
  .openapi('Exclusion');
const params = { id: traceIdInput };
const tag = 'traces';
const reasons = { NOT_FOUND: ['TRACE_UNKNOWN'] } as const;
const OF_EXCLUSION = { NOT_FOUND: ['TRACE_UNKNOWN', 'PROVINCE_UNKNOWN'] } as const;

const graphQuery = {
  limit: boundedInteger(1, MAX_PERSONS).default(5_000),
  without: z
    .string()
    .refine((text) => text.split(',').every(isProvince), fault({ reason: 'NOT_A_PROVINCE_CODE' }))
    .optional()
    .openapi({ description: 'bỏ các tỉnh này ra · as if these had never answered', example: '79' }),
};

/** The routes of traces at the hub. */
export function traceRoutes(ctx: TracesCtx): Routes {
  const routes = newRoutes();
  addList(routes, {
    ...{ act: 'traces.list', name: 'listTraces', path: '/v1/traces', tag },
    summary: 'Danh sách truy vết, mới nhất trước · Traces, newest first',
    ...{ items: 'traces', output: traceOutput, pages: { most: 100, usual: 50 } },
    place: z.tuple([z.string()]),
    find: ({ caller }, { limit, after }) => listTraces(ctx, caller, { limit, after: after?.[0] }),
    placeOf: ({ id }) => [id],
    show: showStatus,
  });
  addRead(routes, {
    ...{ act: 'traces.read', name: 'readTrace', path: '/v1/traces/{id}', tag, params, reasons },
    ...{ summary: 'Trạng thái truy vết · How a trace stands', output: traceOutput },
    find: ({ caller, params }) => readTrace(ctx, caller, params.id),
    show: showStatus,
    versionOf: ({ version }) => version,
  });
  addRead(routes, {
    ...{ act: 'graph.read', name: 'readGraph', path: '/v1/traces/{id}/graph', tag, params },
    summary: 'Sơ đồ tiếp xúc bằng bí danh · Persons and exposures in pseudonyms',
    ...{ query: graphQuery, output: graphOutput, reasons: OF_EXCLUSION },
    find: ({ caller, params }, { limit, without }) =>
      readGraph(ctx, caller, { id: params.id, limit, without: without?.split(',') ?? [] }),
    show: showGraph,
  });
  addExclusions(routes, ctx);
  return routes;
}

function addExclusions(routes: Routes, ctx: TracesCtx): void {
  addCommand(routes, ctx, {
    ...{ act: 'exclusions.set', name: 'excludeProvince', method: 'post', tag, params },
    path: '/v1/traces/{id}/exclusions',
    summary: 'Không tính câu trả lời của một tỉnh · Leave a province out of a trace',
    ...{ ...ANSWERS_VERSION, body: exclusionInput, done: 'Đã bỏ ra · Left out', reasons: OF_EXCLUSION },
    example: { province: '79', reason: EXCLUSION_REASONS[0] },
    run: ({ caller, params }, { body }) => leaveOut(ctx, caller, { ...params, ...body }),
  });
  addCommand(routes, ctx, {
    ...{ act: 'exclusions.clear', name: 'includeProvince', method: 'delete', tag },
    path: '/v1/traces/{id}/exclusions/{province}',
    summary: 'Tính lại câu trả lời của tỉnh · Take a province back',
    ...{ params: { ...params, province: provinceInput }, reasons: OF_EXCLUSION },
    ...{ ...ANSWERS_VERSION, done: 'Đã tính lại · Taken back' },
    run: ({ caller, params }) => takeBack(ctx, caller, params),
  });
}

function showStatus(view: VersionedStatus) {
  return showTrace({
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

function showGraph({ exposures, ...graph }: SourcedGraph): Shown<typeof graphOutput> {
  const settingsOf = (bits: number) => SETTINGS.filter((_, bit) => (bits >> bit) & 1);
  return {
    ...graph,
    exposures: exposures.map(({ settings, ...one }) => ({ ...one, settings: settingsOf(settings) })),
  };
}
