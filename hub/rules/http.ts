/**
 * `/v1/rules`: the packs that this hub issues, as the nodes get them.
 */
import { z } from '@hono/zod-openapi';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { rulesInForce } from '../../shared/domain/rule-pack.ts';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import type { IssuedRules } from './operations.ts';

const packOutput = z
  .looseObject({ number: z.int(), effective_from: z.string() })
  .openapi('RulePack', { description: 'design.md 7' });

const getRules = apiRoute('hub.rules.read', {
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
export function ruleRoutes({ rules, clock }: { rules: IssuedRules; clock: Clock }): Routes {
  const routes = newRoutes();
  routes.openapi(getRules, (c) => {
    const inForce = rulesInForce(rules.packs, nowSeconds(clock))?.number ?? null;
    return c.json({ in_force: inForce, packs: rules.packs.map((pack) => ({ ...pack })) }, 200);
  });
  return routes;
}
