/**
 * Stands in for the centres' identity provider: one signing key, its JWKS on a loopback port, bearer tokens.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { nowSeconds, systemClock } from '../../shared/clock.ts';

export interface TokenRequest {
  /** `truyvet-hub`, `truyvet-node-24`. */
  readonly audience: string;
  readonly roles: readonly string[];
  readonly subject?: string;
  /** A week unless told; negative for one that has expired. */
  readonly lifeSeconds?: number;
}

export interface TokenIssuer extends AsyncDisposable {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** A signed token (EdDSA). */
  issue(request: TokenRequest): Promise<string>;
}

const WEEK_SECONDS = 7 * 86_400;
const KEY_ID = 'development';

/** Starts serving the public key. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'EdDSA', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys: [jwk] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    jwksUrl: `${issuer}/jwks.json`,
    issue: ({ audience, roles, subject = 'demo', lifeSeconds = WEEK_SECONDS }) => {
      const now = nowSeconds(systemClock);
      return new SignJWT({ roles })
        .setProtectedHeader({ alg: 'EdDSA', kid: KEY_ID })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(subject)
        .setIssuedAt(now)
        .setExpirationTime(now + lifeSeconds)
        .sign(privateKey);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
