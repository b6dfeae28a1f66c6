/**
 * What is said of a province that does not answer: its first failure, how often since, and that it is over;
 * not a line a retry and a trace.
 */
import type { Clock } from '../../shared/clock.ts';
import type { AppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';

/** A failure that goes on is told again after this. */
const AGAIN_MS = 600_000;

interface Failing {
  readonly isUnreachable: boolean;
  failures: number;
  toldAtMs: number;
}

export class FailureLog {
  readonly #province: string;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #failing = new Map<string, Failing>();

  constructor(province: string, clock: Pick<Clock, 'nowMs'>) {
    this.#province = province;
    this.#clock = clock;
  }

  /** An attempt on a trace has failed. */
  failed(logger: Pick<Logger, 'warn'>, trace: string, err: AppError): void {
    const nowMs = this.#clock.nowMs();
    const isUnreachable = err.code === 'UNAVAILABLE' || err.code === 'DEADLINE_EXCEEDED';
    const first = { isUnreachable, failures: 0, toldAtMs: Number.NEGATIVE_INFINITY };
    const failing = this.#failing.get(err.reason) ?? first;
    this.#failing.set(err.reason, failing);
    failing.failures++;
    if (nowMs - failing.toldAtMs < AGAIN_MS) return;
    failing.toldAtMs = nowMs;
    const { failures } = failing;
    logger.warn({ province: this.#province, trace, failures, err }, 'province did not answer');
  }

  /**
   * An answer has come. It is there, whatever it refuses; `failedBefore`: in a trace in which it had failed.
   */
  answered(logger: Pick<Logger, 'info'>, failedBefore: boolean): void {
    for (const [reason, { isUnreachable, failures }] of this.#failing) {
      if (!isUnreachable && !failedBefore) continue;
      this.#failing.delete(reason);
      logger.info({ province: this.#province, reason, failures }, 'province answers again');
    }
  }
}
