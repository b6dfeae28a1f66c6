/**
 * Attacks on the gRPC edge: downgraded and anonymous handshakes, and peers that flood, stall or swell. Each
 * would succeed without its defence; another peer is served all the while.
 */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { CONNECTIONS_PER_PEER, HTTP2_LIMITS } from '../../shared/grpc/limits.ts';
import {
  connectEcho,
  type EchoServer,
  HUB,
  hubTls,
  inTime,
  startEcho,
  textOf,
  value,
} from '../support/grpc-echo.ts';
import {
  callHeaders,
  connectRaw,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  type RawPeer,
} from '../support/raw-http2.ts';
import { waitFor } from '../support/wait.ts';

let server: EchoServer;
beforeEach(async () => {
  server = await startEcho();
});
afterEach(() => server[Symbol.asyncDispose]());

/** Another peer gets its answer. */
async function expectServed(): Promise<void> {
  await using other = connectEcho(server.address);
  expect(textOf(await other.echo.ask(value('still there?'), inTime()))).toBe('still there?');
}

/** How a connection with these options ends: `h2` if the server begins to speak HTTP/2. */
function handshake(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host: '127.0.0.1', port: server.grpc.port, servername: 'localhost', rejectUnauthorized: false },
      ...{ ALPNProtocols: ['h2'], ...options },
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve('closed'));
    socket.on('data', () => {
      resolve('h2');
      socket.destroy();
    });
  });
}

const { cert, key } = hubTls;
const stranger = await (await createAuthority()).issue(HUB);
const SUITES_1_2 = 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256';

