/**
 * The four imports over HTTP: bodies of any size are streamed to the operation, plain or gzipped.
 */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import { shownFieldError, unsupportedMediaType } from '../../../shared/http/problem.ts';
import { apiRoute, fieldErrorSchema, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { unzipped } from './gzip.ts';
import { type ImportContext, type ImportFormat, importRows, MOST_ERRORS } from './operations.ts';
import { IMPORT_KINDS, ROW_KINDS } from './rows.ts';

const FORMATS: Readonly<Record<string, ImportFormat>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
};

const reportSchema = z
  .object({
    accepted: z.int(),
    rejected: z.int(),
    errors: z
      .array(fieldErrorSchema.extend({ line: z.int() }).openapi('RowError'))
      .openapi({ description: `${MOST_ERRORS} lỗi đầu tiên · The first ${MOST_ERRORS} errors, by line` }),
  })
  .openapi('ImportReport');

/** `POST /v1/imports/{kind}` for each kind; columns in README.md, Import files. */
export function importRoutes(ctx: ImportContext): Routes {
  const routes = newRoutes();
  for (const kind of IMPORT_KINDS) {
    const columns = Object.entries(ROW_KINDS[kind].columns);
    const names = columns.map(([name, { required }]) => (required ? `${name}*` : name)).join(', ');
    const route = apiRoute(`imports.${kind}`, {
      method: 'post',
      path: `/v1/imports/${kind}`,
      tags: ['imports'],
      summary: `Nhập ${kind} · Import ${kind}`,
      description: `Cột (* bắt buộc) · Columns (* required): ${names}. UTF-8; content-encoding: gzip.`,
      request: { body: { required: true, content: BODIES } },
      responses: {
        200: {
          description: 'Kết quả · What became of the rows',
          content: { 'application/json': { schema: reportSchema } },
        },
      },
    });
    routes.openapi(route, async (c) => {
      const source = sourceOf(c.req.raw);
      const report = await importRows(ctx, c.get('caller'), { kind, source });
      const { language } = c.var;
      // Here, for the few rows that are shown: a file may have a million bad ones.
      const errors = report.errors.map((one) => ({ line: one.line, ...shownFieldError(one, language) }));
      return c.json({ ...report, errors }, 200);
    });
  }
  return routes;
}

const BODIES = Object.fromEntries(
  Object.keys(FORMATS).map((type) => [type, { schema: z.string().openapi({ format: 'binary' }) }]),
);

function sourceOf({ headers, body }: Request) {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  const format = FORMATS[type.trim()];
  if (format === undefined) throw unsupportedMediaType(Object.keys(FORMATS).join(', '));
  const charset = parameters.map((parameter) => parameter.trim()).find((p) => p.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw unsupportedMediaType(`${type.trim()}; charset=utf-8`);
  }
  const bytes = body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream);
  return { format, bytes: decoded(bytes, headers.get('content-encoding') ?? 'identity') };
}

function decoded(bytes: Readable, encoding: string): AsyncIterable<Uint8Array> {
  if (encoding === 'identity') return bytes;
  if (encoding === 'gzip') return unzipped(bytes);
  throw unsupportedMediaType('gzip', 'content-encoding');
}
