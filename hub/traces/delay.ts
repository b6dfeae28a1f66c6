/**
 * A trace whose steps fail: said once in the log, and when it is over.
 */
import type { AppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';

export class Delay {
  readonly #logger: Logger;
  readonly #trace: string;
  /** Steps in a row that failed. */
  #failures = 0;

  constructor(logger: Logger, trace: string) {
    this.#logger = logger;
    this.#trace = trace;
  }

  get isDelayed(): boolean {
    return this.#failures > 0;
  }

  failed(err: AppError): void {
    if (this.#failures++ === 0) this.#logger.error({ trace: this.#trace, err }, 'trace delayed');
  }

  over(): void {
    const failures = this.#failures;
    this.#failures = 0;
    if (failures > 0) this.#logger.info({ trace: this.#trace, failures }, 'trace goes on');
  }
}
