/**
 * `/v1/audit/restores` of both programs: accepting the log of another program that was restored.
 */
import { z } from '@hono/zod-openapi';
import { acceptedBefore, acceptRestore, RESTORE_REASONS, type RestoreCtx } from '../audit/restores.ts';
import { fault } from '../shape-errors.ts';
import { addCommand } from './command.ts';
import { sha256Output } from './fields.ts';
import { newRoutes, type Routes } from './route.ts';

const input = z
  .strictObject({
    peer: z
      .string()
      .regex(/^(hub|\d\d)$/, fault({ reason: 'NOT_HUB_OR_PROVINCE' }))
      .openapi({ description: 'nhật ký của ai · whose log' }),
    reason: z.enum(RESTORE_REASONS),
  })
  .openapi('RestoreAcceptance');
const checkpoint = z.object({ size: z.int(), root: sha256Output });
const output = z.object({ held: checkpoint, base: checkpoint }).openapi('AcceptedRestore');

/** The route of acceptance. */
export function restoreRoutes(ctx: RestoreCtx): Routes {
  const routes = newRoutes();
  addCommand(routes, ctx, {
    ...{
      act: 'audit.restore',
      name: 'acceptRestore',
      method: 'post',
      path: '/v1/audit/restores',
      tag: 'audit',
    },
    summary: 'Chấp nhận nhật ký đã phục hồi · Accept the restored log of another program',
    ...{ body: input, status: 200, done: 'OK', output },
    reasons: { FAILED_PRECONDITION: ['NO_CONFLICT'] },
    example: { peer: 'hub', reason: 'restored_from_backup' as const },
    run: ({ caller }, { body }) => acceptRestore(ctx, caller, body),
    again: (_call, kept) => acceptedBefore(kept),
    show: ({ held, base }) => ({ held: shown(held), base: shown(base) }),
  });
  return routes;
}

function shown({ size, root }: { readonly size: number; readonly root: Uint8Array }) {
  return { size, root: Buffer.from(root).toString('hex') };
}
