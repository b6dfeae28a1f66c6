/**
 * `/v1/audit/reconciliations`: the hub's memory of its questions against that of the provinces.
 */
import { z } from '@hono/zod-openapi';
import { restoreShape } from '../../shared/audit/restores.ts';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import { fault } from '../../shared/shape-errors.ts';
import { type ReconcileCtx, reconcileLogs } from './reconcile.ts';
import type { Difference } from './rules.ts';

const kinds = ['only_node', 'only_hub', 'digests_differ', 'lost', 'only_hub_log', 'only_hub_tables'] as const;
const differences = z.object({
  count: z.int(),
  first: z.array(z.object({ trace: z.string(), seq: z.int(), kind: z.enum(kinds) })),
});

const output = z
  .object({
    hub: differences,
    provinces: z.array(
      z.object({
        province: z.string(),
        state: z.enum(['agrees', 'differs', 'unreachable', 'refused']),
        reason: z.string().nullable(),
        questions: z.int(),
        differences,
        lost: z.array(z.object({ first: z.int(), last: z.int(), restore: restoreShape })),
      }),
    ),
  })
  .openapi('Reconciliation');

const postReconciliation = apiRoute('audit.reconcile', {
  method: 'post',
  path: '/v1/audit/reconciliations',
  tags: ['audit'],
  summary: 'So nhật ký với các tỉnh · Compare the log of questions with those of the provinces',
  request: {
    query: z.object({
      province: z
        .string()
        .regex(/^\d\d$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }))
        .optional(),
    }),
  },
  responses: { 200: { description: 'OK', content: { 'application/json': { schema: output } } } },
});

/** The route of the comparison. */
export function reconcileRoutes(ctx: ReconcileCtx): Routes {
  const routes = newRoutes();
  routes.openapi(postReconciliation, async (c) => {
    const { hub, provinces } = await reconcileLogs(ctx, c.get('caller'), c.req.valid('query').province);
    const shown = provinces.map((one) => ({
      ...one,
      reason: one.reason ?? null,
      differences: firstOf(one.differences),
      lost: one.lost.map(({ first, last, restore }) => ({ first, last, restore })),
    }));
    return c.json({ hub: firstOf(hub), provinces: shown }, 200);
  });
  return routes;
}

function firstOf(found: readonly Difference[]) {
  return { count: found.length, first: found.slice(0, 1_000) };
}
