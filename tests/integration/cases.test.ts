/**
 * `/v1/cases` against a real database: what is stored, what is refused with which problem, and that a refusal
 * changes nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShownFieldError } from '../../shared/http/problem.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

const CASE = { identifiers: ['phone:0912345678'], onset_on: '2021-06-01' };
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

const enter = async (json: unknown = CASE): Promise<string> => {
  const { status, body } = await node.call('POST', '/v1/cases', { json });
  expect(status).toBe(201);
  return body.id;
};
const counts = async () => {
  const [row] = await node.db.sql`
    SELECT (SELECT count(*)::int FROM cases) AS cases,
      (SELECT count(*)::int FROM identifiers) AS identifiers`;
  return row;
};

describe('entering a case', () => {
  it('stores canonical identifiers in their order, instants in UTC, and tells tracing', async () => {
    const id = await enter({
      identifiers: ['phone:0912 345 678', 'cccd:001090123456', 'phone:+84912345678'],
      onset_on: '2021-06-01',
      sampled_at: '2021-06-03T08:00:00.9+07:00',
      isolated_at: null,
    });
    const { status, body } = await node.call('GET', `/v1/cases/${id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      identifiers: ['phone:+84912345678', 'cccd:001090123456'],
      onset_on: '2021-06-01',
      sampled_at: '2021-06-03T01:00:00Z',
      isolated_at: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      changed_at: expect.any(String),
      withdrawn_at: null,
      ward: null,
      version: 1,
      superseded: [],
    });
    expect((await node.changed()).at(-1)).toHaveLength(2);
  });

  it('uses the identifiers that are known already', async () => {
    await enter();
    const before = await counts();
    await enter();
    expect(await counts()).toEqual({ cases: before?.cases + 1, identifiers: before?.identifiers });
  });
});

const tomorrow = new Date(Date.now() + 2 * 86_400_000).toISOString();

function said(field: string, reason: string, message: string, params = {}): ShownFieldError {
  return { field, reason, message, params };
}

const NO_DATE = said('onset_on', 'ONE_OF_REQUIRED', 'cần một trong: onset_on, sampled_at', {
  fields: 'onset_on, sampled_at',
});
const NOT_AN_INSTANT = said(
  'sampled_at',
  'NOT_AN_INSTANT',
  'phải là thời điểm ISO 8601 có múi giờ (2021-06-01T08:00:00+07:00)',
);
const UNKNOWN_KIND = said(
  'identifiers[1]',
  'UNKNOWN_IDENTIFIER_KIND',
  'không có loại định danh này; các loại: cccd, cmnd, phone, passport, insurance, app',
  { kinds: 'cccd, cmnd, phone, passport, insurance, app' },
);

const farFrom = (field: string) =>
  said(field, 'FAR_FROM_ONSET', 'cách ngày khởi phát hơn 60 ngày', { most: 60 });

describe('dates that contradict each other', () => {
  const entered = (json: unknown) => node.call('POST', '/v1/cases', { json });

  /** What is said of the person, and of what a trace would find today, stands beside it. */
  const ofDates = (warnings: ShownFieldError[]) =>
    warnings.filter(
      ({ field, reason }) => !field.startsWith('identifiers') && reason !== 'INDEX_WINDOW_EMPTY',
    );

  it.each<[string, object, [field: string, reason: string][]]>([
    ['none', { sampled_at: '2021-06-03T08:00:00Z', isolated_at: '2021-06-04T00:00:00Z' }, []],
    ['at its midnight', { sampled_at: '2021-06-01T00:00:00+07:00' }, []],
    ['sixty days after', { isolated_at: '2021-07-31T00:00:00+07:00' }, []],
    ['sampled before onset', { sampled_at: '2021-05-30T08:00:00Z' }, [['sampled_at', 'BEFORE_FIELD']]],
    ['isolated before onset', { isolated_at: '2021-05-30T08:00:00Z' }, [['isolated_at', 'BEFORE_FIELD']]],
    [
      'both, the minute before',
      { sampled_at: '2021-05-31T23:59:00+07:00', isolated_at: '2021-05-31T23:59:00+07:00' },
      [
        ['sampled_at', 'BEFORE_FIELD'],
        ['isolated_at', 'BEFORE_FIELD'],
      ],
    ],
  ])('are told with the id: %s', async (_, dates, reasons) => {
    const { status, body } = await entered({ ...CASE, ...dates });
    expect(status).toBe(201);
    expect(ofDates(body.warnings).map(({ field, reason }) => [field, reason])).toEqual(reasons);
    for (const { message } of ofDates(body.warnings)) expect(message).toBe('không được trước onset_on');
  });

  it('are told of an isolation that is still to come', async () => {
    const onset_on = new Date().toISOString().slice(0, 10);
    const { body } = await entered({ ...CASE, onset_on, isolated_at: tomorrow });
    expect(ofDates(body.warnings)).toMatchObject([{ field: 'isolated_at', reason: 'IN_FUTURE' }]);
  });

  it('are told again when the same request comes again', async () => {
    const headers = { 'idempotency-key': 'contradiction-1' };
    const json = { ...CASE, sampled_at: '2021-05-30T08:00:00Z' };
    const first = await node.call('POST', '/v1/cases', { json, headers });
    const again = await node.call('POST', '/v1/cases', { json, headers });
    expect(ofDates(first.body.warnings)).toHaveLength(1);
    expect(again.body).toEqual(first.body);
  });

  it.each([
    ['sampled_at', '2021-07-31T00:00:01+07:00'],
    ['isolated_at', '2021-04-01T00:00:00Z'],
    ['isolated_at', '2012-06-05T00:00:00Z'],
    ['isolated_at', '2022-06-05T00:00:00Z'],
  ])('are refused in a correction: %s %s', async (field, at) => {
    const id = await enter();
    const { status, body } = await node.call('PATCH', `/v1/cases/${id}`, { json: { [field]: at } });
    expect([status, body.errors]).toEqual([400, [farFrom(field)]]);
  });
});

