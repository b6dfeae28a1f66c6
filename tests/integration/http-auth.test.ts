/**
 * Who gets in: tokens that must be refused, and the roles of every route of both programs.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HUB_ACTS } from '../../hub/rooms.ts';
import { NODE_ACTS } from '../../node/rooms.ts';
import { type ActRow, type ActTable, type Caller, HUB_ROLES, ROLES } from '../../shared/acts/access.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { ACCESS_EXTENSION } from '../../shared/http/route.ts';
import { createAuthenticate } from '../../shared/sign-in/authenticate.ts';
import { createTokenCheck } from '../../shared/sign-in/bearer.ts';
import { personWith } from '../support/callers.ts';
import { createApps, type Route, routesOf } from '../support/http-apps.ts';

const AUDIENCE = 'truyvet-node-24';
const ISSUER = 'https://identity.example';
let provider: Provider;
let authenticate: (header: string | undefined) => Promise<Caller>;
beforeAll(async () => {
  provider = await startProvider();
  authenticate = authenticator(provider.jwksUrl);
});
afterAll(() => provider[Symbol.asyncDispose]());

function authenticator(jwksUrl: string) {
  const token = createTokenCheck({ issuer: ISSUER, jwksUrl, audience: AUDIENCE, home: '24' });
  const authenticate = createAuthenticate({ token });
  return (authorization: string | undefined) =>
    authenticate(
      new Request('http://node', authorization === undefined ? {} : { headers: { authorization } }),
    );
}

interface Provider extends AsyncDisposable {
  readonly jwksUrl: string;
  readonly key: CryptoKey;
  readonly publicKey: CryptoKey;
  /** Of the provider too, for an algorithm that is not on our list. */
  readonly oddKey: CryptoKey;
}

/** An identity provider with one key, which the tests may misuse. */
async function startProvider(): Promise<Provider> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const odd = await generateKeyPair('ES512');
  const keys = [
    { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' },
    { ...(await exportJWK(odd.publicKey)), kid: 'odd', alg: 'ES512' },
  ];
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    key: privateKey,
    publicKey,
    oddKey: odd.privateKey,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const now = () => nowSeconds(systemClock);
const claims = (change: Record<string, unknown> = {}) => ({
  ...{ iss: ISSUER, aud: AUDIENCE, sub: 'an', iat: now(), exp: now() + 3600, roles: ['lab@24'] },
  ...change,
});

interface Signing {
  readonly alg?: string;
  readonly kid?: string;
  readonly key?: CryptoKey | Uint8Array;
  /** More of the header. */
  readonly header?: Record<string, unknown>;
}

const sign = async (
  payload: Record<string, unknown> = claims(),
  { alg = 'ES256', kid = 'k1', key, header = {} }: Signing = {},
) => {
  const jwt = new SignJWT(payload).setProtectedHeader({ alg, kid, ...header });
  return `Bearer ${await jwt.sign(key ?? provider.key)}`;
};

/** A key of the attacker's own, with what it would say of itself in a header. */
const ownKey = async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { key: privateKey, jwk: await exportJWK(publicKey) };
};

