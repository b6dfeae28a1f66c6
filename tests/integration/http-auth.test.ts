/**
 * Who gets in: tokens that must be refused, and the roles of every route of both programs.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS, type AccessGroup, ROLES } from '../../shared/auth/access.ts';
import { type Authenticate, createBearer } from '../../shared/auth/bearer.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { ACCESS_EXTENSION } from '../../shared/http/route.ts';
import { createApps, type Route, routesOf } from '../support/http-apps.ts';

const AUDIENCE = 'truyvet-node-24';
const ISSUER = 'https://identity.example';
let provider: Provider;
let authenticate: Authenticate;
beforeAll(async () => {
  provider = await startProvider();
  authenticate = createBearer({ issuer: ISSUER, jwksUrl: provider.jwksUrl, audience: AUDIENCE });
});
afterAll(() => provider[Symbol.asyncDispose]());

interface Provider extends AsyncDisposable {
  readonly jwksUrl: string;
  readonly key: CryptoKey;
}

/** An identity provider with one key, which the tests may misuse. */
async function startProvider(): Promise<Provider> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }];
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    key: privateKey,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const now = () => nowSeconds(systemClock);
const claims = (change: Record<string, unknown> = {}) => ({
  ...{ iss: ISSUER, aud: AUDIENCE, sub: 'an', exp: now() + 3600, roles: ['lab'] },
  ...change,
});

interface Signing {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: CryptoKey | Uint8Array;
}

const sign = async (
  payload: Record<string, unknown> = claims(),
  { alg = 'ES256', kid = 'k1', key }: Signing = {},
) => `Bearer ${await new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key ?? provider.key)}`;

describe('tokens', () => {
  it('are taken when they are right; roles that nobody knows are left out', async () => {
    const token = await sign(claims({ sub: 'bình', roles: ['lab', 'root', 'analyst'] }));
    expect(await authenticate(token)).toEqual({ subject: 'bình', roles: ['lab', 'analyst'] });
    expect(await authenticate(token.replace('Bearer ', 'bearer  '))).toMatchObject({ subject: 'bình' });
    expect(await authenticate(await sign(claims({ roles: 'lab' })))).toMatchObject({ roles: [] });
  });

  const bad: [name: string, header: () => Promise<string | undefined>, reason: string][] = [
    ['none', async () => undefined, 'TOKEN_MISSING'],
    ['another scheme', async () => 'Basic YWRtaW46YWRtaW4=', 'TOKEN_MISSING'],
    ['an empty one', async () => 'Bearer ', 'TOKEN_MISSING'],
    ['no JWT', async () => 'Bearer abc', 'TOKEN_INVALID'],
    ['another audience', () => sign(claims({ aud: 'truyvet-node-79' })), 'TOKEN_INVALID'],
    ['another issuer', () => sign(claims({ iss: 'https://elsewhere.example' })), 'TOKEN_INVALID'],
    ['an expired one', () => sign(claims({ exp: now() - 3600 })), 'TOKEN_EXPIRED'],
    ['one that never ends', () => sign(claims({ exp: undefined })), 'TOKEN_INVALID'],
    ['one of nobody', () => sign(claims({ sub: undefined })), 'TOKEN_INVALID'],
    ['one not valid yet', () => sign(claims({ nbf: now() + 3600 })), 'TOKEN_INVALID'],
    ['alg none', async () => `Bearer ${new UnsecuredJWT(claims()).encode()}`, 'TOKEN_INVALID'],
    ['a shared secret', () => sign(claims(), { alg: 'HS256', key: Buffer.alloc(32) }), 'TOKEN_INVALID'],
    ['an unknown key', () => sign(claims(), { kid: 'k2' }), 'TOKEN_INVALID'],
    [
      'a key of our name that is not ours',
      async () => sign(claims(), { key: (await generateKeyPair('ES256')).privateKey }),
      'TOKEN_INVALID',
    ],
    [
      'a changed payload',
      async () => {
        const [header, , signature] = (await sign()).split('.');
        const payload = Buffer.from(JSON.stringify(claims({ sub: 'binh' }))).toString('base64url');
        return `${header}.${payload}.${signature}`;
      },
      'TOKEN_INVALID',
    ],
  ];
  it.each(bad)('are refused: %s', async (_name, header, reason) => {
    await expect(authenticate(await header())).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason });
  });

  it("cannot be judged while the keys cannot be fetched: that is not the caller's fault", async () => {
    const gone = await startProvider();
    await gone[Symbol.asyncDispose]();
    const blind = createBearer({ issuer: ISSUER, jwksUrl: gone.jwksUrl, audience: AUDIENCE });
    await expect(blind(await sign())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'JWKS_UNAVAILABLE',
    });
  });
});

describe('routes', () => {
  const apps = createApps(async (header) => {
    if (!header?.startsWith('Bearer ')) return authenticate(header);
    return { subject: 'an', roles: ROLES.filter((role) => header.slice(7).split(',').includes(role)) };
  });
  const rows = Object.entries(apps).flatMap(([program, app]) =>
    routesOf(app).map((route) => [`${program} ${route.method} ${route.path}`, app, route] as const),
  );
  const ask = (app: (typeof apps)[keyof typeof apps], { method, path }: Route, header?: string) =>
    app.request(path.replace('{id}', 'x'), { method, headers: header ? { authorization: header } : {} });

  it.each(rows)('%s asks for a token', async (_name, app, route) => {
    const response = await ask(app, route);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="truyvet"');
    expect(await response.json()).toMatchObject({ reason: 'TOKEN_MISSING', status: 401 });
  });

  it.each(rows)('%s is for the roles of its group', async (_name, app, route) => {
    const allowed: readonly string[] = ACCESS[route.operation[ACCESS_EXTENSION] as AccessGroup];
    expect(allowed.length).toBeGreaterThan(0);
    for (const role of ROLES) {
      const response = await ask(app, route, `Bearer ${role}`);
      expect([role, response.status === 403]).toEqual([role, !allowed.includes(role)]);
      if (response.status === 403) expect(await response.json()).toMatchObject({ reason: 'ROLE_REQUIRED' });
    }
  });
});
