/**
 * `/v1/key-budgets`: how many tokens each province may have of the key service, and how many it has had.
 * `/v1/key-generations`: the rotation of its key.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../shared/http/command.ts';
import { provinceInput, provinceOutput } from '../../shared/http/fields.ts';
import { instantOutput } from '../../shared/http/instants.ts';
import { addRead } from '../../shared/http/read.ts';
import { newRoutes, type Routes } from '../../shared/http/route.ts';
import { changeKeyBudget, type KeyBudgetsCtx, readKeyBudgets } from './budgets.ts';
import { leaveBehind, type RotatingCtx, readKeyGenerations, rotateKey } from './rotating.ts';
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

const generation = z.int();
const generationsOutput = z
  .object({
    held: z.array(generation),
    served: z
      .array(generation)
      .openapi({ description: 'cuối: cho truy vết mới · the last: new traces use it' }),
    rotation: z
      .object({
        ...{ generation, former: generation, left_behind: z.array(provinceOutput) },
        ...{ used_from: instantOutput.nullable(), retired_at: instantOutput.nullable() },
      })
      .nullable(),
    open_under_former: z.int(),
    waits_for: z.array(provinceOutput),
    provinces: z.array(z.object({ province: provinceOutput, generations: z.array(generation) })),
  })
  .openapi('KeyGenerations');

const leftBehindInput = z.strictObject({ provinces: z.array(province).max(64) }).openapi('LeftBehind');

const tag = 'keys';

/** The routes of the key service's key and budgets. */
export function keyRoutes(ctx: KeyBudgetsCtx & RotatingCtx): Routes {
  const routes = newRoutes();
  addBudgets(routes, ctx);
  const path = '/v1/key-generations';
  addRead(routes, {
    ...{ act: 'oprf_key.read', name: 'readKeyGenerations', path, tag, output: generationsOutput },
    summary: 'Các thế hệ khóa của dịch vụ khóa · Generations of the key service’s key',
    find: ({ caller }) => readKeyGenerations(ctx, caller),
    show: (view) => view,
  });
  addCommand(routes, ctx, {
    ...{ act: 'oprf_key.rotate', name: 'rotateOprfKey', method: 'post', path: `${path}/rotate`, tag },
    summary: 'Bắt đầu xoay khóa · Begin to move to the next key',
    ...{ status: 204, done: 'Đã bắt đầu · Begun' },
    reasons: { FAILED_PRECONDITION: ['ROTATION_UNDER_WAY', 'NO_NEXT_KEY'] },
    run: ({ caller }) => rotateKey(ctx, caller),
  });
  addCommand(routes, ctx, {
    ...{ act: 'oprf_key.leave_behind', name: 'leaveBehind', method: 'put', path: `${path}/left-behind`, tag },
    summary: 'Không chờ các tỉnh này · Do not wait for these provinces',
    ...{ body: leftBehindInput, status: 204, done: 'Đã đặt · Set' },
    reasons: { NOT_FOUND: ['PROVINCE_UNKNOWN'], FAILED_PRECONDITION: ['NO_ROTATION'] },
    example: { provinces: ['24'] },
    run: ({ caller }, { body }) => leaveBehind(ctx, caller, body.provinces),
  });
  return routes;
}

function addBudgets(routes: Routes, ctx: KeyBudgetsCtx): void {
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
}
