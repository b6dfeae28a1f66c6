/**
 * `/v1/budgets`: how much each province's traces may ask this node, and how much they have.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../../shared/http/command.ts';
import { provinceInput } from '../../../shared/http/fields.ts';
import { addRead } from '../../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { type BudgetsCtx, changeBudget, readBudgets } from './operations.ts';

const limit = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const province = provinceInput;

const budget = z
  .strictObject({
    questions_per_hour: limit,
    persons_per_hour: limit,
    questions_per_day: limit,
    persons_per_day: limit,
  })
  .openapi('Budget');
const asked = z.object({ questions: z.int(), persons: z.int() });

const budgetsOutput = z
  .object({
    version: z.int(),
    default: budget,
    provinces: z.array(z.object({ province, ...budget.shape })),
    used: z.array(z.object({ province, hour: asked, day: asked })),
  })
  .openapi('Budgets');

const changeInput = z
  .strictObject({
    province: province.optional().openapi({ description: 'bỏ trống: mọi tỉnh khác · absent: all others' }),
    budget: z.union([budget, z.null()]).openapi({ description: 'null: bỏ giới hạn riêng · take it away' }),
  })
  .openapi('BudgetChange');

const tag = 'budgets';

/** The routes of budgets. */
export function budgetRoutes(ctx: BudgetsCtx): Routes {
  const routes = newRoutes();
  addRead(routes, {
    ...{ act: 'budgets.read', name: 'readBudgets', path: '/v1/budgets', tag, output: budgetsOutput },
    summary: 'Hạn mức câu hỏi của các tỉnh · How much provinces may ask this node',
    find: ({ caller }) => readBudgets(ctx, caller),
    versionOf: ({ version }) => version,
  });
  addCommand(routes, ctx, {
    ...{ act: 'budgets.change', name: 'changeBudget', method: 'put', path: '/v1/budgets', tag },
    summary: 'Đặt hạn mức · Set a budget',
    ...{ body: changeInput, status: 204, done: 'Đã đặt · Set' },
    versioned: true,
    example: {
      province: '79',
      budget: {
        ...{ questions_per_hour: 20_000, persons_per_hour: 20_000 },
        ...{ questions_per_day: 200_000, persons_per_day: 200_000 },
      },
    },
    run: ({ caller }, { body }) => changeBudget(ctx, caller, body),
  });
  return routes;
}
