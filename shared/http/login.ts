/**
 * `/auth/…`: a browser signs in and out; its session is one cookie that no script can read. Unsafe methods
 * under a cookie count only from our own pages.
 * Source: RFC 6265bis 4.1.3.2 (`__Host-`), 5.6.7 (SameSite); Fetch Metadata Request Headers.
 */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { parse } from 'hono/utils/cookie';
import type { Caller } from '../acts/access.ts';
import { AppError, toAppError } from '../errors.ts';
import type { Login } from '../sign-in/login.ts';
import type { HttpEnv } from './env.ts';
import { newRoutes, type Routes } from './route.ts';

/** Paths that are open to everybody: whoever signs in is nobody yet. */
export const LOGIN_PATHS = ['/auth/login', '/auth/callback', '/auth/logout'];

const SAFE_METHODS = new Set(['GET', 'HEAD']);
const PENDING_S = 600;

/** A login and where browsers find the program. */
export interface LoginSetting {
  readonly login: Login;
  readonly publicUrl: string;
  /** `hub`, or the code of the province: cookies know no ports, and one browser signs in at several. */
  readonly program: string;
}

/** The routes of signing in and out. */
export function loginRoutes(setting: LoginSetting): Routes {
  const { login } = setting;
  const { session: sessionCookie, pending: pendingCookie, attributes } = cookiesOf(setting);
  const routes = newRoutes();
  routes.get('/auth/login', async (c) => {
    const { location, pending } = await login.begin(c.req.query('return_to') ?? '/');
    setCookie(c, pendingCookie, pending, { ...attributes, maxAge: PENDING_S });
    return c.redirect(location, 302);
  });
  routes.get('/auth/callback', async (c) => {
    const pending = getCookie(c, pendingCookie);
    deleteCookie(c, pendingCookie, attributes);
    const finished = await login.finish(new URL(c.req.url).search, pending ?? '').catch(counting(c));
    const earlier = getCookie(c, sessionCookie);
    if (earlier) login.sessions.end(earlier);
    setCookie(c, sessionCookie, finished.session.id, attributes);
    return c.redirect(finished.returnTo, 302);
  });
  routes.post('/auth/logout', async (c) => {
    const id = getCookie(c, sessionCookie);
    if (id !== undefined) refuseCrossSite(c.req.raw, setting);
    deleteCookie(c, sessionCookie, attributes);
    return c.json({ end_session_url: id === undefined ? null : await login.end(id) }, 200);
  });
  return routes;
}

/** The session's caller of a request that brings its cookie; for `createAuthenticate`. */
export function sessionCallers(setting: LoginSetting): (request: Request) => Promise<Caller | undefined> {
  const { session } = cookiesOf(setting);
  return async (request) => {
    const id = parse(request.headers.get('cookie') ?? '', session)[session];
    if (id === undefined) return undefined;
    if (!SAFE_METHODS.has(request.method)) refuseCrossSite(request, setting);
    const caller = await setting.login.callerOf(id);
    refuseOtherSubject(request, caller);
    return caller;
  };
}

/** Names whose request it is, percent-encoded, where that is known. */
const SUBJECT_HEADER = 'truyvet-subject';

/**
 * What waited on a device is of whoever wrote it: not of somebody who has signed in at the same browser
 * meanwhile.
 */
function refuseOtherSubject({ headers }: Request, { subject }: Caller): void {
  const named = headers.get(SUBJECT_HEADER);
  if (named !== null && named !== encodeURIComponent(subject))
    throw new AppError('UNAUTHENTICATED', 'SESSION_CHANGED', 'the session is of somebody else');
}

function cookiesOf({ publicUrl, program }: LoginSetting) {
  const secure = publicUrl.startsWith('https:');
  const prefix = secure ? '__Host-' : '';
  // Lax, not Strict: the way back from the provider's pages must bring it.
  const attributes = { httpOnly: true, secure, sameSite: 'Lax', path: '/' } as const;
  const session = `${prefix}truyvet-${program}`;
  return { session, pending: `${session}-login`, attributes };
}

/** Browsers name the page that sends an unsafe request; what comes from another is not its user's wish. */
function refuseCrossSite({ headers }: Request, { publicUrl }: LoginSetting): void {
  const site = headers.get('sec-fetch-site');
  const isOurs =
    headers.get('origin') === new URL(publicUrl).origin && (site ?? 'same-origin') === 'same-origin';
  if (!isOurs) throw new AppError('PERMISSION_DENIED', 'CROSS_SITE', 'the request comes from another site');
}

function counting(c: Context<HttpEnv>): (error: unknown) => never {
  return (error) => {
    if (toAppError(error).code === 'UNAUTHENTICATED') c.get('door').countFailure(c);
    throw error;
  };
}
