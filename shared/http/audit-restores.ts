/**
 * `/v1/audit/restores` of both programs: accepting the log of another program that was restored.
 */
import { z } from '@hono/zod-openapi';
import { acceptRestore, RESTORE_REASONS, type RestoreCtx } from '../audit/restores.ts';
import { fault } from '../shape-errors.ts';
import { apiRoute, newRoutes, type Routes } from './route.ts';

const input = z
  .strictObject({
    peer: z
      .string()
      .regex(/^(hub|\d\d)$/, fault({ reason: 'NOT_HUB_OR_PROVINCE' }))
      .openapi({ description: 'nhật ký của ai · whose log' }),
    reason: z.enum(RESTORE_REASONS),
  })
  .openapi('RestoreAcceptance');
const checkpoint = z.object({ size: z.int(), root: z.string() });
const output = z.object({ held: checkpoint, base: checkpoint }).openapi('AcceptedRestore');

/** The route of acceptance. */
export function restoreRoutes(ctx: RestoreCtx): Routes {
  const postRestore = apiRoute('audit.restore', {
    method: 'post',
    path: '/v1/audit/restores',
    tags: ['audit'],
    summary: 'Chấp nhận nhật ký đã phục hồi · Accept the restored log of another program',
    request: { body: { required: true, content: { 'application/json': { schema: input } } } },
    responses: { 200: { description: 'OK', content: { 'application/json': { schema: output } } } },
  });
  return newRoutes().openapi(postRestore, async (c) => {
    const { held, base } = await acceptRestore(ctx, c.get('caller'), c.req.valid('json'));
    return c.json({ held: toJson(held), base: toJson(base) }, 200);
  });
}

function toJson({ size, root }: { readonly size: number; readonly root: Uint8Array }) {
  return { size, root: Buffer.from(root).toString('hex') };
}
