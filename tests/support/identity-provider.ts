/**
 * A real OpenID provider on loopback for province 24, and a browser that signs in with it: cookies by host,
 * forms filled in, redirects followed by hand so that a test can bend each of them.
 */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

export const AUDIENCE = 'truyvet-node-24';

export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Answers of the token endpoint, in order. */
  readonly granted: Record<string, string>[];
  /** Requests so far, by path. */
  readonly requests: string[];
  /** Roles that people get from now on. */
  roles: string[];
  /** A token of a machine (client credentials). */
  machineToken(): Promise<string>;
  /** Forgets all sessions and grants, and signs with another key from now on. */
  rotate(): Promise<void>;
}

export interface ProviderOptions {
  readonly redirectUris: readonly string[];
  readonly lifeSeconds?: number;
}

/** A provider with one public client `console`, and one `machine` with a secret. */
export async function startIdentityProvider(options: ProviderOptions): Promise<IdentityProvider> {
  let handle: RequestListener = () => undefined;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push((request.url ?? '').split('?')[0] as string);
    handle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const granted: Record<string, string>[] = [];
  const state = {
    ...{ issuer, granted, requests, roles: ['epidemiologist@24'] },
    machineToken: async () => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:truyvet:node' });
      const authorization = `Basic ${Buffer.from('machine:secret-of-the-machine').toString('base64')}`;
      const response = await fetch(`${issuer}/token`, { method: 'POST', body, headers: { authorization } });
      if (!response.ok) throw new Error(await response.text());
      return ((await response.json()) as { access_token: string }).access_token;
    },
    rotate: async () => {
      const provider = new Provider(issuer, await configuration(options, () => state.roles));
      provider.use(async (ctx, next) => {
        await next();
        if (ctx.path === '/token') granted.push(ctx.body as Record<string, string>);
      });
      handle = (request, response) => void provider.callback()(request, response);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await state.rotate();
  return state;
}

async function configuration(
  { redirectUris, lifeSeconds = 120 }: ProviderOptions,
  rolesNow: () => readonly string[],
) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const resource = {
    ...{ scope: '', audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: lifeSeconds },
    jwt: { sign: { alg: 'ES256' } },
  };
  return {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    clients: [
      {
        ...{ client_id: 'console', token_endpoint_auth_method: 'none', redirect_uris: redirectUris },
        ...{ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
        id_token_signed_response_alg: 'ES256',
      },
      {
        ...{ client_id: 'machine', client_secret: 'secret-of-the-machine' },
        ...{ grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
        id_token_signed_response_alg: 'ES256',
      },
    ],
    cookies: { keys: ['test'] },
    findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    issueRefreshToken: async () => true,
    extraTokenClaims: async () => ({ roles: rolesNow() }),
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        ...{ enabled: true, getResourceServerInfo: async () => resource },
        ...{ defaultResource: async () => 'urn:truyvet:node', useGrantedResource: async () => true },
      },
    },
  };
}

/** A browser as far as signing in needs one; each host has its own cookies, whatever their path. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #node: { origin: string; fetch(path: string, init?: RequestInit): Promise<Response> };

  /** `node` answers for its origin; everything else goes over the network. */
  constructor(node: { origin: string; fetch(path: string, init?: RequestInit): Promise<Response> }) {
    this.#node = node;
  }

  /** One request; redirects are answers. */
  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url, this.#node.origin);
    const jar = this.#cookies.get(target.origin) ?? new Map<string, string>();
    this.#cookies.set(target.origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie ? { cookie } : {}), ...(init.headers as Record<string, string>) };
    const options: RequestInit = { ...init, headers, redirect: 'manual' };
    const path = target.pathname + target.search;
    const isNode = target.origin === this.#node.origin;
    const response = await (isNode ? this.#node.fetch(path, options) : fetch(target, options));
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Cookies that a host has set. */
  cookies(origin = this.#node.origin): Map<string, string> {
    return this.#cookies.get(origin) ?? new Map();
  }

  /** From the provider's authorization endpoint to the address that it sends the browser back to. */
  async signIn(location: string, name: string): Promise<string> {
    let url = location;
    for (let steps = 0; steps < 20; steps++) {
      const response = await this.request(url);
      const next = response.headers.get('location');
      if (next === null) {
        const form = await response.text();
        const [, prompt = ''] = /name="prompt" value="(\w+)"/.exec(form) ?? [];
        const body = new URLSearchParams({
          prompt,
          ...(prompt === 'login' ? { login: name, password: 'x' } : {}),
        });
        const answer = await this.request(url, { method: 'POST', body });
        url = new URL(answer.headers.get('location') as string, url).href;
      } else {
        url = new URL(next, url).href;
      }
      if (url.startsWith(this.#node.origin)) return url;
    }
    throw new Error('the provider never sent the browser back');
  }
}
