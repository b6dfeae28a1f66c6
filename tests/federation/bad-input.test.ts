/**
 * Promise 3 at the interfaces of a running federation: what people at a node, a node at the hub, and
 * strangers at both hear of bad input, and that nothing is changed by it. Imports, cases and the transport
 * have tables of their own in tests/integration.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { createClient } from '../../shared/grpc/client.ts';
import { MESSAGE_LIMIT } from '../../shared/grpc/messages.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import { newTraceId } from '../../shared/ids.ts';
import { call } from './drive.ts';
import {
  byHand,
  channelTo,
  federation,
  HUB,
  hubAs,
  node,
  opening,
  other,
  owner,
  pair,
  patience,
  refused,
  rowCounts,
  setUp,
  signedBy,
  tearDown,
  tlsOf,
  traceId,
  tracingOf,
} from './intruder.ts';
import { rowsOf } from './scenario.ts';

beforeAll(setUp);
afterAll(tearDown);

describe('people at a node', () => {
  const onset = { identifiers: ['cccd:001090123456'], onset_on: '2021-06-10' };
  const csv = 'text/csv';
  test.each([
    [
      'a trace of an unknown case',
      '/v1/traces',
      { cases: ['6f1c2b7a-0000-4000-8000-000000000000'], direction: 'forward' },
      404,
      'NO_SUCH_CASE',
      { field: 'cases[0]', reason: 'UNKNOWN_CASE', params: {} },
    ],
    [
      'an onset in the future',
      '/v1/cases',
      { ...onset, onset_on: '2099-01-01' },
      400,
      'INVALID_FIELD',
      { field: 'onset_on', reason: 'IN_FUTURE', params: {} },
    ],
    [
      'a case with neither onset nor sampling',
      '/v1/cases',
      { identifiers: onset.identifiers },
      400,
      'INVALID_FIELD',
      { field: 'onset_on', reason: 'ONE_OF_REQUIRED', params: { fields: 'onset_on, sampled_at' } },
    ],
    [
      'an identifier that is none',
      '/v1/cases',
      { ...onset, identifiers: ['cccd:12'] },
      400,
      'INVALID_FIELD',
      { field: 'identifiers[0]', reason: 'CCCD_FORM', params: {} },
    ],
    [
      'a degree beyond the rules',
      '/v1/traces',
      { cases: ['6f1c2b7a-0000-4000-8000-000000000000'], direction: 'forward', max_degree: 5 },
      400,
      'INVALID_FIELD',
      { field: 'max_degree', reason: 'OVER_RULES', params: { most: 4 } },
    ],
  ])('%s', async (...[_, path, body, status, reason, error]) => {
    const before = await rowCounts();
    const answer = await call<object>(federation.node(owner), path, {
      body: JSON.stringify(body),
      expected: [status],
    });
    expect(answer).toMatchObject({ status, reason, errors: [error] });
    expect(await rowCounts()).toEqual(before);
  });

  test.each([
    [
      'an unknown ward',
      'persons',
      'identifiers,ward\ncccd:001090123456,00000\n',
      {
        ...{ line: 2, field: 'ward', reason: 'UNKNOWN_WARD', params: {} },
        message: 'không có xã/phường này; cần mã năm chữ số của năm 2021',
      },
    ],
    [
      'an unknown kind of place',
      'places',
      'place,kind\nx,pub\n',
      {
        ...{ line: 2, field: 'kind', reason: 'UNKNOWN_PLACE_KIND', params: { kind: 'pub' } },
        message: 'không có loại địa điểm này: pub',
      },
    ],
    [
      'an unknown place',
      'check-ins',
      'identifier,place,in_at\ncccd:001090123456,nowhere,2021-06-01T08:00:00Z\n',
      {
        ...{ line: 2, field: 'place', reason: 'UNKNOWN_PLACE', params: {} },
        message: 'không có địa điểm này',
      },
    ],
  ])('a row with %s', async (_, kind, body, error) => {
    const before = await rowCounts();
    const report = await call<object>(federation.node(owner), `/v1/imports/${kind}`, { body, type: csv });
    expect(report).toEqual({ accepted: 0, rejected: 1, errors: [error], warnings: [] });
    expect(await rowCounts()).toEqual(before);
  });
});

describe('a node at the hub', () => {
  const at = Math.floor(Date.now() / 1000);
  const openAs = (province: string, jws: string) =>
    refused(() => hubAs(node(province)).openTrace({ opening: jws }, patience()));
  test.each([
    ['no text at all', async () => '', 'INVALID_ARGUMENT OPENING_MALFORMED'],
    [
      'an opening that nobody signed',
      async () => pair.opening.replace(/\.[^.]*$/, `.${Buffer.alloc(64).toString('base64url')}`),
      'PERMISSION_DENIED OPENING_BAD_SIGNATURE',
    ],
    ['another province’s opening', async () => pair.opening, 'PERMISSION_DENIED OPENING_NOT_YOURS'],
    [
      'an opening in another province’s name',
      async () => signedBy(owner, { trace_id: newTraceId() }, other),
      'PERMISSION_DENIED OPENING_BAD_SIGNATURE',
    ],
    [
      'an opening that has expired',
      async () => signedBy(other, { trace_id: newTraceId(), expires_at: at - 1 }),
      'PERMISSION_DENIED OPENING_EXPIRED',
    ],
    [
      'an opening for too long',
      async () => signedBy(other, { trace_id: newTraceId(), expires_at: at + 400 * 86_400 }),
      'INVALID_ARGUMENT OPEN_TOO_LONG',
    ],
    [
      'unknown rules',
      async () => signedBy(other, { trace_id: newTraceId(), rules: 99 }),
      'FAILED_PRECONDITION RULES_UNKNOWN',
    ],
    [
      'a trace of another province',
      async () => signedBy(other, { revision: 1 }),
      'PERMISSION_DENIED OPENING_NOT_YOURS',
    ],
  ])('%s', async (_, make, is) => {
    expect(await openAs(other, await make())).toMatchObject({ is });
  });

  test.each([
    ['a second opening of the trace', { as_of: 1 }, 'PERMISSION_DENIED OPENING_REPLAYED'],
    [
      'an amendment that asks further',
      { revision: 1, rules: 1, direction: 'backward' as const },
      'PERMISSION_DENIED OPENING_ALTERED',
    ],
  ])('%s', async (_, changes, is) => {
    const { as_of: at } = { ...opening, ...changes };
    const jws = await signedBy(owner, {
      ...changes,
      index: [{ ...opening.index[0], from: at, until: at } as never],
    });
    expect(await openAs(owner, jws)).toMatchObject({ is });
  });

  test('closing another’s trace, or one that there is not, is the same', async () => {
    const unknown = { is: 'NOT_FOUND TRACE_UNKNOWN', message: 'no such trace' };
    const hub = hubAs(node(other));
    expect(await refused(() => hub.closeTrace({ traceId }, patience()))).toEqual(unknown);
    expect(await refused(() => hub.closeTrace({ traceId: '0'.repeat(32) }, patience()))).toEqual(unknown);
    expect(await refused(() => hub.getTrace({ traceId: '' }, patience()))).toEqual(unknown);
    expect(await call(federation.hub, `/v1/traces/${traceId}`)).toMatchObject({ state: 'complete' });
  });

  test.each([
    ['nothing', new Uint8Array(), 'INVALID_FIELD', 'blinded: must not be empty'],
    ['half an element', new Uint8Array(48), 'INVALID_FIELD', 'blinded: not a multiple of 32 bytes'],
    ['too many elements', new Uint8Array(4097 * 32), 'INVALID_FIELD', 'blinded: more than 4096 items'],
    ['what is no element', new Uint8Array(32).fill(255), 'OPRF_BAD_ELEMENT', expect.any(String)],
  ])('key service: %s', async (_, blinded, reason, message) => {
    const hub = hubAs(node(other));
    const failure = await refused(() => hub.evaluate({ blinded }, patience()));
    expect(failure).toEqual({ is: `INVALID_ARGUMENT ${reason}`, message });
  });

  test.each([
    ['a life beyond all', { incarnation: 2n ** 63n }, 'incarnation: too large'],
    ['a version beyond all', { dataVersion: 2n ** 64n - 1n }, 'data_version: too large'],
    ['a protocol beyond all', { protocol: 2 ** 32 - 1 }, 'protocol: too large'],
    ['a question beyond all', { stale: [{ traceId: '', seqs: [2 ** 31] }] }, 'stale: too large'],
    ['more traces than one may ask of', { asking: Array(101).fill('') }, 'asking: more than 100 items'],
  ])('a report of %s', async (_, report, message) => {
    const hub = hubAs(node(other));
    const failure = await refused(() => hub.reportStatus(report, patience()));
    expect(failure).toEqual({ is: 'INVALID_ARGUMENT INVALID_FIELD', message });
  });

  test('a report on a trace or question that there is not changes nothing', async () => {
    const before = await rowCounts();
    const [row] = await rowsOf<{ incarnation: number }>(
      federation.hub,
      `SELECT incarnation FROM provinces WHERE province = '${other}'`,
    );
    const stale = [
      { traceId: '0'.repeat(32), seqs: [1] },
      { traceId, seqs: [2 ** 31 - 1] },
    ];
    await hubAs(node(other)).reportStatus({ incarnation: BigInt(row?.incarnation ?? 0), stale }, patience());
    expect(await rowCounts()).toEqual(before);
    expect(await call(federation.hub, `/v1/traces/${traceId}`)).toMatchObject({ state: 'complete' });
  });
});

describe('whoever calls', () => {
  test('a node is not the hub, the hub is not a node', async () => {
    const trace = () =>
      tracingOf(other, node(owner)).trace([{ message: { case: 'warrant', value: pair } }], patience());
    expect(await refused(trace)).toMatchObject({ is: 'PERMISSION_DENIED PEER_NOT_ALLOWED' });
    const evaluate = () => hubAs(HUB).evaluate({ blinded: new Uint8Array(32) }, patience());
    expect(await refused(evaluate)).toMatchObject({ is: 'PERMISSION_DENIED PEER_NOT_ALLOWED' });
  });

  test('a certificate of a foreign authority', async () => {
    const foreign = await createAuthority('somebody else');
    const stranger = { ...(await foreign.issue(HUB)), ca: tlsOf(HUB).ca };
    const client = createClient(TracingService, channelTo(node(other), stranger));
    const failure = await refused(() =>
      client.assign({ warrant: pair, traceId, seq: 1 }, { ...patience(), deadlineMs: 3_000 }),
    );
    expect(failure.is).toMatch(/PEER_UNREACHABLE|DEADLINE_EXCEEDED/);
  });

  test.each([
    ['the hub', HUB, () => node(other), '/truyvet.v1.FederationService/GetTrace'],
    ['a node', () => node(other), HUB, '/truyvet.v1.TracingService/Assign'],
  ])('%s: without a deadline, too large, not a message, no such method', async (_, to, from, path) => {
    const [peer, caller] = [to, from].map((p) => (typeof p === 'function' ? p() : p)) as [Peer, Peer];
    const before = await rowCounts();
    const soon = Date.now() + 10_000;
    const at = { to: peer, from: caller, path };
    expect(await byHand({ ...at, bytes: Buffer.alloc(0) })).toMatchObject({
      code: 3,
      reason: 'DEADLINE_REQUIRED',
    });
    const late = { ...at, deadline: soon };
    expect(await byHand({ ...late, bytes: Buffer.alloc(MESSAGE_LIMIT + 1) })).toMatchObject({ code: 8 });
    expect(await byHand({ ...late, bytes: Buffer.from([0xff]) })).toMatchObject({
      code: 3,
      reason: 'MALFORMED_MESSAGE',
    });
    expect(await byHand({ ...late, path: `${path}Never`, bytes: Buffer.alloc(0) })).toMatchObject({
      code: 12,
    });
    expect(await rowCounts()).toEqual(before);
  });
});
