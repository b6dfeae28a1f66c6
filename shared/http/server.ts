/**
 * Serves an application on a listener, within limits of time, size and number, and stops it without cutting
 * answers short. What never becomes a request gets its problem here.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { type Clock, systemClock } from '../clock.ts';
import { limitConnections } from '../connection-limit.ts';
import { AppError } from '../errors.ts';
import { DEFAULT_LANGUAGE } from '../i18n/text.ts';
import { newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import { HTTP_LIMITS, type HttpLimits } from './limits.ts';
import type { Listen } from './listen.ts';
import { problemText } from './problem.ts';
import { watchBodies } from './slow-bodies.ts';

export interface HttpServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
}

export interface HttpServerOptions {
  fetch: (request: Request) => Response | Promise<Response>;
  listen: Listen;
  /** Told of connections and requests that were refused before they reached the application. */
  logger?: Pick<Logger, 'warn'>;
  /** Instead of the usual ones. */
  limits?: Partial<HttpLimits>;
  /** How long answers under way may take at the end. */
  drainMs?: number;
  clock?: Clock;
}

/**
 * Dot segments and backslashes in a path: we would straighten it out, the proxy that let it through did not.
 */
const CROOKED = /^[^?]*(?:\\|\/(?:\.|%2e){1,2}(?:[/?]|$))/i;

const DRAIN_MS = 10_000;
const IDLE_POLL_MS = 20;

/** A listening server. Rejects if the address is taken. Disposal drains, then closes what is left. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...HTTP_LIMITS, ...options.limits };
  const clock = options.clock ?? systemClock;
  const answer = getRequestListener(options.fetch, { overrideGlobalObjects: false });
  const refuse = refusal(options.logger);
  const serverOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    keepAliveTimeout: limits.keepAliveMs,
  };
  const server = createServer(serverOptions, (request, response) => {
    const objection = objectionTo(request, limits);
    if (objection !== undefined) refuse(request.socket, clientError(objection));
    else void answer(request, response);
  });
  server.setTimeout(limits.silenceMs);
  const stopped = new AbortController();
  limitConnections(server, limits.connections, (address) =>
    options.logger?.warn({ reason: 'TOO_MANY_CONNECTIONS', address }, 'http connection refused'),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Gone already: nobody to tell, and nothing to say.
    if (error.code !== 'ECONNRESET') refuse(socket, clientError(error.code ?? ''));
  });
  watchBodies(server, { clock, limits, stopped: stopped.signal }, ({ socket }) =>
    refuse(socket, clientError('ERR_HTTP_REQUEST_TIMEOUT')),
  );
  const unused = trackUnused(server);
  await listen(server, options.listen).catch((error: unknown) => {
    stopped.abort();
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  const host = options.listen.host.includes(':') ? `[${options.listen.host}]` : options.listen.host;
  return {
    url: `http://${host}:${port}`,
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of unused) socket.destroy();
      await drain(server, options.drainMs ?? DRAIN_MS, clock);
      stopped.abort();
    },
  };
}

function listen(server: Server, { host, port }: HttpServerOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

/** What is wrong with a request that Node's parser let through, in its words. */
function objectionTo(request: IncomingMessage, limits: HttpLimits): string | undefined {
  if (request.rawHeaders.length / 2 > limits.headers) return 'HPE_HEADER_OVERFLOW';
  if (request.httpVersionMajor !== 1) return 'HPE_INVALID_VERSION';
  return CROOKED.test(request.url ?? '') ? 'HPE_INVALID_URL' : undefined;
}

/** Answers what never reaches the application with a problem, if anybody can read it, and hangs up. */
function refusal(logger: HttpServerOptions['logger']): (socket: Duplex, error: AppError) => void {
  return (socket, error) => {
    const requestId = newId();
    const address = (socket as Socket).remoteAddress;
    logger?.warn({ reason: error.reason, address, request_id: requestId }, 'http request refused');
    if (!socket.writable) return void socket.destroy();
    // Its headers were not read, or are not to be trusted.
    const reader = { requestId, language: DEFAULT_LANGUAGE };
    socket.end(problemText(error, reader), () => socket.destroy());
  };
}

/** What Node's parser and clocks object to, as a problem. */
function clientError(code: string): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new AppError('INVALID_ARGUMENT', 'HEADERS_TOO_LARGE', 'the headers are too long or too many');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new AppError('DEADLINE_EXCEEDED', 'REQUEST_TOO_SLOW', 'the request came in too slowly');
  }
  return new AppError('INVALID_ARGUMENT', 'MALFORMED_REQUEST', 'this is not a well-formed HTTP/1.1 request');
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
