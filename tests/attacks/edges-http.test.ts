/**
 * Attacks on the HTTP edge below any route: requests that are two, headers without end, bytes that trickle,
 * connections by the hundred, and what a browser could be talked into.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NODE_ACTS } from '../../node/rooms.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import type { HttpLimits } from '../../shared/http/limits.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { apiRoute, newRoutes } from '../../shared/http/route.ts';
import { type HttpServer, startHttpServer } from '../../shared/http/server.ts';
import { personWith } from '../support/callers.ts';
import { waitFor } from '../support/wait.ts';

/** Methods and paths that reached a handler. */
let reached: string[];
let logged: string[];
let server: HttpServer;

function testApp() {
  const routes = newRoutes();
  const ok = { 200: { description: 'OK' } };
  const path = '/v1/things/{id}';
  const body = {
    required: true,
    content: { 'application/json': { schema: z.strictObject({ n: z.int(), text: z.string().optional() }) } },
  };
  routes.openapi(apiRoute('cases.enter', { method: 'post', path, responses: ok, request: { body } }), (c) => {
    reached.push(`POST ${c.req.param('id')}`);
    return c.json({}, 200, { location: `/v1/things/${encodeURIComponent(c.req.param('id'))}` });
  });
  routes.openapi(apiRoute('cases.read', { method: 'get', path, responses: ok }), (c) => {
    reached.push(`GET ${c.req.param('id')}`);
    return c.json({});
  });
  const sink = new Writable({ write: (chunk, _encoding, done) => done(void logged.push(String(chunk))) });
  return createHttpApp({
    info: { title: 'test', version: '1', description: '' },
    routes: [routes],
    authenticate: async () => personWith(['epidemiologist@24']),
    acts: NODE_ACTS,
    recordRefusal: async () => undefined,
    logger: pino(sink),
    metrics: createMetrics('test'),
    checks: {},
    cursorKey: new Uint8Array(32),
    stopping: new AbortController().signal,
  });
}

async function start(limits: Partial<HttpLimits> = {}): Promise<HttpServer> {
  const sink = new Writable({ write: (chunk, _encoding, done) => done(void logged.push(String(chunk))) });
  return startHttpServer({
    fetch: testApp().fetch,
    listen: { host: '127.0.0.1', port: 0 },
    logger: pino(sink),
    limits,
  });
}

beforeEach(async () => {
  reached = [];
  logged = [];
  server = await start();
});
afterEach(() => server[Symbol.asyncDispose]());

interface Heard {
  readonly socket: Socket;
  readonly text: () => string;
  readonly gone: () => boolean;
}

async function open(port = server.port): Promise<Heard> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let closed = false;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('close', () => {
    closed = true;
  });
  await once(socket, 'connect');
  return { socket, text: () => Buffer.concat(chunks).toString('latin1'), gone: () => closed };
}

