/**
 * The four imports over HTTP: bodies of any size are streamed to the operation, plain or gzipped.
 */
import type { Readable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import { shownFieldError, unsupportedMediaType } from '../../../shared/http/problem.ts';
import { fieldErrorSchema, newRoutes, type Routes } from '../../../shared/http/route.ts';
import { addUpload } from '../../../shared/http/upload.ts';
import { bilingual } from '../../../shared/i18n/bilingual.ts';
import { unzipped, unzippedIfGzip } from './gzip.ts';
import { type ImportCtx, type ImportFormat, importRows, type LineError, MOST_ERRORS } from './operations.ts';
import { IMPORT_KINDS, type ImportKind, ROW_KINDS } from './rows.ts';

const FORMATS: Readonly<Record<string, ImportFormat>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
};

const rowError = fieldErrorSchema.extend({ line: z.int() }).openapi('RowError');

const reportSchema = z
  .object({
    accepted: z.int(),
    rejected: z.int(),
    errors: z.array(rowError).openapi({
      description: `${MOST_ERRORS} lỗi đầu tiên · The first ${MOST_ERRORS} errors, by line`,
    }),
    warnings: z.array(rowError).openapi({
      description: bilingual(
        `${MOST_ERRORS} cảnh báo đầu tiên: dòng được nhận, bỏ ô sai`,
        `The first ${MOST_ERRORS} warnings: the row was taken, without that field`,
      ),
    }),
  })
  .openapi('ImportReport');

const query = z.object({
  dry_run: z
    .enum(['true', 'false'])
    .optional()
    .openapi({
      description: bilingual('true: chỉ kiểm tra, không lưu gì', 'true: reports all, stores nothing'),
      example: 'false',
    }),
});

const NAMES = {
  persons: 'importPersons',
  places: 'importPlaces',
  'check-ins': 'importCheckIns',
  encounters: 'importEncounters',
} as const satisfies Record<ImportKind, string>;

/** One row of each kind, as it may stand in a file. */
const ROWS: Readonly<Record<ImportKind, Readonly<Record<string, string>>>> = {
  persons: {
    ...{ identifiers: 'cccd:024090000001 phone:+84912345678', name: 'Nguyễn Văn An', born_on: '1990-03-14' },
    ...{ sex: 'nam', province: '24', ward: '07213', address: 'thôn Đông, xã Quế Nham', household: 'QN-0147' },
  },
  places: {
    ...{ place: 'BG-MART-0012', name: 'Chợ Thương', kind: 'market', ward: '07210', capacity: '400' },
    ...{ latitude: '21.2731', longitude: '106.1946' },
  },
  'check-ins': {
    ...{ identifier: 'phone:+84912345678', place: 'BG-MART-0012', home_province: '24' },
    ...{ in_at: '2021-06-01T08:00:00+07:00', out_at: '2021-06-01T08:40:00+07:00' },
  },
  encounters: {
    ...{ identifier_a: 'app:2f1c0a52-9c5e-4c3a-8a86-4a0c6a0e5b11', identifier_b: 'phone:+84912345678' },
    ...{ from: '2021-06-01T08:05:00+07:00', until: '2021-06-01T08:25:00+07:00', rssi: '-61' },
  },
};

const EXAMPLES = {
  csv: (kind: ImportKind) =>
    `${Object.keys(ROWS[kind]).join(',')}\n${Object.values(ROWS[kind])
      .map((cell) => (cell.includes(',') ? `"${cell}"` : cell))
      .join(',')}\n`,
  ndjson: (kind: ImportKind) => `${JSON.stringify(ROWS[kind])}\n`,
};

/** `POST /v1/imports/{kind}` for each kind; columns in README.md, Import files. */
export function importRoutes(ctx: ImportCtx): Routes {
  const routes = newRoutes();
  for (const kind of IMPORT_KINDS) {
    const columns = Object.entries(ROW_KINDS[kind].columns);
    const names = columns.map(([name, { required }]) => (required ? `${name}*` : name)).join(', ');
    const types = Object.entries(FORMATS).map(([type, format]) => [type, EXAMPLES[format](kind)]);
    addUpload(routes, ctx, {
      ...{ act: `imports.${kind}`, name: NAMES[kind], path: `/v1/imports/${kind}`, tag: 'imports', query },
      summary: `Nhập ${kind} · Import ${kind}`,
      description: `Cột (* bắt buộc) · Columns (* required): ${names}. UTF-8, UTF-16; gzip; , ; tab |`,
      types: Object.fromEntries(types),
      output: reportSchema,
      reasons: {
        INVALID_ARGUMENT: [
          'UNSUPPORTED_MEDIA_TYPE',
          'MALFORMED_GZIP',
          'EXPANDS_TOO_MUCH',
          'INVALID_CHARACTER',
        ],
        CANCELLED: ['UPLOAD_CUT_OFF'],
        DEADLINE_EXCEEDED: ['REQUEST_TOO_SLOW'],
        RESOURCE_EXHAUSTED: ['IDENTIFIER_QUOTA'],
      },
      run: async ({ caller, c }, bytes) => {
        const dryRun = c.req.query('dry_run') === 'true';
        const report = await importRows(ctx, caller, { kind, dryRun, source: sourceOf(c.req.raw, bytes) });
        // Here, for the few rows that are shown: a file may have a million bad ones.
        const shown = (one: LineError) => ({ ...shownFieldError(one, c.var.language), line: one.line });
        return { ...report, errors: report.errors.map(shown), warnings: report.warnings.map(shown) };
      },
    });
  }
  return routes;
}

function sourceOf({ headers }: Request, bytes: Readable) {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  const format = FORMATS[type.trim()];
  if (format === undefined) throw unsupportedMediaType(Object.keys(FORMATS).join(', '));
  const charset = parameters.map((parameter) => parameter.trim()).find((p) => p.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?(8|16|16le|16be)"?$/.test(charset)) {
    throw unsupportedMediaType(`${type.trim()}; charset=utf-8`);
  }
  return { format, bytes: decoded(bytes, headers.get('content-encoding') ?? 'identity') };
}

function decoded(bytes: Readable, encoding: string): AsyncIterable<Uint8Array> {
  if (encoding === 'identity') return unzippedIfGzip(bytes);
  if (encoding === 'gzip') return unzipped(bytes);
  throw unsupportedMediaType('gzip', 'content-encoding');
}
