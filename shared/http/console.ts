/**
 * The console of a program: the files that the build left in dist/web, and its page for every path that no
 * route has. It knows no feature, and no file below the web directory is anything but public.
 * Source: Content Security Policy Level 3; RFC 8246 (immutable).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Context, MiddlewareHandler } from 'hono';
import { packageRoot } from '../package-root.ts';
import type { HttpEnv } from './env.ts';
import type { Routes } from './route.ts';

/** Where a console lies on the disk. */
export interface ConsoleFiles {
  /** Directory of the built files of all apps. */
  readonly root: string;
  /** The page of this one, absolute. */
  readonly page: string;
  /** Its service worker, absolute. */
  readonly worker: string;
}

/** Only this origin; `data:` and `blob:` for pictures that a page makes itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Names of built files hold their hash. */
const FOREVER = 'public, max-age=31536000, immutable';

/** What is the program's own and never a page of the console. */
const NO_PAGE = /^\/(?:v1|auth|docs|assets|metrics|healthz|readyz)(?:\/|$)/;

/** The built console `app` (`node/web`), undefined where nothing was built. */
export function findConsole(app: string): ConsoleFiles | undefined {
  const root = join(packageRoot, 'dist', 'web');
  const page = join(root, app, 'index.html');
  return existsSync(page) ? { root, page, worker: join(root, app, 'sw.js') } : undefined;
}

/** Serves the files and, to browsers that ask for a page, the page; everything else passes by. */
export function addConsole(app: Routes, { root, page, worker }: ConsoleFiles): void {
  const files = serveStatic<HttpEnv>({ root, precompressed: true });
  const pages = serveStatic<HttpEnv>({ root: '', path: page });
  // A worker is bound by the policy that came with it.
  const pageHeaders = { 'cache-control': 'no-cache', 'content-security-policy': POLICY };
  app.get('/assets/*', withHeaders(files, { 'cache-control': FOREVER }));
  const workers = serveStatic<HttpEnv>({ root: '', path: worker });
  const serveWorker = withHeaders(workers, pageHeaders);
  const servePage = withHeaders(pages, pageHeaders);
  app.get('*', (c, next) => {
    if (c.req.path === '/sw.js') return serveWorker(c, next);
    return wantsPage(c) ? servePage(c, next) : next();
  });
}

/** The library's `onFound` comes too late for headers: its answer is made by then. */
function withHeaders(
  serve: MiddlewareHandler<HttpEnv>,
  headers: Readonly<Record<string, string>>,
): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const response = await serve(c, next);
    if (response) for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  };
}

function wantsPage(c: Context<HttpEnv>): boolean {
  return (c.req.header('accept') ?? '').includes('text/html') && !NO_PAGE.test(c.req.path);
}
