/**
 * `/v1/key-budgets`: how many tokens each province may have of the key service, and how many it has had.
 */
import { z } from '@hono/zod-openapi';
import { apiRoute, newRoutes, type Routes } from '../../shared/http/route.ts';
import { fault } from '../../shared/shape-errors.ts';
import { changeKeyBudget, columnsOf, type KeyBudgetsCtx, readKeyBudgets } from './budgets.ts';

const limit = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const province = z.string().regex(/^\d\d$/, fault({ reason: 'NOT_A_PROVINCE_CODE' }));

const budget = z.strictObject({ per_hour: limit, per_day: limit, first_loading: limit }).openapi('KeyBudget');

const budgetsOutput = z
  .object({
    default: budget,
    provinces: z.array(budget.extend({ province })),
    used: z.array(z.object({ province, hour: z.int(), day: z.int(), first_loading: z.int() })),
  })
  .openapi('KeyBudgets');

const changeInput = z
  .strictObject({
    province: province.optional().openapi({ description: 'bỏ trống: mọi tỉnh khác · absent: all others' }),
    budget: budget.nullable().openapi({ description: 'null: bỏ giới hạn riêng · take it away' }),
  })
  .openapi('KeyBudgetChange');

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });
const tags = ['keys'];

const getBudgets = apiRoute('key_budgets.read', {
  method: 'get',
  path: '/v1/key-budgets',
  tags,
  summary: 'Hạn mức của dịch vụ khóa · Budgets of the key service',
  responses: { 200: { description: 'OK', content: json(budgetsOutput) } },
});

const putBudget = apiRoute('key_budgets.change', {
  method: 'put',
  path: '/v1/key-budgets',
  tags,
  summary: 'Đặt hạn mức · Set a budget',
  request: { body: { required: true, content: json(changeInput) } },
  responses: { 204: { description: 'Đã đặt · Set' } },
});

/** The routes of the key service's budgets. */
export function keyRoutes(ctx: KeyBudgetsCtx): Routes {
  const routes = newRoutes();
  routes.openapi(getBudgets, async (c) => {
    const view = await readKeyBudgets(ctx, c.get('caller'));
    const provinces = view.provinces.map((one) => ({ province: one.province, ...columnsOf(one) }));
    const used = view.used.map(({ loading, ...same }) => ({ ...same, first_loading: loading }));
    return c.json({ default: columnsOf(view.default), provinces, used }, 200);
  });
  routes.openapi(putBudget, async (c) => {
    const { province, budget: given } = c.req.valid('json');
    const budget = given && {
      ...{ perHour: given.per_hour, perDay: given.per_day, firstLoading: given.first_loading },
    };
    await changeKeyBudget(ctx, c.get('caller'), { province, budget });
    return c.body(null, 204);
  });
  return routes;
}
