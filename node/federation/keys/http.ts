/**
 * `/v1/federation`: the ceremonies of the federation key, for the province's operator. No answer holds a key.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../../shared/http/command.ts';
import { fingerprintOutput, provinceInput, provinceOutput, textOutput } from '../../../shared/http/fields.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import { addList, itemsAfter } from '../../../shared/http/list.ts';
import { addRead } from '../../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import {
  approveProvince,
  createKey,
  describeKeys,
  type FederationKeysCtx,
  heldGenerations,
  listNewcomers,
  rotateKey,
  rotationBefore,
} from './operations.ts';

const tag = 'federation';
const province = provinceOutput;
const newcomerOutput = z
  .object({
    province,
    name: textOutput('Bắc Giang'),
    fingerprint: fingerprintOutput,
    stated_at: instantOutput,
    holds_key: z.boolean(),
  })
  .openapi('Newcomer');

const keyOutput = z
  .object({
    generations: z.array(
      z.object({
        generation: z.int(),
        check: textOutput('3q2-7w'),
        use_from: instantOutput,
        held_by: z.array(province),
        awaited: z.array(province),
        conflicts: z.array(province),
      }),
    ),
    current: z.int().nullable(),
    proposed: z.int().nullable(),
    giver: z.object({ province, fingerprint: fingerprintOutput.nullable() }).nullable(),
    trusted: z.array(province),
  })
  .openapi('FederationKeyStatus');

const rotationOutput = z
  .object({
    generation: z.int(),
    state: z.enum(['held', 'proposed']),
    sent_to: z.array(province),
    left_out: z.array(province),
  })
  .openapi('FederationKeyRotation');

const approvalInput = z
  .strictObject({
    province: provinceInput,
    fingerprint: z.string().min(16).max(40).openapi({ example: 'ABCD-EFGH-IJKL-MNOP' }),
  })
  .openapi('KeyApproval');
const approvalOutput = z.object({ province, generations: z.array(z.int()) }).openapi('ApprovedProvince');
const rotationInput = z.strictObject({ at_once: z.boolean().default(false) }).openapi('KeyRotation');
const HUB_AWAY = { UNAVAILABLE: ['HUB_UNREACHABLE', 'PEER_UNREACHABLE', 'UNREACHABLE'] } as const;

/** The routes of the federation key. */
export function federationKeyRoutes(ctx: FederationKeysCtx): Routes {
  const routes = newRoutes();
  addNewcomers(routes, ctx);
  addRead(routes, {
    ...{
      act: 'federation_key.read',
      name: 'describeKeys',
      path: '/v1/federation/key',
      tag,
      output: keyOutput,
    },
    ...{ summary: 'Tình trạng khóa liên kết · How the federation key stands', reasons: HUB_AWAY },
    find: ({ caller }) => describeKeys(ctx, caller),
  });
  addCommand(routes, ctx, {
    ...{ act: 'federation_key.create', name: 'createKey', method: 'post', path: '/v1/federation/key', tag },
    summary: 'Tạo khóa liên kết đầu tiên · Create the first federation key',
    ...{ status: 201, done: 'Đã tạo · Created', output: rotationOutput },
    reasons: {
      ...HUB_AWAY,
      FAILED_PRECONDITION: ['FEDERATION_KEY_EXISTS', 'FEDERATION_KEY_PENDING'],
      ALREADY_EXISTS: ['FEDERATION_KEY_TAKEN'],
    },
    run: ({ caller }) => createKey(ctx, caller),
    again: (_call, kept) => rotationBefore(ctx, kept),
  });
  addCommand(routes, ctx, {
    ...{ act: 'federation_key.rotate', name: 'rotateKey', method: 'post', tag },
    path: '/v1/federation/key/rotations',
    summary: 'Xoay khóa liên kết · Rotate the federation key',
    ...{ body: rotationInput, status: 201, done: 'Đã xoay · Rotated', output: rotationOutput },
    reasons: {
      UNAVAILABLE: [...HUB_AWAY.UNAVAILABLE, 'FEDERATION_KEY_MISSING'],
      FAILED_PRECONDITION: ['FEDERATION_KEY_PENDING'],
      ALREADY_EXISTS: ['FEDERATION_KEY_TAKEN'],
    },
    example: { at_once: false },
    run: ({ caller }, { body }) => rotateKey(ctx, caller, body),
    again: (_call, kept) => rotationBefore(ctx, kept),
  });
  return routes;
}

function addNewcomers(routes: Routes, ctx: FederationKeysCtx): void {
  addList(routes, {
    ...{ act: 'federation_key.newcomers', name: 'listNewcomers', path: '/v1/federation/newcomers', tag },
    summary: 'Các tỉnh chờ được duyệt khóa · Provinces whose keys wait for an approval',
    ...{ items: 'newcomers', output: newcomerOutput, pages: { most: 100, usual: 100 }, reasons: HUB_AWAY },
    place: z.tuple([z.string()]),
    find: async ({ caller }, query) =>
      itemsAfter(await listNewcomers(ctx, caller), ({ province }) => province, query),
    placeOf: ({ province }) => [province],
    show: ({ holds, ...same }) => ({ ...same, holdsKey: holds }),
  });
  addCommand(routes, ctx, {
    ...{ act: 'federation_key.approve', name: 'approveProvince', method: 'post', tag },
    path: '/v1/federation/approvals',
    summary: 'Duyệt một tỉnh sau khi so dấu vân tay · Approve a province whose fingerprint was compared',
    ...{ body: approvalInput, status: 201, done: 'Đã duyệt · Approved', output: approvalOutput },
    reasons: {
      ...HUB_AWAY,
      NOT_FOUND: ['PROVINCE_UNKNOWN'],
      FAILED_PRECONDITION: ['FINGERPRINT_MISMATCH'],
    },
    example: { province: '79', fingerprint: 'ABCD-EFGH-IJKL-MNOP' },
    run: async ({ caller }, { body }) => ({
      province: body.province,
      generations: (await approveProvince(ctx, caller, body)).generations,
    }),
    again: (_call, { province }) => ({ province: province as string, generations: heldGenerations(ctx) }),
  });
}
