/**
 * `/v1/rules`: the packs that this hub issues, as the nodes get them.
 */
import { z } from '@hono/zod-openapi';
import type { ActContext } from '../../shared/acts/act.ts';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import { type IssuedRules, listRules } from './operations.ts';

const packOutput = z
  .looseObject({ number: z.int(), effective_from: z.string() })
  .openapi('RulePack', { description: 'Bộ quy tắc · A rule pack (README.md, Rules)' });

const getRules = apiRoute('rules.list', {
  method: 'get',
  path: '/v1/rules',
  tags: ['rules'],
  summary: 'Các bộ quy tắc · The rule packs',
  responses: {
    200: {
      description: 'OK',
      content: {
        'application/json': {
          schema: z.object({ in_force: z.int().nullable(), packs: z.array(packOutput) }),
        },
      },
    },
  },
});

/** The routes of rules. */
export function ruleRoutes(ctx: ActContext & { readonly rules: IssuedRules }): Routes {
  const routes = newRoutes();
  routes.openapi(getRules, async (c) => {
    const { inForce, packs } = await listRules(ctx, c.get('caller'));
    return c.json({ in_force: inForce, packs: packs.map((pack) => ({ ...pack })) }, 200);
  });
  return routes;
}
