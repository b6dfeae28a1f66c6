/**
 * Who gets in: certificates of both sides, names in them, the auth table, deadlines; health and reflection.
 */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { Client, credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { service as health } from 'grpc-health-check';
import { expect, test } from 'vitest';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import { FLOW_CONTROL_WINDOW } from '../../shared/grpc/messages.ts';
import { type Peer, peerOf } from '../../shared/grpc/peer.ts';
import { secureContext, type TlsMaterial } from '../../shared/grpc/tls.ts';
import {
  authority,
  connectEcho,
  Echo,
  HUB,
  inTime,
  node,
  startEcho,
  textOf,
  value,
} from '../support/grpc-echo.ts';
import { waitFor } from '../support/wait.ts';

const DAY_MS = 86_400_000;
const foreign = await createAuthority();
const hubTls = await authority.issue(HUB);

/** A certificate of another authority, beside which ours is trusted as it should be. */
const trusting = async (leaf: Promise<TlsMaterial>): Promise<TlsMaterial> => ({
  ...(await leaf),
  ca: hubTls.ca,
});

/** How `client` fares with a server that shows `server`, when it expects node 24. */
async function attempt({
  client = hubTls,
  server = authority.issue(node('24')),
  expectPeer = node('24'),
}: {
  client?: TlsMaterial;
  server?: Promise<TlsMaterial>;
  expectPeer?: Peer;
}) {
  await using running = await startEcho({}, { tls: await server });
  await using channel = createChannel({ address: running.address, tls: client, expectPeer });
  const answer = createClient(Echo, channel).ask(value('hello'), inTime(5_000));
  const outcome = await answer.then(textOf, (error: Error) => error);
  return { outcome, ...running };
}

test('hub and node know each other by certificate', async () => {
  const { outcome, events } = await attempt({});
  expect(outcome).toBe('hello');
  expect(events).toMatchObject([{ peer: 'hub', code: 'OK' }]);
});

const past = { notBeforeMs: Date.now() - 2 * DAY_MS, notAfterMs: Date.now() - DAY_MS };
const future = { notBeforeMs: Date.now() + DAY_MS, notAfterMs: Date.now() + 2 * DAY_MS };

test.each([
  ['of a foreign authority', () => trusting(foreign.issue(HUB))],
  ['that has expired', () => authority.issue(HUB, past)],
  ['that is not valid yet', () => authority.issue(HUB, future)],
])('a server refuses a client certificate %s, and logs it', async (_, issue) => {
  const { outcome, events, logged } = await attempt({ client: await issue() });
  expect(outcome).toMatchObject({ code: 'UNAVAILABLE', reason: 'PEER_UNREACHABLE' });
  expect(events).toEqual([]);
  expect(logged.join()).toContain('grpc connection refused');
});

test.each([
  ['of a foreign authority', () => trusting(foreign.issue(node('24'))), /certificate/],
  ['that has expired', () => authority.issue(node('24'), past), /expired/],
  ['of another province', () => authority.issue(node('79')), /names node\/79, expected node\/24/],
  ['of the hub, for a node', () => authority.issue(HUB), /names hub, expected node\/24/],
  ['of nobody', () => authority.issue(node('24'), { uri: 'https://example.org' }), /names nobody/],
])('a client refuses a server certificate %s, and knows why', async (_, server, why) => {
  const { outcome, events } = await attempt({ server: server() });
  expect(outcome).toMatchObject({
    code: 'UNAVAILABLE',
    reason: 'PEER_UNREACHABLE',
    message: expect.stringMatching(why),
  });
  expect(events).toEqual([]);
});

test('a client without a certificate, and one of an older TLS, do not get in', async () => {
  await using server = await startEcho();
  const port = server.grpc.port;
  const handshake = (options: object) =>
    new Promise<string>((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        ca: hubTls.ca,
        servername: 'localhost',
        // Certificates name programs, not hosts.
        checkServerIdentity: () => undefined,
        ALPNProtocols: ['h2'],
        ...options,
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      socket.on('close', () => resolve('closed'));
      socket.on('data', () => resolve('data'));
    });
  expect(await handshake({})).toMatch(/CERTIFICATE_REQUIRED/);
  expect(await handshake({ cert: hubTls.cert, key: hubTls.key, maxVersion: 'TLSv1.2' })).toMatch(/VERSION/);
  expect(await handshake({ cert: hubTls.cert, key: hubTls.key })).toBe('data');
});

test.each([
  [
    'a node where only the hub may call',
    () => authority.issue(node('79')),
    { code: 'PERMISSION_DENIED', reason: 'PEER_NOT_ALLOWED', message: 'node/79 may not call test.Echo.Ask' },
  ],
  [
    'a certificate of ours that names nobody',
    () => authority.issue(HUB, { uri: 'truyvet://hub/24' }),
    { code: 'UNAUTHENTICATED', reason: 'PEER_UNNAMED' },
  ],
])('%s is refused', async (_, issue, expected) => {
  const { outcome, events } = await attempt({ client: await issue() });
  expect(outcome).toMatchObject(expected);
  expect(events).toMatchObject([{ code: expected.code, reason: expected.reason }]);
});

test.each([
  ['URI:truyvet://hub, IP Address:127.0.0.1', { kind: 'hub' }],
  ['DNS:localhost, URI:truyvet://node/01', { kind: 'node', province: '01' }],
  [undefined, undefined],
  ['DNS:truyvet://hub', undefined],
  ['URI:truyvet://node/1', undefined],
  ['URI:truyvet://node/001', undefined],
  ['URI:truyvet://hub, URI:truyvet://node/24', undefined],
  ['DNS:"x, URI:truyvet://hub, y"', undefined],
])('the subject alternative name %s names %o', (text, peer) => {
  expect(peerOf(text)).toEqual(peer);
});

/** A client of grpc-js itself, which does what ours never would. */
function rawClient(address: string): Client {
  return new Client(
    address,
    credentials.createFromSecureContext(secureContext(hubTls), { checkServerIdentity: () => undefined }),
  );
}

const same = (bytes: Buffer): Buffer => bytes;
const request = Buffer.from([0x0a, 0x01, 0x41]);

test('a call without a deadline is refused, of every kind of call', async () => {
  await using server = await startEcho();
  const client = rawClient(server.address);
  const unary = new Promise<ServiceError | null>((resolve) =>
    client.makeUnaryRequest('/test.Echo/Ask', same, same, request, resolve),
  );
  const failure = (stream: {
    on(event: 'error', listener: (error: ServiceError) => void): unknown;
    resume(): unknown;
  }) => {
    stream.resume();
    return new Promise<ServiceError>((resolve) => stream.on('error', resolve));
  };
  const expected = { code: 3, details: expect.stringContaining('needs a deadline') };
  expect(await unary).toMatchObject(expected);
  expect(
    await failure(client.makeServerStreamRequest('/test.Echo/Listen', same, same, request)),
  ).toMatchObject(expected);
  expect(await failure(client.makeBidiStreamRequest('/test.Echo/Talk', same, same))).toMatchObject(expected);
  const told = new Promise<ServiceError | null>((resolve) =>
    client.makeClientStreamRequest('/test.Echo/Tell', same, same, resolve),
  );
  expect(await told).toMatchObject(expected);
  expect(server.events.map(({ reason }) => reason)).toEqual(Array(4).fill('DEADLINE_REQUIRED'));
  client.close();
});

test('an unknown method is unimplemented, an oversized message refused by the server too', async () => {
  await using server = await startEcho();
  const client = rawClient(server.address);
  const ask = (path: string, bytes: Buffer) =>
    new Promise<ServiceError | null>((resolve) =>
      client.makeUnaryRequest(
        path,
        same,
        same,
        bytes,
        { deadline: Date.now() + 20_000 } as never,
        resolve as never,
      ),
    );
  expect(await ask('/test.Echo/Shout', request)).toMatchObject({ code: 12 });
  expect(await ask('/test.Echo/Ask', Buffer.alloc(17 * 1024 * 1024))).toMatchObject({
    code: 8,
    details: expect.stringContaining('larger than'),
  });
  client.close();
});

type Check = (request: object, ...rest: unknown[]) => unknown;
type HealthClient = Client & { check: Check; watch: Check };

test('health is answered for the server and each service, watched, and taken back', async () => {
  await using server = await startEcho();
  const trust = credentials.createFromSecureContext(secureContext(hubTls), {
    checkServerIdentity: () => undefined,
  });
  const client = new (makeGenericClientConstructor(health, 'Health'))(
    server.address,
    trust,
  ) as unknown as HealthClient;
  const check = (service: string) =>
    new Promise<unknown>((resolve) =>
      client.check(
        { service },
        { deadline: Date.now() + 20_000 },
        (error: ServiceError | null, answer: { status: string }) => resolve(error?.code ?? answer.status),
      ),
    );
  expect(await check('')).toBe('SERVING');
  expect(await check('test.Echo')).toBe('SERVING');
  expect(await check('test.Unknown')).toBe(5);
  const watched: string[] = [];
  const watch = client.watch({ service: 'test.Echo' }) as unknown as {
    on(event: string, listener: (answer: { status: string }) => void): void;
    cancel(): void;
  };
  watch.on('data', ({ status }) => watched.push(status));
  watch.on('error', () => undefined);
  await waitFor('the first status', () => watched.length === 1);
  server.grpc.setServing(false);
  await waitFor('the second status', () => watched.length === 2);
  expect(watched).toEqual(['SERVING', 'NOT_SERVING']);
  expect(await check('')).toBe('NOT_SERVING');
  watch.cancel();
  await waitFor('the log of the watch', () =>
    server.events.some(({ method }) => method === 'grpc.health.v1.Health.Watch'),
  );
  const lasting = client.watch({ service: '' }) as typeof watch;
  const ended = new Promise<ServiceError>((resolve) => lasting.on('error', resolve as never));
  lasting.on('data', () => undefined);
  const unlimited = new Promise<unknown>((resolve) =>
    client.check({ service: '' }, (error: ServiceError) => resolve(error?.code)),
  );
  expect(await unlimited).toBe(3);
  await server[Symbol.asyncDispose]();
  expect(await ended).toMatchObject({ code: 14, details: 'the server is stopping' });
  client.close();
});

test.each(['v1', 'v1alpha'])('reflection %s lists our services and their files', async (version) => {
  await using server = await startEcho();
  const client = rawClient(server.address);
  const stream = client.makeBidiStreamRequest(
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    same,
    same,
  );
  const answers: string[] = [];
  stream.on('data', (answer: Buffer) => answers.push(answer.toString('latin1')));
  // ServerReflectionRequest: list_services = 7, file_containing_symbol = 4.
  stream.write(Buffer.from([0x3a, 0x01, 0x2a]));
  stream.write(Buffer.concat([Buffer.from([0x22, 0x09]), Buffer.from('test.Echo')]));
  stream.end();
  await waitFor('two answers', () => answers.length === 2);
  expect(answers[0]).toContain('test.Echo');
  expect(answers[1]).toContain('test/echo.proto');
  expect(answers[1]).toContain('google/protobuf/wrappers.proto');
  await waitFor('the log', () => server.events.length === 1);
  expect(server.events).toMatchObject([{ peer: 'hub', code: 'OK' }]);
  client.close();
});

test('a server grants wide flow-control windows, to each stream and to the connection', async () => {
  await using server = await startEcho();
  const session = connectHttp2(`https://${server.address}`, {
    ...hubTls,
    servername: 'node-24',
    checkServerIdentity: () => undefined,
  });
  session.on('error', () => undefined);
  const isWide = () =>
    session.remoteSettings?.initialWindowSize === FLOW_CONTROL_WINDOW &&
    session.state.remoteWindowSize === FLOW_CONTROL_WINDOW;
  await waitFor('the windows', isWide);
  session.destroy();
});

test('a server that stops serves nobody who was still shaking hands', async () => {
  const server = await startEcho();
  const { hostname, port } = new URL(`tcp://${server.address}`);
  const socket = connectTcp(Number(port), hostname);
  await once(socket, 'connect');
  // Connections are accepted in their order: this one has been when a later one is served.
  await using later = connectEcho(server.address);
  await later.echo.ask({}, inTime());
  let isOpen = true;
  socket.once('close', () => {
    isOpen = false;
  });
  socket.on('error', () => undefined);
  await server[Symbol.asyncDispose]();
  // Less than a handshake may take.
  await waitFor('the connection to end', () => !isOpen, 2_000);
});
