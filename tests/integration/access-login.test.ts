/**
 * Signing in with a real OpenID provider: discovery, code with PKCE, sessions, refresh, key rotation, and
 * what an attacker on the way could bend.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import {
  AUDIENCE,
  Browser,
  type IdentityProvider,
  startIdentityProvider,
} from '../support/identity-provider.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { waitFor } from '../support/wait.ts';

const ORIGIN = 'http://127.0.0.1:8024';
const SECURE = 'https://node.example';
let provider: IdentityProvider;
let node: NodeHttp;
let secure: NodeHttp;
let aheadMs = 0;
const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };

beforeAll(async () => {
  const redirectUris = [`${ORIGIN}/auth/callback`, `${SECURE}/auth/callback`];
  provider = await startIdentityProvider({ redirectUris });
  const oidc = { issuer: provider.issuer, audience: AUDIENCE, keyCooldownMs: 200 };
  const login = { clientId: 'console', scope: 'openid', publicUrl: ORIGIN };
  const failureLimit = { perSecond: 1e6, burst: 1e6 };
  node = await createNodeHttp({ clock, door: { oidc, login, failureLimit } });
  secure = await createNodeHttp({ door: { oidc, login: { ...login, publicUrl: SECURE } } });
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

let browser: Browser;
beforeEach(() => {
  browser = newBrowser();
  provider.roles = ['epidemiologist@24'];
});

function newBrowser(): Browser {
  return new Browser({ origin: ORIGIN, fetch: (path, init) => node.fetch(path, init) });
}

const begin = async (returnTo = '/docs') => {
  const response = await browser.request(`/auth/login?return_to=${encodeURIComponent(returnTo)}`);
  return response.headers.get('location') as string;
};
const signIn = async (name = 'an') => browser.request(await browser.signIn(await begin(), name));
const me = async (headers: Record<string, string> = {}) => {
  const response = await browser.request('/v1/me', { headers });
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  return { status: response.status, body: (await response.json()) as any };
};
const refused = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as object),
});

describe('signing in', () => {
  it('goes to the provider with PKCE, state and nonce, and comes back with one cookie', async () => {
    const location = new URL(await begin());
    expect(location.origin).toBe(provider.issuer);
    const query = Object.fromEntries(location.searchParams);
    expect(query).toMatchObject({
      ...{ client_id: 'console', response_type: 'code', scope: 'openid', code_challenge_method: 'S256' },
      redirect_uri: `${ORIGIN}/auth/callback`,
      ...{ state: expect.stringMatching(/^[\w-]{43}$/), nonce: expect.stringMatching(/^[\w-]{43}$/) },
    });
    const back = await browser.request(await browser.signIn(location.href, 'bình'));
    expect([back.status, back.headers.get('location')]).toEqual([302, '/docs']);
    const line = back.headers.getSetCookie().find((one) => one.startsWith('truyvet-24='));
    expect(line).toMatch(/HttpOnly/);
    expect(line).toMatch(/SameSite=Lax/);
    expect([...browser.cookies().keys()]).toEqual(['truyvet-24']);
    expect(await me()).toMatchObject({
      status: 200,
      body: { subject: 'bình', grants: [{ role: 'epidemiologist', area: '24' }] },
    });
    // No token is in the cookie.
    const { access_token: access = '', refresh_token: refresh = '' } = provider.granted.at(-1) ?? {};
    expect(browser.cookies().get('truyvet-24')).toMatch(/^[\w-]{43}$/);
    expect([access.length, refresh.length].every((length) => length > 20)).toBe(true);
    for (const token of [access, refresh]) expect(node.logged.join('')).not.toContain(token);
  });

  it('binds the cookie to https and the host where there is https', async () => {
    const response = await secure.fetch('/auth/login');
    const [line = ''] = response.headers.getSetCookie();
    expect(line).toMatch(/^__Host-truyvet-24-login=/);
    expect(line).toMatch(/Secure/);
    expect(line).toMatch(/Path=\//);
    expect(line).not.toMatch(/Domain/);
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'docs',
    '/%0a\n',
    'javascript:x',
    '/ x',
    '',
  ])('does not return to %j', async (returnTo) => {
    const response = await node.fetch(`/auth/login?return_to=${encodeURIComponent(returnTo)}`);
    expect(await refused(response)).toMatchObject({ status: 400, errors: [{ field: 'return_to' }] });
  });

  it('is not offered without a client id', async () => {
    await using plain = await createNodeHttp();
    expect((await plain.fetch('/auth/login')).status).toBe(404);
  });
});

describe('a callback is refused', () => {
  const bent: [string, (back: URL) => Promise<URL> | URL][] = [
    ['with another state', (back) => set(back, 'state', 'A'.repeat(43))],
    ['without a state', (back) => set(back, 'state')],
    ['with a code of nobody', (back) => set(back, 'code', 'x'.repeat(43))],
    ['from another issuer', (back) => set(back, 'iss', 'https://evil.example')],
    ['with an error', (back) => set(set(back, 'code'), 'error', 'access_denied')],
    [
      'in a browser that did not begin it',
      (back) => {
        browser = newBrowser();
        return back;
      },
    ],
    [
      'with what another sign-in of this browser began',
      async (back) => {
        await begin();
        return back;
      },
    ],
    [
      'with a pending cookie that somebody made',
      (back) => {
        browser.cookies().set('truyvet-24-login', 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA');
        return back;
      },
    ],
  ];
  it.each(bent)('%s', async (_name, bend) => {
    const back = new URL(await browser.signIn(await begin(), 'an'));
    const { href } = await bend(back);
    const response = await browser.request(href);
    expect(await refused(response)).toMatchObject({ status: 401, reason: 'LOGIN_FAILED' });
    expect(browser.cookies().has('truyvet-24')).toBe(false);
  });

  it('with a nonce or a challenge that is not ours', async () => {
    for (const [name, value] of [
      ['nonce', 'other'],
      ['code_challenge', 'B'.repeat(43)],
    ] as const) {
      browser = newBrowser();
      const location = set(new URL(await begin()), name, value);
      const response = await browser.request(await browser.signIn(location.href, 'an'));
      expect(await refused(response)).toMatchObject({ status: 401, reason: 'LOGIN_FAILED' });
    }
  });

  it('a second time', async () => {
    const back = await browser.signIn(await begin(), 'an');
    const pending = browser.cookies().get('truyvet-24-login') as string;
    expect((await browser.request(back)).status).toBe(302);
    browser = newBrowser();
    await browser.request('/healthz');
    browser.cookies().set('truyvet-24-login', pending);
    expect((await browser.request(back)).status).toBe(401);
  });

  function set(url: URL, name: string, value?: string): URL {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
    return url;
  }
});

describe('a session', () => {
  const json = JSON.stringify({ identifiers: ['phone:0912345678'], onset_on: '2021-06-01' });
  const enter = (headers: Record<string, string>) =>
    browser.request('/v1/cases', {
      ...{ method: 'POST', body: json },
      headers: { 'content-type': 'application/json', ...headers },
    });

  it('changes something only from our own pages', async () => {
    await signIn();
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${ORIGIN}.evil.example` },
      { origin: ORIGIN, 'sec-fetch-site': 'cross-site' },
      { origin: ORIGIN, 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[])
      expect(await refused(await enter(headers))).toMatchObject({ status: 403, reason: 'CROSS_SITE' });
    expect((await browser.request('/auth/logout', { method: 'POST' })).status).toBe(403);
    expect((await enter({ origin: ORIGIN, 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await me()).status).toBe(200);
  });

  it('is nothing beside a bearer token', async () => {
    await signIn();
    expect(await me({ authorization: 'Bearer x' })).toMatchObject({ status: 401 });
  });

  it('has the rights that the provider gives now, and renews its token in time', async () => {
    await signIn();
    const before = provider.granted.length;
    provider.roles = ['lab@07210'];
    expect((await me()).body.grants).toEqual([{ role: 'epidemiologist', area: '24' }]);
    aheadMs += 100_000;
    const answers = await Promise.all([me(), me(), me()]);
    for (const { body } of answers) expect(body.grants).toEqual([{ role: 'lab', area: '07210' }]);
    expect(provider.granted.length).toBe(before + 1);
    aheadMs = 0;
  });

  it('ends when the provider no longer renews it', async () => {
    await signIn();
    await provider.rotate();
    aheadMs += 100_000;
    await me();
    expect(await me()).toMatchObject({ status: 401, body: { reason: 'SESSION_INVALID' } });
    aheadMs = 0;
  });

  it('does not carry what somebody else wrote at this browser', async () => {
    await signIn();
    const { subject } = (await me()).body;
    expect((await me({ 'truyvet-subject': encodeURIComponent(subject) })).status).toBe(200);
    expect(await me({ 'truyvet-subject': 'lan' })).toMatchObject({
      ...{ status: 401, body: { reason: 'SESSION_CHANGED' } },
    });
  });

  it('ends with a logout, at once, whoever kept the cookie', async () => {
    await untilKeysAreKnown();
    await signIn();
    const cookie = browser.cookies().get('truyvet-24') as string;
    const response = await browser.request('/auth/logout', { method: 'POST', headers: { origin: ORIGIN } });
    expect(response.status).toBe(200);
    const { end_session_url } = (await response.json()) as { end_session_url: string };
    expect(end_session_url).toContain(`${provider.issuer}/session/end`);
    expect(provider.requests).toContain('/token/revocation');
    expect(browser.cookies().has('truyvet-24')).toBe(false);
    browser.cookies().set('truyvet-24', cookie);
    expect(await me()).toMatchObject({ status: 401, body: { reason: 'SESSION_INVALID' } });
  });

  it('is not guessed', async () => {
    await browser.request('/healthz');
    for (const guess of ['A'.repeat(43), 'x', '../etc', "' OR 1=1"]) {
      browser.cookies().set('truyvet-24', encodeURIComponent(guess));
      expect((await me()).status).toBe(401);
    }
  });
});

describe('tokens of a real provider', () => {
  const asBearer = async (token: string) =>
    (await node.fetch('/v1/me', { headers: { authorization: `Bearer ${token}` } })).status;

  it('are found by discovery, and taken from machines too', async () => {
    await untilKeysAreKnown();
    expect(provider.requests).toContain('/.well-known/openid-configuration');
  });

  it('are taken only if they are access tokens', async () => {
    await untilKeysAreKnown();
    await signIn();
    const { access_token, id_token, refresh_token } = provider.granted.at(-1) as Record<string, string>;
    expect(await asBearer(access_token as string)).toBe(200);
    expect(await asBearer(id_token as string)).toBe(401);
    expect(await asBearer(refresh_token as string)).toBe(401);
  });

  it('are taken under a new key soon after it is there, and under the old one no more', async () => {
    await untilKeysAreKnown();
    const old = await provider.machineToken();
    expect(await asBearer(old)).toBe(200);
    await provider.rotate();
    const fresh = await provider.machineToken();
    await waitFor('the new key', async () => (await asBearer(fresh)) === 200);
    expect(await asBearer(old)).toBe(401);
  });

  it('are not taken from a provider that describes itself as another', async () => {
    const oidc = { issuer: `${provider.issuer}/`, audience: AUDIENCE };
    await using other = await createNodeHttp({ door: { oidc } });
    const headers = { authorization: `Bearer ${await provider.machineToken()}` };
    expect(await refused(await other.fetch('/v1/me', { headers }))).toMatchObject({
      status: 503,
      reason: 'JWKS_UNAVAILABLE',
    });
  });
});

/** After a rotation: both the bearer check and the sign-in fetch keys again, but not at every request. */
async function untilKeysAreKnown(): Promise<void> {
  await waitFor('the provider’s keys', async () => {
    const headers = { authorization: `Bearer ${await provider.machineToken()}` };
    return (await node.fetch('/v1/me', { headers })).status === 200;
  });
}
