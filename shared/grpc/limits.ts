/**
 * What one peer may take of a gRPC server beside the size of a message (wire.ts): numbers with reasons. Peers
 * are enrolled programs, but one of them may be broken or in foreign hands, and the others must not notice.
 */
import type { ServerOptions } from 'node:http2';

/**
 * HTTP/2 as grpc-js's server shall speak it; of these grpc-js itself offers two. Floods of resets, pings and
 * settings are Node's to stop: it ends the connection (GOAWAY) beyond about 1,000 at once.
 */
export const HTTP2_LIMITS: ServerOptions = {
  // MB, for what waits to be sent and the state of streams; grpc-js would lift the limit.
  maxSessionMemory: 256,
  // Headers of a call are its path, its deadline, a request id: 16 KiB and 64 pairs are plenty.
  maxHeaderListPairs: 64,
  settings: {
    maxHeaderListSize: 16 * 1024,
    // A hub keeps one call a live trace open; further calls wait at the caller until one has ended.
    maxConcurrentStreams: 1_000,
  },
  maxSettings: 16,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

/** Before anybody has shown a certificate. Provinces behind one address are few; 63 on one machine fit. */
export const LISTENER_LIMITS = { perAddress: 256, total: 2_048 };

/** A program has one connection to another, and a second while it renews its certificate. */
export const CONNECTIONS_PER_PEER = 32;

/** Who has not finished the TLS handshake by then is hung up on. */
export const HANDSHAKE_MS = 10_000;
