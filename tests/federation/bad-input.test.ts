/**
 * Promise 3 at the interfaces of a running federation: what each caller hears of bad input (people over HTTP, the hub
 * at a node, a node at the hub, strangers at both), and that nothing is changed by it. Imports, cases and the
 * transport have tables of their own in tests/integration.
 */
import { readFile } from 'node:fs/promises';
import { credentials, Client as GrpcClient, Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Federation } from '../../deploy/demo/federation.ts';
import type { Wiring } from '../../deploy/demo/program-environments.ts';
import { createAuthority } from '../../deploy/pki/authority.ts';
import {
  type Opening,
  openingSha256,
  readAdmittedOpening,
  signOpening,
  signWarrant,
} from '../../shared/auth/opening.ts';
import { loadPrivateKey } from '../../shared/auth/opening-keys.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { type Channel, createChannel, createClient } from '../../shared/grpc/client.ts';
import { demandPeer, type Peer } from '../../shared/grpc/peer.ts';
import { readTlsMaterial, secureContext, type TlsMaterial } from '../../shared/grpc/tls.ts';
import { packUint32 } from '../../shared/grpc/trace-messages.ts';
import { MESSAGE_LIMIT } from '../../shared/grpc/wire.ts';
import { newTraceId } from '../../shared/ids.ts';
import { call } from './drive.ts';
import { converges, importWorld, open, PROVINCES, pickRequest, rowsOf, startScenario } from './scenario.ts';

const HUB: Peer = { kind: 'hub' };
const node = (province: string): Peer => ({ kind: 'node', province });

let federation: Federation;
let wiring: Wiring;
/** A complete trace, the province that opened it, one that did not, and its opening with the hub's signature. */
let traceId: string;
let owner: string;
let other: string;
let pair: { opening: string; countersignature: string };
let opening: Opening;
const channels: Channel[] = [];
const databases = new Map<string, Database>();

beforeAll(async () => {
  federation = await startScenario({
    intercept: async (planned) => {
      wiring = planned;
      return {};
    },
  });
  const imported = await importWorld(federation, 22);
  const picked = pickRequest(imported.world, ({ direction }) => direction === 'forward');
  owner = picked.owner;
  other = PROVINCES.find((province) => province !== owner) as string;
  traceId = await open(federation, imported, picked.request);
  await converges(federation, traceId, { at: owner, expected: picked.expected });
  const [row] = await rowsOf<typeof pair>(
    federation.hub,
    `SELECT opening, countersignature FROM openings WHERE trace_id = '${traceId}'`,
  );
  pair = row as typeof pair;
  opening = readAdmittedOpening(pair.opening);
  for (const { name, databaseUrl } of [federation.hub, ...federation.nodes]) {
    databases.set(name, openDatabase(databaseUrl, { max: 1, name: 'test' }));
  }
});

afterAll(async () => {
  for (const channel of channels) channel.close();
  for (const db of databases.values()) await db[Symbol.asyncDispose]();
  await federation?.[Symbol.asyncDispose]();
});

const tlsOf = (peer: Peer) => readTlsMaterial(wiring.keys.tls(peer));
const patience = () => ({ deadlineMs: 10_000, signal: new AbortController().signal });

function channelTo(peer: Peer, tls: TlsMaterial): Channel {
  const address =
    peer.kind === 'hub' ? federation.hub.grpcAddress : federation.node(peer.province).grpcAddress;
  const channel = createChannel({ address, tls, expectPeer: peer });
  channels.push(channel);
  return channel;
}
/** A node's tracing as `from` calls it, a hub's services likewise. */
const tracingOf = (province: string, from: Peer = HUB) =>
  createClient(TracingService, channelTo(node(province), tlsOf(from)));
const hubAs = (from: Peer) => createClient(FederationService, channelTo(HUB, tlsOf(from)));

