/**
 * `/v1/rules`: the packs that this hub issues, as the nodes get them.
 */
import { z } from '@hono/zod-openapi';
import type { ActCtx } from '../../shared/acts/act.ts';
import { textOutput } from '../../shared/http/fields.ts';
import { addRead } from '../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../shared/http/route.ts';
import { type IssuedRules, listRules } from './operations.ts';

const packOutput = z
  .looseObject({ number: z.int(), effective_from: textOutput('2021-07-30T00:00:00Z') })
  .openapi('RulePack', { description: 'Bộ quy tắc · A rule pack (README.md, Rules)' });

const rulesOutput = z.object({ in_force: z.int().nullable(), packs: z.array(packOutput) }).openapi('Rules');

/** The routes of rules. */
export function ruleRoutes(ctx: ActCtx & { readonly rules: IssuedRules }): Routes {
  const routes = newRoutes();
  addRead(routes, {
    ...{ act: 'rules.list', name: 'listRules', path: '/v1/rules', tag: 'rules', output: rulesOutput },
    summary: 'Các bộ quy tắc · The rule packs',
    find: ({ caller }) => listRules(ctx, caller),
    show: ({ packs, ...rules }) => ({ ...rules, packs: packs.map((pack) => ({ ...pack })) }),
  });
  return routes;
}
