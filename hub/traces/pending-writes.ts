/**
 * Writes under way that nobody waits for yet: no trace is called complete before they are durable. A write
 * that failed is owed until it has been done.
 */
import { toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';

/** Does one write; may be repeated. */
type Write = () => Promise<void>;

export class PendingWrites {
  readonly #logger: Pick<Logger, 'error'>;
  readonly #underWay = new Set<Promise<void>>();
  /** Writes that failed, to be done again. */
  readonly #owed: Write[] = [];
  #told = false;

  constructor(logger: Pick<Logger, 'error'>) {
    this.#logger = logger;
  }

  /** Begins a write; when it fails, `durable` does it again. */
  add(write: Write): void {
    const tracked: Promise<void> = write()
      .catch((error: unknown) => this.#owe(write, error))
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  /** Whether nothing is under way and nothing owed. */
  get isSettled(): boolean {
    return this.#underWay.size === 0 && this.#owed.length === 0;
  }

  /**
   * Does what failed again; resolves when all is durable, rejects if a write fails once more. One caller at a
   * time.
   */
  async durable(): Promise<void> {
    while (!this.isSettled) {
      await this.settled();
      while (this.#owed.length > 0) {
        await (this.#owed[0] as Write)();
        this.#owed.shift();
      }
    }
    this.#told = false;
  }

  /** Resolves when nothing is under way any more, one way or the other. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #owe(write: Write, error: unknown): void {
    this.#owed.push(write);
    // One line for a database that is away, not one a write.
    if (!this.#told) this.#logger.error({ err: toAppError(error) }, 'write failed, is owed');
    this.#told = true;
  }
}
