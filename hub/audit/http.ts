/**
 * `/v1/audit/reconciliations`: the hub's memory of its questions against that of the provinces.
 */
import { z } from '@hono/zod-openapi';
import { restoreShape } from '../../shared/audit/restores.ts';
import { addCommand } from '../../shared/http/command.ts';
import { provinceInput, provinceOutput, textOutput, traceIdInput } from '../../shared/http/fields.ts';
import { fromWire } from '../../shared/http/json-case.ts';
import { newRoutes, type Routes } from '../../shared/http/route.ts';
import { type ProvinceVerdict, type ReconcileCtx, reconcileLogs } from './reconcile.ts';
import type { Difference } from './rules.ts';

const kinds = ['only_node', 'only_hub', 'digests_differ', 'lost', 'only_hub_log', 'only_hub_tables'] as const;
const differences = z.object({
  count: z.int(),
  first: z.array(z.object({ trace: traceIdInput, seq: z.int(), kind: z.enum(kinds) })),
});

const output = z
  .object({
    hub: differences,
    provinces: z.array(
      z.object({
        province: provinceOutput,
        state: z.enum(['agrees', 'differs', 'unreachable', 'refused']),
        reason: textOutput('PEER_UNREACHABLE').nullable(),
        questions: z.int(),
        differences,
        lost: z.array(z.object({ first: z.int(), last: z.int(), restore: restoreShape })).openapi({
          example: [],
        }),
      }),
    ),
  })
  .openapi('Reconciliation');

/** The route of the comparison. */
export function reconcileRoutes(ctx: ReconcileCtx): Routes {
  const routes = newRoutes();
  addCommand(routes, ctx, {
    ...{ act: 'audit.reconcile', name: 'reconcileLogs', method: 'post', tag: 'audit' },
    path: '/v1/audit/reconciliations',
    summary: 'So nhật ký với các tỉnh · Compare the log of questions with those of the provinces',
    ...{ query: { province: provinceInput.optional() }, status: 200, done: 'OK', output },
    reasons: { NOT_FOUND: ['PROVINCE_UNKNOWN'] },
    run: ({ caller }, { query }) => reconcileLogs(ctx, caller, query.province),
    again: 'run',
    show: ({ hub, provinces }) => ({ hub: firstOf(hub), provinces: provinces.map(shown) }),
  });
  return routes;
}

function shown({ differences, lost, reason, ...one }: ProvinceVerdict) {
  return {
    ...{ ...one, reason: reason ?? null, differences: firstOf(differences) },
    // Restores are kept in the log as the wire has them.
    lost: lost.map(({ restore, ...gap }) => ({ ...gap, restore: fromWire(restoreShape, restore) })),
  };
}

function firstOf(found: readonly Difference[]) {
  return { count: found.length, first: found.slice(0, 1_000) };
}