describe('bad cases', () => {
  const bad: [name: string, json: unknown, errors: ShownFieldError[]][] = [
    ['neither onset nor sampling', { identifiers: ['phone:0912345678'] }, [NO_DATE]],
    [
      'onset in the future',
      { ...CASE, onset_on: tomorrow.slice(0, 10) },
      [said('onset_on', 'IN_FUTURE', 'không được ở tương lai')],
    ],
    [
      'onset before the wire begins',
      { ...CASE, onset_on: '1969-06-01' },
      [said('onset_on', 'TOO_EARLY', 'không được trước 1972-01-01', { earliest: '1972-01-01' })],
    ],
    [
      'sampling in the future',
      { ...CASE, onset_on: null, sampled_at: tomorrow },
      [said('sampled_at', 'IN_FUTURE', 'không được ở tương lai')],
    ],
    [
      'a date that does not exist',
      { ...CASE, onset_on: '2021-02-30' },
      [said('onset_on', 'NO_SUCH_DATE', 'ngày này không có trong lịch')],
    ],
    [
      'isolation and sampling more than 60 days from onset',
      { ...CASE, sampled_at: '2021-08-03T08:00:00Z', isolated_at: '2012-06-05T00:00:00Z' },
      [farFrom('sampled_at'), farFrom('isolated_at')],
    ],
    [
      'isolation more than 60 days from the sampling, of an onset that nobody knows',
      { ...CASE, onset_on: null, sampled_at: '2021-06-03T08:00:00Z', isolated_at: '2021-09-03T08:00:00Z' },
      [farFrom('isolated_at')],
    ],
    ['an instant without offset', { ...CASE, sampled_at: '2021-06-01T08:00:00' }, [NOT_AN_INSTANT]],
    ['no identifiers', { onset_on: '2021-06-01' }, [said('identifiers', 'REQUIRED', 'bắt buộc')]],
    [
      'an empty list of identifiers',
      { ...CASE, identifiers: [] },
      [said('identifiers', 'TOO_FEW', 'ít hơn 1 mục', { least: 1 })],
    ],
    [
      'identifiers that are none',
      { ...CASE, identifiers: ['phone:0912345678', 'fax:1', 'cccd:12'] },
      [UNKNOWN_KIND, said('identifiers[2]', 'CCCD_FORM', 'số CCCD phải có 12 chữ số')],
    ],
    [
      'an identifier that is no text',
      { ...CASE, identifiers: [5] },
      [said('identifiers[0]', 'NOT_TEXT', 'phải là văn bản')],
    ],
    [
      'an unknown field',
      { ...CASE, onset: '2021-06-01' },
      [said('onset', 'UNKNOWN_FIELD', 'trường không có trong quy định')],
    ],
    [
      'a ward whose zero a spreadsheet took',
      { ...CASE, ward: '7213' },
      [said('ward', 'ZERO_LOST', 'thiếu số 0 ở đầu; ý bạn là 07213?', { meant: '07213' })],
    ],
    [
      'a ward of another province',
      { ...CASE, ward: '26734' },
      [said('ward', 'NOT_OF_PROVINCE', 'không thuộc tỉnh này')],
    ],
    ['a body that is no object', [CASE], [said('body', 'NOT_AN_OBJECT', 'phải là đối tượng JSON')]],
  ];
  it.each(bad)('%s', async (_name, json, errors) => {
    const before = await counts();
    const { status, headers, body } = await node.call('POST', '/v1/cases', { json });
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        type: 'urn:truyvet:problem:invalid-field',
        title: 'Dữ liệu không hợp lệ',
        status: 400,
        detail: errors.map(({ field, message }) => `${field}: ${message}`).join('; '),
        reason: 'INVALID_FIELD',
        errors,
        request_id: headers.get('x-request-id'),
      },
    });
    expect(await counts()).toEqual(before);
  });

  it('does not repeat what was sent', async () => {
    const { body } = await node.call('POST', '/v1/cases', {
      json: { ...CASE, identifiers: ['cccd:00109012345X'] },
    });
    expect(JSON.stringify(body)).not.toContain('00109012345');
    expect(node.logged.join('')).not.toContain('00109012345');
  });
});

