/**
 * Writes under way that nobody waits for yet: no trace is called complete before they are durable.
 */
import type { Logger } from '../../shared/log.ts';

export class PendingWrites {
  readonly #logger: Logger;
  readonly #writes = new Set<Promise<void>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(write: Promise<void>): void {
    const tracked = write.finally(() => void this.#writes.delete(tracked));
    // Without this a failed write that nobody waits for would end the process.
    tracked.catch((err) => this.#logger.error({ err }, 'write failed'));
    this.#writes.add(tracked);
  }

  /** Resolves when all are durable; rejects if one failed. */
  async durable(): Promise<void> {
    await Promise.all(this.#writes);
  }

  /** Resolves when all are over, one way or the other. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writes);
  }
}
