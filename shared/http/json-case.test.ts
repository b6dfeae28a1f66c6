import { z } from '@hono/zod-openapi';
import { expect, expectTypeOf, test } from 'vitest';
import { instantInput, instantOutput } from './instants.ts';
import { fromWire, type Shown, toWire } from './json-case.ts';

const output = z.object({
  case_id: z.string(),
  first_exposed_at: instantOutput,
  isolated_at: instantOutput.nullable(),
  by_province: z.record(z.string(), z.object({ open_cases: z.int() })),
  wards: z.array(z.object({ ward_code: z.string() })),
  rule_pack: z.looseObject({ max_degree: z.int() }),
  note: z.string().optional(),
});

const value = {
  caseId: 'a',
  firstExposedAt: 1622509200,
  isolatedAt: null,
  byProvince: { '24': { openCases: 1 }, data_key: { openCases: 2 } },
  wards: [{ wardCode: '07213', identifierIds: [1] }],
  rulePack: { max_degree: 3, latent_days: 2 },
  sealed: 'never shown',
};

test('what the schema names is shown, under the names of the wire and in its order', () => {
  expect(JSON.stringify(toWire(output, value))).toBe(
    JSON.stringify({
      case_id: 'a',
      first_exposed_at: '2021-06-01T01:00:00Z',
      isolated_at: null,
      by_province: { '24': { open_cases: 1 }, data_key: { open_cases: 2 } },
      wards: [{ ward_code: '07213' }],
      rule_pack: { max_degree: 3, latent_days: 2 },
    }),
  );
});

test('what comes in has the names of the program', () => {
  const body = z.strictObject({
    onset_on: z.string().nullish(),
    sampled_at: instantInput.optional(),
    at_once: z.boolean().default(false),
    key_budget: z.union([z.strictObject({ per_hour: z.int() }), z.null()]),
    by_ward: z.record(z.string(), z.int()),
  });
  const sent = {
    ...{ onset_on: null, sampled_at: '2021-06-01T08:00:00+07:00' },
    ...{ key_budget: { per_hour: 1 }, by_ward: { the_ward: 1 } },
  };
  expect(fromWire(body, body.parse(sent))).toEqual({
    ...{ onsetOn: null, sampledAt: 1622509200, atOnce: false },
    ...{ keyBudget: { perHour: 1 }, byWard: { the_ward: 1 } },
  });
  expect(fromWire(body, body.parse({ key_budget: null, by_ward: {} }))).toEqual({
    ...{ atOnce: false, keyBudget: null, byWard: {} },
  });
});

test('a result that is not what its answer shows must be made so, or the route does not compile', () => {
  expectTypeOf<Shown<typeof output>['firstExposedAt']>().toEqualTypeOf<number>();
  expectTypeOf<typeof value>().toExtend<Shown<typeof output>>();
  expectTypeOf<Omit<typeof value, 'caseId'>>().not.toExtend<Shown<typeof output>>();
  expectTypeOf<{ case_id: string }>().not.toExtend<Shown<typeof output>>();
});
