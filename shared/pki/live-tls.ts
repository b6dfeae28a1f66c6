/**
 * A program's own certificate while it runs: read from its files, read again when they change, handed to
 * listeners and channels. What does not fit (wrong key, wrong name, expired) fails its loop, which says so,
 * and is not used: the certificate in use goes on.
 */
import type { Clock } from '../clock.ts';
import type { TlsMaterial } from '../grpc/tls.ts';
import type { Logger } from '../log.ts';
import { type Loop, type LoopWatch, startLoop } from '../loop.ts';

export interface LiveTlsOptions {
  /** What is in use at the start; checked already. */
  readonly first: TlsMaterial;
  /** Reads the files anew; throws if they cannot be read. */
  read(): Promise<TlsMaterial>;
  /** Throws unless they fit together, to their owner and to the present time. */
  check(tls: TlsMaterial): void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  /** How soon files that an operator has replaced are noticed; 2 s unless told. */
  readonly everyMs?: number | undefined;
}

const LOOK_MS = 2_000;
/** What has not changed may still expire. */
const CHECK_AGAIN_MS = 60_000;

export class LiveTls implements AsyncDisposable {
  readonly #options: LiveTlsOptions;
  readonly #listeners = new Set<(tls: TlsMaterial) => void>();
  #current: TlsMaterial;
  #checkAgainAtMs: number;
  readonly #loop: Loop;

  constructor(options: LiveTlsOptions) {
    this.#options = options;
    this.#current = options.first;
    const { clock, logger, watch, everyMs = LOOK_MS } = options;
    this.#checkAgainAtMs = clock.nowMs() + CHECK_AGAIN_MS;
    // Files that did not fit are looked at as often as others: they may have been replaced in mid-change.
    const times = { everyMs, firstInMs: everyMs, retryMs: { first: everyMs, most: everyMs } };
    const pass = () => this.reload();
    this.#loop = startLoop({ name: 'own-certificate', clock, logger, watch, ...times, pass });
  }

  get current(): TlsMaterial {
    return this.#current;
  }

  /** Calls `listener` with each certificate that comes into use; returns how to stop that. */
  onChange(listener: (tls: TlsMaterial) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks at the files now. Throws what `read` and `check` do; what is in use stays then. */
  async reload(): Promise<void> {
    const { read, check, clock, logger } = this.#options;
    const next = await read();
    const same = next.cert === this.#current.cert && next.key === this.#current.key;
    if (same && clock.nowMs() < this.#checkAgainAtMs) return;
    check(next);
    this.#checkAgainAtMs = clock.nowMs() + CHECK_AGAIN_MS;
    if (same) return;
    this.#current = next;
    for (const listener of this.#listeners) listener(next);
    logger.info({}, 'a new certificate is in use');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}
