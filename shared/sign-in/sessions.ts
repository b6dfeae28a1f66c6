/**
 * Sessions of consoles: in memory, found by the hash of a random id that only the browser's cookie holds.
 * Tokens stay here: none reaches the browser, a disk or a log; a logout ends them at once, and a restart of
 * the program asks everybody to sign in again, which the provider mostly answers by itself.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { newKey } from '../ids.ts';

/** What the provider gave at a sign-in. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  readonly id: string | undefined;
  /** When the access token ends, epoch milliseconds. */
  readonly accessEndsMs: number;
}

export interface Session {
  readonly id: string;
  tokens: Tokens;
  /** A refresh under way: those who come meanwhile wait for it. */
  refreshing?: Promise<void> | undefined;
  readonly openedMs: number;
  usedMs: number;
}

const IDLE_MS = 3_600_000;
const LONGEST_MS = 12 * 3_600_000;
/** More than these end the session that has been quiet longest. */
const MOST = 10_000;

export class Sessions {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #byHash = new Map<string, Session>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** A new session; its id is for the cookie alone. */
  open(tokens: Tokens): Session {
    const nowMs = this.#clock.nowMs();
    const id = Buffer.from(newKey(32)).toString('base64url');
    const session = { id, tokens, openedMs: nowMs, usedMs: nowMs };
    this.#byHash.set(hashOf(id), session);
    if (this.#byHash.size > MOST) this.#endOldest();
    return session;
  }

  /** The session of an id, undefined if there is none or it has ended; finding it keeps it from idling. */
  find(id: string): Session | undefined {
    const hash = hashOf(id);
    const session = this.#byHash.get(hash);
    if (!session) return undefined;
    this.#byHash.delete(hash);
    const nowMs = this.#clock.nowMs();
    if (nowMs - session.usedMs > IDLE_MS || nowMs - session.openedMs > LONGEST_MS) return undefined;
    session.usedMs = nowMs;
    this.#byHash.set(hash, session);
    return session;
  }

  /** Ends a session; the session that it was. */
  end(id: string): Session | undefined {
    const session = this.find(id);
    this.#byHash.delete(hashOf(id));
    return session;
  }

  #endOldest(): void {
    const [oldest] = this.#byHash.keys();
    if (oldest !== undefined) this.#byHash.delete(oldest);
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