/** All that the server says to these bytes until it hangs up, or has answered `answers` requests. */
async function say(bytes: string | Buffer, answers = Number.POSITIVE_INFINITY): Promise<string> {
  const { socket, text, gone } = await open();
  socket.write(bytes);
  const answered = () => (text().match(/HTTP\/1\.1 \d{3} /g) ?? []).length >= answers;
  await waitFor('an answer', () => gone() || answered());
  socket.destroy();
  return text();
}

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`;
const HOST = 'Host: node';
const JSON_TYPE = 'Content-Type: application/json';
const SMUGGLED = lines('GET /v1/things/smuggled HTTP/1.1', HOST, '');

describe('two requests in one', () => {
  test.each([
    ['content-length and transfer-encoding', ['Content-Length: 6', 'Transfer-Encoding: chunked']],
    ['transfer-encoding and content-length', ['Transfer-Encoding: chunked', 'Content-Length: 6']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['a list of lengths', ['Content-Length: 5, 6']],
    ['a negative length', ['Content-Length: -5']],
    ['a length with a sign', ['Content-Length: +5']],
    ['a hexadecimal length', ['Content-Length: 0x5']],
    ['chunked and something after it', ['Transfer-Encoding: chunked, identity']],
    ['a disguised chunked', ['Transfer-Encoding: xchunked']],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['a folded header', ['Transfer-Encoding:', ' chunked']],
    ['a header after a bare LF', ['X: a\nTransfer-Encoding: chunked']],
    ['a header after a bare CR', ['X: a\rTransfer-Encoding: chunked']],
    ['a NUL in a header', ['X: a\0b']],
  ])('by %s are refused whole', async (_, headers) => {
    const head = lines('POST /v1/things/1 HTTP/1.1', HOST, JSON_TYPE, ...headers, '');
    const heard = await say(`${head}0\r\n\r\n${SMUGGLED}`);
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1);
    expect(heard).toContain('"reason":"MALFORMED_REQUEST"');
    expect(reached).toEqual([]);
  });

  test.each([
    ['an endless size', 'ffffffffffffffffff'],
    ['a size that is none', 'zz'],
    ['a size with a sign', '+1'],
  ])('by a chunk of %s are refused', async (_, size) => {
    const head = lines('POST /v1/things/1 HTTP/1.1', HOST, JSON_TYPE, 'Transfer-Encoding: chunked', '');
    const heard = await say(`${head}${size}\r\n{"n":1}\r\n0\r\n\r\n${SMUGGLED}`);
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(reached).toEqual([]);
  });

  test('are two when they are honest', async () => {
    const body = '{"n":1}';
    const head = lines('POST /v1/things/1 HTTP/1.1', HOST, JSON_TYPE, `Content-Length: ${body.length}`, '');
    await say(`${head}${body}${SMUGGLED}`, 2);
    expect(reached.toSorted()).toEqual(['GET smuggled', 'POST 1']);
  });
});

describe('a request line', () => {
  test.each([
    ['without a version', 'GET /healthz'],
    ['of HTTP/0.9', 'GET /healthz HTTP/0.9'],
    ['of an unknown method', 'STEAL /healthz HTTP/1.1'],
    ['with a space in the path', 'GET /v1/things/a b HTTP/1.1'],
    ['that is TLS', '\x16\x03\x01\x02\x00\x01\x00\x01'],
  ])('%s is answered with a problem and the end', async (_, line) => {
    const heard = await say(lines(line, HOST, ''));
    expect(heard).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json/);
    expect(reached).toEqual([]);
  });

  test('without a host, or with two, is refused', async () => {
    expect(await say(lines('GET /healthz HTTP/1.1', 'Connection: close', ''))).toMatch(/^HTTP\/1\.1 400 /);
    expect(await say(lines('GET /healthz HTTP/1.1', 'Host: a/../b', 'Connection: close', ''))).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });

  test.each([
    '/v1/../metrics',
    '/v1/things/../../metrics',
    '/v1/things/..%2f..%2fmetrics',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/docs/..%2f..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/docs/....//package.json',
    '/docs/swagger-ui.css/../../package.json',
    '//evil.example/v1/things/1',
    '/v1//things/1',
    '/v1/things/1/',
    '/V1/things/1',
    '/v1/things/1;a=b/x',
    '/v1/things/%00',
    '/v1/things/%0d%0aSet-Cookie:%20a=b',
    '/v1/things/%ff%fe',
    '/v1/things/%',
    'http://evil.example/v1/things/1',
    '*',
  ])('%s leads to nothing but what it spells', async (path) => {
    const heard = await say(lines(`GET ${path} HTTP/1.1`, HOST, 'Connection: close', ''));
    expect(heard).toMatch(/^HTTP\/1\.1 (?:200|400|404) /);
    expect(heard).not.toMatch(/^(?:set-cookie|location): /im);
    expect(heard).not.toMatch(/truyvet_http_requests|"scripts"|root:x/);
  });
});

describe('headers', () => {
  test('that are too long or too many are refused before any route', async () => {
    const get = (...headers: string[]) => lines('GET /v1/things/1 HTTP/1.1', HOST, ...headers, '');
    const many = Array.from({ length: 200 }, (_, i) => `X-${i}: a`);
    for (const request of [
      get(`X: ${'a'.repeat(20_000)}`),
      get(...many),
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n`,
    ]) {
      expect(await say(request)).toMatch(/^HTTP\/1\.1 431 [\s\S]*"reason":"HEADERS_TOO_LARGE"/);
    }
    expect(reached).toEqual([]);
    expect(logged.join('')).toContain('HEADERS_TOO_LARGE');
  });

  test('that claim another method, host, path or origin change nothing', async () => {
    const response = await fetch(`${server.url}/v1/things/1`, {
      headers: {
        'x-http-method-override': 'DELETE',
        'x-http-method': 'POST',
        'x-method-override': 'POST',
        'x-original-url': '/metrics',
        'x-rewrite-url': '/metrics',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        'x-request-id': 'a\tb',
      },
    });
    expect(await response.json()).toEqual({});
    expect(reached).toEqual(['GET 1']);
    expect(JSON.stringify([...response.headers])).not.toContain('evil');
    expect((await fetch(`${server.url}/v1/things/1?_method=DELETE`)).status).toBe(400);
    expect(reached).toEqual(['GET 1']);
  });

  test('of the answer cannot be written by what was asked', async () => {
    const response = await fetch(`${server.url}/v1/things/a%0d%0aset-cookie:%20a=b%0d%0a%0d%0a<script>`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"n":1}',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await response.text()).toBe('{}');
  });
});

