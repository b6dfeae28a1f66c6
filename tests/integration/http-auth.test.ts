/**
 * Who gets in: tokens that must be refused, and the roles of every route of both programs.
 */
import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTokenIssuer, type TokenIssuer } from '../../deploy/demo/token-issuer.ts';
import { ACCESS, type AccessGroup, ROLES } from '../../shared/auth/access.ts';
import { type Authenticate, createBearer } from '../../shared/auth/bearer.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { ACCESS_EXTENSION } from '../../shared/http/route.ts';
import { createApps, type Route, routesOf } from '../support/http-apps.ts';

const AUDIENCE = 'truyvet-node-24';
let issuer: TokenIssuer;
let other: TokenIssuer;
let authenticate: Authenticate;
beforeAll(async () => {
  issuer = await startTokenIssuer();
  other = await startTokenIssuer();
  authenticate = createBearer({ issuer: issuer.issuer, jwksUrl: issuer.jwksUrl, audience: AUDIENCE });
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

const claims = <T extends SignJWT | UnsecuredJWT>(jwt: T): T =>
  (jwt as SignJWT)
    .setIssuer(issuer.issuer)
    .setAudience(AUDIENCE)
    .setSubject('an')
    .setExpirationTime('1h') as T;
const good = (request = {}) => issuer.issue({ audience: AUDIENCE, roles: ['lab'], ...request });

describe('tokens', () => {
  it('are taken when they are right; roles that nobody knows are left out', async () => {
    const token = await good({ roles: ['lab', 'root', 'analyst'], subject: 'bình' });
    expect(await authenticate(`Bearer ${token}`)).toEqual({ subject: 'bình', roles: ['lab', 'analyst'] });
    expect(await authenticate(`bearer  ${token}`)).toMatchObject({ subject: 'bình' });
  });

  const bad: [name: string, header: () => Promise<string | undefined>, reason: string][] = [
    ['none', async () => undefined, 'TOKEN_MISSING'],
    ['another scheme', async () => 'Basic YWRtaW46YWRtaW4=', 'TOKEN_MISSING'],
    ['an empty one', async () => 'Bearer ', 'TOKEN_MISSING'],
    ['no JWT', async () => 'Bearer abc', 'TOKEN_INVALID'],
    [
      'another audience',
      async () => `Bearer ${await good({ audience: 'truyvet-node-79' })}`,
      'TOKEN_INVALID',
    ],
    ['an expired one', async () => `Bearer ${await good({ lifeSeconds: -3600 })}`, 'TOKEN_EXPIRED'],
    [
      'another issuer',
      async () => `Bearer ${await other.issue({ audience: AUDIENCE, roles: ['lab'] })}`,
      'TOKEN_INVALID',
    ],
    [
      'alg none',
      async () =>
        `Bearer ${claims(new UnsecuredJWT({ roles: ['lab'] }))
          .setIssuedAt()
          .encode()}`,
      'TOKEN_INVALID',
    ],
    [
      'a changed payload',
      async () => {
        const [header, , signature] = (await good()).split('.');
        const payload = Buffer.from(
          JSON.stringify({ iss: issuer.issuer, aud: AUDIENCE, sub: 'x', exp: 9e9, roles: ['lab'] }),
        );
        return `Bearer ${header}.${payload.toString('base64url')}.${signature}`;
      },
      'TOKEN_INVALID',
    ],
    [
      'a shared-secret algorithm',
      async () => {
        const jwt = claims(new SignJWT({ roles: ['lab'] })).setProtectedHeader({
          alg: 'HS256',
          kid: 'development',
        });
        return `Bearer ${await jwt.sign(Buffer.alloc(32))}`;
      },
      'TOKEN_INVALID',
    ],
    [
      'a key of our name that is not ours',
      async () => {
        const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
        const jwt = claims(new SignJWT({ roles: ['lab'] })).setProtectedHeader({
          alg: 'EdDSA',
          kid: 'development',
        });
        return `Bearer ${await jwt.sign(privateKey)}`;
      },
      'TOKEN_INVALID',
    ],
  ];
  it.each(bad)('are refused: %s', async (_name, header, reason) => {
    await expect(authenticate(await header())).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason });
  });

  it('without subject or end are refused', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const now = nowSeconds(systemClock);
    expect(publicKey.type).toBe('public');
    const jwt = new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).setIssuedAt(now);
    await expect(authenticate(`Bearer ${await jwt.sign(privateKey)}`)).rejects.toMatchObject({
      reason: 'TOKEN_INVALID',
    });
  });

  it("cannot be judged while the keys cannot be fetched: that is not the caller's fault", async () => {
    const gone = await startTokenIssuer();
    const token = await gone.issue({ audience: AUDIENCE, roles: [] });
    const blind = createBearer({ issuer: gone.issuer, jwksUrl: gone.jwksUrl, audience: AUDIENCE });
    await gone[Symbol.asyncDispose]();
    await expect(blind(`Bearer ${token}`)).rejects.toMatchObject({
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
