/**
 * Signing in with the identity provider: authorization code with PKCE, state and nonce, for the consoles of a
 * program. What a session may is what its access token says, checked like any other (bearer.ts). Knows no
 * cookies.
 * Source: OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE); RFC 9700 (best practice, 2.1 and 4.7).
 */
import { EncryptJWT, jwtDecrypt } from 'jose';
import * as oidc from 'openid-client';
import type { Caller } from '../acts/access.ts';
import type { Clock } from '../clock.ts';
import { nowSeconds } from '../clock.ts';
import type { Secret } from '../config.ts';
import { AppError, invalidField } from '../errors.ts';
import { newKey } from '../ids.ts';
import type { CheckToken } from './bearer.ts';
import { type Session, Sessions, type Tokens } from './sessions.ts';

export interface LoginOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** None: a public client, which PKCE alone protects. */
  readonly clientSecret?: Secret<string> | undefined;
  /** Where browsers find the program: `https://truyvet.bacgiang.example`. */
  readonly publicUrl: string;
  readonly scope: string;
  readonly check: CheckToken;
  readonly clock: Clock;
}

/** A sign-in that has begun: where the browser goes, and what it must bring back. */
export interface Departure {
  readonly location: string;
  /** Encrypted; holds for ten minutes. */
  readonly pending: string;
}

const PENDING_S = 600;
/** An access token with less than this left is renewed before it is used. */
const RENEW_BEFORE_MS = 30_000;