const signedBy = async (province: string, changes: Partial<Opening>, by = province) => {
  const key = loadPrivateKey(await readFile(wiring.keys.openingKeyFile(by), 'utf8'));
  return signOpening({ ...opening, province, ...changes }, key);
};
const warrantFor = async (jws: string, changes: object = {}, keyFile = wiring.keys.warrantKeyFile) => {
  const { trace_id, revision, expires_at } = readAdmittedOpening(jws);
  const warrant = {
    ...{ trace_id, revision, expires_at, opening_sha256: openingSha256(jws) },
    ...{ issued_at: opening.as_of, budget: { questions: 1000, persons: 1_000_000 } },
  };
  return signWarrant({ ...warrant, ...changes }, loadPrivateKey(await readFile(keyFile, 'utf8')));
};
const pairOf = async (jws: string, changes?: object) => ({
  opening: jws,
  countersignature: await warrantFor(jws, changes),
});

/** What the caller of `attempt` hears. */
async function heard(attempt: () => unknown): Promise<{ code: string; reason: string; message: string }> {
  try {
    const answer = await attempt();
    if (answer && typeof answer === 'object' && Symbol.asyncIterator in answer) {
      for await (const _ of answer as AsyncIterable<unknown>);
    }
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, reason: error.reason, message: error.message };
    throw error;
  }
  throw new Error('was not refused');
}

/** Rows of every table of every program. */
async function rowCounts(): Promise<Record<string, number>> {
  const counts = await Promise.all(
    [...databases].map(async ([name, db]) => {
      const tables = await db.sql<{ name: string }[]>`
        SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`;
      const union = tables.map((t) => `SELECT '${t.name}' AS name, count(*)::int AS n FROM ${t.name}`);
      const rows = await db.sql.unsafe<{ name: string; n: number }[]>(union.join(' UNION ALL '));
      return rows.map((row): [string, number] => [`${name} ${row.name}`, row.n]);
    }),
  );
  return Object.fromEntries(counts.flat());
}

/** Runs `attempt`; what its caller hears, once it is sure that nothing was changed. */
async function refused(attempt: () => unknown): Promise<{ code: string; reason: string; message: string }> {
  const before = await rowCounts();
  const failure = await heard(attempt);
  expect(await rowCounts()).toEqual(before);
  return failure;
}

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
      { field: 'cases[0]', reason: 'no such case here' },
    ],
    [
      'an onset in the future',
      '/v1/cases',
      { ...onset, onset_on: '2099-01-01' },
      400,
      'INVALID_FIELD',
      { field: 'onset_on', reason: 'in the future' },
    ],
    [
      'a case with neither onset nor sampling',
      '/v1/cases',
      { identifiers: onset.identifiers },
      400,
      'INVALID_FIELD',
      { field: 'onset_on', reason: 'one of onset_on and sampled_at is required' },
    ],
    [
      'an identifier that is none',
      '/v1/cases',
      { ...onset, identifiers: ['cccd:12'] },
      400,
      'INVALID_FIELD',
      { field: 'identifiers[0]', reason: 'cccd must have 12 digits' },
    ],
    [
      'a degree beyond the rules',
      '/v1/traces',
      { cases: ['6f1c2b7a-0000-4000-8000-000000000000'], direction: 'forward', max_degree: 5 },
      400,
      'INVALID_FIELD',
      { field: 'max_degree', reason: "more than 4, the rules' limit" },
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
      'an unknown province',
      'persons',
      'identifiers,province\ncccd:001090123456,00\n',
      { line: 2, field: 'province', reason: 'unknown province; a two-digit code of 2021 is expected' },
    ],
    [
      'an unknown kind of place',
      'places',
      'place,kind\nx,pub\n',
      { line: 2, field: 'kind', reason: 'unknown kind of place: pub' },
    ],
    [
      'an unknown place',
      'check-ins',
      'identifier,place,in_at\ncccd:001090123456,nowhere,2021-06-01T08:00:00Z\n',
      { line: 2, field: 'place', reason: 'unknown' },
    ],
  ])('a row with %s', async (_, kind, body, error) => {
    const before = await rowCounts();
    const report = await call<object>(federation.node(owner), `/v1/imports/${kind}`, { body, type: csv });
    expect(report).toEqual({ accepted: 0, rejected: 1, errors: [error] });
    expect(await rowCounts()).toEqual(before);
  });
});

