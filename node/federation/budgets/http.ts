/**
 * `/v1/budgets`: how much each province's traces may ask this node, and how much they have.
 */
import { z } from '@hono/zod-openapi';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { type BudgetsCtx, changeBudget, columnsOf, readBudgets } from './operations.ts';

const limit = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const province = z.string().regex(/^\d\d$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }));

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
    default: budget,
    provinces: z.array(budget.extend({ province })),
    used: z.array(z.object({ province, hour: asked, day: asked })),
  })
  .openapi('Budgets');

const changeInput = z
  .strictObject({
    province: province.optional().openapi({ description: 'bỏ trống: mọi tỉnh khác · absent: all others' }),
    budget: budget.nullable().openapi({ description: 'null: bỏ giới hạn riêng · take it away' }),
  })
  .openapi('BudgetChange');

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });
const tags = ['budgets'];

const getBudgets = apiRoute('budgets.read', {
  method: 'get',
  path: '/v1/budgets',
  tags,
  summary: 'Hạn mức câu hỏi của các tỉnh · How much provinces may ask this node',
  responses: { 200: { description: 'OK', content: json(budgetsOutput) } },
});

const putBudget = apiRoute('budgets.change', {
  method: 'put',
  path: '/v1/budgets',
  tags,
  summary: 'Đặt hạn mức · Set a budget',
  request: { body: { required: true, content: json(changeInput) } },
  responses: { 204: { description: 'Đã đặt · Set' } },
});

/** The routes of budgets. */
export function budgetRoutes(ctx: BudgetsCtx): Routes {
  const routes = newRoutes();
  routes.openapi(getBudgets, async (c) => {
    const view = await readBudgets(ctx, c.get('caller'));
    const provinces = view.provinces.map((one) => ({ province: one.province, ...columnsOf(one) }));
    const used = view.used.map(({ province, hour, day }) => ({ province, hour: only(hour), day: only(day) }));
    return c.json({ default: columnsOf(view.default), provinces, used }, 200);
  });
  routes.openapi(putBudget, async (c) => {
    const change = c.req.valid('json');
    await changeBudget(ctx, c.get('caller'), { province: change.province, budget: fromJson(change.budget) });
    return c.body(null, 204);
  });
  return routes;
}

function only({ questions, persons }: z.output<typeof asked>) {
  return { questions, persons };
}

function fromJson(given: z.output<typeof budget> | null) {
  return (
    given && {
      questionsPerHour: given.questions_per_hour,
      personsPerHour: given.persons_per_hour,
      questionsPerDay: given.questions_per_day,
      personsPerDay: given.persons_per_day,
    }
  );
}
