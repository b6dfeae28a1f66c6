/**
 * Files as people have them: what spreadsheets, old systems and browsers send, over HTTP. Each is taken, or
 * the cause is named; and a dry run tells the same and leaves nothing.
 */
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIntake, type Intake } from './imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
  return () => intake[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly body: {
    readonly accepted?: number;
    readonly rejected?: number;
    readonly reason?: string;
    readonly errors: readonly { line?: number; field: string; reason: string; message: string }[];
    readonly warnings: readonly { line: number; field: string; reason: string }[];
  };
}

async function post(path: string, body: string | Uint8Array, headers = {}): Promise<Answer> {
  const init = { method: 'POST', body, headers: { 'content-type': 'text/csv', ...headers } };
  const response = await intake.app().request(`/v1/imports/${path}`, init);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const named = async () =>
  (await intake.askPlain('SELECT name FROM records')).map(({ name }: { name?: string }) => name);
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const WHO = 'cccd:024090100004';

describe('a file is taken', () => {
  it.each<[what: string, body: string | Uint8Array, headers?: Record<string, string>]>([
    ['with semicolons', `identifiers;name\n${WHO};Nguyễn An\n`],
    ['with tabs', `identifiers\tname\n${WHO}\tNguyễn An\n`],
    ['with sep= and commas', `sep=,\nidentifiers,name\n${WHO},Nguyễn An\n`],
    ['with sep= and semicolons', `\ufeffsep=;\r\nidentifiers;name\r\n${WHO};Nguyễn An\r\n`],
    ['with CR at line ends', `identifiers,name\r${WHO},Nguyễn An\r`],
    ['with capitals in its header', `Identifiers,NAME\n${WHO},Nguyễn An\n`],
    ['with an empty last column', `identifiers,name,\n${WHO},Nguyễn An,\n`],
    ['with empty columns and rows', `identifiers,name,,,\n${WHO},Nguyễn An,,,\n,,,,\n,,,,\n`],
    ['with a mark in front and quotes around all', `\ufeff"identifiers","name"\n"${WHO}","Nguyễn An"\n`],
    ['in UTF-16', utf16(`\ufeffidentifiers\tname\r\n${WHO}\tNguyễn An\r\n`)],
    [
      'in UTF-16 and saying so',
      utf16(`identifiers,name\n${WHO},Nguyễn An`),
      { 'content-type': 'text/csv; charset=utf-16le' },
    ],
    ['packed without a word', gzipSync(`identifiers,name\n${WHO},Nguyễn An\n`)],
    ['packed, in UTF-16, with semicolons', gzipSync(utf16(`\ufeffidentifiers;name\r\n${WHO};Nguyễn An\r\n`))],
    [
      'of JSON, packed without a word',
      gzipSync(`{"identifiers":"${WHO}","name":"Nguyễn An"}`),
      { 'content-type': 'application/x-ndjson' },
    ],
  ])('%s', async (_, body, headers) => {
    expect(await post('persons', body, headers)).toEqual({
      status: 200,
      body: { accepted: 1, rejected: 0, errors: [], warnings: [] },
    });
    expect(await named()).toEqual(['Nguyễn An']);
  });
});

describe('a file is refused with its cause', () => {
  it.each<[what: string, body: string | Uint8Array, reason: string, cause: string]>([
    [
      'a workbook',
      Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(200, 7)]),
      'ENCODING',
      'FILE_WORKBOOK',
    ],
    [
      'an old workbook',
      Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
      'ENCODING',
      'FILE_WORKBOOK',
    ],
    ['a page that is called a workbook', '<html><body><table><tr><td>identifiers', 'ENCODING', 'FILE_HTML'],
    ['XML', '<?xml version="1.0"?><Workbook/>', 'ENCODING', 'FILE_HTML'],
    ['a PDF', '%PDF-1.4\n', 'ENCODING', 'FILE_PDF'],
    ['a packed workbook', gzipSync('PK\u0003\u0004xl/workbook.xml'), 'ENCODING', 'FILE_WORKBOOK'],
    [
      'half of a packed file',
      gzipSync('identifiers\n'.repeat(99)).subarray(0, 20),
      'MALFORMED_GZIP',
      'NOT_GZIP',
    ],
  ])('%s', async (_, body, reason, cause) => {
    const { status, body: problem } = await post('persons', body);
    expect([status, problem.reason, problem.errors[0]?.reason]).toEqual([400, reason, cause]);
    expect(await named()).toEqual([]);
  });

  it('of Windows-1258 the lines with Vietnamese letters, and no others', async () => {
    const row = (name: number[]) =>
      Buffer.concat([Buffer.from('cmnd:012345678,'), Buffer.from(name), Buffer.from('\n')]);
    const nguyen = [0x4e, 0x67, 0x75, 0x79, 0xea, 0xde, 0x6e];
    const file = Buffer.concat([Buffer.from('identifiers,name\n'), row(nguyen), row([0x41, 0x6e])]);
    const { body } = await post('persons', file);
    expect(body).toMatchObject({ accepted: 1, rejected: 1 });
    expect(body.errors).toMatchObject([{ line: 2, field: 'row', reason: 'NOT_UTF8' }]);
    expect(body.errors[0]?.message).toContain('Windows-1258');
    expect(await named()).toEqual(['An']);
  });
});

