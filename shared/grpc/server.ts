/**
 * A gRPC server of the federation: mutual TLS 1.3, one wrapper round every handler, health and reflection,
 * drained when it is disposed of. TLS is terminated by a server of our own, because grpc-js tells nobody
 * why it refused a connection.
 */
import { once } from 'node:events';
import type { Http2Server, ServerOptions } from 'node:http2';
import type { Socket } from 'node:net';
import { createServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type Clock, systemClock } from '../clock.ts';
import { type ConnectionLimits, limitConnections, Tally } from '../connection-limit.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { AUTH_TABLE, type AuthTable } from './auth-table.ts';
import { CONNECTIONS_PER_PEER, HANDSHAKE_MS, HTTP2_LIMITS, LISTENER_LIMITS } from './limits.ts';
import { FLOW_CONTROL_WINDOW, MESSAGE_LIMIT } from './messages.ts';
import { type PeerCheck, peerName, peerOf } from './peer.ts';
import { register } from './serve.ts';
import { type CallEvent, type CallRuntime, shuttingDown } from './served-call.ts';
import type { ServiceImplementation } from './service.ts';
import { addStandardServices, nameOfPath } from './standard-services.ts';
import { TLS_TERMS, type TlsMaterial } from './tls.ts';

export interface GrpcServerOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly tls: TlsMaterial;
  /** Made by `implement`. */
  readonly services: readonly ServiceImplementation[];
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Instead of the shipped table, for services that it does not know. */
  readonly auth?: AuthTable;
  /** How long running calls may take to finish when the server stops; then they are aborted. */
  readonly drainMs?: number;
  /** Instead of the usual ones. */
  readonly limits?: { readonly handshakeMs?: number; readonly connections?: ConnectionLimits };
  /** Told of every finished call, for metrics. */
  readonly onCall?: (event: CallEvent) => void;
  /** Which certificates of the federation get in; all unless told. */
  readonly check?: PeerCheck;
  /** Whether callers need no certificate and count as newcomers: the enrolment listener. */
  readonly newcomers?: boolean;
  /** Longest message that is read, in bytes. */
  readonly messageLimit?: number;
}

export interface GrpcServer extends AsyncDisposable {
  readonly port: number;
  /** What `grpc.health.v1` says, of the server and of each service; true at start. */
  setServing(serving: boolean): void;
  /** New connections see this certificate; open ones keep what they were made with. */
  useTls(tls: TlsMaterial): void;
  /** Asks `check` again about every open connection, and cuts those off that it refuses now. */
  recheck(): void;
}

const OPTIONS = {
  'grpc.max_send_message_length': MESSAGE_LIMIT,
  // A peer that froze or lost its network holds its calls no longer than this.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_channelz': 0,
};
const DRAIN_MS = 2_000;
const FLUSH_MS = 500;
const IDLE_POLL_MS = 5;

/**
 * Starts listening. Throws AUTH_ROW_MISSING if a method has no row in the auth table, LISTEN_FAILED if the
 * address cannot be bound, INVALID_CONFIG if the TLS material does not fit.
 */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const clock = options.clock ?? systemClock;
  const { logger, drainMs = DRAIN_MS, auth = AUTH_TABLE, onCall = () => {} } = options;
  const { newcomers = false, messageLimit = MESSAGE_LIMIT } = options;
  const shared = { logger, clock, auth, onCall, newcomers };
  const runtime: CallRuntime = { ...shared, active: new Set(), stopping: false };
  const server = new CheckedServer(auth, messageLimit);
  for (const implementation of options.services) server.addImplementation(runtime, implementation);
  const health = addStandardServices(
    server,
    runtime,
    options.services.map(({ service }) => service),
  );
  const connections = await acceptConnections(server, options);
  return {
    port: connections.port,
    setServing: health.setServing,
    useTls: connections.useTls,
    recheck: connections.recheck,
    async [Symbol.asyncDispose]() {
      health.setServing(false);
      connections.stopAccepting();
      await finishCalls(runtime, drainMs);
      await closeConnections(server, clock);
      connections.destroy();
    },
  };
}

/** grpc-js's server, refusing a method that nobody said who may call. */
class CheckedServer extends Server {
  readonly #auth: AuthTable;

  constructor(auth: AuthTable, messageLimit: number) {
    super({ ...OPTIONS, 'grpc.max_receive_message_length': messageLimit });
    this.#auth = auth;
    // Most limits of Node's HTTP/2 are no options of grpc-js.
    Object.assign(
      (this as unknown as { commonServerOptions: ServerOptions }).commonServerOptions,
      HTTP2_LIMITS,
    );
  }

  addImplementation(runtime: CallRuntime, service: ServiceImplementation): void {
    const { definition, implementation } = register(runtime, service);
    this.addService(definition, implementation);
  }

