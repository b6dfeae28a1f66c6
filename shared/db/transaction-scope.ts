/**
 * Whether a transaction still has its connection. postgres.js 3.4.9 does not ask: it sends a dead
 * transaction's next statement, its ROLLBACK or its COMMIT all the same, which ends the process (a write to
 * no socket) or, worse, reaches whatever transaction has the connection next. Source: porsager/postgres
 * issues 1154, 1208, 1216.
 */
import type { AppError } from '../errors.ts';

export class TransactionScope {
  #lost: AppError | undefined;
  #announce: (error: AppError) => void = () => undefined;
  /** Rejects when the connection is lost; never resolves. */
  readonly whenLost: Promise<never>;

  constructor() {
    this.whenLost = new Promise((_resolve, reject) => {
      this.#announce = reject;
    });
    this.whenLost.catch(() => undefined);
  }

  /** Why there is no connection any more; undefined while there is one. */
  get lost(): AppError | undefined {
    return this.#lost;
  }

  /** To be called, before anyone else hears of it, with each failure of a statement or of the transaction. */
  noteFailure(error: AppError): void {
    if (error.reason !== 'DATABASE_UNAVAILABLE' || this.#lost) return;
    this.#lost = error;
    this.#announce(error);
  }

  /**
   * Result of `work` for the driver, which then sends COMMIT or ROLLBACK: so it never settles once the
   * connection is lost. The transaction's caller has `whenLost`.
   */
  async untilLost<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#orNever(await work());
    } catch (error) {
      await this.#orNever(undefined);
      throw error;
    }
  }

  #orNever<T>(value: T): T | Promise<never> {
    return this.#lost ? new Promise<never>(() => undefined) : value;
  }
}
