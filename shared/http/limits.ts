/**
 * What one client may take of a listener: numbers with reasons. Bodies have theirs in route.ts (JSON) and
 * in node/records/intake (imports, which may be of any size but not of any speed).
 */
import type { ConnectionLimits } from '../connection-limit.ts';

export interface HttpLimits {
  /** Of one address and in all. */
  readonly connections: ConnectionLimits;
  /** Request line and headers together. A token of an identity provider may have 4 KiB and more. */
  readonly headerBytes: number;
  readonly headers: number;
  /** From the first byte of a request, or of a connection, until its headers are complete. */
  readonly headersMs: number;
  /** From the first to the last byte of a request: the largest import must fit. */
  readonly requestMs: number;
  /** A body: how long we wait for its bytes in all, before and after it earned more time by arriving. */
  readonly body: { readonly graceMs: number; readonly bytesPerSecond: number };
  /** How often the times above are looked at. */
  readonly checkMs: number;
  /** Nothing sent or received for so long: the peer is gone. Server-sent events beat more often. */
  readonly silenceMs: number;
  readonly keepAliveMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  // A province's reverse proxy is one address, and every desk that watches a trace holds a connection.
  connections: { perAddress: 1_024, total: 4_096 },
  headerBytes: 16 * 1024,
  headers: 100,
  headersMs: 10_000,
  requestMs: 3_600_000,
  // The slowest modem that somebody may still import through; at that pace 1 MiB takes 17 minutes.
  body: { graceMs: 20_000, bytesPerSecond: 1_024 },
  checkMs: 1_000,
  silenceMs: 300_000,
  keepAliveMs: 65_000,
};
