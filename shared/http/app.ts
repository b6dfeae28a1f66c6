/**
 * The HTTP application of a program around the routes of its features: request ids, one log event a request,
 * problems, security headers, health, metrics and documentation. Knows no feature.
 */
import { type Clock, systemClock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { acceptedLanguage } from '../i18n/language.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import { addConsole, findConsole } from './console.ts';
import { addDocs, type DocumentInfo } from './docs.ts';
import { createDoor, type DoorOptions } from './door.ts';
import { LOGIN_PATHS } from './login.ts';
import { type Metrics, measureRequests } from './metrics.ts';
import { Cursors } from './paging.ts';
import { fromFramework, problemResponse } from './problem.ts';
import { ACCESS_EXTENSION, newRoutes, type Routes } from './route.ts';
import { addSecurityHeaders } from './security-headers.ts';

/** Resolves when the part is ready to serve; a rejection says that it is not. */
export type ReadinessCheck = () => Promise<unknown>;

export interface HttpAppOptions extends DoorOptions {
  info: DocumentInfo;
  routes: readonly Routes[];
  logger: Logger;
  metrics: Metrics;
  /** By name: what `/readyz` asks. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  /** What an operator should look at although the program serves; codes and reason words only. */
  warnings?: (() => readonly string[]) | undefined;
  stopping: AbortSignal;
  clock?: Clock | undefined;
  /** Signs the cursors of lists, 32 bytes (`findCursorKey`); another one makes clients begin them again. */
  cursorKey: Uint8Array;
  /** The app that people see at `/`, as it was built; the documentation where there is none. */
  console?: string | undefined;
}

/** The application; `fetch` and `request` serve it. Throws INTERNAL for a route without an act of `acts`. */
export function createHttpApp(options: HttpAppOptions): Routes {
  const app = newRoutes();
  observe(app, options);
  addHealth(app, options);
  for (const routes of options.routes) app.route('/', routes);
  refuseOpenRoutes(app, options);
  addDocs(app, options.info);
  const console = options.console === undefined ? undefined : findConsole(options.console);
  if (console) addConsole(app, console);
  // Whoever types the address alone wants to know what is here.
  else app.get('/', (c) => c.redirect('/docs', 302));
  app.notFound((c) => {
    const methods = methodsOf(app, c.req.path);
    const response = problemResponse(methods.length ? methodNotAllowed(methods) : noSuchPath(), c.var);
    if (methods.length) response.headers.set('allow', methods.join(', '));
    return response;
  });
  app.onError((error, c) => {
    const known = fromFramework(error);
    if (known.code === 'INTERNAL') {
      options.logger.error({ err: known, request_id: c.get('requestId') }, 'http request failed');
    }
    return problemResponse(known, c.var);
  });
  return app;
}

/** Of a caller's request id only what cannot be a person's number or name in disguise is taken over. */
const SANE_REQUEST_ID = /^[A-Za-z0-9_-]{20,64}$/;

function observe(app: Routes, options: HttpAppOptions) {
  const { logger, metrics, stopping, clock = systemClock } = options;
  const record = measureRequests(metrics);
  const door = createDoor(options);
  const cursors = new Cursors(options.cursorKey);
  app.use('*', async (c, next) => {
    const startedMs = clock.nowMs();
    const given = c.req.header('x-request-id') ?? '';
    const requestId = SANE_REQUEST_ID.test(given) ? given : newId();
    c.set('requestId', requestId);
    c.set('language', acceptedLanguage(c.req.header('accept-language')));
    c.set('door', door);
    c.set('cursors', cursors);
    c.set('stopping', stopping);
    await next();
    c.res.headers.set('x-request-id', requestId);
    c.res.headers.append('vary', 'accept-language');
    if (!c.res.headers.has('content-language')) c.res.headers.set('content-language', c.var.language);
    addSecurityHeaders(c.res.headers, c.req.header('x-forwarded-proto'));
    const ms = clock.nowMs() - startedMs;
    const { method, status } = { method: c.req.method, status: c.res.status };
    const route = patternOf(app, method, c.req.path);
    record({ method: KNOWN_METHODS.has(method) ? method : 'other', route, status, seconds: ms / 1000 });
    const quiet = QUIET.test(route);
    const subject = c.get('caller')?.subject;
    logger[quiet ? 'debug' : 'info'](
      { method, route, status, ms, request_id: requestId, subject },
      'http request',
    );
  });
}

/** Probes and pages come all the time and say nothing. */
const QUIET = /^\/(?:$|healthz|readyz|metrics|docs)/;

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

function addHealth(app: Routes, { checks, metrics, warnings }: HttpAppOptions): void {
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) => {
    const names = Object.keys(checks);
    const settled = await Promise.allSettled(names.map(async (name) => checks[name]?.()));
    const failed = names.filter((_, index) => settled[index]?.status === 'rejected');
    const body = Object.fromEntries(names.map((name) => [name, failed.includes(name) ? 'failed' : 'ok']));
    const status = failed.length ? 'not ready' : 'ready';
    return c.json({ status, checks: body, warnings: [...(warnings?.() ?? [])] }, failed.length ? 503 : 200);
  });
  // Without a token: scrapers hold none, and the figures name no person, only routes, codes and how busy the
  // program is (metrics.ts). That it is busy is still nobody's business outside: programs listen on loopback
  // unless told, and a reverse proxy in front of them forwards /v1 and /docs alone.
  app.get('/metrics', async (c) =>
    c.body(await metrics.metrics(), 200, { 'content-type': metrics.contentType }),
  );
}

