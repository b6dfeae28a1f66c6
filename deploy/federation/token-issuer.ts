/**
 * Stands in for the centres' identity provider: one signing key, its JWKS and its description on a loopback
 * port, bearer tokens, and sign-in for browsers (sign-in.ts).
 * Source: OpenID Connect Discovery 1.0, section 3.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { type Grant, SignIn, type SignInClient } from './sign-in.ts';

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
  /** Lets people sign in at a program. */
  serve(client: SignInClient): void;
}

const LIFE_SECONDS = 12 * 3600;
const KEY_ID = 'development';

/** Starts serving the public key. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'EdDSA', use: 'sig' };
  const documents: Record<string, unknown> = { '/jwks.json': { keys: [jwk] } };
  const sign = (claims: object, about: { audience: string; subject: string; lifeSeconds: number }) => {
    const now = nowSeconds(systemClock);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: KEY_ID })
      .setIssuer(issuer)
      .setAudience(about.audience)
      .setSubject(about.subject)
      .setIssuedAt(now)
      .setExpirationTime(now + about.lifeSeconds)
      .sign(privateKey);
  };
  const signIn = new SignIn(async ({ client, persona, nonce }: Grant) => {
    const about = { audience: client.clientId, subject: persona.subject, lifeSeconds: LIFE_SECONDS };
    const [access, id] = [await sign({ roles: persona.roles }, about), await sign({ nonce }, about)];
    return { access, id, lifeSeconds: LIFE_SECONDS };
  });
  const server = createServer((request, response) => {
    const answer = async () => {
      if (await signIn.handle(request, response)) return;
      const found = documents[request.url ?? ''];
      response.statusCode = found === undefined ? 404 : 200;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(found ?? {}));
    };
    // Whatever somebody sends, the launcher goes on.
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  documents['/.well-known/openid-configuration'] = describe(issuer);
  return {
    issuer,
    jwksUrl: `${issuer}/jwks.json`,
    issue: ({ audience, roles, subject = 'demo', lifeSeconds = LIFE_SECONDS }) =>
      sign({ roles }, { audience, subject, lifeSeconds }),
    serve: (client) => signIn.add(client),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function describe(issuer: string) {
  return {
    ...{ issuer, jwks_uri: `${issuer}/jwks.json` },
    ...{ authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
    ...{ response_types_supported: ['code'], code_challenge_methods_supported: ['S256'] },
    ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['EdDSA'] },
  };
}
