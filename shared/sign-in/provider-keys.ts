/**
 * The signing keys of the identity provider: found by discovery from the issuer's address, fetched when first
 * needed, cached, and fetched again when a token names a key that is not among them. Judges no token.
 * Source: OpenID Connect Discovery 1.0, section 4; RFC 8414 section 3.3.
 */
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { type Clock, systemClock } from '../clock.ts';
import { AppError } from '../errors.ts';

export interface KeySource {
  readonly issuer: string;
  /** Instead of what discovery says. */
  readonly jwksUrl?: string | undefined;
  /** Least time between two fetches: tokens with invented key ids must not become requests. */
  readonly keyCooldownMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

const TIMEOUT_MS = 3_000;
const COOLDOWN_MS = 5_000;
/** Keys that the provider has withdrawn stop counting after this. */
const CACHE_MS = 600_000;

/**
 * The key that a token's header asks for. Rejects with jose's errors, and with UNAVAILABLE DISCOVERY_FAILED
 * while the provider's description cannot be read or names another issuer; then it is read again next time.
 */
export function providerKeys(source: KeySource): JWTVerifyGetKey {
  let finding: Promise<JWTVerifyGetKey> | undefined;
  const find = () => {
    finding ??= findKeys(source).catch((error: unknown) => {
      finding = undefined;
      throw error;
    });
    return finding;
  };
  return async (header, token) => (await find())(header, token);
}

async function findKeys(source: KeySource): Promise<JWTVerifyGetKey> {
  const url = source.jwksUrl ?? (await discoverKeys(source));
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: source.keyCooldownMs ?? COOLDOWN_MS,
    cacheMaxAge: CACHE_MS,
  });
}

async function discoverKeys({ issuer, clock = systemClock }: KeySource): Promise<string> {
  const over = new AbortController();
  void clock.sleep(TIMEOUT_MS, over.signal).then(() => over.abort());
  try {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetch(url, { signal: over.signal, redirect: 'error' });
    const described = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (response.ok && described.issuer === issuer && typeof described.jwks_uri === 'string') {
      return described.jwks_uri;
    }
  } catch (cause) {
    throw discoveryFailed(cause);
  } finally {
    over.abort();
  }
  throw discoveryFailed();
}

function discoveryFailed(cause?: unknown): AppError {
  const message = 'the identity provider does not describe itself as the issuer that it should be';
  return new AppError('UNAVAILABLE', 'DISCOVERY_FAILED', message, { cause });
}
