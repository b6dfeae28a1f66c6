/**
 * What every route of both programs has in common: problems, request ids, headers, logs, health, metrics,
 * documentation; and the server around it.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { NODE_ACTS } from '../../node/rooms.ts';
import { systemClock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import { createHttpApp, type HttpAppOptions } from '../../shared/http/app.ts';
import { eventStream } from '../../shared/http/events.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { apiRoute, JSON_LIMIT_BYTES, newRoutes, type Routes } from '../../shared/http/route.ts';
import { startHttpServer } from '../../shared/http/server.ts';
import { describeError } from '../../shared/log.ts';
import { personWith } from '../support/callers.ts';
import { createApps, routesOf } from '../support/http-apps.ts';
import { waitFor } from '../support/wait.ts';

const PLANTED = '001090123456';

function testRoutes(): Routes {
  const routes = newRoutes();
  const ok = { 200: { description: 'OK' } };
  const content = { 'application/json': { schema: z.strictObject({ n: z.int() }) } };
  const post = {
    method: 'post',
    path: '/v1/things/{id}',
    responses: ok,
    request: { body: { required: true, content } },
  } as const;
  routes.openapi(apiRoute('cases.enter', post), (c) => c.json({ n: c.req.valid('json').n }));
  const get = { method: 'get', path: '/v1/things/{id}', responses: ok } as const;
  routes.openapi(apiRoute('cases.read', get), (c) => {
    const failure = FAILURES[c.req.param('id')];
    if (failure) throw failure;
    return c.json({});
  });
  const events = { method: 'get', path: '/v1/events', responses: ok } as const;
  routes.openapi(apiRoute('traces.read', events), (c) => {
    const stream = { c, clock: systemClock, onError: () => undefined };
    return eventStream(async function* (over) {
      yield { event: 'state', data: { n: 1 } };
      await new Promise((resolve) => over.addEventListener('abort', resolve));
    }, stream);
  });
  return routes;
}

const FAILURES: Readonly<Record<string, Error>> = {
  unknown: new Error(`duplicate key value (${PLANTED})`),
  abroad: new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', 'the hub is away', { cause: new Error(PLANTED) }),
};

function createTestApp(options: Partial<HttpAppOptions> = {}) {
  const logged: string[] = [];
  const sink = new Writable({ write: (chunk, _encoding, done) => done(void logged.push(String(chunk))) });
  const app = createHttpApp({
    info: { title: 'Thử', version: '1', description: 'test' },
    routes: [testRoutes()],
    authenticate: async () => personWith(['epidemiologist@24']),
    acts: NODE_ACTS,
    recordRefusal: async () => undefined,
    logger: pino({ serializers: { err: describeError } }, sink),
    metrics: createMetrics('test'),
    checks: {},
    cursorKey: new Uint8Array(32),
    stopping: new AbortController().signal,
    ...options,
  });
  return { app, logged, lines: () => logged.map((line) => JSON.parse(line)) };
}

const json = (body: string | Uint8Array, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: body as string,
});

describe('problems', () => {
  const { app } = createTestApp();
  const rows: [
    name: string,
    path: string,
    init: RequestInit,
    status: number,
    reason: string,
    errors: unknown[],
  ][] = [
    ['an unknown path', '/v1/nothing', {}, 404, 'NO_SUCH_PATH', []],
    ['another method', '/v1/things/1', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED', []],
    [
      'JSON that is none',
      '/v1/things/1',
      json('{"n":'),
      400,
      'MALFORMED_JSON',
      [{ field: 'body', reason: 'NOT_JSON', message: 'không phải JSON hợp lệ', params: {} }],
    ],
    [
      'an empty body',
      '/v1/things/1',
      json(''),
      400,
      'MALFORMED_JSON',
      [{ field: 'body', reason: 'NOT_JSON', message: 'không phải JSON hợp lệ', params: {} }],
    ],
    [
      'another media type',
      '/v1/things/1',
      { ...json('n=1'), headers: { 'content-type': 'text/plain' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      [
        {
          ...{ field: 'content-type', reason: 'MEDIA_TYPE_EXPECTED', message: 'phải là application/json' },
          params: { accepted: 'application/json' },
        },
      ],
    ],
    [
      'a missing field',
      '/v1/things/1',
      json('{}'),
      400,
      'INVALID_FIELD',
      [{ field: 'n', reason: 'REQUIRED', message: 'bắt buộc', params: {} }],
    ],
    [
      'a field of another type',
      '/v1/things/1',
      json('{"n":"1"}'),
      400,
      'INVALID_FIELD',
      [{ field: 'n', reason: 'NOT_A_NUMBER', message: 'phải là số', params: {} }],
    ],
    [
      'a body over the limit',
      '/v1/things/1',
      json(' '.repeat(JSON_LIMIT_BYTES + 1)),
      413,
      'BODY_TOO_LARGE',
      [
        {
          ...{ field: 'body', reason: 'TOO_MANY_BYTES', message: 'lớn hơn 1.048.576 byte' },
          params: { most: 1_048_576 },
        },
      ],
    ],
    ['a failure elsewhere', '/v1/things/abroad', {}, 503, 'HUB_UNREACHABLE', []],
    ['anything else', '/v1/things/unknown', {}, 500, 'INTERNAL', []],
  ];
  it.each(rows)('%s', async (...row) => {
    const [, path, init, status, reason, errors] = row;
    const response = await app.request(path, init);
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(text)).toEqual({
      type: `urn:truyvet:problem:${reason.toLowerCase().replaceAll('_', '-')}`,
      title: expect.stringMatching(/^[^·]+$/),
      detail: expect.any(String),
      ...{ status, reason, errors },
      request_id: response.headers.get('x-request-id'),
    });
    expect(response.status).toBe(status);
    expect(text).not.toContain(PLANTED);
  });

  it('say which methods a path takes, and when to come back', async () => {
    expect((await app.request('/v1/things/1', { method: 'PUT' })).headers.get('allow')).toBe('GET, POST');
    expect((await app.request('/v1/things/abroad')).headers.get('retry-after')).toBe('1');
  });
});

describe('each request', () => {
  it("has an id: the caller's if it is no disguise for a number, else a new one", async () => {
    const { app } = createTestApp();
    const idOf = async (given: string) =>
      (await app.request('/healthz', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    const good = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(await idOf(good)).toBe(good);
    for (const bad of [PLANTED, '+84912345678', `${good} x`, 'a'.repeat(65)]) {
      expect(await idOf(bad)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('leaves one log line with the pattern, not the path, and no content', async () => {
    const { app, logged, lines } = createTestApp();
    await app.request(`/v1/things/${PLANTED}?name=${PLANTED}`, json(`{"n":1,"x":"${PLANTED}"}`));
    await app.request(`/v1/${PLANTED}`);
    await app.request('/v1/things/unknown');
    expect(logged.join('')).not.toContain(PLANTED);
    expect(lines().filter((line) => line.msg === 'http request')).toMatchObject([
      { method: 'POST', route: '/v1/things/:id', status: 400, subject: 'an' },
      { method: 'GET', route: 'none', status: 404 },
      { method: 'GET', route: '/v1/things/:id', status: 500 },
    ]);
  });

  it('is counted by pattern, and figures name no person', async () => {
    const { app } = createTestApp();
    await app.request(`/v1/things/${PLANTED}`);
    const metrics = await (await app.request('/metrics')).text();
    expect(metrics).toContain(
      'truyvet_http_requests_total{method="GET",route="/v1/things/:id",status="200",program="test"} 1',
    );
    expect(metrics).not.toContain(PLANTED);
  });

  it('is answered with headers that keep browsers from guessing and caching', async () => {
    const { headers } = await createTestApp().app.request('/v1/things/1');
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(/^default-src 'none';/),
    });
  });
});

describe('start-up', () => {
  it('refuses a route that names no act', () => {
    const routes = newRoutes();
    routes.get('/v1/open', (c) => c.text('come in'));
    expect(() => createTestApp({ routes: [routes] })).toThrow('GET /v1/open names no act of this program');
  });
});

describe('health', () => {
  it('is ready when every check is, and names those that are not', async () => {
    let up = false;
    const check = async () => {
      if (!up) throw new Error(PLANTED);
    };
    const checks = { database: check, rules: async () => undefined };
    const { app } = createTestApp({ checks, warnings: () => ['24: AUDIT_LOG_FORKED'] });
    const before = await app.request('/readyz');
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({
      status: 'not ready',
      checks: { database: 'failed', rules: 'ok' },
      warnings: ['24: AUDIT_LOG_FORKED'],
    });
    expect((await app.request('/healthz')).status).toBe(200);
    up = true;
    // A warning is for people: the program serves.
    expect((await app.request('/readyz')).status).toBe(200);
  });
});

describe('documentation', () => {
  const apps = createApps(async () => personWith([]));

  /** What is served, by the server's own account; which routes there are, the tests of access say. */
  const servedBy = (app: Routes): string[] => {
    const served = app.routes.filter(({ path, method }) => path.startsWith('/v1/') && method !== 'ALL');
    const named = served.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    return [...new Set(named)].filter((route) => route !== 'GET /v1/openapi.json').sort();
  };

  it.each(['node', 'hub'] as const)('of the %s is OpenAPI 3.1 with every route', async (program) => {
    const response = await apps[program].request('/v1/openapi.json');
    const document = (await response.json()) as { components: { schemas: object } };
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { title: expect.any(String), version: expect.any(String) },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    });
    const routes = routesOf(apps[program]);
    const documented = routes.map(({ method, path }) => `${method} ${path}`).sort();
    expect(documented).toEqual(servedBy(apps[program]));
    expect(documented.length).toBeGreaterThan(15);
    for (const { path, operation } of routes) {
      expect(operation).toMatchObject({
        summary: expect.stringContaining(' · '),
        security: [{ bearer: [] }],
      });
      expect(Object.keys(operation.responses as object)).toContain('default');
      const named = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name);
      const parameters = (operation.parameters ?? []) as { name: string; in: string; required?: boolean }[];
      expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(named);
    }
    for (const [, target] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(document.components.schemas).toHaveProperty(target as string);
    }
  });

  it('pages load nothing from elsewhere, and what they load is there', async () => {
    for (const app of [apps.node, apps.hub]) {
      const root = await app.request('/');
      expect([root.status, root.headers.get('location')]).toEqual([302, '/docs']);
    }
    const page = await apps.node.request('/docs');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe/);
    const html = await page.text();
    expect(html).not.toMatch(/<script>|\son\w+=|https?:/);
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string);
    expect(loaded).toHaveLength(4);
    for (const path of loaded) {
      const response = await apps.node.request(path);
      expect([path, response.status, response.headers.get('x-content-type-options')]).toEqual([
        path,
        200,
        'nosniff',
      ]);
    }
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('the server', () => {
  it('refuses a long body that does not say how long it is', async () => {
    await using server = await startHttpServer({
      fetch: createTestApp().app.fetch,
      listen: { host: '127.0.0.1', port: 0 },
    });
    const chunk = new Uint8Array(65_536).fill(32);
    let left = 24;
    const body = new ReadableStream({
      pull: (sink) => (left-- > 0 ? sink.enqueue(chunk) : sink.close()),
    });
    const init = { ...json(''), body, duplex: 'half' } as RequestInit;
    const response = await fetch(`${server.url}/v1/things/1`, init);
    expect(response.status).toBe(413);
    await response.body?.cancel();
  });

  it('lets answers under way finish, ends event streams, and takes nothing new', async () => {
    const stopping = new AbortController();
    const { app } = createTestApp({ stopping: stopping.signal });
    const slow = deferred();
    const arrived = deferred();
    const fetchSlowly = async (request: Request) => {
      if (request.url.endsWith('/slow')) {
        arrived.resolve();
        await slow.promise;
        return new Response('done');
      }
      return app.fetch(request);
    };
    const listen = { host: '127.0.0.1', port: 0 };
    const server = await startHttpServer({ fetch: fetchSlowly, listen, drainMs: 600_000 });
    const answer = fetch(`${server.url}/slow`);
    await arrived.promise;
    const events = await fetch(`${server.url}/v1/events`);
    const text = events.text();
    stopping.abort();
    const stopped = server[Symbol.asyncDispose]();
    expect(await text).toContain('event: state\ndata: {"n":1}\n\n');
    await waitFor('the end of listening', () =>
      fetch(`${server.url}/healthz`).then(
        () => false,
        () => true,
      ),
    );
    slow.resolve();
    expect(await (await answer).text()).toBe('done');
    await stopped;
  });

  it('does not wait for a connection that never sent a request', async () => {
    const options = { fetch: createTestApp().app.fetch, listen: { host: '127.0.0.1', port: 0 } };
    const server = await startHttpServer({ ...options, drainMs: 600_000 });
    const idle = connect(server.port, '127.0.0.1');
    await once(idle, 'connect');
    const closed = once(idle, 'close');
    await fetch(`${server.url}/healthz`); // the server has seen the first connection by now
    await server[Symbol.asyncDispose]();
    await closed;
  });

  it('says when its address is taken', async () => {
    const options = { fetch: createTestApp().app.fetch, listen: { host: '127.0.0.1', port: 0 } };
    await using server = await startHttpServer(options);
    const again = startHttpServer({ ...options, listen: { host: '127.0.0.1', port: server.port } });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