  override addService(...[definition, implementation]: Parameters<Server['addService']>): void {
    const names = Object.values(definition).map(({ path }) => nameOfPath(path));
    const missing = names.filter((name) => this.#auth[name] === undefined);
    if (missing.length > 0) {
      throw new AppError('FAILED_PRECONDITION', 'AUTH_ROW_MISSING', `no auth row for ${missing.join(', ')}`);
    }
    super.addService(definition, implementation);
  }
}

interface Connections {
  readonly port: number;
  stopAccepting(): void;
  useTls(tls: TlsMaterial): void;
  recheck(): void;
  destroy(): void;
}

async function acceptConnections(server: Server, options: GrpcServerOptions): Promise<Connections> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  widenWindows(server);
  const { logger, limits = {} } = options;
  const sockets = new Set<TLSSocket>();
  const ofPeers = new Tally(CONNECTIONS_PER_PEER);
  const listener = createTlsServer(options, limits.handshakeMs ?? HANDSHAKE_MS);
  // Those that still shake hands as well: they would be served for ever by a server that has ended.
  const open = new Set<Socket>();
  listener.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  limitConnections(listener, limits.connections ?? LISTENER_LIMITS, (address) =>
    logger.warn({ reason: 'TOO_MANY_CONNECTIONS', address }, 'grpc connection refused'),
  );
  const refuse = (socket: TLSSocket, refusal: Refusal) => {
    if (refusal === undefined) return false;
    logger.warn({ ...refusal, address: socket.remoteAddress }, 'grpc connection refused');
    socket.destroy();
    return true;
  };
  listener.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    if (refuse(socket, whyRefused(socket, options, ofPeers) ?? whyNotAdmitted(socket, options))) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    injector.injectConnection(socket);
  });
  listener.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    logger.warn({ code: error.code, address: socket.remoteAddress }, 'grpc connection refused');
    // Node only tells of it. After other errors the socket ends by itself, once the alert is out.
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy();
  });
  const port = await listen(listener, options.listen);
  return {
    port,
    stopAccepting: () => listener.close(),
    useTls: ({ ca, cert, key }) => listener.setSecureContext({ ca, cert, key, ...TLS_TERMS }),
    recheck: () => {
      for (const socket of sockets) refuse(socket, whyNotAdmitted(socket, options));
    },
    destroy: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

type Refusal = { readonly reason: string; readonly peer?: string } | undefined;

/** A connection that speaks no HTTP/2 by its own account, or one too many of its peer. */
function whyRefused(socket: TLSSocket, { newcomers }: GrpcServerOptions, ofPeers: Tally): Refusal {
  if (socket.alpnProtocol !== 'h2') return { reason: 'NO_ALPN' };
  // Those are counted by address alone: nobody may use up the places of all others.
  if (newcomers) return undefined;
  const peer = peerOf(socket.getPeerCertificate().subjectaltname);
  const name = peer === undefined ? 'nobody' : peerName(peer);
  const admitted = ofPeers.admit(name, (left) => socket.once('close', left));
  return admitted ? undefined : { reason: 'TOO_MANY_CONNECTIONS', peer: name };
}

/** A certificate that is not to be used; one that names nobody is refused call by call, with a word. */
function whyNotAdmitted(socket: TLSSocket, { check }: GrpcServerOptions): Refusal {
  const certificate = socket.getPeerX509Certificate();
  const peer = peerOf(certificate?.subjectAltName);
  const reason = check && certificate && peer ? check(peer, certificate) : undefined;
  return reason === undefined || peer === undefined ? undefined : { reason, peer: peerName(peer) };
}

/** grpc-js has an option for the client's windows only, so its HTTP/2 servers are fetched out of it. */
function widenWindows(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers: ReadonlyMap<Http2Server, unknown> };
  for (const http2Server of http2Servers.keys()) {
    http2Server.on('session', (session) => {
      session.settings({ initialWindowSize: FLOW_CONTROL_WINDOW });
      session.setLocalWindowSize(FLOW_CONTROL_WINDOW);
    });
  }
}

function createTlsServer({ tls, newcomers = false }: GrpcServerOptions, handshakeTimeout: number): TlsServer {
  try {
    return createServer({
      ...tls,
      ...TLS_TERMS,
      requestCert: !newcomers,
      rejectUnauthorized: !newcomers,
      ALPNProtocols: ['h2'],
      handshakeTimeout,
      noDelay: true,
    });
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', 'TLS certificate and private key do not fit', {
      ...{ cause, details: [{ field: 'TLS_CERT_FILE', reason: 'CERTIFICATE_UNFIT' }] },
    });
  }
}

async function listen(listener: TlsServer, address: string): Promise<number> {
  const { hostname, port } = new URL(`tcp://${address}`);
  try {
    listener.listen(Number(port), hostname.replace(/^\[|\]$/g, ''));
    await once(listener, 'listening');
  } catch (cause) {
    throw new AppError('FAILED_PRECONDITION', 'LISTEN_FAILED', `cannot listen on ${address}`, {
      ...{ cause, params: { address } },
    });
  }
  const bound = listener.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}

/**
 * Lets running calls finish, and aborts those that do not; what handlers use can be closed after it.
 * Connections stay as they are meanwhile: a client that was told to leave (GOAWAY) fails its keepalive, and
 * with it its calls.
 */
async function finishCalls(runtime: CallRuntime, drainMs: number): Promise<void> {
  runtime.stopping = true;
  for (const call of runtime.active) if (call.endless) call.abort(shuttingDown());
  await waitUntilIdle(runtime, drainMs);
  for (const call of runtime.active) call.abort(shuttingDown());
  await waitUntilIdle(runtime, drainMs);
}

async function waitUntilIdle({ active, clock }: CallRuntime, patienceMs: number): Promise<void> {
  const untilMs = clock.nowMs() + patienceMs;
  while (active.size > 0 && clock.nowMs() < untilMs) await clock.sleep(IDLE_POLL_MS);
}

/** Closes connections once their last answers are out, and after a moment in any case. */
async function closeConnections(server: Server, clock: Clock): Promise<void> {
  const patience = new AbortController();
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  await Promise.race([closed, clock.sleep(FLUSH_MS, patience.signal)]);
  patience.abort();
  server.forceShutdown();
}