describe('correcting a case', () => {
  it('changes what is named, erases with null, leaves the rest', async () => {
    const id = await enter({ ...CASE, sampled_at: '2021-06-03T08:00:00Z' });
    const { status, body } = await node.call('PATCH', `/v1/cases/${id}`, {
      json: { onset_on: null, isolated_at: '2021-06-05T00:00:00+07:00' },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      identifiers: ['phone:+84912345678'],
      onset_on: null,
      sampled_at: '2021-06-03T08:00:00Z',
      isolated_at: '2021-06-04T17:00:00Z',
    });
  });

  it('tells tracing of the identifiers it had and those it has', async () => {
    const id = await enter({ ...CASE, identifiers: ['phone:0912000001', 'phone:0912000002'] });
    const [before] = [(await node.changed()).at(-1) as number[]];
    await node.call('PATCH', `/v1/cases/${id}`, {
      json: { identifiers: ['phone:0912000002', 'phone:0912000003'] },
    });
    const after = (await node.changed()).at(-1) as number[];
    expect(after).toHaveLength(3);
    expect(after).toEqual(expect.arrayContaining(before));
  });

  it('withdraws once and restores', async () => {
    const id = await enter();
    const withdrawn = await node.call('PATCH', `/v1/cases/${id}`, { json: { withdrawn: true } });
    expect(withdrawn.body.withdrawn_at).toMatch(/Z$/);
    const again = await node.call('PATCH', `/v1/cases/${id}`, { json: { withdrawn: true } });
    expect(again.body.withdrawn_at).toBe(withdrawn.body.withdrawn_at);
    const restored = await node.call('PATCH', `/v1/cases/${id}`, { json: { withdrawn: false } });
    expect(restored.body.withdrawn_at).toBeNull();
  });

  const bad: [name: string, json: unknown, status: number, error: ShownFieldError][] = [
    ['no field', {}, 400, said('body', 'NO_FIELDS', 'không nêu trường nào')],
    ['neither onset nor sampling left', { onset_on: null }, 400, NO_DATE],
    [
      'onset in the future',
      { onset_on: tomorrow.slice(0, 10) },
      400,
      said('onset_on', 'IN_FUTURE', 'không được ở tương lai'),
    ],
    [
      'an unknown field',
      { onset_on: '2021-06-02', id: UNKNOWN_ID },
      400,
      said('id', 'UNKNOWN_FIELD', 'trường không có trong quy định'),
    ],
  ];
  it.each(bad)('refuses: %s', async (_name, json, status, error) => {
    const id = await enter();
    const { body: before } = await node.call('GET', `/v1/cases/${id}`);
    const refused = await node.call('PATCH', `/v1/cases/${id}`, { json });
    expect(refused).toMatchObject({ status, body: { errors: [error] } });
    expect((await node.call('GET', `/v1/cases/${id}`)).body).toEqual(before);
  });
});

