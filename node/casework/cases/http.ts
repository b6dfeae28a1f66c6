/**
 * `/v1/cases`: JSON in snake_case to the operations and back.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant } from '../../../shared/domain/instant.ts';
import { dateInput, instantInput, instantOutput, isoInstantOrNull } from '../../../shared/http/instants.ts';
import { cutPage, decodeCursor, nextOutput, pageQuery } from '../../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { type Case, type CasesContext, correctCase, enterCase, listCases, readCase } from './operations.ts';

const identifiers = z
  .array(z.string().max(200))
  .min(1)
  .max(20)
  .openapi({ example: ['cccd:024090000001', 'phone:+84912345678'] });

const facts = {
  identifiers,
  onset_on: dateInput.nullish(),
  sampled_at: instantInput.nullish(),
  isolated_at: instantInput.nullish(),
  ward: z
    .string()
    .regex(/^\d{5}$/, fault({ reason: 'NOT_A_WARD_CODE' }))
    .nullish()
    .openapi({ description: 'nơi xử lý ca bệnh · where the case is handled', example: '07213' }),
};

const newCase = z.strictObject(facts).openapi('NewCase');

const correction = z
  .strictObject({ ...facts, identifiers: identifiers.optional(), withdrawn: z.boolean().optional() })
  .refine((fields) => Object.keys(fields).length > 0, fault({ reason: 'NO_FIELDS' }))
  .openapi('CaseCorrection');

const caseOutput = z
  .object({
    id: z.uuid(),
    identifiers: z.array(z.string()),
    onset_on: z.string().nullable(),
    sampled_at: instantOutput.nullable(),
    isolated_at: instantOutput.nullable(),
    created_at: instantOutput,
    changed_at: instantOutput,
    withdrawn_at: instantOutput.nullable(),
    ward: z.string().nullable(),
  })
  .openapi('Case');

const idOutput = z.object({ id: z.uuid() });
const idParam = z.object({ id: z.uuid().transform((id) => id.toLowerCase()) });
const cursor = z.tuple([z.number(), z.uuid()]);
const tags = ['cases'];

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const postCase = apiRoute('cases.enter', {
  method: 'post',
  path: '/v1/cases',
  tags,
  summary: 'Nhập ca bệnh · Enter a confirmed case',
  description:
    'onset_on means midnight in Asia/Ho_Chi_Minh; one of onset_on and sampled_at is required. ' +
    "Without a ward: that of the person's record; callers with less than the province must name theirs.",
  request: { body: { required: true, content: json(newCase) } },
  responses: { 201: { description: 'Đã nhập · Entered', content: json(idOutput) } },
});

const getCases = apiRoute('cases.list', {
  method: 'get',
  path: '/v1/cases',
  tags,
  summary: 'Danh sách ca bệnh, mới nhất trước · Cases, newest first',
  request: { query: pageQuery(1000, 100) },
  responses: {
    200: { description: 'OK', content: json(z.object({ cases: z.array(caseOutput), next: nextOutput })) },
  },
});

const getCase = apiRoute('cases.read', {
  method: 'get',
  path: '/v1/cases/{id}',
  tags,
  summary: 'Xem ca bệnh · Read a case',
  request: { params: idParam },
  responses: { 200: { description: 'OK', content: json(caseOutput) } },
});

const patchCase = apiRoute('cases.correct', {
  method: 'patch',
  path: '/v1/cases/{id}',
  tags,
  summary: 'Sửa hoặc rút ca bệnh · Correct or withdraw a case',
  description:
    'Absent fields stay, null erases, {"withdrawn": true} withdraws. Open traces of the case are amended.',
  request: { params: idParam, body: { required: true, content: json(correction) } },
  responses: { 200: { description: 'Đã sửa · Corrected', content: json(caseOutput) } },
});

/** The routes of cases. */
export function caseRoutes(ctx: CasesContext): Routes {
  const routes = newRoutes();
  routes.openapi(postCase, async (c) => {
    const body = c.req.valid('json');
    const id = await enterCase(ctx, c.get('caller'), {
      identifiers: body.identifiers,
      onsetOn: body.onset_on ?? null,
      sampledAt: body.sampled_at ?? null,
      isolatedAt: body.isolated_at ?? null,
      ward: body.ward,
    });
    return c.json({ id }, 201, { location: `/v1/cases/${id}` });
  });
  routes.openapi(getCases, async (c) => {
    const { limit, after } = c.req.valid('query');
    const key = decodeCursor(after, cursor);
    const found = await listCases(ctx, c.get('caller'), {
      limit,
      after: key && { createdAt: key[0], id: key[1] },
    });
    const { page, next } = cutPage(found, limit, (item) => [item.createdAt, item.id]);
    return c.json({ cases: page.map(toJson), next }, 200);
  });
  routes.openapi(getCase, async (c) => {
    return c.json(toJson(await readCase(ctx, c.get('caller'), c.req.valid('param').id)), 200);
  });
  routes.openapi(patchCase, async (c) => {
    const { onset_on, sampled_at, isolated_at, ...others } = c.req.valid('json');
    const changes = { ...others, onsetOn: onset_on, sampledAt: sampled_at, isolatedAt: isolated_at };
    const corrected = await correctCase(ctx, c.get('caller'), { id: c.req.valid('param').id, changes });
    return c.json(toJson(corrected), 200);
  });
  return routes;
}

function toJson(found: Case): z.output<typeof caseOutput> {
  return {
    id: found.id,
    identifiers: [...found.identifiers],
    onset_on: found.onsetOn,
    sampled_at: isoInstantOrNull(found.sampledAt),
    isolated_at: isoInstantOrNull(found.isolatedAt),
    created_at: isoInstant(found.createdAt),
    changed_at: isoInstant(found.changedAt),
    withdrawn_at: isoInstantOrNull(found.withdrawnAt),
    ward: found.ward,
  };
}
