/**
 * `/v1/traces/{id}/contacts`: the contacts of a trace as JSON and as a file.
 */
import { z } from '@hono/zod-openapi';
import { parseInstant, vietnamInstant } from '../../../shared/domain/instant.ts';
import type { Fault } from '../../../shared/errors.ts';
import { isProvince, readWard } from '../../../shared/gazetteer.ts';
import { type CsvCell, csvLine, csvResponse } from '../../../shared/http/csv.ts';
import { traceIdInput } from '../../../shared/http/fields.ts';
import { addFile } from '../../../shared/http/file.ts';
import { toWire } from '../../../shared/http/json-case.ts';
import { addList } from '../../../shared/http/list.ts';
import { newRoutes, type Routes } from '../../../shared/http/route.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import { refuse } from '../../../shared/shape-errors.ts';
import { CONTACT_LIST, contactOutput, showContact } from './json.ts';
import { type ContactsCtx, exportContacts, listContacts } from './operations.ts';
import type { Contact } from './rules.ts';

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
      listContacts(ctx, caller, { traceId: params.id, limit, after, ...filters }),
  });
  addFile(routes, {
    ...{ act: 'contacts.export', name: 'exportContacts', path: '/v1/traces/{id}/contacts.csv', tag },
    summary: 'Xuất người tiếp xúc ra tệp · Export the contacts as a file',
    description: bilingual(
      'Cột như trong JSON, danh sách cách nhau bằng dấu cách, giờ Việt Nam',
      'Columns as in the JSON, lists separated by spaces, instants in Vietnamese time; UTF-8 with a ' +
        'mark; cells that could begin a formula get an apostrophe. Put on record.',
    ),
    ...{ params, query: filters, reasons, type: 'text/csv', example: EXAMPLE },
    answer: async ({ caller, params }, query) => {
      const pages = exportContacts(ctx, caller, { traceId: params.id, ...query });
      // A refusal is told before the file begins.
      const first = await pages.next();
      return csvResponse(csvLines(first, pages), `truyvet-${params.id}.csv`);
    },
  });
  return routes;
}

const CSV_COLUMNS = Object.keys(contactOutput.shape);

const EXAMPLE = [
  `${CSV_COLUMNS.join(',')}\r\n9f86d081884c7d659a2feaa0c55ad015,phone:+84912345678,Nguyễn Văn An,12 Lê Lợi,`,
  '07213,1,2021-06-01T08:00:00+07:00,2021-06-01T09:00:00+07:00,3600,place,market,24 79\r\n',
].join('');

/** The header, then each page as it comes. */
async function* csvLines(
  first: IteratorResult<Contact[], void>,
  rest: AsyncIterable<Contact[]>,
): AsyncGenerator<string> {
  yield csvLine(CSV_COLUMNS);
  if (!first.done) yield linesOf(first.value);
  for await (const page of rest) yield linesOf(page);
}

function linesOf(page: readonly Contact[]): string {
  return page.map((contact) => csvLine(cellsOf(toWire(contactOutput, showContact(contact))))).join('');
}

function cellsOf(contact: z.input<typeof contactOutput>): CsvCell[] {
  return Object.entries(contact).map(([column, value]) => {
    if (column.endsWith('_at')) return vietnamInstant(parseInstant(value as string));
    return Array.isArray(value) ? value.join(' ') : value;
  });
}