describe('a field', () => {
  it.each([
    ['born_on', '1990', '1990'],
    ['born_on', '1990-03', '1990-03'],
    ['born_on', '1990-03-14', '1990-03-14'],
    ...['male', 'M', 'm', 'Nam', 'NAM'].map((cell) => ['sex', cell, 'male']),
    ...['female', 'F', 'nữ', 'NỮ', 'Nu', 'nu\u031b\u0303'].map((cell) => ['sex', cell, 'female']),
    ...['other', 'khác', 'Khac', 'KHÁC'].map((cell) => ['sex', cell, 'other']),
  ])('%s may be %j', async (column, cell, stored) => {
    const { body } = await post('persons', `identifiers,${column}\n${WHO},${cell}\n`);
    expect(body).toEqual({ accepted: 1, rejected: 0, errors: [], warnings: [] });
    const [said] = await intake.askPlain('SELECT born_on, stated_sex AS sex FROM records');
    expect(said).toMatchObject({ [column as string]: stored });
  });

  it('of JSON may be a year as a number', async () => {
    const json = { 'content-type': 'application/x-ndjson' };
    const { body } = await post('persons', `{"identifiers":"${WHO}","born_on":1990}`, json);
    expect(body).toMatchObject({ accepted: 1, warnings: [] });
    expect(await intake.askPlain('SELECT born_on FROM records')).toEqual([{ born_on: '1990' }]);
  });
});

describe('a dry run', () => {
  it('tells all that the import would tell, and leaves nothing', async () => {
    await post('places', 'place,kind\nP1,cafe\n');
    const FILES: readonly (readonly [kind: string, file: string])[] = [
      ['persons', `identifiers,sex,ward\n${WHO},?,07210\n${WHO},nam,7210\nfax:1,,\n`],
      ['places', 'place,kind,capacity\nP1,,9\nP2,,\nP3,bar,many\nP3,,5\nP4,pub,\n'],
      [
        'check-ins',
        `identifier,place,in_at\n${WHO},P1,2021-05-30T08:00:00Z\n${WHO},P9,2021-05-30T08:00:00Z\n`,
      ],
      [
        'encounters',
        `identifier_a,identifier_b,from,until\n${WHO},cmnd:012345678,2021-05-30T08:00Z,2021-05-30T08:20Z\n`,
      ],
    ];
    for (const [kind, file] of FILES) {
      const before = [await intake.dump(), await intake.db.sql`SELECT count(*) FROM audit_records`];
      const tried = await post(`${kind}?dry_run=true`, file);
      expect([await intake.dump(), await intake.db.sql`SELECT count(*) FROM audit_records`]).toEqual(before);
      expect(tried.status).toBe(200);
      const done = await post(`${kind}?dry_run=false`, file);
      expect(done).toEqual(tried);
      expect(done.body.accepted).toBeGreaterThan(0);
    }
  });

  it('of a file that breaks off says that nothing was changed', async () => {
    const { body } = await post('places?dry_run=true', 'place,kind\nP1,cafe\nP2,"bar\n');
    expect(body.reason).toBe('QUOTE_NOT_CLOSED');
    expect(body.errors.at(-1)?.reason).toBe('NOTHING_KEPT');
  });

  it('is not asked for in other words', async () => {
    expect((await post('places?dry_run=yes', 'place,kind\nP1,cafe\n')).status).toBe(400);
    expect(await intake.db.sql`SELECT FROM places`).toHaveLength(0);
  });
});
