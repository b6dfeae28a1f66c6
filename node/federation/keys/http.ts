/**
 * `/v1/federation`: the ceremonies of the federation key, for the province's operator. No answer holds a key.
 */
import { z } from '@hono/zod-openapi';
import { isoInstant } from '../../../shared/domain/instant.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { fault } from '../../../shared/shape-errors.ts';
import {
  approveProvince,
  createKey,
  describeKeys,
  type FederationKeysCtx,
  listNewcomers,
  type RotationResult,
  rotateKey,
} from './operations.ts';

const TAGS = ['federation'];
const province = z.string().regex(/^[0-9]{2}$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }));
const json = <T extends z.ZodType>(schema: T, description = 'OK') => ({
  description,
  content: { 'application/json': { schema } },
});

const newcomerOutput = z
  .object({
    province,
    name: z.string(),
    fingerprint: z.string(),
    stated_at: instantOutput,
    holds_key: z.boolean(),
  })
  .openapi('Newcomer');

const keyOutput = z
  .object({
    generations: z.array(
      z.object({
        generation: z.int(),
        check: z.string(),
        use_from: instantOutput,
        held_by: z.array(province),
        awaited: z.array(province),
        conflicts: z.array(province),
      }),
    ),
    current: z.int().nullable(),
    proposed: z.int().nullable(),
    giver: z.object({ province, fingerprint: z.string().nullable() }).nullable(),
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

const approvalInput = z.object({
  province,
  fingerprint: z.string().min(16).max(40).openapi({ example: 'ABCD-EFGH-IJKL-MNOP' }),
});

const getNewcomers = apiRoute('federation_key.newcomers', {
  method: 'get',
  path: '/v1/federation/newcomers',
  tags: TAGS,
  summary: 'Các tỉnh chờ được duyệt khóa · Provinces whose keys wait for an approval',
  responses: { 200: json(z.object({ newcomers: z.array(newcomerOutput) })) },
});

const postApproval = apiRoute('federation_key.approve', {
  method: 'post',
  path: '/v1/federation/approvals',
  tags: TAGS,
  summary: 'Duyệt một tỉnh sau khi so dấu vân tay · Approve a province whose fingerprint was compared',
  request: { body: { required: true, ...json(approvalInput) } },
  responses: { 201: json(z.object({ province, generations: z.array(z.int()) }), 'Approved') },
});

const getKey = apiRoute('federation_key.read', {
  method: 'get',
  path: '/v1/federation/key',
  tags: TAGS,
  summary: 'Tình trạng khóa liên kết · How the federation key stands',
  responses: { 200: json(keyOutput) },
});

const postKey = apiRoute('federation_key.create', {
  method: 'post',
  path: '/v1/federation/key',
  tags: TAGS,
  summary: 'Tạo khóa liên kết đầu tiên · Create the first federation key',
  responses: { 201: json(rotationOutput, 'Created') },
});

const postRotation = apiRoute('federation_key.rotate', {
  method: 'post',
  path: '/v1/federation/key/rotations',
  tags: TAGS,
  summary: 'Xoay khóa liên kết · Rotate the federation key',
  request: { body: { required: true, ...json(z.object({ at_once: z.boolean().default(false) })) } },
  responses: { 201: json(rotationOutput, 'Rotated') },
});

/** The routes of the federation key. */
export function federationKeyRoutes(ctx: FederationKeysCtx): Routes {
  const routes = newRoutes();
  routes.openapi(getNewcomers, async (c) => {
    const newcomers = (await listNewcomers(ctx, c.get('caller'))).map(({ statedAt, holds, ...same }) => ({
      ...same,
      stated_at: isoInstant(statedAt),
      holds_key: holds,
    }));
    return c.json({ newcomers }, 200);
  });
  routes.openapi(postApproval, async (c) => {
    const input = c.req.valid('json');
    const { generations } = await approveProvince(ctx, c.get('caller'), input);
    return c.json({ province: input.province, generations }, 201);
  });
  routes.openapi(getKey, async (c) => {
    const { generations, ...same } = await describeKeys(ctx, c.get('caller'));
    const listed = generations.map(({ useFrom, heldBy, awaited, conflicts, ...one }) => ({
      ...one,
      use_from: isoInstant(useFrom),
      held_by: [...heldBy],
      awaited: [...awaited],
      conflicts: [...conflicts],
    }));
    return c.json({ ...same, trusted: [...same.trusted], generations: listed }, 200);
  });
  routes.openapi(postKey, async (c) => {
    return c.json(rotationOf(await createKey(ctx, c.get('caller'))), 201);
  });
  routes.openapi(postRotation, async (c) => {
    const { at_once: atOnce } = c.req.valid('json');
    return c.json(rotationOf(await rotateKey(ctx, c.get('caller'), { atOnce })), 201);
  });
  return routes;
}

function rotationOf({ generation, state, sentTo, leftOut }: RotationResult) {
  return { generation, state, sent_to: [...sentTo], left_out: [...leftOut] };
}
