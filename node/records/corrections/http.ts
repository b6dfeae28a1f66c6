/**
 * `/v1/records`: records of people found by an identifier, corrected and withdrawn; those that wait because
 * they name people of another ward than their writer's, and what becomes of them.
 */
import { z } from '@hono/zod-openapi';
import { addCommand } from '../../../shared/http/command.ts';
import {
  identifierOutput,
  personOutput,
  provinceOutput,
  textOutput,
  wardOutput,
} from '../../../shared/http/fields.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import { addList } from '../../../shared/http/list.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { SOURCES } from '../people/rules.ts';
import { confirmRecordOf, listWaitingRecords, rejectRecordOf } from './deciding.ts';
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

const sourceOutput = z.enum(Object.keys(SOURCES) as [string, ...string[]]);

const recordOutput = z
  .object({
    id: z.int(),
    source: sourceOutput,
    record: textOutput('HS-2021-07').nullable(),
    ...says,
    withdrawn_at: instantOutput.nullable(),
    waits: z.boolean().openapi({
      description: bilingual(
        'nêu người của địa bàn khác: chưa liên kết ai, chờ nơi đó xác nhận',
        'names people of another ward: links nobody until somebody there has confirmed it',
      ),
    }),
    history: z.array(z.object(says)),
  })
  .openapi('Record');

const waitingOutput = z
  .object({
    id: z.int(),
    source: sourceOutput,
    ward: wardOutput.nullable(),
    written_by: personOutput,
    at: instantOutput,
    version: z.int(),
    waits_for: z.array(wardOutput).openapi({
      description: bilingual(
        'địa bàn phải xác nhận; mã tỉnh: người không rõ xã, phường',
        'the wards that have to confirm it; the code of the province: people of no ward',
      ),
    }),
    identifiers: z.array(identifierOutput),
    further_identifiers: z.int().openapi({
      description: bilingual(
        'số định danh khác mà hồ sơ nêu, ngoài địa bàn của bạn',
        'how many more it names, outside your area',
      ),
    }),
  })
  .openapi('WaitingRecord');

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
const WAITING_REASONS = {
  NOT_FOUND: ['NO_SUCH_RECORD'],
  FAILED_PRECONDITION: ['RECORD_NOT_WAITING'],
} as const;
const path = '/v1/records/{id}';

const FINDING = bilingual(
  'Mọi hồ sơ nêu định danh này, cả hồ sơ đã rút, mới nhất trước, kèm các bản trước của từng hồ sơ',
  'All records that name the identifier, withdrawn ones too, newest first, each with what it said before.',
);

const CORRECTING = bilingual(
  'Trường vắng mặt giữ nguyên, null thì xóa; truy vết đang mở được sửa theo. Hồ sơ của ca bệnh: sửa ca bệnh',
  'Absent fields stay, null erases; open traces correct themselves. That of a case is corrected as a case.',
);

const WAITING = bilingual(
  'Hồ sơ, ca bệnh do địa bàn khác ghi mà nêu người của địa bàn bạn: chưa liên kết và chưa hiện cho ai, ' +
    'cho đến khi được xác nhận',
  'Records and cases written in another area that name people of yours: they link nobody and are shown to ' +
    'nobody until they are confirmed',
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
  addWaiting(routes, ctx);
  return routes;
}

function addWaiting(routes: Routes, ctx: CorrectionsCtx): void {
  addList(routes, {
    ...{ act: 'records.waiting', name: 'listWaitingRecords', path: '/v1/records/waiting', tag },
    ...{ summary: 'Hồ sơ chờ xác nhận · Records that wait', description: WAITING },
    ...{ items: 'records', output: waitingOutput, pages: { most: 1_000, usual: 100 } },
    place: z.tuple([z.number()]),
    find: ({ caller }, { limit, after }) => listWaitingRecords(ctx, caller, { limit, after: after?.[0] }),
    placeOf: ({ id }) => [id],
  });
  addCommand(routes, ctx, {
    ...{ act: 'records.confirm', name: 'confirmRecord', method: 'post', path: '/v1/records/{id}/confirm' },
    ...{ tag, params, reasons: WAITING_REASONS, versioned: true },
    summary: 'Xác nhận hồ sơ · Confirm a record that waits',
    ...{ status: 204, done: 'Đã xác nhận · Confirmed' },
    run: ({ caller, params }) => confirmRecordOf(ctx, caller, Number(params.id)),
  });
  addCommand(routes, ctx, {
    ...{ act: 'records.reject', name: 'rejectRecord', method: 'post', path: '/v1/records/{id}/reject' },
    ...{ tag, params, reasons: WAITING_REASONS, versioned: true },
    summary: 'Bác hồ sơ · Reject a record that waits',
    ...{ status: 204, done: 'Đã bác · Rejected' },
    run: ({ caller, params }) => rejectRecordOf(ctx, caller, Number(params.id)),
  });
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
  const { id, source, record: ownName, retractedAt: withdrawnAt, waits, history } = record;
  const said = { record: ownName, ...shownOf(record) };
  return { id, source, ...said, withdrawnAt, waits, history: history.map(shownOf) };
}