describe('the hub at a node', () => {
  const question = {
    seq: 1,
    who: new Uint8Array(16),
    met: new Uint8Array(),
    metFrom: new Uint8Array(),
    metUntil: new Uint8Array(),
  };
  const ask = (...messages: object[]) => {
    const requests = messages.map((message) => ({ message: message as never }));
    return refused(() => tracingOf(other).trace(requests, patience()));
  };
  const warrant = (value: object) => ({ case: 'warrant', value });
  const asks = (changes: object = {}) => ({ case: 'question', value: { ...question, ...changes } });
  const met = (from: number, until: number) => ({
    met: new Uint8Array(16),
    metFrom: packUint32(Uint32Array.of(from)),
    metUntil: packUint32(Uint32Array.of(until)),
  });

  test('a question before a warrant', async () => {
    expect(await ask(asks())).toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'NO_WARRANT',
      message: 'a question before a warrant',
    });
  });

  test.each([
    [
      'no text at all',
      async () => ({ opening: '', countersignature: '' }),
      'INVALID_ARGUMENT',
      'WARRANT_MALFORMED',
    ],
    [
      'an opening that nobody signed',
      async () => ({ ...pair, opening: 'x.y.z', countersignature: pair.countersignature }),
      'PERMISSION_DENIED',
      'WARRANT_MISMATCH',
    ],
    [
      'an opening signed by another province',
      async () => pairOf(await signedBy(owner, { trace_id: newTraceId() }, other)),
      'PERMISSION_DENIED',
      'OPENING_BAD_SIGNATURE',
    ],
    [
      'an opening of a province that is not enrolled',
      async () => pairOf(await signedBy('48', { trace_id: newTraceId() }, other)),
      'PERMISSION_DENIED',
      'OPENING_UNKNOWN_PROVINCE',
    ],
    [
      'an opening that has expired',
      async () =>
        pairOf(await signedBy(owner, { trace_id: newTraceId(), expires_at: 1000 }), {
          expires_at: 9_999_999,
        }),
      'PERMISSION_DENIED',
      'OPENING_EXPIRED',
    ],
    [
      'a warrant that has expired',
      async () => pairOf(pair.opening, { expires_at: 1000 }),
      'PERMISSION_DENIED',
      'WARRANT_EXPIRED',
    ],
    [
      'a countersignature by somebody else',
      async () => ({
        ...pair,
        countersignature: await warrantFor(pair.opening, {}, wiring.keys.openingKeyFile(owner)),
      }),
      'PERMISSION_DENIED',
      'WARRANT_BAD_SIGNATURE',
    ],
    [
      'a countersignature of another opening',
      async () => ({
        opening: await signedBy(owner, { trace_id: newTraceId() }),
        countersignature: pair.countersignature,
      }),
      'PERMISSION_DENIED',
      'WARRANT_MISMATCH',
    ],
    [
      'a second opening of the trace',
      async () => pairOf(await signedBy(owner, { as_of: opening.as_of + 1 })),
      'PERMISSION_DENIED',
      'OPENING_REPLAYED',
    ],
    [
      'another province’s opening of the trace',
      async () => pairOf(await signedBy(other, { revision: 1 })),
      'PERMISSION_DENIED',
      'OPENING_NOT_YOURS',
    ],
    [
      'an amendment that asks further',
      async () => pairOf(await signedBy(owner, { revision: 1, max_degree: opening.max_degree - 1 })),
      'PERMISSION_DENIED',
      'OPENING_ALTERED',
    ],
  ])('%s', async (_, make, code, reason) => {
    const presented = await make();
    expect(await ask(warrant(presented), asks())).toMatchObject({ code, reason });
    const delivery = { warrant: presented, traceId, seq: 1 };
    expect(await refused(() => tracingOf(other).assign(delivery, patience()))).toMatchObject({
      code,
      reason,
    });
  });

  test.each([
    [
      'a window before the opening’s',
      () => met(1000, 2000),
      'PERMISSION_DENIED',
      'QUESTION_OUTSIDE_OPENING',
      'met: a window outside the opening',
    ],
    [
      'a window after as_of',
      () => met(opening.as_of - 1, opening.as_of + 1),
      'PERMISSION_DENIED',
      'QUESTION_OUTSIDE_OPENING',
      'met: a window outside the opening',
    ],
    [
      'half a pseudonym',
      () => ({ who: new Uint8Array(24) }),
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'who: not a multiple of 16 bytes',
    ],
    [
      'columns of different length',
      () => ({ ...met(1, 2), metUntil: new Uint8Array() }),
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'met: columns differ in length',
    ],
    [
      'half an instant',
      () => ({ ...met(1, 2), metFrom: new Uint8Array(3) }),
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'met_from: not a multiple of 4 bytes',
    ],
    [
      'number 0',
      () => ({ seq: 0 }),
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'seq: not from 1 to 2147483647',
    ],
    [
      'a number beyond all',
      () => ({ seq: 2 ** 31 }),
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'seq: not from 1 to 2147483647',
    ],
  ])('a question with %s', async (...[_, changes, code, reason, message]) => {
    expect(await ask(warrant(pair), asks(changes()))).toEqual({ code, reason, message });
  });

  test('more than the warrant allows', async () => {
    const poor = await pairOf(pair.opening, { budget: { questions: 1, persons: 1 } });
    expect(await ask(warrant(poor), asks())).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TRACE_BUDGET',
    });
  });

  test('two traces in one stream', async () => {
    const [row] = await rowsOf<{ n: number }>(
      federation.node(other),
      'SELECT count(*)::int AS n FROM openings',
    );
    const second = await pairOf(await signedBy(owner, { trace_id: newTraceId() }));
    const failure = await heard(() =>
      tracingOf(other).trace(
        [warrant(pair), warrant(second)].map((message) => ({ message: message as never })),
        patience(),
      ),
    );
    expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'WARRANT_MISMATCH' });
    // Both openings are good: the second is another trace’s, which may be asked in a stream of its own.
    const [after] = await rowsOf<{ n: number }>(
      federation.node(other),
      'SELECT count(*)::int AS n FROM openings',
    );
    expect((after?.n ?? 0) - (row?.n ?? 0)).toBeLessThanOrEqual(1);
  });

  const contact = {
    contacts: new Uint8Array(16),
    withdrawn: new Uint8Array(1),
    degree: Uint8Array.of(1),
    firstExposedAt: new Uint8Array(4),
    lastExposedAt: new Uint8Array(4),
    seconds: new Uint8Array(4),
    settings: new Uint8Array(4),
    placeKinds: new Uint8Array(4),
    exposedInCount: Uint8Array.of(1),
    exposedIn: Uint8Array.of(24),
    pseudonymCount: packUint32(Uint32Array.of(1)),
    pseudonyms: new Uint8Array(16),
  };
  test.each([
    [
      'without a warrant',
      { warrant: undefined },
      'PERMISSION_DENIED',
      'NO_WARRANT',
      'a delivery without a warrant',
    ],
    [
      'of another trace',
      { traceId: '0'.repeat(32) },
      'PERMISSION_DENIED',
      'WARRANT_MISMATCH',
      'warrant: names another trace',
    ],
    ['number 0', { seq: 0 }, 'INVALID_ARGUMENT', 'MALFORMED_COLUMNS', 'seq: not from 1 to 2147483647'],
    [
      'half a contact',
      { contacts: new Uint8Array(8) },
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'contacts: not a multiple of 16 bytes',
    ],
    [
      'a column that is short',
      { degree: new Uint8Array() },
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'degree: wrong length',
    ],
    [
      'half a number',
      { seconds: new Uint8Array(3) },
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'seconds: not a multiple of 4 bytes',
    ],
    [
      'provinces too few',
      { exposedInCount: Uint8Array.of(2) },
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'exposedIn: wrong length',
    ],
    [
      'pseudonyms too many',
      { pseudonyms: new Uint8Array(32) },
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'pseudonyms: wrong length',
    ],
    [
      'half a pseudonym',
      { pseudonyms: new Uint8Array(24) },
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'pseudonyms: wrong length',
    ],
    [
      'an unknown kind of place',
      { placeKinds: new Uint8Array(4).fill(255) },
      'INVALID_ARGUMENT',
      'MALFORMED_COLUMNS',
      'placeKinds: unknown kind of place',
    ],
  ])('a delivery %s', async (...[_, changes, code, reason, message]) => {
    const delivery = { warrant: pair, traceId, seq: 1000, ...contact, ...changes };
    expect(await refused(() => tracingOf(other).assign(delivery, patience()))).toEqual({
      code,
      reason,
      message,
    });
  });

  test('a delivery ahead of its turn is not applied, and the hub hears where the node stands', async () => {
    const before = await rowCounts();
    const delivery = { warrant: pair, traceId, seq: 1000, ...contact };
    const { applied } = await tracingOf(other).assign(delivery, patience());
    expect(applied).toBeLessThan(1000);
    expect(await rowCounts()).toEqual(before);
  });
});