describe('a browser', () => {
  test('of another origin may not call', async () => {
    const origin = { origin: 'https://evil.example' };
    const preflight = await fetch(`${server.url}/v1/things/1`, {
      method: 'OPTIONS',
      headers: {
        ...origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBe(405);
    const simple = await fetch(`${server.url}/v1/things/1`, { headers: origin });
    for (const { headers } of [preflight, simple]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('cannot pass a form or plain text off as JSON', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      const response = await fetch(`${server.url}/v1/things/1`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"n":1}',
      });
      expect([type, response.status]).toEqual([type, 415]);
    }
    expect(reached).toEqual([]);
  });

  test('is told to guess, frame, share and remember nothing, and not what we are made of', async () => {
    for (const path of ['/v1/things/1', '/v1/nothing', '/healthz', '/docs', '/docs/init.js']) {
      const { headers } = await fetch(`${server.url}${path}`);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('geolocation=()'),
      });
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect([headers.get('server'), headers.get('x-powered-by'), headers.get('set-cookie')]).toEqual([
        null,
        null,
        null,
      ]);
      expect(headers.get('strict-transport-security')).toBeNull();
    }
  });

  test('is held to https where the proxy in front speaks it', async () => {
    const { headers } = await fetch(`${server.url}/docs`, { headers: { 'x-forwarded-proto': 'https' } });
    expect(headers.get('strict-transport-security')).toBe('max-age=63072000');
  });
});

describe('slow clients', () => {
  const quick = { headersMs: 300, checkMs: 50, body: { graceMs: 300, bytesPerSecond: 1_024 } };
  /** Sends a byte every 40 ms until the server has had enough. */
  async function trickle({ socket, gone }: Heard, bytes: string): Promise<void> {
    let at = 0;
    await waitFor('the server to hang up', () => {
      if (!gone() && at < bytes.length) socket.write(bytes.charAt(at++));
      return gone();
    });
  }

  test('that send their headers byte by byte are hung up on', async () => {
    await using hasty = await start(quick);
    const slow = await open(hasty.port);
    await trickle(slow, lines('GET /v1/things/1 HTTP/1.1', HOST, ...Array(200).fill('X: a')));
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408 [\s\S]*"reason":"REQUEST_TOO_SLOW"/);
    expect(reached).toEqual([]);
  });

  test('that connect and say nothing are hung up on', async () => {
    await using hasty = await start(quick);
    const silent = await open(hasty.port);
    await waitFor('the server to hang up', silent.gone);
  });

  test.each([
    ['of known length', ['Content-Length: 5000'], ' '.repeat(5_000)],
    ['in chunks', ['Transfer-Encoding: chunked'], '1\r\n \r\n'.repeat(1_000)],
  ])('that send a body %s byte by byte are hung up on', async (_, headers, body) => {
    await using hasty = await start(quick);
    const slow = await open(hasty.port);
    slow.socket.write(lines('POST /v1/things/1 HTTP/1.1', HOST, JSON_TYPE, ...headers, ''));
    await trickle(slow, body);
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408 /);
    expect(reached).toEqual([]);
    expect(logged.join('')).toContain('REQUEST_TOO_SLOW');
  });

  test('that are slow but steady have their time', async () => {
    await using patient = await start({ ...quick, body: { graceMs: 300, bytesPerSecond: 10 } });
    const steady = await open(patient.port);
    const text = `{"n":1,"text":"${'a'.repeat(200)}"}`;
    steady.socket.write(
      lines('POST /v1/things/1 HTTP/1.1', HOST, JSON_TYPE, `Content-Length: ${text.length}`, ''),
    );
    let at = 0;
    await waitFor('the answer', () => {
      steady.socket.write(text.slice(at, at + 8));
      at += 8;
      return /^HTTP\/1\.1 200 /.test(steady.text()) || steady.gone();
    });
    expect(reached).toEqual(['POST 1']);
  });
});

test('connections of one address are bounded, and come free again', async () => {
  await using small = await start({ connections: { perAddress: 3, total: 10 } });
  const sockets: Heard[] = [];
  for (let i = 0; i < 8; i++) sockets.push(await open(small.port));
  await waitFor('five to be closed', () => sockets.filter(({ gone }) => gone()).length === 5);
  expect(logged.filter((line) => line.includes('TOO_MANY_CONNECTIONS'))).toHaveLength(5);
  for (const { socket } of sockets) socket.destroy();
  const answers = () => fetch(`${small.url}/healthz`).then(({ ok }) => ok);
  await waitFor('room', () => answers().catch(() => false));
});

test('JSON that is deep, wide or poisoned is bad input, quickly', async () => {
  const post = (body: string) =>
    fetch(`${server.url}/v1/things/1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  const bodies = [
    '['.repeat(500_000),
    '['.repeat(500_000) + ']'.repeat(500_000),
    `${'{"n":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":1`).join(',')}}`,
    '{"n":1,"__proto__":{"admin":true}}',
    '{"n":1,"constructor":{"prototype":{"admin":true}}}',
    `{"n":1${'0'.repeat(400)}}`,
    `{"n":${'9'.repeat(100_000)}}`,
    '{"n":1,"text":"\\ud800"}{"n":2}',
  ];
  for (const body of bodies) {
    const response = await post(body);
    expect([body.slice(0, 20), response.status]).toEqual([body.slice(0, 20), 400]);
    expect((await response.text()).length).toBeLessThan(100_000);
  }
  expect(reached).toEqual([]);
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});
