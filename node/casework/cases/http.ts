/**
 * `/v1/cases`: JSON in snake_case to the operations and back.
 */
import { z } from '@hono/zod-openapi';
import type { FieldError } from '../../../shared/errors.ts';
import { addCommand } from '../../../shared/http/command.ts';
import {
  identifierOutput,
  personOutput,
  textOutput,
  uuidInput,
  uuidOutput,
  wardOutput,
} from '../../../shared/http/fields.ts';
import { dateInput, instantInput, instantOutput } from '../../../shared/http/instants.ts';
import { addList } from '../../../shared/http/list.ts';
import { shownFieldError } from '../../../shared/http/problem.ts';
import { addRead } from '../../../shared/http/read.ts';
import { fieldErrorSchema, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import type { Language } from '../../../shared/i18n/text.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { IDENTIFIERS_OF_A_CASE } from '../../../shared/signed/opening-windows.ts';
import {
  type Case,
  type CasesCtx,
  correctCase,
  type EnteredCase,
  enterCase,
  listCases,
  readCase,
} from './operations.ts';

const identifiers = z
  .array(z.string().max(200))
  .min(1)
  .max(IDENTIFIERS_OF_A_CASE)
  .openapi({ example: ['cccd:024090000001', 'phone:+84912345678'] });

const facts = {
  identifiers,
  onset_on: dateInput.nullish(),
  sampled_at: instantInput.nullish(),
  isolated_at: instantInput.nullish(),
  ward: z
    .string()
    .regex(/^\d{1,5}$/, fault({ reason: 'NOT_A_WARD_CODE' }))
    .nullish()
    .openapi({ description: 'nơi xử lý ca bệnh · where the case is handled', example: '07213' }),
};

const newCase = z.strictObject(facts).openapi('NewCase');

const correction = z
  .strictObject({ ...facts, identifiers: identifiers.optional(), withdrawn: z.boolean().optional() })
  .refine((fields) => Object.keys(fields).length > 0, fault({ reason: 'NO_FIELDS' }))
  .openapi('CaseCorrection');

const caseOutput = z
  .object({
    id: uuidOutput,
    identifiers: z.array(identifierOutput),
    onset_on: textOutput('2021-06-01').nullable(),
    sampled_at: instantOutput.nullable(),
    isolated_at: instantOutput.nullable(),
    created_at: instantOutput,
    changed_at: instantOutput,
    withdrawn_at: instantOutput.nullable(),
    ward: wardOutput.nullable(),
    version: z.int(),
    superseded: z
      .array(z.object({ identifier: identifierOutput, at: instantOutput, by: personOutput }))
      .openapi({
        description: bilingual(
          'định danh đã được sửa: ai thay, lúc nào',
          'identifiers that corrections have replaced: by whom and when, the latest first',
        ),
      }),
  })
  .openapi('Case');

const warningsOutput = z.array(fieldErrorSchema).openapi({
  description: bilingual('đã ghi nhận; nên xem lại', 'it was done; to be looked at again'),
});

const correctedOutput = caseOutput.extend({ warnings: warningsOutput }).openapi('CorrectedCase');

const enteredOutput = z
  .object({
    id: uuidOutput,
    warnings: warningsOutput,
  })
  .openapi('EnteredCase');

const shownIn =
  (language: Language) =>
  <T extends { readonly warnings: readonly FieldError[] }>(found: T) => ({
    ...found,
    warnings: found.warnings.map((one) => shownFieldError(one, language)),
  });

const params = { id: uuidInput };
const tag = 'cases';
const NO_SUCH_CASE = { NOT_FOUND: ['NO_SUCH_CASE'] } as const;
const QUOTA = { RESOURCE_EXHAUSTED: ['IDENTIFIER_QUOTA'] } as const;

const ENTERING = bilingual(
  'onset_on tính từ 0 giờ Việt Nam; cần onset_on hoặc sampled_at. Không nêu xã/phường: theo hồ ' +
    'sơ của người bệnh; ai không phụ trách cả tỉnh phải nêu địa bàn của mình',
  'onset_on means midnight in Asia/Ho_Chi_Minh; one of onset_on and sampled_at is required. ' +
    "Without a ward: that of the person's record; callers with less than the province must name " +
    'theirs.',
);

const CORRECTING = bilingual(
  'Trường vắng mặt giữ nguyên, null thì xóa, {"withdrawn": true} rút ca bệnh; truy vết đang mở ' +
    'được sửa theo',
  'Absent fields stay, null erases, {"withdrawn": true} withdraws. Open traces of the case are ' + 'amended.',
);

/** The routes of cases. */
export function caseRoutes(ctx: CasesCtx): Routes {
  const routes = newRoutes();
  addCommand(routes, ctx, {
    ...{ act: 'cases.enter', name: 'enterCase', method: 'post', path: '/v1/cases', tag },
    summary: 'Nhập ca bệnh · Enter a confirmed case',
    description: ENTERING,
    ...{ body: newCase, status: 201, done: 'Đã nhập · Entered', output: enteredOutput, reasons: QUOTA },
    example: {
      ...{ identifiers: ['cccd:024090000001', 'phone:+84912345678'], onset_on: '2021-06-01' },
      ...{ sampled_at: '2021-06-03T08:00:00+07:00', ward: '07213' },
    },
    run: ({ caller, c }, { body: { onsetOn = null, sampledAt = null, isolatedAt = null, ...others } }) =>
      enterCase(ctx, caller, { ...others, onsetOn, sampledAt, isolatedAt }).then(shownIn(c.var.language)),
    again: ({ c }, kept) => shownIn(c.var.language)(kept as unknown as EnteredCase),
    locationOf: ({ id }) => `/v1/cases/${id}`,
  });
  addList(routes, {
    ...{ act: 'cases.list', name: 'listCases', path: '/v1/cases', tag },
    summary: 'Danh sách ca bệnh, mới nhất trước · Cases, newest first',
    ...{ items: 'cases', output: caseOutput, pages: { most: 1_000, usual: 100 } },
    place: z.tuple([z.number(), z.uuid()]),
    find: ({ caller }, { limit, after }) =>
      listCases(ctx, caller, { limit, after: after && { createdAt: after[0], id: after[1] } }),
    placeOf: ({ createdAt, id }) => [createdAt, id],
  });
  addRead(routes, {
    ...{ act: 'cases.read', name: 'readCase', path: '/v1/cases/{id}', tag, params },
    ...{ summary: 'Xem ca bệnh · Read a case', output: caseOutput, reasons: NO_SUCH_CASE },
    find: ({ caller, params }) => readCase(ctx, caller, params.id),
    versionOf,
  });
  addCommand(routes, ctx, {
    ...{ act: 'cases.correct', name: 'correctCase', method: 'patch', path: '/v1/cases/{id}', tag, params },
    summary: 'Sửa hoặc rút ca bệnh · Correct or withdraw a case',
    description: CORRECTING,
    ...{ body: correction, status: 200, done: 'Đã sửa · Corrected', output: correctedOutput },
    reasons: { ...NO_SUCH_CASE, ...QUOTA },
    example: { onset_on: '2021-06-02', isolated_at: '2021-06-04T14:00:00+07:00' },
    run: ({ caller, params, c }, { body }) =>
      correctCase(ctx, caller, { id: params.id, changes: body }).then(shownIn(c.var.language)),
    versioned: true,
    versionOf,
  });
  return routes;
}

const versionOf = ({ version }: Pick<Case, 'version'>) => version;