describe('a node at the hub', () => {
  const at = Math.floor(Date.now() / 1000);
  const openAs = (province: string, jws: string) =>
    refused(() => hubAs(node(province)).openTrace({ opening: jws }, patience()));
  test.each([
    ['no text at all', async () => '', 'INVALID_ARGUMENT', 'OPENING_MALFORMED'],
    [
      'an opening that nobody signed',
      async () => pair.opening.replace(/\.[^.]*$/, `.${Buffer.alloc(64).toString('base64url')}`),
      'PERMISSION_DENIED',
      'OPENING_BAD_SIGNATURE',
    ],
    ['another province’s opening', async () => pair.opening, 'PERMISSION_DENIED', 'OPENING_NOT_YOURS'],
    [
      'an opening in another province’s name',
      async () => signedBy(owner, { trace_id: newTraceId() }, other),
      'PERMISSION_DENIED',
      'OPENING_BAD_SIGNATURE',
    ],
    [
      'an opening that has expired',
      async () => signedBy(other, { trace_id: newTraceId(), expires_at: at - 1 }),
      'PERMISSION_DENIED',
      'OPENING_EXPIRED',
    ],
    [
      'an opening for too long',
      async () => signedBy(other, { trace_id: newTraceId(), expires_at: at + 400 * 86_400 }),
      'INVALID_ARGUMENT',
      'OPEN_TOO_LONG',
    ],
    [
      'unknown rules',
      async () => signedBy(other, { trace_id: newTraceId(), rules: 99 }),
      'FAILED_PRECONDITION',
      'RULES_UNKNOWN',
    ],
    [
      'a trace of another province',
      async () => signedBy(other, { revision: 1 }),
      'PERMISSION_DENIED',
      'OPENING_NOT_YOURS',
    ],
  ])('%s', async (_, make, code, reason) => {
    expect(await openAs(other, await make())).toMatchObject({ code, reason });
  });

  test.each([
    ['a second opening of the trace', { as_of: 1 }, 'PERMISSION_DENIED', 'OPENING_REPLAYED'],
    [
      'an amendment that asks further',
      { revision: 1, rules: 1, direction: 'backward' as const },
      'PERMISSION_DENIED',
      'OPENING_ALTERED',
    ],
  ])('%s', async (_, changes, code, reason) => {
    const jws = await signedBy(owner, {
      ...changes,
      index: [{ ...opening.index[0], from: 0, until: 0 } as never],
    });
    expect(await openAs(owner, jws)).toMatchObject({ code, reason });
  });

  test('closing another’s trace, or one that there is not, is the same', async () => {
    const unknown = { code: 'NOT_FOUND', reason: 'TRACE_UNKNOWN', message: 'no such trace' };
    const hub = hubAs(node(other));
    expect(await refused(() => hub.closeTrace({ traceId }, patience()))).toEqual(unknown);
    expect(await refused(() => hub.closeTrace({ traceId: '0'.repeat(32) }, patience()))).toEqual(unknown);
    expect(await refused(() => hub.getTrace({ traceId: '' }, patience()))).toEqual(unknown);
    expect(await call(federation.hub, `/v1/traces/${traceId}`)).toMatchObject({ state: 'complete' });
  });

  test.each([
    ['nothing', new Uint8Array(), 'INVALID_FIELD', 'blinded: empty'],
    [
      'half an element',
      new Uint8Array(48),
      'INVALID_FIELD',
      'blinded: not a whole number of 32-byte elements',
    ],
    ['too many elements', new Uint8Array(4097 * 32), 'INVALID_FIELD', 'blinded: more than 4096 elements'],
    ['what is no element', new Uint8Array(32).fill(255), 'OPRF_BAD_ELEMENT', expect.any(String)],
  ])('key service: %s', async (_, blinded, reason, message) => {
    const hub = hubAs(node(other));
    const failure = await refused(() => hub.evaluate({ blinded }, patience()));
    expect(failure).toEqual({ code: 'INVALID_ARGUMENT', reason, message });
  });

  test.each([
    ['a life beyond all', { incarnation: 2n ** 63n }, 'incarnation: too large'],
    ['a version beyond all', { dataVersion: 2n ** 64n - 1n }, 'data_version: too large'],
    ['a protocol beyond all', { protocol: 2 ** 32 - 1 }, 'protocol: too large'],
    ['a question beyond all', { stale: [{ traceId: '', seqs: [2 ** 31] }] }, 'stale: too large'],
  ])('a report of %s', async (_, report, message) => {
    const hub = hubAs(node(other));
    const failure = await refused(() => hub.reportStatus(report, patience()));
    expect(failure).toEqual({ code: 'INVALID_ARGUMENT', reason: 'INVALID_FIELD', message });
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
    expect(await refused(trace)).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'PEER_NOT_ALLOWED' });
    const evaluate = () => hubAs(HUB).evaluate({ blinded: new Uint8Array(32) }, patience());
    expect(await refused(evaluate)).toMatchObject({ code: 'PERMISSION_DENIED', reason: 'PEER_NOT_ALLOWED' });
  });

  test('a certificate of a foreign authority', async () => {
    const foreign = await createAuthority('somebody else');
    const stranger = { ...(await foreign.issue(HUB)), ca: tlsOf(HUB).ca };
    const client = createClient(TracingService, channelTo(node(other), stranger));
    const failure = await refused(() =>
      client.assign({ warrant: pair, traceId, seq: 1 }, { ...patience(), deadlineMs: 3_000 }),
    );
    expect(['PEER_UNREACHABLE', 'DEADLINE_EXCEEDED']).toContain(failure.reason);
  });

  /** A call by hand: no limits of ours, no deadline unless told. */
  const byHand = (request: { to: Peer; from: Peer; path: string; bytes: Buffer; deadline?: number }) => {
    const { to: peer, from, path, bytes, deadline } = request;
    const address =
      peer.kind === 'hub' ? federation.hub.grpcAddress : federation.node(peer.province).grpcAddress;
    const secure = credentials.createFromSecureContext(secureContext(tlsOf(from)), {
      checkServerIdentity: demandPeer(peer),
    });
    const client = new GrpcClient(address, secure, {
      'grpc.ssl_target_name_override': 'x',
      'grpc.max_send_message_length': -1,
    });
    return new Promise<{ code: number; details: string; reason: string }>((resolve) => {
      const same = (value: Buffer) => value;
      const done = (error: { code: number; details: string; metadata: Metadata } | null) => {
        client.close();
        const [wire] = error?.metadata.get('truyvet-error-bin') ?? [];
        const { reason = '' } = wire ? JSON.parse(wire.toString()) : {};
        resolve({ code: error?.code ?? 0, details: error?.details ?? '', reason });
      };
      client.makeUnaryRequest(path, same, same, bytes, new Metadata(), deadline ? { deadline } : {}, done);
    });
  };

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
    expect(await byHand({ ...late, path: `${path}s`, bytes: Buffer.alloc(0) })).toMatchObject({ code: 12 });
    expect(await rowCounts()).toEqual(before);
  });
});
