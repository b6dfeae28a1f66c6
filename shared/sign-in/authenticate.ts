/**
 * Who calls: the one way from a request to a caller, whatever its credential is (access token, key of a
 * service account, session of a console), and what a person may read beyond the own area just now. Decides
 * nothing about what is asked for.
 */
import type { BreakGlass, Caller } from '../acts/access.ts';
import { bearerOf, type CheckToken } from './bearer.ts';

/**
 * Throws UNAUTHENTICATED (TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, KEY_INVALID, SESSION_INVALID),
 * PERMISSION_DENIED (CROSS_SITE) or UNAVAILABLE (JWKS_UNAVAILABLE, DATABASE_UNAVAILABLE).
 */
export type Authenticate = (request: Request) => Promise<Caller>;

export interface Credentials {
  readonly token: CheckToken;
  /** The caller of a service account's key; undefined if the credential has not that form. */
  readonly service?: ((bearer: string) => Promise<Caller | undefined>) | undefined;
  /** The caller of a session cookie; undefined if the request brings none. */
  readonly session?: ((request: Request) => Promise<Caller | undefined>) | undefined;
  /** What a person has opened by break-glass and not yet lost. */
  readonly breakGlass?: ((subject: string) => Promise<readonly BreakGlass[]>) | undefined;
}

/** One `Authenticate` of all credentials that a program takes. */
export function createAuthenticate(credentials: Credentials): Authenticate {
  return async (request) => {
    const caller = await identify(credentials, request);
    const { breakGlass } = credentials;
    if (!breakGlass || caller.actor.kind !== 'person') return caller;
    return { ...caller, breakGlass: await breakGlass(caller.subject) };
  };
}

/** An `Authorization` header counts alone: a cookie beside it is not looked at. */
async function identify({ token, service, session }: Credentials, request: Request): Promise<Caller> {
  const authorization = request.headers.get('authorization');
  const bySession = authorization === null ? await session?.(request) : undefined;
  if (bySession) return bySession;
  const bearer = bearerOf(authorization);
  return (await service?.(bearer)) ?? token(bearer);
}
