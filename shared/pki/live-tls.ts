/**
 * A program's own certificate while it runs: read from its files, read again when they change, handed to
 * listeners and channels. What does not fit (wrong key, wrong name, expired) is logged and not used: the
 * certificate in use goes on.
 */
import type { Clock } from '../clock.ts';
import { toAppError } from '../errors.ts';
import type { TlsMaterial } from '../grpc/tls.ts';
import type { Logger } from '../log.ts';
import { type Loop, type LoopWatch, startLoop } from '../loop.ts';

export interface LiveTlsOptions {
  /** What is in use at the start; checked already. */
  readonly first: TlsMaterial;
  /** Reads the files anew; throws if they do not fit together, to each other and to their owner. */
  read(): Promise<TlsMaterial>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  /** How soon files that an operator has replaced are noticed; 2 s unless told. */
  readonly everyMs?: number | undefined;
}

const LOOK_MS = 2_000;

export class LiveTls implements AsyncDisposable {
  readonly #options: LiveTlsOptions;
  readonly #listeners = new Set<(tls: TlsMaterial) => void>();
  #current: TlsMaterial;
  #failure = '';
  readonly #loop: Loop;

  constructor(options: LiveTlsOptions) {
    this.#options = options;
    this.#current = options.first;
    const { clock, logger, watch, everyMs = LOOK_MS } = options;
    const times = { everyMs, firstInMs: everyMs };
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

  /** Looks at the files now. Never rejects. */
  async reload(): Promise<void> {
    const { logger } = this.#options;
    try {
      const next = await this.#options.read();
      this.#failure = '';
      if (next.cert === this.#current.cert && next.key === this.#current.key) return;
      this.#current = next;
      for (const listener of this.#listeners) listener(next);
      logger.info({}, 'a new certificate is in use');
    } catch (error) {
      const { message } = toAppError(error);
      // Said once: files that are being replaced may not fit for a moment.
      if (message !== this.#failure) logger.warn({ err: toAppError(error) }, 'certificate files not used');
      this.#failure = message;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}
