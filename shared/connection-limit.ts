/**
 * Bounds how many connections a listener holds, of one address and in all, before anything is read from them:
 * who opens more is hung up on and cannot keep others out. Knows no protocol.
 */
import type { Server, Socket } from 'node:net';

export interface ConnectionLimits {
  /** Of one remote address. A reverse proxy is one address. */
  readonly perAddress: number;
  readonly total: number;
}

/** Applies `limits` to `server` from now on; `refused` is told the address of each connection hung up on. */
export function limitConnections(
  server: Server,
  limits: ConnectionLimits,
  refused: (address: string) => void,
): void {
  server.maxConnections = limits.total;
  server.on('drop', (dropped) => refused(dropped?.remoteAddress ?? ''));
  const open = new Tally(limits.perAddress);
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (open.admit(address, (left) => socket.once('close', left))) return;
    socket.destroy();
    refused(address);
  });
}

/** How many of a kind there are, by name, and no more than `most`. */
export class Tally {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more of `name` until what `onLeave` is given is called; false if it is one too many. */
  admit(name: string, onLeave: (left: () => void) => void): boolean {
    const count = this.#counts.get(name) ?? 0;
    if (count >= this.#most) return false;
    this.#counts.set(name, count + 1);
    onLeave(() => this.#leave(name));
    return true;
  }

  #leave(name: string): void {
    const count = (this.#counts.get(name) ?? 0) - 1;
    if (count > 0) this.#counts.set(name, count);
    else this.#counts.delete(name);
  }
}
