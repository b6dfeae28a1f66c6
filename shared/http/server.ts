/**
 * Serves an application on a listener, with time limits, and stops it without cutting answers short.
 */
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type Clock, systemClock } from '../clock.ts';
import type { Listen } from './listen.ts';

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
}

export interface HttpServerOptions {
  fetch: (request: Request) => Response | Promise<Response>;
  listen: Listen;
  /** How long answers under way may take at the end. */
  drainMs?: number;
  clock?: Clock;
}

const HEADERS_TIMEOUT_MS = 10_000;
/** The largest import must fit; small bodies have been read long before. */
const REQUEST_TIMEOUT_MS = 3_600_000;
/** Nothing sent or received for so long: the peer is gone. Server-sent events beat more often. */
const SILENCE_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const DRAIN_MS = 10_000;
const IDLE_POLL_MS = 20;

/** A listening server. Rejects if the address is taken. Disposal drains, then closes what is left. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createAdaptorServer({
    fetch: options.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
  }) as Server;
  server.setTimeout(SILENCE_TIMEOUT_MS);
  const unused = trackUnused(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.listen.port, options.listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.listen.host.includes(':') ? `[${options.listen.host}]` : options.listen.host;
  return {
    url: `http://${host}:${port}`,
    port,
    [Symbol.asyncDispose]: () => {
      for (const socket of unused) socket.destroy();
      return drain(server, options.drainMs ?? DRAIN_MS, options.clock ?? systemClock);
    },
  };
}

/**
 * Connections that have not sent a request yet: browsers and clients open them ahead, and Node does not count
 * them as idle, so a drain would wait for them in vain.
 */
function trackUnused(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => unused.delete(socket));
  return unused;
}

async function drain(server: Server, drainMs: number, clock: Clock): Promise<void> {
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      isClosed = true;
      resolve();
    });
  });
  const untilMs = clock.nowMs() + drainMs;
  while (!isClosed && clock.nowMs() < untilMs) {
    // A connection whose answer has just ended is idle from then on, and would be kept alive.
    server.closeIdleConnections();
    await Promise.race([closed, clock.sleep(IDLE_POLL_MS)]);
  }
  server.closeAllConnections();
  await closed;
}
