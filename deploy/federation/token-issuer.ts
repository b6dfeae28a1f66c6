/**
 * Stands in for the centres' identity provider: one signing key, its JWKS and its description on a loopback
 * port, bearer tokens.
 * Source: OpenID Connect Discovery 1.0, section 3.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { nowSeconds, systemClock } from '../../shared/clock.ts';

export interface TokenRequest {
  /** `truyvet-hub`, `truyvet-node-24`. */
  readonly audience: string;
  /** `role@area`; at the hub `role`. */
  readonly roles: readonly string[];
  readonly subject?: string;
  /** Twelve hours unless told; negative for one that has expired. */
  readonly lifeSeconds?: number;
}

export interface TokenIssuer extends AsyncDisposable {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** A signed token (EdDSA). */
  issue(request: TokenRequest): Promise<string>;
}

const LIFE_SECONDS = 12 * 3600;
const KEY_ID = 'development';

/** Starts serving the public key. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'EdDSA', use: 'sig' };
  const documents: Record<string, unknown> = { '/jwks.json': { keys: [jwk] } };
  const server = createServer(({ url = '' }, response) => {
    const found = documents[url];
    response.statusCode = found === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(found ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  documents['/.well-known/openid-configuration'] = describe(issuer);
  return {
    issuer,
    jwksUrl: `${issuer}/jwks.json`,
    issue: ({ audience, roles, subject = 'demo', lifeSeconds = LIFE_SECONDS }) => {
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

function describe(issuer: string) {
  return {
    ...{ issuer, jwks_uri: `${issuer}/jwks.json` },
    // Required of a description; nobody signs in here.
    ...{ authorization_endpoint: `${issuer}/none`, response_types_supported: ['code'] },
    ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['EdDSA'] },
  };
}
