/**
 * `/v1/traces/{id}/contacts`: the contacts of a trace as JSON and as a file.
 */
import { z } from '@hono/zod-openapi';
import { parseInstant, vietnamInstant } from '../../../shared/domain/instant.ts';
import type { Fault } from '../../../shared/errors.ts';
import { isProvince, readWard } from '../../../shared/gazetteer.ts';
import { addCommand } from '../../../shared/http/command.ts';
import { type CsvCell, csvLine, csvResponse } from '../../../shared/http/csv.ts';
import { traceIdInput } from '../../../shared/http/fields.ts';
import { addFile } from '../../../shared/http/file.ts';
import { toWire } from '../../../shared/http/json-case.ts';
import { addList } from '../../../shared/http/list.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import { refuse } from '../../../shared/shape-errors.ts';
import { CONTACT_LIST, contactOutput, headed, headingOutput, showContact, takenOverOutput } from './json.ts';
import { type ContactsCtx, exportContacts, listContacts, type ShownContacts } from './operations.ts';
import { askToTakeOver, type TakeOver } from './taking-over.ts';

const MAX_CONTACTS = 1_000;

const WARD = bilingual(
  'một xã, phường; mã tỉnh: những người không rõ xã, phường',
  'one ward; the code of the province: those of no ward',
);
/** A code, or nothing: what is asked for goes into the audit log, where no free text belongs. */
const desk = z
  .string()
  .max(100)
  .transform((text, ctx) => {
    if (isProvince(text)) return text;
    const { value, ...wrong } = readWard(text);
    return value ?? refuse(ctx, wrong as Fault);
  });
const filters = { ward: desk.optional().openapi({ description: WARD, example: '07213' }) };
const params = { id: traceIdInput };
const tag = 'traces';
const reasons = { NOT_FOUND: ['NO_SUCH_TRACE'] } as const;

/** The routes of contacts. */
export function contactRoutes(ctx: ContactsCtx): Routes {
  const routes = newRoutes();
  addList(routes, {
    ...{ act: 'contacts.list', name: 'listContacts', path: '/v1/traces/{id}/contacts', tag, params, reasons },
    summary: 'Người tiếp xúc của tỉnh này · Contacts that this province is responsible for',
    ...{ ...CONTACT_LIST, pages: { most: MAX_CONTACTS, usual: 100 }, filters },
    place: z.tuple([z.number(), z.number(), z.string()]),
    find: ({ caller, params }, { limit, after, filters }) =>
      listContacts(ctx, caller, { traceId: params.id, limit, after, ...filters }).then(headed),
  });
  addFile(routes, {
    ...{ act: 'contacts.export', name: 'exportContacts', path: '/v1/traces/{id}/contacts.csv', tag },
    summary: 'Xuất người tiếp xúc ra tệp · Export the contacts as a file',
    description: bilingual(
      'Cột như trong JSON, danh sách cách nhau bằng dấu cách, giờ Việt Nam; mỗi dòng nêu trạng thái truy ' +
        'vết, tỉnh còn thiếu, lúc xuất và người xuất',
      'Columns as in the JSON, lists separated by spaces, instants in Vietnamese time; UTF-8 with a ' +
        'mark; cells that could begin a formula get an apostrophe. Every line says how the trace stood, ' +
        'when and for whom it was written; without contacts one line says that alone. Put on record.',
    ),
    ...{ params, query: filters, reasons, type: 'text/csv', example: EXAMPLE },
    answer: async ({ caller, params }, query) => {
      const pages = exportContacts(ctx, caller, { traceId: params.id, ...query });
      // A refusal is told before the file begins.
      const first = await pages.next();
      return csvResponse(csvLines(first, pages), `truyvet-${params.id}.csv`);
    },
  });
  addCommand(routes, ctx, {
    ...{ act: 'contacts.take_over', name: 'takeOverContact', method: 'post', tag },
    path: '/v1/traces/{id}/contacts/{contact}/take-over',
    summary: 'Nhận người tiếp xúc từ tỉnh khác · Take a contact over from the province responsible',
    description: bilingual(
      'Chỉ người mà tỉnh này cũng nhận là cư dân. Trung tâm quyết định; lời xin được giữ lại',
      'One whom this province also claims. The hub decides; the wish is kept until it has heard it, and ' +
        'its answer stands at the contact.',
    ),
    params: { ...params, contact: traceIdInput },
    ...{ status: 202, done: 'Đã nhận · Accepted', output: takenOverOutput },
    reasons: { NOT_FOUND: ['NO_SUCH_TRACE', 'CONTACT_UNKNOWN'] },
    run: ({ caller, params: { id, contact } }) =>
      askToTakeOver(ctx, caller, { traceId: id, contactId: contact }),
    again: (_call, kept) => kept as unknown as TakeOver,
  });
  return routes;
}

const CONTACT_COLUMNS = Object.keys(contactOutput.shape);
const CSV_COLUMNS = [
  ...CONTACT_COLUMNS,
  ...['trace', 'state', 'missing_provinces', 'rules', 'exported_at', 'exported_by'],
];

const EXAMPLE = [
  `${CSV_COLUMNS.join(',')}\r\n9f86d081884c7d659a2feaa0c55ad015,phone:+84912345678,0,Nguyễn Văn An,`,
  '12 Lê Lợi,false,,07213,1,2021-06-01T08:00:00+07:00,2021-06-01T09:00:00+07:00,3600,place,market,24 79,',
  'false,,,,',
  '4bf92f3577b34da6a3ce929d0e0e4736,partial,01,1,2021-06-03T10:00:00+07:00,an.nguyen@example.vn\r\n',
].join('');

/** The header, then each page as it comes. */
async function* csvLines(
  first: IteratorResult<ShownContacts, void>,
  rest: AsyncIterable<ShownContacts>,
): AsyncGenerator<string> {
  yield csvLine(CSV_COLUMNS);
  if (first.done) return;
  const { contacts, heading } = first.value;
  const nobody = CONTACT_COLUMNS.map(() => null);
  yield contacts.length > 0
    ? linesOf(first.value)
    : csvLine([...nobody, ...cellsOf(toWire(headingOutput, heading))]);
  for await (const page of rest) yield linesOf(page);
}

function linesOf({ contacts, heading }: ShownContacts): string {
  const said = cellsOf(toWire(headingOutput, heading));
  return contacts
    .map((contact) => csvLine([...cellsOf(toWire(contactOutput, showContact(contact))), ...said]))
    .join('');
}

type PossibleJson = z.input<typeof contactOutput>['may_be'][number];

function possibleText({ name, address, identifiers }: PossibleJson): string {
  return [name, address, ...identifiers].filter((text) => text !== null).join(' ');
}

function cellsOf(fields: object): CsvCell[] {
  return Object.entries(fields).map(([column, value]) => {
    if (/(^|_)at$/.test(column)) return vietnamInstant(parseInstant(value as string));
    if (column === 'may_be') return (value as readonly PossibleJson[]).map(possibleText).join(' / ');
    if (typeof value === 'boolean') return String(value);
    return Array.isArray(value) ? value.join(' ') : value;
  });
}
