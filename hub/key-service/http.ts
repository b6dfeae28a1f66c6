/**
 * `/v1/key-budgets`: how many tokens each province may have of the key service, and how many it has had.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../shared/http/command.ts';
import { provinceInput } from '../../shared/http/fields.ts';
import { addRead } from '../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../shared/http/route.ts';
import { changeKeyBudget, type KeyBudgetsCtx, readKeyBudgets } from './budgets.ts';
import { DEFAULT_KEY_BUDGET } from './rules.ts';

const limit = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const province = provinceInput;

const budget = z
  .strictObject({
    per_hour: limit,
    per_day: limit,
    first_loading: limit,
    cases_per_day: limit.default(DEFAULT_KEY_BUDGET.casesPerDay),
  })
  .openapi('KeyBudget');

const budgetsOutput = z
  .object({
    version: z.int(),
    default: budget,
    provinces: z.array(z.object({ province, ...budget.shape })),
    used: z.array(
      z.object({ province, hour: z.int(), day: z.int(), first_loading: z.int(), cases: z.int() }),
    ),
  })
  .openapi('KeyBudgets');

const changeInput = z
  .strictObject({
    province: province.optional().openapi({ description: 'bỏ trống: mọi tỉnh khác · absent: all others' }),
    budget: z.union([budget, z.null()]).openapi({ description: 'null: bỏ giới hạn riêng · take it away' }),
  })
  .openapi('KeyBudgetChange');

const tag = 'keys';

/** The routes of the key service's budgets. */
export function keyRoutes(ctx: KeyBudgetsCtx): Routes {
  const routes = newRoutes();
  addRead(routes, {
    ...{
      act: 'key_budgets.read',
      name: 'readKeyBudgets',
      path: '/v1/key-budgets',
      tag,
      output: budgetsOutput,
    },
    summary: 'Hạn mức của dịch vụ khóa · Budgets of the key service',
    find: ({ caller }) => readKeyBudgets(ctx, caller),
    versionOf: ({ version }) => version,
    show: (view) => ({
      ...view,
      used: view.used.map(({ loading, ...same }) => ({ ...same, firstLoading: loading })),
    }),
  });
  addCommand(routes, ctx, {
    ...{ act: 'key_budgets.change', name: 'changeKeyBudget', method: 'put', path: '/v1/key-budgets', tag },
    summary: 'Đặt hạn mức · Set a budget',
    ...{ body: changeInput, status: 204, done: 'Đã đặt · Set' },
    versioned: true,
    example: {
      province: '24',
      budget: { per_hour: 100_000, per_day: 1_000_000, first_loading: 20_000_000, cases_per_day: 40_000 },
    },
    run: ({ caller }, { body }) => changeKeyBudget(ctx, caller, body),
  });
  return routes;
}
