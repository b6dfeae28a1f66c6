/**
 * `/v1/traces` of a node against a real database and a hub over the real protocol: what is opened, amended,
 * closed; what is queued while the hub is away; who sees what.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '../../shared/cli/events.ts';
import { AppError } from '../../shared/errors.ts';
import { CoverageState, Direction, TraceState } from '../../shared/gen/truyvet/v1/common_pb.ts';
import { createTraceCipher } from '../../shared/pseudonym/trace-cipher.ts';
import { createNodeHttp, FEDERATION_KEY, type NodeHttp } from '../support/node-http.ts';
import { askPlain } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

const UNKNOWN_CASE = '00000000-0000-4000-8000-000000000000';
const UNKNOWN_TRACE = '0'.repeat(32);

const enterCase = async (json: Record<string, unknown> = {}): Promise<string> => {
  const facts = { identifiers: ['phone:0912345678'], onset_on: '2021-06-10', ...json };
  return (await node.call('POST', '/v1/cases', { json: facts })).body.id;
};
const startTrace = async (json: Record<string, unknown>, headers: Record<string, string> = {}) =>
  node.call('POST', '/v1/traces', {
    json: { direction: 'forward', as_of: '2021-07-01T00:00:00Z', ...json },
    headers,
  });
const openedOf = (id: string) => node.hub.opened.filter((opening) => opening.trace_id === id);
const accepted = (id: string, revision = 0) =>
  waitFor(`revision ${revision} of the trace at the hub`, async () => {
    const [row] = await node.db.sql`SELECT revision, accepted_at FROM traces WHERE id = ${id}`;
    return row?.accepted_at !== null && row?.revision === revision;
  });
const seconds = (text: string) => Date.parse(text) / 1000;

describe('opening a trace', () => {
  it('sends the hub a signed opening in pseudonyms, and takes the hub at its word', async () => {
    const first = await enterCase({ identifiers: ['phone:0912000001', 'phone:0912000009'] });
    const second = await enterCase({
      identifiers: ['phone:0912000002'],
      onset_on: null,
      sampled_at: '2021-06-12T01:00:00Z',
    });
    const { status, body } = await startTrace({ cases: [first, second], max_degree: 1 });
    expect(status).toBe(202);
    await accepted(body.id);
    const [opening] = openedOf(body.id);
    const tokens = await askPlain<{ token: Buffer }>(
      node.db,
      node.dataKeys,
      `SELECT token FROM identifiers
       WHERE value IN ('phone:+84912000001', 'phone:+84912000009', 'phone:+84912000002') ORDER BY value`,
    );
    const cipher = createTraceCipher(FEDERATION_KEY, body.id);
    const pseudonyms = tokens.map((row) => Buffer.from(cipher.pseudonymsOf(row.token)).toString('hex'));
    const asOf = seconds('2021-07-01T00:00:00Z');
    expect(opening).toMatchObject({
      trace_id: body.id,
      ...{
        revision: 0,
        province: '24',
        direction: 'forward',
        rules: 1,
        max_degree: 1,
        as_of: asOf,
        generation: 1,
      },
      index: [
        { case_ref: '0', pseudonym: pseudonyms[0], from: seconds('2021-06-07T17:00:00Z'), until: asOf },
        { case_ref: '0', pseudonym: pseudonyms[2], from: seconds('2021-06-07T17:00:00Z'), until: asOf },
        { case_ref: '1', pseudonym: pseudonyms[1], from: seconds('2021-06-10T01:00:00Z'), until: asOf },
      ],
    });
    expect(JSON.stringify(opening)).not.toContain(first);
    node.hub.statuses.set(body.id, STATUS);
    expect((await node.call('GET', `/v1/traces/${body.id}`)).body).toEqual({
      id: body.id,
      ...{ state: 'partial', rules: 1, cases: [first, second], direction: 'forward', max_degree: 1 },
      as_of: '2021-07-01T00:00:00Z',
      coverage: [
        {
          ...{ province: '24', state: 'current', behind: 0, reason: null },
          ...{ answered_at: '2021-07-01T00:00:00Z', data_at: '2021-06-30T23:00:00Z' },
          pending_identifiers: 0,
        },
        {
          ...{ province: '79', state: 'refused', behind: 2, answered_at: null, data_at: null },
          ...{ reason: 'OLD_KEY', pending_identifiers: 0 },
        },
      ],
      contacts: { by_degree: { '1': 3 }, by_province: { '24': 3 } },
      progress: { questions: 4, awaited: 2 },
      ...{ province: '24', revision: 0, version: 1, refusal: null, elapsed_ms: 41 },
      ...{ opened_at: '2021-07-01T00:00:00Z', completed_at: null, warnings: expect.any(Array) },
    });
  });

  const asOf = seconds('2021-07-01T00:00:00Z');
  const STATUS = {
    ...{
      state: TraceState.PARTIAL,
      rules: 1,
      direction: Direction.FORWARD,
      maxDegree: 1,
      asOf,
      province: '24',
    },
    coverage: [
      { province: '24', state: CoverageState.CURRENT, behind: 0, answeredAt: asOf, dataAt: asOf - 3600 },
      { province: '79', state: CoverageState.REFUSED, behind: 2, reason: 'OLD_KEY' },
    ],
    byDegree: [{ degree: 1, contacts: 3 }],
    byProvince: [{ province: '24', contacts: 3 }],
    ...{ questions: 4, awaited: 2, openedAt: asOf, elapsedMs: 41, revision: 0 },
  };

  it('answers with what the hub said last while the hub does not answer', async () => {
    const { body } = await startTrace({ cases: [await enterCase()] });
    await accepted(body.id);
    node.hub.statuses.set(body.id, STATUS);
    await node.call('GET', `/v1/traces/${body.id}`);
    node.hub.faults.getTrace = new AppError('UNAVAILABLE', 'SHUTTING_DOWN', 'told to fail');
    const { status, body: trace } = await node.call('GET', `/v1/traces/${body.id}`);
    delete node.hub.faults.getTrace;
    expect(status).toBe(200);
    expect(trace).toMatchObject({ state: 'partial', contacts: { by_degree: { '1': 3 } } });
  });

  const bad: [string, Record<string, unknown>, number, string, string][] = [
    ['an unknown case', { cases: [UNKNOWN_CASE] }, 404, 'NO_SUCH_CASE', 'cases[0]'],
    ['no case', { cases: [] }, 400, 'INVALID_FIELD', 'cases'],
    ['a case that is no id', { cases: ['x'] }, 400, 'INVALID_FIELD', 'cases[0]'],
    ['no direction', { cases: [UNKNOWN_CASE], direction: undefined }, 400, 'INVALID_FIELD', 'direction'],
    ['another direction', { cases: [UNKNOWN_CASE], direction: 'up' }, 400, 'INVALID_FIELD', 'direction'],
    ['degree 0', { cases: [UNKNOWN_CASE], max_degree: 0 }, 400, 'INVALID_FIELD', 'max_degree'],
    [
      'more degrees than the rules allow',
      { cases: [UNKNOWN_CASE], max_degree: 3 },
      400,
      'INVALID_FIELD',
      'max_degree',
    ],
    [
      'an instant without offset',
      { cases: [UNKNOWN_CASE], as_of: '2021-07-01T00:00:00' },
      400,
      'INVALID_FIELD',
      'as_of',
    ],
    [
      'a day that has not been',
      { cases: [UNKNOWN_CASE], as_of: new Date(Date.now() + 86_400_000).toISOString() },
      400,
      'INVALID_FIELD',
      'as_of',
    ],
    ['an unknown field', { cases: [UNKNOWN_CASE], degree: 1 }, 400, 'INVALID_FIELD', 'degree'],
  ];
  it.each(bad)('refuses %s and stores nothing', async (...row) => {
    const [, json, status, reason, field] = row;
    const answer = await startTrace(json);
    expect(answer).toMatchObject({ status, body: { reason, errors: [{ field }] } });
    expect(
      await node.db.sql`SELECT FROM traces WHERE id NOT IN (SELECT trace_id FROM trace_cases)`,
    ).toHaveLength(0);
  });

  it('names the case that is unknown, withdrawn or there twice', async () => {
    const good = await enterCase();
    const withdrawn = await enterCase();
    await node.call('PATCH', `/v1/cases/${withdrawn}`, { json: { withdrawn: true } });
    expect(await startTrace({ cases: [good, UNKNOWN_CASE] })).toMatchObject({
      status: 404,
      body: { errors: [{ field: 'cases[1]' }] },
    });
    expect(await startTrace({ cases: [good, withdrawn] })).toMatchObject({
      status: 422,
      body: { reason: 'CASE_WITHDRAWN', errors: [{ field: 'cases[1]', reason: 'WITHDRAWN' }] },
    });
    expect(await startTrace({ cases: [good, good] })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'cases[1]', reason: 'REPEATED' }] },
    });
  });
});

describe('while the hub or its key service is away', () => {
  it('queues the trace and opens it when the hub is back', async () => {
    const cases = [await enterCase()];
    await node.hub.stop();
    const { status, body } = await startTrace({ cases });
    expect(status).toBe(202);
    expect((await node.call('GET', `/v1/traces/${body.id}`)).body).toMatchObject({
      state: 'queued',
      cases,
      coverage: [],
    });
    await node.hub.start();
    await accepted(body.id);
    expect(openedOf(body.id)).toHaveLength(1);
  });

  it('queues the trace until its index person has a token, then signs it', async () => {
    node.keyService.up = false;
    const cases = [await enterCase({ identifiers: ['phone:0912777777'] })];
    const { body } = await startTrace({ cases });
    await waitFor('a try', () =>
      node.logged.some((line) => line.includes('TOKENS_PENDING') && line.includes(body.id)),
    );
    expect((await node.call('GET', `/v1/traces/${body.id}`)).body.state).toBe('queued');
    expect(node.hub.received.some((jws) => jws.includes(body.id))).toBe(false);
    node.keyService.up = true;
    await accepted(body.id);
  });

  it('sends the very same opening again when the answer was lost', async () => {
    node.hub.faults.openTrace = new AppError('UNAVAILABLE', 'SHUTTING_DOWN', 'told to fail');
    const from = node.hub.received.length;
    const { body } = await startTrace({ cases: [await enterCase()] });
    await waitFor('a second try', () => node.hub.received.length >= from + 2);
    delete node.hub.faults.openTrace;
    await accepted(body.id);
    expect(new Set(node.hub.received.slice(from)).size).toBe(1);
    const [row] = await node.db.sql`SELECT opening FROM traces WHERE id = ${body.id}`;
    expect(row?.opening).toBe(node.hub.received[from]);
  });

  it.each([
    ['FAILED_PRECONDITION', 'RULES_UNKNOWN', { number: 1 }],
    ['RESOURCE_EXHAUSTED', 'TOO_MANY_OPEN_TRACES', { most: 20_000 }],
  ] as const)('shows why the hub refused, and stays queued: %s %s', async (code, reason, params) => {
    node.hub.faults.openTrace = new AppError(code, reason, 'told to refuse', { params } as never);
    const { body } = await startTrace({ cases: [await enterCase()] });
    await waitFor(
      'the refusal',
      async () => (await node.call('GET', `/v1/traces/${body.id}`)).body.refusal !== null,
    );
    const { body: shown } = await node.call('GET', `/v1/traces/${body.id}`);
    // Some are tried again at once: not before it has been looked at.
    delete node.hub.faults.openTrace;
    expect(shown).toMatchObject({ state: 'queued', refusal: reason });
  });
});

describe('correcting the case of a trace', () => {
  it('amends its open traces under the same id and federation key', async () => {
    const id = await enterCase();
    const { body } = await startTrace({ cases: [id] });
    await accepted(body.id);
    node.federation.generation = 2;
    await node.call('PATCH', `/v1/cases/${id}`, { json: { onset_on: '2021-06-20' } });
    await accepted(body.id, 1).finally(() => Object.assign(node.federation, { generation: 1 }));
    expect(openedOf(body.id).map((o) => [o.revision, o.federation_key, o.index[0]?.from])).toEqual([
      [0, 1, seconds('2021-06-07T17:00:00Z')],
      [1, 1, seconds('2021-06-17T17:00:00Z')],
    ]);
  });

  it('sends the amendment too when it came while the first opening was under way', async () => {
    const id = await enterCase();
    let release = () => {};
    node.hub.gate = new Promise((resolve) => {
      release = resolve;
    });
    const { body } = await startTrace({ cases: [id] });
    await waitFor('the first opening', () => openedOf(body.id).length === 1);
    await node.call('PATCH', `/v1/cases/${id}`, { json: { onset_on: '2021-06-20' } });
    release();
    await accepted(body.id, 1);
    expect(openedOf(body.id).map(({ revision }) => revision)).toEqual([0, 1]);
  });

  it('leaves out a withdrawn case, and of the last one an empty window', async () => {
    const first = await enterCase({ identifiers: ['phone:0912000001'] });
    const second = await enterCase({ identifiers: ['phone:0912000002'] });
    const { body } = await startTrace({ cases: [first, second] });
    await accepted(body.id);
    await node.call('PATCH', `/v1/cases/${first}`, { json: { withdrawn: true } });
    await accepted(body.id, 1);
    await node.call('PATCH', `/v1/cases/${second}`, { json: { withdrawn: true } });
    await accepted(body.id, 2);
    const asOf = seconds('2021-07-01T00:00:00Z');
    const [, one, none] = openedOf(body.id);
    expect(one?.index.map(({ case_ref }) => case_ref)).toEqual(['1']);
    expect(none?.index).toEqual([expect.objectContaining({ from: asOf, until: asOf })]);
  });
});

describe('closing a trace', () => {
  it('closes it at the hub, once, and amends it no more', async () => {
    const id = await enterCase();
    const { body } = await startTrace({ cases: [id] });
    await accepted(body.id);
    for (const _ of [1, 2]) expect((await node.call('POST', `/v1/traces/${body.id}/close`)).status).toBe(202);
    await waitFor(
      'the end',
      async () => (await node.call('GET', `/v1/traces/${body.id}`)).body.state === 'closed',
    );
    expect(node.hub.closed.filter((closed) => closed === body.id)).toHaveLength(1);
    await node.call('PATCH', `/v1/cases/${id}`, { json: { onset_on: '2021-06-20' } });
    expect((await node.call('GET', `/v1/traces/${body.id}`)).body).toMatchObject({
      state: 'closed',
      revision: 0,
    });
  });

  it('waits for a hub that is away', async () => {
    const { body } = await startTrace({ cases: [await enterCase()] });
    await accepted(body.id);
    node.hub.faults.closeTrace = new AppError('UNAVAILABLE', 'SHUTTING_DOWN', 'told to fail');
    expect((await node.call('POST', `/v1/traces/${body.id}/close`)).status).toBe(202);
    await waitFor('a try', () =>
      node.logged.some((line) => line.includes('trace waits for the hub') && line.includes(body.id)),
    );
    delete node.hub.faults.closeTrace;
    await waitFor(
      'the end',
      async () => (await node.call('GET', `/v1/traces/${body.id}`)).body.state === 'closed',
    );
    expect(node.hub.closed).toContain(body.id);
  });
});

describe("another province's trace", () => {
  const id = 'ab'.repeat(16);
  beforeAll(async () => {
    const rows = ['cccd:024090000771', 'cccd:024090000772']
      .map((cccd, i) => `${cccd} phone:+84900000077,${['Bình', 'An'][i]}`)
      .join('\n');
    const headers = { 'content-type': 'text/csv' };
    await node.call('POST', '/v1/imports/persons', { headers, text: `identifiers,name\n${rows}\n` });
    const statement = `SELECT id FROM identifiers WHERE value = 'phone:+84900000077'`;
    const [row] = await askPlain<{ id: number }>(node.db, node.dataKeys, statement);
    const ids = [row?.id as number];
    await node.db.sql`
      INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
        settings, place_kinds, exposed_in, identifier_ids, ward, delivery, withdrawn_at)
      SELECT ${id}, lpad(to_hex(n), 32, '0'), 1, 1625097600, 1625101200, 900 + n,
        5, 8 + ${1 << 29}, '{79,01}',
        CASE n WHEN 1 THEN ${ids}::int[] ELSE '{}' END, CASE WHEN n % 2 = 1 THEN '07213' END, 1,
        CASE n WHEN 5 THEN now() END
      FROM generate_series(1, 5) AS n`;
    await node.db.sql`INSERT INTO openings VALUES (${id}, '79', 0, 'x', 0)`;
    node.hub.statuses.set(id, {
      state: TraceState.COMPLETE,
      rules: 1,
      direction: Direction.BACKWARD,
      maxDegree: 2,
      asOf: 1625097600,
      province: '79',
    });
  });

  it('is known by id and in the list, without its cases and without a version', async () => {
    const { status, body, headers } = await node.call('GET', `/v1/traces/${id}`);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { id, state: 'complete', cases: [], province: '79', direction: 'backward', version: null },
    });
    expect(headers.get('etag')).toBeNull();
    const { body: list } = await node.call('GET', '/v1/traces?limit=100');
    expect(list.traces.map((trace: { id: string }) => trace.id)).toContain(id);
  });

  it('cannot be closed here, nor asked about while the hub is away', async () => {
    expect(await node.call('POST', `/v1/traces/${id}/close`)).toMatchObject({
      status: 403,
      body: { reason: 'NOT_THE_OWNER' },
    });
    node.hub.faults.getTrace = new AppError('UNAVAILABLE', 'SHUTTING_DOWN', 'told to fail');
    expect(await node.call('GET', `/v1/traces/${id}`)).toMatchObject({
      status: 503,
      body: { reason: 'HUB_UNREACHABLE' },
    });
    delete node.hub.faults.getTrace;
  });

  it("shows this province's contacts, those withdrawn left out", async () => {
    const { body } = await node.call('GET', `/v1/traces/${id}/contacts`);
    expect([body.next, body.contacts.length]).toEqual([null, 4]);
    expect(body.contacts[0]).toEqual({
      id: '1'.padStart(32, '0'),
      ...{ identifiers: ['phone:+84900000077'], name: 'An / Bình', ward: '07213', degree: 1, seconds: 901 },
      ...{ first_exposed_at: '2021-07-01T00:00:00Z', last_exposed_at: '2021-07-01T01:00:00Z', address: null },
      ...{ settings: ['place', 'household'], place_kinds: ['restaurant', 'other'], exposed_in: ['79', '01'] },
      ...{ take_over: null, take_over_refusal: null, take_over_detail: null, known_elsewhere: 0 },
      ...{ also_claimed: false, shared_handle: true, may_be: expect.any(Array) },
    });
    expect(body.contacts[1]).toMatchObject({ identifiers: [], name: null, ward: null });
  });

  it('pages through contacts and filters by ward', async () => {
    const first = (await node.call('GET', `/v1/traces/${id}/contacts?limit=3`)).body;
    const second = (await node.call('GET', `/v1/traces/${id}/contacts?limit=3&after=${first.next}`)).body;
    expect([first.contacts.length, second.contacts.length, second.next]).toEqual([3, 1, null]);
    expect(second.contacts[0].id).toBe('4'.padStart(32, '0'));
    const ward = (await node.call('GET', `/v1/traces/${id}/contacts?ward=07213`)).body;
    expect(ward.contacts.map((contact: { seconds: number }) => contact.seconds)).toEqual([901, 903]);
  });

  it('lists those of no ward at the desk of the province, to whom the whole province is open', async () => {
    const path = `/v1/traces/${id}/contacts?ward=24`;
    const listed = (await node.call('GET', path)).body.contacts;
    expect(listed.map(({ seconds, ward }: { seconds: number; ward: unknown }) => [seconds, ward])).toEqual([
      [902, null],
      [904, null],
    ]);
    const { body } = await node.call('GET', path, { roles: ['ward_tracer@07213'] });
    expect(body.contacts).toEqual([]);
    expect((await node.call('GET', `/v1/traces/${id}/contacts?ward=79`)).body.contacts).toEqual([]);
  });

  it.each([
    ['limit=0', 'INVALID_FIELD'],
    ['limit=1001', 'INVALID_FIELD'],
    ['after=%00', 'INVALID_CURSOR'],
    ['after=WzFd', 'INVALID_CURSOR'],
    ['wards=07213', 'INVALID_FIELD'],
  ])('refuses contacts?%s', async (query, reason) => {
    const answer = await node.call('GET', `/v1/traces/${id}/contacts?${query}`);
    const field = query.split('=')[0];
    expect(answer).toMatchObject({ status: 400, body: { reason, errors: [{ field }] } });
  });
});

describe('unknown traces', () => {
  it.each([
    ['GET', ''],
    ['GET', '/contacts'],
    ['GET', '/events'],
    ['POST', '/close'],
  ])('%s /v1/traces/{id}%s', async (method, rest) => {
    expect(await node.call(method, `/v1/traces/${UNKNOWN_TRACE}${rest}`)).toMatchObject({
      status: 404,
      body: { reason: 'NO_SUCH_TRACE' },
    });
    expect(await node.call(method, `/v1/traces/42${rest}`)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'id' }] },
    });
  });
});

describe('events', () => {
  const listen = async (id: string, roles: string[], signal: AbortSignal) => {
    const token = await node.issuer.issue({ audience: 'truyvet-node-24', roles });
    return node.fetch(`/v1/traces/${id}/events`, { headers: { authorization: `Bearer ${token}` }, signal });
  };

  it('tell states, progress and contacts as the other calls do, until the client leaves', async () => {
    const { body } = await startTrace({ cases: [await enterCase()] });
    await accepted(body.id);
    const status = {
      state: TraceState.RUNNING,
      rules: 1,
      direction: Direction.FORWARD,
      maxDegree: 2,
      asOf: 1,
      province: '24',
    };
    node.hub.statuses.set(body.id, status);
    const left = new AbortController();
    const events = readEvents(await listen(body.id, ['epidemiologist@24'], left.signal));
    const next = async () => (await events.next()).value as { event: string; data: { state?: string } };
    expect(await next()).toMatchObject({ event: 'state', data: { id: body.id, state: 'running' } });
    expect(await next()).toMatchObject({ event: 'contacts', data: { contacts: [], next: null } });
    node.hub.statuses.set(body.id, { ...status, questions: 7 });
    expect(await next()).toMatchObject({ event: 'progress', data: { progress: { questions: 7 } } });
    node.hub.statuses.set(body.id, { ...status, state: TraceState.COMPLETE });
    const last = await next();
    expect(last).toMatchObject({ event: 'state', data: { state: 'complete' } });
    expect((await node.call('GET', `/v1/traces/${body.id}`)).body).toEqual(last.data);
    left.abort();
    expect((await events.next()).done).toBe(true);
  });

  it('keep contacts from those who may not read them', async () => {
    const { body } = await startTrace({ cases: [await enterCase()] });
    await accepted(body.id);
    const status = {
      state: TraceState.RUNNING,
      rules: 1,
      direction: Direction.FORWARD,
      maxDegree: 2,
      asOf: 1,
      province: '24',
    };
    node.hub.statuses.set(body.id, status);
    const left = new AbortController();
    const events = readEvents(await listen(body.id, ['operator@24'], left.signal));
    expect((await events.next()).value?.event).toBe('state');
    node.hub.statuses.set(body.id, { ...status, questions: 1 });
    expect((await events.next()).value?.event).toBe('progress');
    left.abort();
  });
});