describe('a handshake', () => {
  test.each<[string, ConnectionOptions]>([
    ['TLS 1.2 with its best suites', { cert, key, maxVersion: 'TLSv1.2', ciphers: SUITES_1_2 }],
    ['TLS 1.2 without authentication', { cert, key, maxVersion: 'TLSv1.2', ciphers: 'aNULL:@SECLEVEL=0' }],
    ['TLS 1.2 with RC4, 3DES and CBC', { cert, key, maxVersion: 'TLSv1.2', ciphers: 'ALL:@SECLEVEL=0' }],
    [
      'TLS 1.0 and 1.1',
      { cert, key, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    ],
    ['no certificate', {}],
    ["a stranger's certificate", { cert: stranger.cert, key: stranger.key }],
    ['ALPN for HTTP/1.1', { cert, key, ALPNProtocols: ['http/1.1'] }],
    ['ALPN for a mail server', { cert, key, ALPNProtocols: ['smtp', 'imap'] }],
    ['no ALPN at all', { cert, key, ALPNProtocols: [] }],
  ])('with %s does not get in', async (_, options) => {
    expect(await handshake(options)).not.toBe('h2');
    await waitFor('a log line', () => server.logged.some((line) => line.includes('connection refused')));
    expect(await handshake({ cert, key })).toBe('h2');
  });

  test.each(['before', 'after'])(
    'offers no finite-field group %s the certificate was renewed',
    async (when) => {
      if (when === 'after') server.grpc.useTls(server.tls);
      expect(await handshake({ cert, key, ecdhCurve: 'ffdhe2048' })).not.toBe('h2');
      expect(await handshake({ cert, key, maxVersion: 'TLSv1.2' })).not.toBe('h2');
      expect(await handshake({ cert, key, ecdhCurve: 'X25519' })).toBe('h2');
    },
  );

  test('cannot be repeated on an open connection', async () => {
    const socket = connect({
      cert,
      key,
      port: server.grpc.port,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    });
    await once(socket, 'secureConnect');
    socket.on('error', () => undefined);
    const failed = new Promise((resolve) => socket.renegotiate({}, resolve));
    expect(await failed).toBeInstanceOf(Error);
    socket.destroy();
  });

  test('in plain text is no handshake', async () => {
    for (const words of [
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\0'.repeat(4_096),
    ]) {
      const socket = connectTcp(server.grpc.port, '127.0.0.1');
      socket.on('error', () => undefined);
      const heard: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
      socket.write(words);
      await once(socket, 'close');
      expect(Buffer.concat(heard).toString('latin1')).not.toMatch(/HTTP|grpc/);
    }
  });
});

async function openTcp(port: number): Promise<Socket & { gone?: boolean }> {
  const socket: Socket & { gone?: boolean } = connectTcp(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.on('close', () => {
    socket.gone = true;
  });
  await once(socket, 'connect');
  return socket;
}

describe('connections', () => {
  test('that never finish their handshake are hung up on', async () => {
    await using impatient = await startEcho({}, { limits: { handshakeMs: 200 } });
    const silent = await openTcp(impatient.grpc.port);
    const halfway = await openTcp(impatient.grpc.port);
    halfway.write(Buffer.from('16030100f0010000ec0303', 'hex'));
    await waitFor('both to be closed', () => silent.gone === true && halfway.gone === true);
  });

  test('of one address are bounded before anything is read from them', async () => {
    await using small = await startEcho({}, { limits: { connections: { perAddress: 3, total: 10 } } });
    const sockets: Awaited<ReturnType<typeof openTcp>>[] = [];
    for (let i = 0; i < 8; i++) sockets.push(await openTcp(small.grpc.port));
    await waitFor('five to be closed', () => sockets.filter(({ gone }) => gone).length === 5);
    expect(small.logged.filter((line) => line.includes('TOO_MANY_CONNECTIONS')).length).toBe(5);
    for (const socket of sockets) socket.destroy();
  });

  test('of one peer are bounded, and come free again', async () => {
    const peers: RawPeer[] = [];
    for (let i = 0; i < CONNECTIONS_PER_PEER + 1; i++) peers.push(await connectRaw(server.grpc.port, hubTls));
    await waitFor('one to be closed', () => peers.filter(({ closed }) => closed).length === 1);
    for (const peer of peers) peer.socket.destroy();
    await waitFor('room', () =>
      expectServed().then(
        () => true,
        () => false,
      ),
    );
  });
});

/** Odd numbers from 1: streams that a client may open. */
const streams = (count: number) => Array.from({ length: count }, (_, i) => 2 * i + 1);
const opened = (stream: number, path = '/test.Echo/Tell') =>
  frame(FRAME.HEADERS, END_HEADERS, stream, callHeaders(path));
const goodbyes = ({ frames }: RawPeer) => frames.filter(({ type }) => type === FRAME.GOAWAY);
/** Both sides' settings are known to both. */
const settled = ({ frames }: RawPeer) =>
  frames.some(({ type, flags }) => type === FRAME.SETTINGS && flags === 1);
const resets = ({ frames }: RawPeer) => frames.filter(({ type }) => type === FRAME.RST_STREAM);

describe('a peer that is let in', () => {
  test('has no more calls open than the limit', async () => {
    const most = HTTP2_LIMITS.settings?.maxConcurrentStreams ?? 0;
    await using peer = await connectRaw(server.grpc.port, hubTls);
    await waitFor('settings', () => settled(peer));
    peer.send(...streams(most + 50).map((stream) => opened(stream)));
    await waitFor('refusals', () => resets(peer).length === 50 || peer.closed);
    await expectServed();
  });

  test('cannot open and reset calls without end', async () => {
    await using peer = await connectRaw(server.grpc.port, hubTls);
    const cancel = Buffer.from([0, 0, 0, 8]);
    for (let i = 0; i < 40 && !peer.closed; i++) {
      const some = streams(1_000).map((stream) => stream + 2_000 * i);
      peer.send(...some.flatMap((stream) => [opened(stream), frame(FRAME.RST_STREAM, 0, stream, cancel)]));
    }
    await waitFor('the end', () => goodbyes(peer).length > 0);
    expect(server.events.length).toBeLessThan(3_000);
    await expectServed();
  });

  test.each<[string, () => Buffer[]]>([
    ['pings', () => Array(20_000).fill(frame(FRAME.PING, 0, 0, Buffer.alloc(8)))],
    ['settings', () => Array(20_000).fill(frame(FRAME.SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])))],
  ])('that floods with %s and does not read is hung up on', async (_, flood) => {
    await using peer = await connectRaw(server.grpc.port, hubTls);
    peer.socket.pause();
    for (let i = 0; i < 40 && !peer.closed; i++) peer.send(...flood());
    const ended = () => peer.closed || peer.socket.writableLength === 0;
    await waitFor('the end', ended, 30_000);
    await expectServed();
  });

  test('cannot send headers without end', async () => {
    await using peer = await connectRaw(server.grpc.port, hubTls);
    const more = frame(FRAME.CONTINUATION, 0, 1, callHeaders('/x', [['a', 'b'.repeat(8_000)]]));
    peer.send(frame(FRAME.HEADERS, 0, 1, callHeaders('/test.Echo/Tell')), ...Array(2_000).fill(more));
    await waitFor('the end', () => peer.closed);
    await expectServed();
  });

  test.each<[string, [string, string][]]>([
    ['long', [['x-long', 'a'.repeat(20_000)]]],
    ['many', Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'a'])],
  ])('gets no call through with metadata that is too %s', async (_, more) => {
    await using peer = await connectRaw(server.grpc.port, hubTls);
    const call = (stream: number, block: Buffer) => {
      const parts = [frame(FRAME.HEADERS, 0, stream, block.subarray(0, 16_000))];
      for (let at = 16_000; at < block.length; at += 16_000)
        parts.push(frame(FRAME.CONTINUATION, 0, stream, block.subarray(at, at + 16_000)));
      return [...parts, frame(FRAME.CONTINUATION, END_HEADERS, stream)];
    };
    await waitFor('settings', () => settled(peer));
    peer.send(...call(1, callHeaders('/test.Echo/Ask', more)));
    await waitFor('the refusal', () => resets(peer).length > 0 || peer.closed);
    expect(server.events).toEqual([]);
    await expectServed();
  });

  /** A gRPC message: compressed or not, its announced length, its bytes. */
  const message = (compressed: 0 | 1, length: number, bytes: Buffer) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(compressed, 0);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, bytes]);
  };

  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  test.each<[string, [string, string][], Buffer]>([
    ['says it is 4 GiB', [], message(0, 0xffffffff, Buffer.alloc(100))],
    ['is small and unpacks to 64 MiB', [['grpc-encoding', 'gzip']], message(1, bomb.length, bomb)],
  ])('gets no message through that %s', async (_, more, bytes) => {
    await using peer = await connectRaw(server.grpc.port, hubTls);
    const before = process.memoryUsage().arrayBuffers;
    const parts = [frame(FRAME.HEADERS, END_HEADERS, 1, callHeaders('/test.Echo/Ask', more))];
    for (let at = 0; at < bytes.length; at += 16_000) {
      const last = at + 16_000 >= bytes.length;
      parts.push(frame(FRAME.DATA, last ? END_STREAM : 0, 1, bytes.subarray(at, at + 16_000)));
    }
    peer.send(...parts);
    const answer = () => peer.frames.find(({ type, stream }) => type === FRAME.HEADERS && stream === 1);
    await waitFor('the refusal', () => answer() !== undefined || resets(peer).length > 0 || peer.closed);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 * 1024 * 1024);
    expect(server.events.filter(({ code }) => code === 'OK')).toEqual([]);
    await expectServed();
  });
});

test('a peer that asks and does not read makes nobody hold the answers', async () => {
  let made = 0;
  await using endless = await startEcho({
    listen: async function* (_request, { signal }) {
      while (!signal.aborted) {
        made++;
        yield { value: Buffer.alloc(64 * 1024) };
      }
    },
  });
  await using peer = await connectRaw(endless.grpc.port, hubTls);
  const ask = Buffer.from([0, 0, 0, 0, 0]);
  peer.send(opened(1, '/test.Echo/Listen'), frame(FRAME.DATA, END_STREAM, 1, ask));
  await waitFor('the first answers', () => made > 2);
  let last = -1;
  await waitFor('the answers to stop', () => {
    const still = made === last;
    last = made;
    return still;
  });
  expect(made).toBeLessThan(64);
});
