/**
 * Signing in at the development provider: one button a persona, a code that counts once and for a minute, and
 * tokens for whoever brings its verifier. For one machine, on loopback: there is no password, and whoever can
 * open the page can be anybody.
 * Source: OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE).
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../shared/clock.ts';
import { newKey } from '../../shared/ids.ts';
import type { Persona } from './personas.ts';

/** A program at which people sign in. */
export interface SignInClient {
  /** Also the audience of its tokens: `truyvet-node-24`. */
  readonly clientId: string;
  /** `Bắc Giang`. */
  readonly title: string;
  readonly redirectUri: string;
  readonly personas: readonly Persona[];
}

/** What the provider signs for somebody who has signed in. */
export interface Grant {
  readonly client: SignInClient;
  readonly persona: Persona;
  readonly nonce: string | undefined;
}

type SignTokens = (grant: Grant) => Promise<{ access: string; id: string; lifeSeconds: number }>;

interface Pending extends Grant {
  readonly challenge: string;
  readonly endsMs: number;
}

const CODE_LIFE_MS = 60_000;

/** The pages and answers of signing in at these programs. */
export class SignIn {
  readonly #clients = new Map<string, SignInClient>();
  readonly #codes = new Map<string, Pending>();
  readonly #sign: SignTokens;

  constructor(sign: SignTokens) {
    this.#sign = sign;
  }

  add(client: SignInClient): void {
    this.#clients.set(client.clientId, client);
  }

  /** Answers `/authorize` and `/token`; false for any other path. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/authorize') this.#authorize(url, response);
    else if (url.pathname === '/token' && request.method === 'POST')
      await this.#token(new URLSearchParams(await text(request)), response);
    else return false;
    return true;
  }

  #authorize(url: URL, response: ServerResponse): void {
    const query = url.searchParams;
    const client = this.#clients.get(query.get('client_id') ?? '');
    const challenge = query.get('code_challenge');
    const isSound =
      client?.redirectUri === query.get('redirect_uri') &&
      query.get('response_type') === 'code' &&
      query.get('code_challenge_method') === 'S256';
    if (!client || !isSound || !challenge) return void refuse(response, 'invalid_request');
    const persona = client.personas.find(({ id }) => id === query.get('persona'));
    if (!persona) return void sendPage(response, page(client, url));
    const code = Buffer.from(newKey(32)).toString('base64url');
    const endsMs = systemClock.nowMs() + CODE_LIFE_MS;
    this.#codes.set(code, { client, persona, challenge, endsMs, nonce: query.get('nonce') ?? undefined });
    const back = new URL(client.redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    response.writeHead(302, { location: back.href }).end();
  }

  async #token(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const code = form.get('code') ?? '';
    const pending = this.#codes.get(code);
    this.#codes.delete(code);
    for (const [old, { endsMs }] of this.#codes) if (endsMs < systemClock.nowMs()) this.#codes.delete(old);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isSound =
      pending?.client.clientId === form.get('client_id') &&
      pending?.client.redirectUri === form.get('redirect_uri') &&
      pending?.challenge === challenge;
    if (!pending || !isSound || pending.endsMs < systemClock.nowMs())
      return void refuse(response, 'invalid_grant');
    const { access, id, lifeSeconds } = await this.#sign(pending);
    const body = { access_token: access, id_token: id, token_type: 'Bearer', expires_in: lifeSeconds };
    send(response, 200, body);
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, error: string): void {
  send(response, 400, { error });
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:34rem;padding:0 1rem;
color:#12262b;background:#f4f7f7}a{display:block;padding:.9rem 1rem;margin:.5rem 0;border:1px solid #6b8289;
border-radius:10px;background:#fff;color:#0b5c6b;text-decoration:none}a span{display:block;color:#475b61;
font-size:14px}p{color:#475b61}ul{list-style:none;padding:0}`;

function sendPage(response: ServerResponse, html: string): void {
  const styles = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${styles}'; frame-ancestors 'none'`;
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
  response.writeHead(200, { ...headers, 'cache-control': 'no-store' }).end(html);
}

/** Titles, names and ids are the launcher's own: none holds markup. */
function page({ title, personas }: SignInClient, url: URL): string {
  const buttons = personas.map(({ id, vi, en }) => {
    const target = new URL(url);
    target.searchParams.set('persona', id);
    const href = `${target.pathname}${target.search}`.replaceAll('&', '&amp;');
    return `<li><a href="${href}">${vi}<span lang="en">${en}</span></a></li>`;
  });
  return `<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Đăng nhập · ${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body><main><h1>${title}: chọn người</h1>
<p>Chỉ dùng khi thử. <span lang="en">Development only: choose who you are.</span></p>
<ul>${buttons.join('\n')}</ul></main></body></html>`;
}
