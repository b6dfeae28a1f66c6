/**
 * What one province has still to be told of one trace: deliveries in the order of their numbers, each tried
 * until the province has applied it.
 */
import type { Clock } from '../../shared/clock.ts';
import { AppError, toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { ProvinceLink } from '../provinces/province-link.ts';
import { withWarrant } from './messages.ts';
import type { LoggedBody, OpeningRow } from './queries.ts';

export interface DeliveryLineOptions {
  readonly link: ProvinceLink;
  readonly trace: {
    readonly id: string;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly signal: AbortSignal;
    openings(): readonly OpeningRow[];
  };
  /** Aborts when the node is back: the next attempt need not wait. */
  back(): AbortSignal;
  /** Deliveries up to `seq` are applied. */
  applied(seq: number): void;
}

const ASSIGN_DEADLINE_MS = 30_000;
const RETRY_MS = { first: 200, most: 10_000 };

export class DeliveryLine {
  readonly #options: DeliveryLineOptions;
  #waiting: LoggedBody[] = [];
  #sending = false;
  #failures = 0;

  constructor(options: DeliveryLineOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Failures since the last one that was applied. */
  get failures(): number {
    return this.#failures;
  }

  /** Takes deliveries, among those on their way already. */
  add(deliveries: readonly LoggedBody[]): void {
    const waiting = new Map([...this.#waiting, ...deliveries].map((delivery) => [delivery.seq, delivery]));
    this.#waiting = [...waiting.values()].sort((a, b) => a.seq - b.seq);
    void this.#send();
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    const { link, trace, back } = this.#options;
    const over = AbortSignal.any([trace.signal, link.signal]);
    while (this.#waiting.length > 0 && !over.aborted) {
      try {
        await this.#assign(this.#waiting[0] as LoggedBody, over);
        this.#failures = 0;
      } catch (error) {
        const failure = toAppError(error);
        if (!over.aborted) link.failures.failed(trace.logger, trace.id, failure);
        if (failure.code === 'UNAVAILABLE') link.reportFailure();
        const waitMs = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** Math.min(this.#failures++, 10));
        await trace.clock.sleep(waitMs, AbortSignal.any([over, back()]));
      }
    }
    this.#sending = false;
  }

  async #assign(delivery: LoggedBody, signal: AbortSignal): Promise<void> {
    const { link, trace } = this.#options;
    const warrant = trace.openings().at(-1) as OpeningRow;
    const options = { deadlineMs: ASSIGN_DEADLINE_MS, signal };
    const { applied } = await link.tracing.assign(withWarrant(delivery.body, warrant), options);
    if (applied < delivery.seq) throw new AppError('ABORTED', 'DELIVERY_GAP', 'a delivery was not applied');
    link.failures.answered(trace.logger, this.#failures > 0);
    this.#waiting = this.#waiting.filter(({ seq }) => seq > applied);
    this.#options.applied(applied);
  }
}