export class Login {
  readonly sessions: Sessions;
  readonly #options: LoginOptions;
  /** Of this process: what it did not seal itself it does not open. */
  readonly #key = newKey(32);
  #provider: Promise<oidc.Configuration> | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.sessions = new Sessions(options.clock);
  }

  /** Begins a sign-in that ends at `returnTo`, a path of ours. Throws INVALID_FIELD; PROVIDER_UNAVAILABLE. */
  async begin(returnTo: string): Promise<Departure> {
    const { publicUrl, scope } = this.#options;
    checkReturn(returnTo, publicUrl);
    const [state, nonce, verifier] = [newWord(), newWord(), newWord()];
    const location = oidc.buildAuthorizationUrl(await this.#discovered(), {
      ...{ redirect_uri: this.#callback(), scope, state, nonce },
      ...{ code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    });
    return { location: location.href, pending: await this.#seal({ state, nonce, verifier, returnTo }) };
  }

  /**
   * Ends a sign-in with what the provider sent the browser back with. Throws UNAUTHENTICATED LOGIN_FAILED,
   * and what `check` throws for the access token.
   */
  async finish(query: string, pending: string): Promise<{ session: Session; returnTo: string }> {
    const { state, nonce, verifier, returnTo } = await this.#unseal(pending);
    const url = new URL(this.#callback());
    url.search = query;
    const provider = await this.#discovered();
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    const granted = await oidc
      .authorizationCodeGrant(provider, url, { ...checks, idTokenExpected: true })
      .catch((cause: unknown) => {
        throw loginFailed(cause);
      });
    const caller = await this.#options.check(granted.access_token);
    if (granted.claims()?.sub !== caller.subject) throw loginFailed('the tokens name two persons');
    return { session: this.sessions.open(this.#tokensOf(granted)), returnTo };
  }

  /** The caller of a session, its access token renewed in time. Throws UNAUTHENTICATED SESSION_INVALID. */
  async callerOf(sessionId: string): Promise<Caller> {
    const session = this.sessions.find(sessionId);
    if (!session) throw sessionInvalid();
    const leftMs = session.tokens.accessEndsMs - this.#options.clock.nowMs();
    if (leftMs < RENEW_BEFORE_MS && session.tokens.refresh) {
      session.refreshing ??= this.#refresh(session).finally(() => {
        session.refreshing = undefined;
      });
      await session.refreshing;
    }
    return this.#options.check(session.tokens.access).catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== 'UNAUTHENTICATED') throw error;
      this.sessions.end(sessionId);
      throw sessionInvalid(error);
    });
  }

  /** Ends a session; where the browser may end that of the provider, null if it offers no such place. */
  async end(sessionId: string): Promise<string | null> {
    const session = this.sessions.end(sessionId);
    if (!session) return null;
    const provider = await this.#discovered();
    const { refresh, id } = session.tokens;
    // Best effort: the session is over here, whatever the provider does.
    if (refresh && provider.serverMetadata().revocation_endpoint)
      await oidc.tokenRevocation(provider, refresh).catch(() => undefined);
    if (!provider.serverMetadata().end_session_endpoint) return null;
    return oidc.buildEndSessionUrl(provider, id === undefined ? {} : { id_token_hint: id }).href;
  }

  async #refresh(session: Session): Promise<void> {
    const { refresh, id } = session.tokens;
    try {
      const granted = await oidc.refreshTokenGrant(await this.#discovered(), refresh as string);
      const renewed = this.#tokensOf(granted);
      session.tokens = { ...renewed, refresh: renewed.refresh ?? refresh, id: renewed.id ?? id };
    } catch (error) {
      // Refused: the provider has ended the session. Not reached: the token counts until its end.
      if (error instanceof oidc.ResponseBodyError) this.sessions.end(session.id);
    }
  }

  #tokensOf(granted: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers): Tokens {
    const { access_token: access, refresh_token: refresh, id_token: id } = granted;
    const lifeMs = (granted.expiresIn() ?? 0) * 1000;
    return { access, refresh, id, accessEndsMs: this.#options.clock.nowMs() + lifeMs };
  }

  #callback(): string {
    return new URL('/auth/callback', this.#options.publicUrl).href;
  }

  /** The provider by discovery, asked again if it did not answer. */
  #discovered(): Promise<oidc.Configuration> {
    this.#provider ??= discover(this.#options).catch((cause: unknown) => {
      this.#provider = undefined;
      const message = 'the identity provider cannot be reached';
      throw new AppError('UNAVAILABLE', 'PROVIDER_UNAVAILABLE', message, { cause });
    });
    return this.#provider;
  }

  #seal(pending: Pending): Promise<string> {
    return new EncryptJWT({ ...pending })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(nowSeconds(this.#options.clock) + PENDING_S)
      .encrypt(this.#key);
  }

  async #unseal(sealed: string): Promise<Pending> {
    const currentDate = new Date(this.#options.clock.nowMs());
    const options = {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
      currentDate,
    };
    const opened = await jwtDecrypt(sealed, this.#key, options).catch((cause: unknown) => {
      throw loginFailed(cause);
    });
    return opened.payload as unknown as Pending;
  }
}

interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

async function discover({ issuer, clientId, clientSecret }: LoginOptions): Promise<oidc.Configuration> {
  const authentication = clientSecret ? oidc.ClientSecretBasic(clientSecret.reveal()) : oidc.None();
  // Only an issuer on this machine may be without TLS (config-fields.ts).
  const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [];
  return oidc.discovery(new URL(issuer), clientId, undefined, authentication, { execute });
}

/** A path of ours and nothing that a browser takes for another place. */
function checkReturn(path: string, publicUrl: string): void {
  const isPath = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path);
  if (!isPath || new URL(path, publicUrl).origin !== new URL(publicUrl).origin)
    throw invalidField('return_to', 'NOT_OWN_PATH');
}

/** 256 random bits. */
function newWord(): string {
  return Buffer.from(newKey(32)).toString('base64url');
}

function loginFailed(cause: unknown): AppError {
  return new AppError('UNAUTHENTICATED', 'LOGIN_FAILED', 'the sign-in was not completed', { cause });
}

function sessionInvalid(cause?: unknown): AppError {
  return new AppError('UNAUTHENTICATED', 'SESSION_INVALID', 'the session has ended', { cause });
}
