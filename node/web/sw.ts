/**
 * The service worker of the console: keeps the shell (the page and what it loads), so that it opens without a
 * network. It never keeps an answer of the API or of signing in: those are about people.
 */

interface WorkerScope {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}

interface WorkerEvent {
  readonly request: Request;
  readonly data?: unknown;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

const worker = globalThis as unknown as WorkerScope & { skipWaiting(): Promise<void> };

const SHELL = 'truyvet-shell';
const PAGE = '/';
/** With one bar of signal the page that is here serves better than one that may come. */
const PATIENCE_MS = 3_000;

// At once: pages that are open go on with what they loaded, the next one is of the new shell.
worker.addEventListener('install', (event) => event.waitUntil(keepShell().then(() => worker.skipWaiting())));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== worker.location.origin) return;
  if (pathname.startsWith('/assets/')) event.respondWith(keptFirst(event.request));
  else if (event.request.mode === 'navigate' && !/^\/(?:v1|auth|docs)(?:\/|$)/.test(pathname))
    event.respondWith(freshOrKept(event.request));
});

/** The page, what it names, and what its style sheets name; what an older page named goes. */
async function keepShell(): Promise<void> {
  const cache = await caches.open(SHELL);
  const page = await fetch(PAGE, { cache: 'reload', headers: { accept: 'text/html' } });
  if (!page.ok) throw new Error(`the page answers ${page.status}`);
  const named = assetsIn(await page.clone().text());
  const sheets = await Promise.all(
    named.filter((path) => path.endsWith('.css')).map(async (path) => (await fetch(path)).text()),
  );
  const wanted = new Set([...named, ...sheets.flatMap(assetsIn)].filter((path) => !path.endsWith('.woff')));
  await cache.addAll([...wanted]);
  await cache.put(PAGE, page);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname !== PAGE && !wanted.has(pathname)) await cache.delete(request);
  }
}

function assetsIn(text: string): string[] {
  return [...new Set(text.match(/\/assets\/[\w.-]+/g) ?? [])];
}

async function keptFirst(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

/** The page of now, if it comes within seconds and is one; else the one that was kept. */
async function freshOrKept(request: Request): Promise<Response> {
  const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
  if (fresh && fresh.status < 500) return fresh;
  return (await caches.match(PAGE)) ?? fresh ?? Response.error();
}