describe('tokens', () => {
  it('are taken when they are right', async () => {
    const token = await sign(claims({ sub: 'bình' }));
    expect(await authenticate(token)).toEqual({
      subject: 'bình',
      actor: { kind: 'person', id: 'bình' },
      grants: [{ role: 'lab', area: '24' }],
      expiresAt: expect.any(Number),
    });
    expect(await authenticate(token.replace('Bearer ', 'bearer  '))).toMatchObject({ subject: 'bình' });
    for (const typ of ['JWT', 'at+jwt'])
      expect(await authenticate(await sign(claims(), { header: { typ } }))).toMatchObject({ subject: 'an' });
  });

  it.each<[unknown, string[]]>([
    [['lab@24', 'root@24', 'analyst@24', 'hub_operator'], ['lab@24']],
    [
      ['lab@213', 'ward_tracer@07210'],
      ['lab@213', 'ward_tracer@07210'],
    ],
    // Without an area, in another province, in no area that there is, in two.
    [['lab', 'lab@', 'lab@79', 'lab@001', 'lab@00001', 'lab@99999', 'lab@2', 'lab@24@79', '@24', ''], []],
    [['lab@ 24', 'lab@24 ', ' lab@24', 'LAB@24', 'lab@०२४', 'constructor@24', '__proto__@24'], []],
    ['lab@24', []],
    [{ 0: 'lab@24', length: 1 }, []],
    [[['lab@24'], 24, null], []],
    [undefined, []],
  ])('with the roles %j grant %j', async (roles, grants) => {
    const caller = await authenticate(await sign(claims({ roles })));
    expect(caller.grants.map(({ role, area }) => `${role}@${area}`)).toEqual(grants);
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
    ['one from the future', () => sign(claims({ iat: now() + 3600, exp: now() + 7200 })), 'TOKEN_INVALID'],
    ['one that does not say when it was made', () => sign(claims({ iat: undefined })), 'TOKEN_INVALID'],
    ['one older than a day', () => sign(claims({ iat: now() - 90_000 })), 'TOKEN_EXPIRED'],
    ['an audience list without us', () => sign(claims({ aud: ['a', 'truyvet-node-79'] })), 'TOKEN_INVALID'],
    [
      'an issuer that begins like ours',
      () => sign(claims({ iss: `${ISSUER}.evil.example` })),
      'TOKEN_INVALID',
    ],
    ['an ID token by its nonce', () => sign(claims({ nonce: 'n' })), 'TOKEN_INVALID'],
    ['an ID token by its at_hash', () => sign(claims({ at_hash: 'h' })), 'TOKEN_INVALID'],
    ['an ID token by its word', () => sign(claims({ typ: 'ID' })), 'TOKEN_INVALID'],
    ['an ID token by its use', () => sign(claims({ token_use: 'id' })), 'TOKEN_INVALID'],
    ['a logout token', () => sign(claims({ events: {} })), 'TOKEN_INVALID'],
    ['a logout token by its type', () => sign(claims(), { header: { typ: 'logout+jwt' } }), 'TOKEN_INVALID'],
    ['an opening', () => sign(claims(), { header: { typ: 'truyvet-opening' } }), 'TOKEN_INVALID'],
    ['a header that must be understood', async () => withHeader({ crit: ['x'], x: 1 }), 'TOKEN_INVALID'],
    [
      'an algorithm that we do not allow, under a key of the provider',
      () => sign(claims(), { alg: 'ES512', kid: 'odd', key: provider.oddKey }),
      'TOKEN_INVALID',
    ],
    ['alg None', async () => withHeader({ alg: 'None' }), 'TOKEN_INVALID'],
    ['no alg', async () => withHeader({ alg: undefined }), 'TOKEN_INVALID'],
    ['alg none with a signature', async () => withHeader({ alg: 'none' }), 'TOKEN_INVALID'],
    ['no signature', async () => (await sign()).replace(/[^.]+$/, ''), 'TOKEN_INVALID'],
    [
      'an ES256 signature of zeros',
      async () => (await sign()).replace(/[^.]+$/, 'A'.repeat(86)),
      'TOKEN_INVALID',
    ],
    [
      'HS256 with our public key as its secret',
      async () => sign(claims(), { alg: 'HS256', key: Buffer.from(await exportSPKI(provider.publicKey)) }),
      'TOKEN_INVALID',
    ],
    ['a kid that is a path', () => sign(claims(), { kid: '../../../../dev/null' }), 'TOKEN_INVALID'],
    ['a kid that is SQL', () => sign(claims(), { kid: "' UNION SELECT 'k1'; --" }), 'TOKEN_INVALID'],
    [
      'a key in its own header',
      async () => {
        const { key, jwk } = await ownKey();
        return sign(claims(), { key, header: { jwk } });
      },
      'TOKEN_INVALID',
    ],
    [
      'keys at an address of its own (jku)',
      async () => {
        const { key } = await ownKey();
        return sign(claims(), { key, header: { jku: provider.jwksUrl } });
      },
      'TOKEN_INVALID',
    ],
    [
      'a certificate of its own (x5u, x5c)',
      async () => {
        const { key } = await ownKey();
        return sign(claims(), { key, header: { x5u: provider.jwksUrl, x5c: ['AAAA'] } });
      },
      'TOKEN_INVALID',
    ],
    ['an encrypted one', async () => `Bearer ${['e30', 'a', 'b', 'c', 'd'].join('.')}`, 'TOKEN_INVALID'],
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
  /** A good token with another header on it. */
  const withHeader = async (change: Record<string, unknown>) => {
    const [, payload, signature] = (await sign()).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'k1', ...change })).toString('base64url');
    return `Bearer ${header}.${payload}.${signature}`;
  };
  it.each(bad)('are refused: %s', async (_name, header, reason) => {
    await expect(authenticate(await header())).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason });
  });

  it("cannot be judged while the keys cannot be fetched: that is not the caller's fault", async () => {
    const gone = await startProvider();
    await gone[Symbol.asyncDispose]();
    const blind = authenticator(gone.jwksUrl);
    await expect(blind(await sign())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'JWKS_UNAVAILABLE',
    });
  });
});

const TABLES: Readonly<Record<string, ActTable>> = { node: NODE_ACTS, hub: HUB_ACTS };

describe('routes', () => {
  const apps = createApps(async (request) => {
    const header = request.headers.get('authorization');
    if (!header?.startsWith('Bearer ')) return authenticate(undefined);
    return personWith(header.slice(7).split(','));
  });
  const rows = Object.entries(apps).flatMap(([program, app]) =>
    routesOf(app).map(
      (route) => [`${program} ${route.method} ${route.path}`, app, route, TABLES[program]] as const,
    ),
  );
  const ask = (app: (typeof apps)[keyof typeof apps], { method, path }: Route, header?: string) =>
    app.request(path.replace('{id}', 'x'), { method, headers: header ? { authorization: header } : {} });

  it.each(rows)('%s asks for a token', async (_name, app, route) => {
    const response = await ask(app, route);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="truyvet"');
    expect(await response.json()).toMatchObject({ reason: 'TOKEN_MISSING', status: 401 });
  });

  it.each(rows)('%s is for the roles of its act, as far as they reach', async (_name, app, route, acts) => {
    const { roles, reach } = (acts as ActTable)[route.operation[ACCESS_EXTENSION] as string] as ActRow;
    for (const role of ROLES) {
      const areas = (HUB_ROLES as readonly string[]).includes(role) ? [''] : ['@24', '@213', '@07210'];
      for (const area of areas) {
        const isOpen = roles.includes(role) && (reach === 'area' || area.length < 4);
        const response = await ask(app, route, `Bearer ${role}${area}`);
        expect([role, area, response.status === 403]).toEqual([role, area, !isOpen]);
        const reason = roles.includes(role) ? 'AREA_REQUIRED' : 'ROLE_REQUIRED';
        if (response.status === 403) expect(await response.json()).toMatchObject({ reason });
      }
    }
  });
});
