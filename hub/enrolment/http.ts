/**
 * `/v1/invitations`, `/v1/enrolments` and `/v1/provinces/{province}/revoke`: how the hub's operator lets
 * provinces in and out.
 */
import { z } from '@hono/zod-openapi';
import { commandsOf } from '../../shared/domain/machine.ts';
import { provinceName } from '../../shared/gazetteer.ts';
import { addCommand } from '../../shared/http/command.ts';
import {
  fingerprintOutput,
  provinceInput,
  provinceOutput,
  textOutput,
  uuidInput,
  uuidOutput,
} from '../../shared/http/fields.ts';
import { instantOutput } from '../../shared/http/instants.ts';
import { addList } from '../../shared/http/list.ts';
import { addRead } from '../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../shared/http/route.ts';
import { ANSWERS_VERSION } from '../../shared/http/versions.ts';
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

const tag = 'enrolment';
const params = { id: uuidInput };
const DECIDED = { ...ANSWERS_VERSION, done: 'Đã xong · Done' } as const;
const OF_REQUEST = { NOT_FOUND: ['ENROLMENT_UNKNOWN'], FAILED_PRECONDITION: ['WRONG_STATE'] } as const;

const enrolmentOutput = z
  .object({
    id: uuidOutput,
    kind: z.enum(['joining', 'renewal']),
    province: provinceOutput,
    name: textOutput('Bắc Giang'),
    address: textOutput('node.bacgiang.example.vn:5000'),
    fingerprint: fingerprintOutput,
    state: z.enum(ENROLMENT.states),
    /** What the caller may do with it now. */
    allowed: z.array(z.enum(commandsOf(ENROLMENT))),
    requested_at: instantOutput,
    version: z.int(),
  })
  .openapi('Enrolment');

const invitationInput = z
  .strictObject({ province: provinceInput, life_hours: z.number().min(0.01).max(720).default(72) })
  .openapi('NewInvitation');

const invitationOutput = z
  .object({
    invitation: z
      .string()
      .nullable()
      .openapi({
        example: 'truyvet-invitation:eyJ2ZXJzaW9uIjoxfQ',
        description:
          'chỉ hiện một lần; null khi hỏi lại cùng Idempotency-Key · shown once, never again; null when ' +
          'the same request comes again: make another',
      }),
    expires_at: instantOutput,
  })
  .openapi('Invitation');

/** What hub/authority signs, as it lies in a file. */
const requestFile = z
  .record(z.string(), z.string())
  .openapi({ example: { kind: 'joining', request: 'eyJhbGciOiJFZERTQSJ9.e30.c2ln' } });

const approval = z
  .strictObject({
    fingerprint: z.string(),
    signed: z.strictObject({ certificate: z.string(), statement: z.string().optional() }).optional(),
  })
  .openapi('EnrolmentApproval');

const revocation = z.strictObject({ reason: z.string().min(3).max(500) }).openapi('Revocation');

/** The routes of enrolment. */
export function enrolmentRoutes(ctx: EnrolmentCtx): Routes {
  const routes = newRoutes();
  addMembership(routes, ctx);
  addList(routes, {
    ...{ act: 'enrolments.list', name: 'listEnrolments', path: '/v1/enrolments', tag },
    summary: 'Các yêu cầu tham gia · Requests to join and to renew, pending ones first',
    ...{ items: 'enrolments', output: enrolmentOutput, pages: { most: 200, usual: 100 } },
    place: z.tuple([z.boolean(), z.number(), z.uuid()]),
    find: ({ caller }, { limit, after }) =>
      listEnrolments(ctx, caller, {
        limit,
        after: after && { pending: after[0], requestedAt: after[1], id: after[2] },
      }),
    placeOf: ({ state, requestedAt, id }) => [state === 'pending', requestedAt, id],
    show: (row) => ({ ...row, name: provinceName(row.province) ?? row.province }),
  });
  addRead(routes, {
    ...{
      act: 'enrolments.export',
      name: 'exportEnrolment',
      path: '/v1/enrolments/{id}/request',
      tag,
      params,
    },
    summary: 'Tệp cho CA ngoại tuyến · The file that an offline CA signs',
    ...{ output: requestFile, reasons: { NOT_FOUND: ['ENROLMENT_UNKNOWN'] } },
    find: ({ caller, params }) => exportEnrolment(ctx, caller, params.id),
    show: (file) => ({ ...file }),
  });
  addCommand(routes, ctx, {
    ...{ act: 'enrolments.approve', name: 'approveEnrolment', method: 'post', tag, params },
    path: '/v1/enrolments/{id}/approve',
    summary: 'Chấp thuận theo vân tay · Approve what has this fingerprint',
    ...{ body: approval, ...DECIDED },
    reasons: {
      NOT_FOUND: ['ENROLMENT_UNKNOWN'],
      INVALID_ARGUMENT: ['STATEMENT_MALFORMED', 'REQUEST_MALFORMED'],
      PERMISSION_DENIED: [
        'FINGERPRINT_MISMATCH',
        'BAD_CERTIFICATE',
        'STATEMENT_BAD_SIGNATURE',
        'STATEMENT_OF_ANOTHER',
      ],
      FAILED_PRECONDITION: ['WRONG_STATE', 'CA_OFFLINE', 'STATEMENT_NOT_NEWER'],
    },
    example: { fingerprint: 'ABCD-EFGH-IJKL-MNOP' },
    run: ({ caller, params }, { body }) => approveEnrolment(ctx, caller, { ...params, ...body }),
  });
  addCommand(routes, ctx, {
    ...{ act: 'enrolments.reject', name: 'rejectEnrolment', method: 'post', tag, params },
    path: '/v1/enrolments/{id}/reject',
    ...{ summary: 'Từ chối · Reject a request', reasons: OF_REQUEST, ...DECIDED },
    run: ({ caller, params }) => rejectEnrolment(ctx, caller, params.id),
  });
  return routes;
}

function addMembership(routes: Routes, ctx: EnrolmentCtx): void {
  addCommand(routes, ctx, {
    ...{ act: 'invitations.make', name: 'inviteProvince', method: 'post', path: '/v1/invitations', tag },
    summary: 'Mời một tỉnh · Invite a province, once and for a while',
    ...{ body: invitationInput, status: 201, done: 'Đã mời · Invited', output: invitationOutput },
    reasons: { FAILED_PRECONDITION: ['NO_ENROLMENT_LISTENER'] },
    example: { province: '24', life_hours: 72 },
    run: ({ caller }, { body }): Promise<ShownInvitation> => inviteProvince(ctx, caller, body),
    again: (_call, { expires_at }) => ({ invitation: null, expiresAt: expires_at as number }),
  });
  addCommand(routes, ctx, {
    ...{ act: 'provinces.revoke', name: 'revokeProvince', method: 'post', tag },
    path: '/v1/provinces/{province}/revoke',
    summary: 'Thu hồi một tỉnh · Revoke a province: its connections end at once',
    ...{ params: { province: provinceInput }, body: revocation, ...DECIDED },
    reasons: { NOT_FOUND: ['PROVINCE_UNKNOWN'] },
    example: { reason: 'khóa bị lộ' },
    run: ({ caller, params }, { body }) =>
      revokeProvince(ctx, caller, { province: params.province, because: body.reason }),
  });
}

interface ShownInvitation {
  readonly invitation: string | null;
  readonly expiresAt: number;
}
