/**
 * `/v1/records`: records of people found by an identifier, corrected and withdrawn.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../../shared/http/command.ts';
import { identifierOutput, provinceOutput, textOutput, wardOutput } from '../../../shared/http/fields.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import { addList } from '../../../shared/http/list.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { SOURCES } from '../people/rules.ts';
import {
  type CorrectionsCtx,
  correctRecordOf,
  findRecords,
  type ReadRecord,
  withdrawRecordOf,
} from './operations.ts';

const says = {
  identifiers: z.array(identifierOutput),
  name: textOutput('Nguyễn Văn An').nullable(),
  born_on: textOutput('1990-02-28').nullable(),
  sex: textOutput('male').nullable(),
  province: provinceOutput.nullable(),
  ward: wardOutput.nullable(),
  address: textOutput('Thôn Đông, xã An Hà').nullable(),
  household: textOutput('HO-12').nullable(),
  version: z.int(),
  at: instantOutput,
};

const recordOutput = z
  .object({
    id: z.int(),
    source: z.enum(Object.keys(SOURCES) as [string, ...string[]]),
    record: textOutput('HS-2021-07').nullable(),
    ...says,
    withdrawn_at: instantOutput.nullable(),
    history: z.array(z.object(says)),
  })
  .openapi('Record');

const text = z.string().max(1_000).nullish();

const correction = z
  .strictObject({
    identifiers: z.array(z.string().max(200)).min(1).max(20).optional(),
    ...{ name: text, born_on: text, sex: text, province: text, ward: text, address: text, household: text },
  })
  .refine((fields) => Object.keys(fields).length > 0, fault({ reason: 'NO_FIELDS' }))
  .openapi('RecordCorrection');

const params = {
  id: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, fault({ reason: 'NOT_AN_INTEGER' }))
    .openapi({ example: '7' }),
};
const tag = 'records';
const REASONS = { NOT_FOUND: ['NO_SUCH_RECORD'], FAILED_PRECONDITION: ['RECORD_OF_CASE'] } as const;
const path = '/v1/records/{id}';

const FINDING = bilingual(
  'Mọi hồ sơ nêu định danh này, cả hồ sơ đã rút, mới nhất trước, kèm các bản trước của từng hồ sơ',
  'All records that name the identifier, withdrawn ones too, newest first, each with what it said before.',
);

const CORRECTING = bilingual(
  'Trường vắng mặt giữ nguyên, null thì xóa; truy vết đang mở được sửa theo. Hồ sơ của ca bệnh: sửa ca bệnh',
  'Absent fields stay, null erases; open traces correct themselves. That of a case is corrected as a case.',
);

/** The routes of records. */
export function recordRoutes(ctx: CorrectionsCtx): Routes {
  const routes = newRoutes();
  addList(routes, {
    ...{ act: 'records.find', name: 'findRecords', path: '/v1/records', tag },
    ...{ summary: 'Tìm hồ sơ theo định danh · Records of an identifier', description: FINDING },
    ...{ items: 'records', output: recordOutput, pages: { most: 1_000, usual: 100 }, show },
    filters: { identifier: z.string().max(200).openapi({ example: 'phone:+84912345678' }) },
    place: z.tuple([z.number()]),
    find: ({ caller }, { limit, after, filters }) =>
      findRecords(ctx, caller, { identifier: filters.identifier, limit, after: after?.[0] }),
    placeOf: ({ id }) => [id],
  });
  addCommand(routes, ctx, {
    ...{ act: 'records.correct', name: 'correctRecord', method: 'patch', path, tag, params },
    ...{ summary: 'Sửa hồ sơ · Correct a record', description: CORRECTING },
    ...{ body: correction, status: 200, done: 'Đã sửa · Corrected', output: recordOutput },
    reasons: {
      ...REASONS,
      FAILED_PRECONDITION: ['RECORD_OF_CASE', 'RECORD_RETRACTED'],
      RESOURCE_EXHAUSTED: ['IDENTIFIER_QUOTA'],
    },
    example: { identifiers: ['cccd:024090000001', 'phone:+84912345678'], household: null },
    run: ({ caller, params }, { body }) =>
      correctRecordOf(ctx, caller, { id: Number(params.id), changes: body }),
    ...{ versioned: true, versionOf, show },
  });
  addCommand(routes, ctx, {
    ...{ act: 'records.withdraw', name: 'withdrawRecord', method: 'delete', path, tag, params },
    summary: 'Rút hồ sơ · Withdraw a record',
    ...{ status: 204, done: 'Đã rút · Withdrawn', reasons: REASONS, versioned: true },
    run: ({ caller, params }) => withdrawRecordOf(ctx, caller, Number(params.id)),
  });
  return routes;
}

const versionOf = ({ version }: ReadRecord) => version;

type Said = Pick<
  ReadRecord,
  | 'identifiers'
  | 'name'
  | 'born_on'
  | 'sex'
  | 'province'
  | 'ward'
  | 'address'
  | 'household'
  | 'version'
  | 'at'
>;

function shownOf({ born_on: bornOn, ...said }: Said) {
  const { identifiers, name, sex, province, ward, address, household, version, at } = said;
  return { identifiers, name, bornOn, sex, province, ward, address, household, version, at };
}

function show(record: ReadRecord) {
  const { id, source, record: ownName, retractedAt: withdrawnAt, history } = record;
  return { id, source, record: ownName, ...shownOf(record), withdrawnAt, history: history.map(shownOf) };
}