/** Routes and their patterns as Hono matches them: `/v1/cases/:id`. */
function patternsOf(app: Routes): { method: string; path: string }[] {
  return app.routes.filter(({ path, method }) => !path.endsWith('*') && method !== 'ALL');
}

function patternOf(app: Routes, method: string, path: string): string {
  const wanted = method === 'HEAD' ? 'GET' : method;
  return (
    patternsOf(app).find((route) => route.method === wanted && matches(route.path, path))?.path ?? 'none'
  );
}

function methodsOf(app: Routes, path: string): string[] {
  return [
    ...new Set(
      patternsOf(app)
        .filter((r) => matches(r.path, path))
        .map((r) => r.method),
    ),
  ].sort();
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const parts = path.split('/');
  return (
    wanted.length === parts.length && wanted.every((part, i) => part.startsWith(':') || part === parts[i])
  );
}

/** Deny by default: what is in the document was made by `apiRoute`, which checks the caller. */
function refuseOpenRoutes(app: Routes, { acts }: DoorOptions): void {
  const documented = app.openAPIRegistry.definitions.flatMap((d) => (d.type === 'route' ? [d.route] : []));
  const guarded = documented.filter((route) =>
    Object.hasOwn(acts, String(Reflect.get(route, ACCESS_EXTENSION))),
  );
  const known = new Set(guarded.map(({ method, path }) => `${method} ${path.replaceAll(/{(\w+)}/g, ':$1')}`));
  for (const { method, path } of patternsOf(app)) {
    const open = ['/healthz', '/readyz', '/metrics', ...LOGIN_PATHS].includes(path);
    if (!open && !known.has(`${method.toLowerCase()} ${path}`)) {
      throw new AppError(
        'INTERNAL',
        'ROUTE_WITHOUT_ACCESS',
        `${method} ${path} names no act of this program`,
        {
          params: { route: `${method} ${path}` },
        },
      );
    }
  }
}

function noSuchPath(): AppError {
  return new AppError('NOT_FOUND', 'NO_SUCH_PATH', 'there is nothing at this path');
}

function methodNotAllowed(methods: readonly string[]): AppError {
  const params = { methods: methods.join(', ') };
  return new AppError('INVALID_ARGUMENT', 'METHOD_NOT_ALLOWED', `this path takes ${params.methods}`, {
    params,
  });
}