describe('reading cases', () => {
  it.each([
    ['GET', UNKNOWN_ID, 404, 'NO_SUCH_CASE'],
    ['PATCH', UNKNOWN_ID, 404, 'NO_SUCH_CASE'],
    ['GET', 'seven', 400, 'INVALID_FIELD'],
  ])('%s of case %s is %i %s', async (method, id, status, reason) => {
    const json = method === 'PATCH' ? { withdrawn: true } : undefined;
    const answer = await node.call(method, `/v1/cases/${id}`, json ? { json } : {});
    expect(answer).toMatchObject({ status, body: { reason } });
  });

  it('pages through all cases, newest first, each once', async () => {
    for (let i = 0; i < 5; i++) await enter();
    const seen: { id: string; created_at: string }[] = [];
    let after = '';
    do {
      const { body } = await node.call('GET', `/v1/cases?limit=2${after}`);
      expect(body.cases.length).toBeLessThanOrEqual(2);
      seen.push(...body.cases);
      after = body.next === null ? '' : `&after=${encodeURIComponent(body.next)}`;
    } while (after !== '');
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(seen).toHaveLength((await counts())?.cases);
    const times = seen.map((found) => found.created_at);
    expect(times).toEqual([...times].sort().reverse());
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=many', 'limit'],
    ['after=xyz', 'after'],
    [`after=${Buffer.from('["a"]').toString('base64url')}`, 'after'],
  ])('refuses ?%s', async (query, field) => {
    const { status, body } = await node.call('GET', `/v1/cases?${query}`);
    expect({ status, field: body.errors[0].field }).toEqual({ status: 400, field });
  });
});

describe('identifiers that the node did not know', () => {
  const quota = { entries: 6, imports: 0 };
  const one = (n: number) => `phone:09155500${String(n).padStart(2, '0')}`;
  const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => one(from + i));
  const enter = async (server: NodeHttp, identifiers: readonly string[], subject = 'lab') => {
    const json = { identifiers, onset_on: '2021-06-10' };
    const { status, headers, body } = await server.call('POST', '/v1/cases', { json, subject });
    const after = Number(headers.get('retry-after'));
    return { status, id: body.id, reason: body.reason, after: after >= 1 && after <= 3_600 };
  };

  it('are so many an hour of one caller, whatever brings them; others go on', async () => {
    await using strict = await createNodeHttp({ quota });
    const tooMany = { status: 429, id: undefined, reason: 'IDENTIFIER_QUOTA', after: true };
    const first = await enter(strict, many(0, 4));
    expect(first.status).toBe(201);
    expect((await enter(strict, many(2, 5))).status).toBe(201);
    expect(await enter(strict, [one(20)])).toEqual(tooMany);
    expect(await enter(strict, [one(0), one(21)])).toEqual(tooMany);
    const change = { json: { identifiers: [one(22)] }, subject: 'lab', headers: { 'if-match': '"1"' } };
    expect((await strict.call('PATCH', `/v1/cases/${first.id}`, change)).body.reason).toBe(
      'IDENTIFIER_QUOTA',
    );
    expect((await enter(strict, [one(0), one(6)])).status).toBe(201);
    expect((await enter(strict, [one(23)], 'another')).status).toBe(201);
    const [row] = await strict.db.sql`SELECT count(*)::int AS known FROM identifiers`;
    expect(row?.known).toBe(8);
  });
});
