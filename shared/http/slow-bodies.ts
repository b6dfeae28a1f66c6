/**
 * Ends requests whose body trickles in. Only time that is spent waiting for the client counts: while we are
 * the slow one (a database that is busy), bytes lie ready to be read. Knows no route.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Clock } from '../clock.ts';
import type { HttpLimits } from './limits.ts';

interface Pending {
  readonly request: IncomingMessage;
  readonly bytesBefore: number;
  waitedMs: number;
}

/** Watches the bodies of `server` until `stopped` aborts; `refuse` is given those that are too slow, once. */
export function watchBodies(
  server: Server,
  { clock, limits, stopped }: { clock: Clock; limits: HttpLimits; stopped: AbortSignal },
  refuse: (request: IncomingMessage) => void,
): void {
  const pending = new Set<Pending>();
  server.on('request', (request) => {
    const entry = { request, bytesBefore: request.socket.bytesRead, waitedMs: 0 };
    pending.add(entry);
    request.once('close', () => pending.delete(entry));
  });
  const { graceMs, bytesPerSecond } = limits.body;
  const look = (passedMs: number) => {
    for (const entry of pending) {
      const { request, bytesBefore } = entry;
      if (request.complete || request.readableLength > 0) continue;
      entry.waitedMs += passedMs;
      const earnedMs = ((request.socket.bytesRead - bytesBefore) / bytesPerSecond) * 1_000;
      if (entry.waitedMs <= graceMs + earnedMs) continue;
      pending.delete(entry);
      refuse(request);
    }
  };
  void (async () => {
    for (let lastMs = clock.nowMs(); !stopped.aborted; ) {
      await clock.sleep(limits.checkMs, stopped);
      const nowMs = clock.nowMs();
      look(Math.min(nowMs - lastMs, 2 * limits.checkMs));
      lastMs = nowMs;
    }
  })();
}
