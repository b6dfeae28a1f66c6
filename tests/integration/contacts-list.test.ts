/**
 * Contacts as a desk reads them: F1 first, those exposed last before others, with address; page by page off
 * an index; and lists on the command line, in local time.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, startHttpServer } from '../../shared/http/server.ts';
import { newTraceId } from '../../shared/ids.ts';
import { runCommandLine } from '../support/command-line.ts';
import { ALL_GRANTS, createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { askPlain } from '../support/sealed.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

interface Row {
  readonly degree: number;
  readonly last: number;
  readonly withdrawn: boolean;
}

async function addTrace(rows: readonly Row[], identifiers: readonly number[] = []): Promise<string> {
  const trace = newTraceId();
  await node.db.sql`INSERT INTO openings VALUES (${trace}, '79', 0, 'x', 0)`;
  await node.db.sql`
    INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
      place_kinds, exposed_in, identifier_ids, ward, delivery, withdrawn_at)
    SELECT ${trace}, lpad(to_hex(n), 32, '0'), degree, 1625097600, last, 900, 5, 8, '{24}',
      ${[...identifiers]}::int[], '07213', 1, CASE WHEN withdrawn = 1 THEN now() END
    FROM unnest(${rows.map((_, n) => n + 1)}::int[], ${rows.map(({ degree }) => degree)}::int[],
      ${rows.map(({ last }) => last)}::bigint[], ${rows.map(({ withdrawn }) => Number(withdrawn))}::int[])
      AS t (n, degree, last, withdrawn)`;
  return trace;
}

async function pagesOf(trace: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const { body } = await node.call('GET', `/v1/traces/${trace}/contacts?limit=${limit}${after}`);
    ids.push(...body.contacts.map(({ id }: { id: string }) => id));
    if (body.next === null) return ids;
    after = `&after=${body.next}`;
  }
}

const rows = fc.array(
  fc.record({
    degree: fc.integer({ min: 1, max: 3 }),
    last: fc.constantFrom(1_625_101_200, 1_625_101_201, 1_625_187_600, 4_294_967_295),
    withdrawn: fc.constantFrom(false, false, true),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('contacts', () => {
  it('come by degree, the last exposed first, then by id, however they are cut into pages', async () => {
    const property = fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (given, limit) => {
      const expected = given
        .map((row, n) => ({ ...row, id: (n + 1).toString(16).padStart(32, '0') }))
        .filter(({ withdrawn }) => !withdrawn)
        .sort((a, b) => a.degree - b.degree || b.last - a.last || (a.id < b.id ? -1 : 1));
      expect(await pagesOf(await addTrace(given), limit)).toEqual(expected.map(({ id }) => id));
    });
    await fc.assert(property, { numRuns: 20 });
  });

  it('are read off an index: a page costs what it shows, not what the trace has', async () => {
    const many = Array.from({ length: 20_000 }, (_, n) => {
      return { degree: 1 + (n % 2), last: 1_625_101_200 + ((n * 7919) % 86_400), withdrawn: n % 10 === 0 };
    });
    const trace = await addTrace(many);
    await node.db.sql`ANALYZE contacts`;
    const plan = await node.db.sql`
      EXPLAIN SELECT contact_id FROM contacts WHERE trace_id = ${trace} AND withdrawn_at IS NULL
        AND (degree, -last_exposed_at, contact_id) > (1, -1625150000::bigint, '')
      ORDER BY degree, -last_exposed_at, contact_id LIMIT 101`;
    const lines = plan.map((line) => Object.values(line)[0]).join('\n');
    expect(lines).toMatch(/Index Scan using contacts_in_order/);
    expect(lines).not.toContain('Sort');
  });
});

describe('on the command line', () => {
  let server: HttpServer;
  let token: string;
  let trace: string;
  let caseId: string;
  beforeAll(async () => {
    const fetch = async (request: Request) => node.handle(request);
    server = await startHttpServer({ fetch, listen: { host: '127.0.0.1', port: 0 } });
    token = await node.issuer.issue({ audience: 'truyvet-node-24', roles: ALL_GRANTS });
    const headers = { 'content-type': 'text/csv' };
    const text =
      'identifiers,name,province,ward,address\nphone:+84900000077,Lê Thị Chi,24,07213,"12 Lê Lợi, tổ 3"\n';
    await node.call('POST', '/v1/imports/persons', { headers, text });
    const statement = `SELECT id FROM identifiers WHERE value = 'phone:+84900000077'`;
    const [row] = await askPlain<{ id: number }>(node.db, node.dataKeys, statement);
    const exposed = { last: 1_625_101_200, withdrawn: false };
    trace = await addTrace(
      [
        { degree: 2, ...exposed },
        { degree: 1, ...exposed },
      ],
      [row?.id as number],
    );
    const json = { identifiers: ['phone:+84900000077'], sampled_at: '2021-07-01T20:30:00Z' };
    caseId = (await node.call('POST', '/v1/cases', { json })).body.id;
    await node.call('POST', '/v1/traces', { json: { cases: [caseId], direction: 'forward' } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const run = (...args: string[]) =>
    runCommandLine('node', args, { env: { TRUYVET_URL: server.url, TRUYVET_TOKEN: token } });

  it('contacts are a table in local time, with address and kinds of place in Vietnamese', async () => {
    const { code, out } = await run('trace', 'contacts', trace);
    expect(code).toBe(0);
    const [standing, headings, ...lines] = out.trimEnd().split('\n');
    expect(standing).toMatch(new RegExp(`^${trace} +không rõ +quy tắc \\?, lúc \\d{4}-.* cho \\w+$`));
    const { out: json } = await run('trace', 'contacts', trace, '--json');
    expect(JSON.parse(json)).toMatchObject({ trace, state: 'unknown', contacts: [{ degree: 1 }, {}] });
    expect(headings).toMatch(/^F +họ tên +xã, phường +địa chỉ +từ +đến/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^F1 +Lê Thị Chi +07213 +12 Lê Lợi, tổ 3 +2021-07-01 07:00 +2021-07-01 08:00 +15 /,
    );
    expect(lines[0]).toMatch(/ 15 +nhà hàng, cùng nhà +24 /);
    expect(lines[1]).toMatch(/^F2 /);
  });

  it('cases and traces are listed, as many as asked for, and as JSON', async () => {
    expect((await run('case', 'list')).out).toMatch(
      new RegExp(`^${caseId} +2021-07-02 03:30 +.*phone:\\+84900000077$`, 'm'),
    );
    const { out } = await run('trace', 'list', '--json', '--limit', '1');
    expect(JSON.parse(out)).toMatchObject([{ direction: 'forward', cases: [caseId] }]);
    expect((await run('trace', 'list')).out).toMatch(/^id +tỉnh +trạng thái +hướng/);
    const refused = await run('case', 'list', '--limit', 'many');
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--limit') });
  });
});
