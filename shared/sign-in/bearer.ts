/**
 * Turns an access token of the identity provider into a caller: a JWT, checked against the provider's keys.
 * Which routes the caller may use is decided in `access.ts`.
 * Source: RFC 6750 (bearer tokens), RFC 8725 (JWT best practice: algorithms are an allow-list), RFC 9068
 * (access tokens), OpenID Connect Core 2 and Back-Channel Logout 2.4 (what is no access token).
 */
import { errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import { type Caller, type Home, readGrants } from '../acts/access.ts';
import { systemClock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { type KeySource, providerKeys } from './provider-keys.ts';

/**
 * A caller for an access token. Throws UNAUTHENTICATED (TOKEN_INVALID, TOKEN_EXPIRED) or UNAVAILABLE
 * (JWKS_UNAVAILABLE).
 */
export type CheckToken = (token: string) => Promise<Caller>;

export interface BearerOptions extends KeySource {
  /** Who the tokens must be meant for: `truyvet-node-24`, `truyvet-hub`. */
  readonly audience: string;
  readonly home: Home;
}

const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'PS256', 'RS256'];
const CLOCK_TOLERANCE_S = 30;
/** Whoever left must not come back with an old token, whatever the provider thinks of lives. */
const MAX_AGE_S = 86_400;
/** Of its header: what calls itself otherwise (ID tokens by some, logout tokens, openings) is none. */
const ACCESS_TOKEN_TYPES: ReadonlySet<unknown> = new Set([
  undefined,
  'JWT',
  'jwt',
  'at+jwt',
  'application/at+jwt',
]);
/** Claims that only ID tokens and logout tokens have. */
const FOREIGN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];
/** Words by which some providers mark, in the payload, what is no access token. */
const FOREIGN_USES: ReadonlySet<unknown> = new Set(['ID', 'Refresh', 'Offline', 'Logout', 'id', 'refresh']);

/** A check of tokens of `issuer` meant for `audience`; keys are fetched when first needed and cached. */
export function createTokenCheck(options: BearerOptions): CheckToken {
  const { clock = systemClock } = options;
  const keys = providerKeys(options);
  const claims = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_S,
    maxTokenAge: MAX_AGE_S,
    requiredClaims: ['sub', 'exp', 'iat'],
  };
  return async (token) => {
    const currentDate = new Date(clock.nowMs());
    const verified = await jwtVerify(token, keys, { ...claims, currentDate }).catch((error: unknown) => {
      throw refusal(error);
    });
    checkKind(verified);
    return callerOf(verified.payload, options.home);
  };
}

/** The token of an `Authorization` header. Throws UNAUTHENTICATED TOKEN_MISSING. */
export function bearerOf(authorization: string | null): string {
  const match = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '');
  if (match?.[1]) return match[1];
  throw new AppError('UNAUTHENTICATED', 'TOKEN_MISSING', 'a bearer token is required');
}

function checkKind(token: { payload: JWTPayload; protectedHeader: JWTHeaderParameters }): void {
  const { payload, protectedHeader } = token;
  const isForeign =
    !ACCESS_TOKEN_TYPES.has(protectedHeader.typ) ||
    FOREIGN_CLAIMS.some((claim) => claim in payload) ||
    FOREIGN_USES.has(payload.typ) ||
    FOREIGN_USES.has(payload.token_use);
  if (isForeign) throw new AppError('UNAUTHENTICATED', 'TOKEN_INVALID', 'this is no access token');
}

function callerOf(payload: JWTPayload, home: Home): Caller {
  const subject = String(payload.sub);
  return {
    subject,
    actor: { kind: 'person', id: subject },
    grants: readGrants(payload.roles, home),
    expiresAt: Number(payload.exp) + CLOCK_TOLERANCE_S,
  };
}

/** Faults of the token, as against those of fetching the keys. */
const TOKEN_FAULTS = [
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

function refusal(cause: unknown): AppError {
  if (cause instanceof errors.JWTExpired) {
    return new AppError('UNAUTHENTICATED', 'TOKEN_EXPIRED', 'the token has expired', { cause });
  }
  if (cause instanceof errors.JWTClaimValidationFailed) {
    return new AppError('UNAUTHENTICATED', 'TOKEN_INVALID', `the token's ${cause.claim} is not accepted`, {
      cause,
    });
  }
  if (TOKEN_FAULTS.some((fault) => cause instanceof fault)) {
    return new AppError('UNAUTHENTICATED', 'TOKEN_INVALID', 'the token is not valid', { cause });
  }
  return new AppError('UNAVAILABLE', 'JWKS_UNAVAILABLE', 'the keys of the identity provider cannot be read', {
    cause,
  });
}
