/**
 * `/v1/traces/{id}/contacts`: the contacts of a trace as JSON and as a file.
 */
import { z } from '@hono/zod-openapi';
import type { Caller } from '../../../shared/acts/access.ts';
import { type CsvCell, csvLine, csvResponse } from '../../../shared/http/csv.ts';
import { instantOutput } from '../../../shared/http/instants.ts';
import { cutPage, decodeCursor, nextOutput, pageQuery } from '../../../shared/http/paging.ts';
import { apiRoute, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { fault } from '../../../shared/shape-errors.ts';
import { type ContactsContext, exportContacts, listContacts } from './operations.ts';
import { type Contact, shownContact } from './rules.ts';

const MAX_CONTACTS = 1_000;

const contactOutput = z
  .object({
    id: z.string(),
    identifiers: z.array(z.string()),
    name: z.string().nullable(),
    ward: z.string().nullable(),
    degree: z.int(),
    first_exposed_at: instantOutput,
    last_exposed_at: instantOutput,
    seconds: z.int(),
    settings: z.array(z.enum(['place', 'encounter', 'household'])),
    place_kinds: z.array(z.string()),
    exposed_in: z.array(z.string()),
  })
  .openapi('Contact');

const contactsOutput = z.object({ contacts: z.array(contactOutput), next: nextOutput }).openapi('Contacts');
const NOT_HEX = fault({ reason: 'NOT_HEX', params: { digits: 32 } });
const idParam = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, NOT_HEX) });
const contactCursor = z.tuple([z.string()]);
const tags = ['traces'];

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const getContacts = apiRoute('contacts.list', {
  method: 'get',
  path: '/v1/traces/{id}/contacts',
  tags,
  summary: 'Người tiếp xúc của tỉnh này · Contacts that this province is responsible for',
  request: {
    params: idParam,
    query: pageQuery(MAX_CONTACTS, 100).extend({ ward: z.string().max(100).optional() }),
  },
  responses: { 200: { description: 'OK', content: json(contactsOutput) } },
});

const getContactsFile = apiRoute('contacts.export', {
  method: 'get',
  path: '/v1/traces/{id}/contacts.csv',
  tags,
  summary: 'Xuất người tiếp xúc ra tệp · Export the contacts as a file',
  description:
    'Cột như trong JSON, danh sách cách nhau bằng dấu cách · Columns as in the JSON, lists separated by ' +
    'spaces; UTF-8 with a mark; cells that could begin a formula get an apostrophe. Put on record.',
  request: { params: idParam, query: z.object({ ward: z.string().max(100).optional() }) },
  responses: {
    200: { description: 'OK', content: { 'text/csv': { schema: z.string() } } },
  },
});

/** The routes of contacts. */
export function contactRoutes(ctx: ContactsContext): Routes {
  const routes = newRoutes();
  routes.openapi(getContacts, async (c) => {
    const { limit, after, ward } = c.req.valid('query');
    const [last] = decodeCursor(after, contactCursor) ?? [];
    const page = { traceId: c.req.valid('param').id, limit, after: last, ward };
    return c.json(await contactsPage(ctx, c.get('caller'), page), 200);
  });
  routes.openapi(getContactsFile, async (c) => {
    const traceId = c.req.valid('param').id;
    const pages = exportContacts(ctx, c.get('caller'), { traceId, ...c.req.valid('query') });
    // A refusal is told before the file begins.
    const first = await pages.next();
    return csvResponse(csvLines(first, pages), `truyvet-${traceId}.csv`);
  });
  return routes;
}

interface PageRequest {
  readonly traceId: string;
  readonly limit: number;
  readonly after?: string | undefined;
  readonly ward?: string | undefined;
}

async function contactsPage(
  ctx: ContactsContext,
  caller: Caller,
  request: PageRequest,
): Promise<z.output<typeof contactsOutput>> {
  const found = await listContacts(ctx, caller, request);
  const { page, next } = cutPage(found, request.limit, ({ id }) => [id]);
  return { contacts: page.map(shownContact), next };
}

const CSV_COLUMNS = Object.keys(contactOutput.shape) as (keyof z.output<typeof contactOutput>)[];

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
  return page.map((contact) => csvLine(cellsOf(shownContact(contact)))).join('');
}

function cellsOf(contact: z.output<typeof contactOutput>): CsvCell[] {
  return CSV_COLUMNS.map((column) => {
    const value = contact[column];
    return Array.isArray(value) ? value.join(' ') : value;
  });
}
