/**
 * Turns an `Authorization` header into a caller: a JWT of the identity provider, checked against its JWKS.
 * Which routes the caller may use is decided in `access.ts`.
 * Source: RFC 6750 (bearer tokens), RFC 8725 (JWT best practice: algorithms are an allow-list).
 */
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { AppError } from '../errors.ts';
import { type Caller, ROLES, type Role } from './access.ts';

/** Throws UNAUTHENTICATED (TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED) or UNAVAILABLE (JWKS_UNAVAILABLE). */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'RS256'];
const CLOCK_TOLERANCE_S = 30;
const JWKS_TIMEOUT_MS = 3_000;

/**
 * An `Authenticate` for tokens of `issuer` meant for `audience`; keys are fetched when first needed and
 * cached.
 */
export function createBearer(options: { issuer: string; audience: string; jwksUrl: string }): Authenticate {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: JWKS_TIMEOUT_MS });
  const claims = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['sub', 'exp'],
  };
  return async (authorization) => {
    const token = bearerOf(authorization);
    const verified = await jwtVerify(token, keys, claims).catch((error: unknown) => {
      throw refusal(error);
    });
    return callerOf(verified.payload);
  };
}

function bearerOf(authorization: string | undefined): string {
  const match = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '');
  if (match?.[1]) return match[1];
  throw new AppError('UNAUTHENTICATED', 'TOKEN_MISSING', 'a bearer token is required');
}

function callerOf(payload: JWTPayload): Caller {
  const roles = Array.isArray(payload.roles) ? payload.roles : [];
  return { subject: String(payload.sub), roles: ROLES.filter((role: Role) => roles.includes(role)) };
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
