/**
 * `/v1/invitations`, `/v1/enrolments` and `/v1/provinces/{province}/revoke`: how the hub's operator lets
 * provinces in and out.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant } from '../../shared/domain/instant.ts';
import { provinceName } from '../../shared/gazetteer.ts';
import { instantOutput } from '../../shared/http/instants.ts';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import { fault } from '../../shared/shape-errors.ts';
import {
  approveEnrolment,
  type EnrolmentCtx,
  exportEnrolment,
  inviteProvince,
  listEnrolments,
  rejectEnrolment,
  revokeProvince,
} from './operations.ts';
import { ENROLMENT } from './rules.ts';

const tags = ['enrolment'];
const province = z.string().regex(/^\d\d$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }));
const json = <T extends z.ZodType>(schema: T) => ({ content: { 'application/json': { schema } } });
const idParam = z.object({ id: z.uuid() });
const NOTHING = { 204: { description: 'Done' } };

const postInvitation = apiRoute('invitations.make', {
  method: 'post',
  path: '/v1/invitations',
  tags,
  summary: 'Mời một tỉnh · Invite a province, once and for a while',
  request: {
    body: json(z.strictObject({ province, life_hours: z.number().min(0.01).max(720).default(72) })),
  },
  responses: {
    201: {
      description: 'The text is shown once',
      ...json(z.object({ invitation: z.string(), expires_at: instantOutput })),
    },
  },
});

const enrolmentOutput = z
  .object({
    id: z.string(),
    kind: z.enum(['joining', 'renewal']),
    province: z.string(),
    name: z.string(),
    address: z.string(),
    fingerprint: z.string(),
    state: z.enum(ENROLMENT.states),
    /** What the caller may do with it now. */
    allowed: z.array(z.string()),
    requested_at: instantOutput,
  })
  .openapi('Enrolment');

const getEnrolments = apiRoute('enrolments.list', {
  method: 'get',
  path: '/v1/enrolments',
  tags,
  summary: 'Các yêu cầu tham gia · Requests to join and to renew, pending ones first',
  responses: {
    200: { description: 'OK', ...json(z.object({ enrolments: z.array(enrolmentOutput) })) },
  },
});

const getRequest = apiRoute('enrolments.export', {
  method: 'get',
  path: '/v1/enrolments/{id}/request',
  tags,
  summary: 'Tệp cho CA ngoại tuyến · The file that an offline CA signs',
  request: { params: idParam },
  responses: { 200: { description: 'OK', ...json(z.record(z.string(), z.string())) } },
});

const approval = z.strictObject({
  fingerprint: z.string(),
  signed: z.strictObject({ certificate: z.string(), statement: z.string().optional() }).optional(),
});

const postApproval = apiRoute('enrolments.approve', {
  method: 'post',
  path: '/v1/enrolments/{id}/approve',
  tags,
  summary: 'Chấp thuận theo vân tay · Approve what has this fingerprint',
  request: { params: idParam, body: json(approval) },
  responses: NOTHING,
});

const postRejection = apiRoute('enrolments.reject', {
  method: 'post',
  path: '/v1/enrolments/{id}/reject',
  tags,
  summary: 'Từ chối · Reject a request',
  request: { params: idParam },
  responses: NOTHING,
});

const postRevocation = apiRoute('provinces.revoke', {
  method: 'post',
  path: '/v1/provinces/{province}/revoke',
  tags,
  summary: 'Thu hồi một tỉnh · Revoke a province: its connections end at once',
  request: {
    params: z.object({ province }),
    body: json(z.strictObject({ reason: z.string().min(3).max(500) })),
  },
  responses: NOTHING,
});

/** The routes of enrolment. */
export function enrolmentRoutes(ctx: EnrolmentCtx): Routes {
  const routes = newRoutes();
  routes.openapi(postInvitation, async (c) => {
    const { province, life_hours: lifeHours } = c.req.valid('json');
    const made = await inviteProvince(ctx, c.get('caller'), { province, lifeHours });
    return c.json({ invitation: made.invitation, expires_at: isoInstant(made.expiresAt) }, 201);
  });
  routes.openapi(getEnrolments, async (c) => {
    const rows = await listEnrolments(ctx, c.get('caller'));
    const enrolments = rows.map(({ id, kind, province, address, fingerprint, state, ...row }) => ({
      ...{ id, kind, province, name: provinceName(province) ?? province, address, fingerprint, state },
      allowed: [...row.allowed],
      requested_at: isoInstant(row.requestedAt),
    }));
    return c.json({ enrolments }, 200);
  });
  routes.openapi(getRequest, async (c) =>
    c.json({ ...(await exportEnrolment(ctx, c.get('caller'), c.req.valid('param').id)) }, 200),
  );
  routes.openapi(postApproval, async (c) => {
    await approveEnrolment(ctx, c.get('caller'), { ...c.req.valid('param'), ...c.req.valid('json') });
    return c.body(null, 204);
  });
  routes.openapi(postRejection, async (c) => {
    await rejectEnrolment(ctx, c.get('caller'), c.req.valid('param').id);
    return c.body(null, 204);
  });
  routes.openapi(postRevocation, async (c) => {
    const { reason: because } = c.req.valid('json');
    await revokeProvince(ctx, c.get('caller'), { ...c.req.valid('param'), because });
    return c.body(null, 204);
  });
  return routes;
}
