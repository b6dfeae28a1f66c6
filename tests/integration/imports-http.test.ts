/** The four imports through HTTP: media types, roles, compression, and bodies that end badly. */
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { IdentifierQuota } from '../../node/records/people/quota.ts';
import { startHttpServer } from '../../shared/http/server.ts';
import { createIntake, type Intake } from './imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
  return () => intake[Symbol.asyncDispose]();
});

const post = (kind: string, body: string | Uint8Array | null, headers: Record<string, string> = {}) =>
  intake.app().request(`/v1/imports/${kind}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/csv', ...headers },
  });
const placesStored = async () =>
  (await intake.db.sql`SELECT place FROM places ORDER BY 1`).map(({ place }) => place);

describe('imports over HTTP', () => {
  it('take CSV and NDJSON', async () => {
    const csv = await post('places', 'place,kind\r\nP1,cafe\r\nP2,pub\r\n', {
      'content-type': 'text/csv; charset=UTF-8',
    });
    expect(csv.status).toBe(200);
    expect(await csv.json()).toEqual({
      accepted: 1,
      rejected: 1,
      errors: [
        {
          ...{ line: 3, field: 'kind', reason: 'UNKNOWN_PLACE_KIND', params: { kind: 'pub' } },
          message: 'không có loại địa điểm này: pub',
        },
      ],
      warnings: [],
    });
    const row = { identifier: 'cmnd:012345678', place: 'P1', in_at: '2021-05-30T08:00:00+07:00' };
    const ndjson = await post('check-ins', JSON.stringify(row), { 'content-type': 'application/x-ndjson' });
    expect(await ndjson.json()).toEqual({ accepted: 1, rejected: 0, errors: [], warnings: [] });
  });

  it('end where a caller has brought more new identifiers than are allowed in an hour', async () => {
    const clock = { nowMs: () => Date.parse('2021-06-01T08:59:00Z') };
    const quota = new IdentifierQuota(clock, { entries: 0, imports: 4_000 });
    const post = async (phones: readonly number[]) => {
      const rows = phones.map((n) => `phone:09${String(n).padStart(8, '0')}`);
      const response = await intake.app(['integrator@24'], { quota }).request('/v1/imports/persons', {
        ...{ method: 'POST', headers: { 'content-type': 'text/csv' } },
        body: `identifiers\n${rows.join('\n')}\n`,
      });
      return { response, body: await response.json() };
    };
    const numbers = Array.from({ length: 4_001 }, (_, i) => i);
    const { response, body } = await post(numbers);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('60');
    expect(body).toMatchObject({
      reason: 'IDENTIFIER_QUOTA',
      errors: [{ field: 'body', reason: 'ROWS_KEPT', params: { accepted: 4_000, rejected: 0 } }],
    });
    // Who is known costs nothing, and the next hour takes the rest.
    expect((await post(numbers.slice(0, 10))).body).toMatchObject({ accepted: 10 });
    expect((await post([4_000, 1])).response.status).toBe(429);
    clock.nowMs = () => Date.parse('2021-06-01T09:00:00Z');
    expect((await post(numbers)).body).toMatchObject({ accepted: 4_001, rejected: 0 });
  });

  it('take gzip', async () => {
    const response = await post('places', gzipSync('place,kind\nP1,cafe\n'), { 'content-encoding': 'gzip' });
    expect(await response.json()).toEqual({ accepted: 1, rejected: 0, errors: [], warnings: [] });
  });

  const CSV = { 'content-type': 'text/csv' };
  const GZIP = { 'content-encoding': 'gzip' };
  const HALF = gzipSync('place,kind\nP1,cafe\n').subarray(0, 20);
  it.each<[string, string | Uint8Array | null, Record<string, string>, string]>([
    ['broken gzip', HALF, GZIP, '400 MALFORMED_GZIP'],
    ['no gzip at all', 'place,kind\nP1,cafe\n', GZIP, '400 MALFORMED_GZIP'],
    ['another encoding', 'place,kind\n', { 'content-encoding': 'br' }, '415 UNSUPPORTED_MEDIA_TYPE'],
    ['another type', '[]', { 'content-type': 'application/json' }, '415 UNSUPPORTED_MEDIA_TYPE'],
    [
      'another charset',
      '',
      { 'content-type': 'text/csv; charset=windows-1258' },
      '415 UNSUPPORTED_MEDIA_TYPE',
    ],
    ['an unknown column', 'place,kind,x\nP1,cafe,1\n', CSV, '400 HEADER_INVALID'],
    ['an empty body', null, CSV, '400 HEADER_MISSING'],
    ['a workbook', Buffer.from('PK\u0003\u0004\u0014'), CSV, '400 ENCODING'],
    ['an open quote', 'place,kind\n"P1,cafe\n', CSV, '400 QUOTE_NOT_CLOSED'],
  ])('refuse %s', async (_, body, headers, expected) => {
    const response = await post('places', body, headers);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const { status, reason } = (await response.json()) as { status: number; reason: string };
    expect(`${status} ${reason}`).toBe(expected);
    expect(response.status).toBe(status);
    expect(await placesStored()).toEqual([]);
  });

  it('are for integrators and operators', async () => {
    const body = 'place,kind\nP1,cafe\n';
    const init = { method: 'POST', body, headers: { 'content-type': 'text/csv' } };
    expect((await intake.app(['operator@24']).request('/v1/imports/places', init)).status).toBe(200);
    for (const grants of [['ward_tracer@24'], ['integrator@213'], ['operator@07210']])
      expect((await intake.app(grants).request('/v1/imports/places', init)).status).toBe(403);
    expect((await intake.app().request('/v1/imports/pets', init)).status).toBe(404);
  });

  it('are documented', async () => {
    const document = (await (await intake.app().request('/v1/openapi.json')).json()) as { paths: object };
    expect(Object.keys(document.paths)).toEqual([
      '/v1/imports/persons',
      '/v1/imports/places',
      '/v1/imports/check-ins',
      '/v1/imports/encounters',
    ]);
  });
});

describe('imports over a socket', () => {
  const serve = () => startHttpServer({ fetch: intake.app().fetch, listen: { host: '127.0.0.1', port: 0 } });
  const headers = { 'content-type': 'text/csv', 'transfer-encoding': 'chunked' };

  it('answer an endless line while it is still being sent', async () => {
    await using server = await serve();
    const upload = request(`${server.url}/v1/imports/places`, { method: 'POST', headers });
    upload.on('error', () => undefined);
    const answer = new Promise<{ status?: number | undefined; body: string }>((resolve) => {
      upload.once('response', async (response) => {
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part as Buffer);
        resolve({ status: response.statusCode, body: Buffer.concat(parts).toString() });
      });
    });
    upload.write('place,kind\nP1,cafe\n');
    const more = () => {
      while (!upload.destroyed && upload.write(Buffer.alloc(10_000, 'x')));
    };
    upload.on('drain', more);
    more();
    const { status, body } = await answer;
    upload.destroy();
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      reason: 'LINE_TOO_LONG',
      errors: [
        { field: 'line 3', reason: 'TOO_MANY_BYTES', params: { most: 65_536 } },
        { field: 'body', reason: 'ROWS_KEPT', params: { accepted: 1, rejected: 0 } },
      ],
    });
    expect(await placesStored()).toEqual(['P1']);
  });

  it('survive a client that goes away: whole batches are kept, the server goes on', async () => {
    await using server = await serve();
    const upload = request(`${server.url}/v1/imports/places`, { method: 'POST', headers });
    upload.on('error', () => undefined);
    const batch = Array.from({ length: 2_000 }, (_, i) => `P${i},cafe\n`);
    upload.write(`place,kind\n${batch.join('')}LATE,cafe\n`);
    await expect.poll(async () => (await placesStored()).length, { timeout: 30_000 }).toBe(2_000);
    upload.destroy();
    const response = await fetch(`${server.url}/v1/imports/places`, {
      method: 'POST',
      body: 'place,kind\nQ,bar\n',
      headers: { 'content-type': 'text/csv' },
    });
    const report = (await response.json()) as { accepted: number };
    expect(report.accepted).toBe(1);
    expect((await placesStored()).includes('LATE')).toBe(false);
  });
});
