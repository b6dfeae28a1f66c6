/**
 * How many identifiers that this node did not know each caller may bring in an hour: every one of them costs
 * an evaluation of the key service, whose budget is the whole province's. Counted in memory as transactions
 * are committed: one that begins within the quota is taken whole, and what brings nobody new always is.
 */
import { type Caller, callerKey } from '../../../shared/acts/access.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';

/** One at a time, as cases and corrections are entered, and in files. */
export type QuotaWay = 'entries' | 'imports';

/** New identifiers in a clock hour of UTC, of one caller. */
export type QuotaLimits = Readonly<Record<QuotaWay, number>>;

/**
 * Entered: a laboratory that reports all of a day's 10,011 cases (HCMC's worst of 2021) in an hour. Imported:
 * the registers of a large province in a few hours.
 */
export const DEFAULT_QUOTA: QuotaLimits = { entries: 20_000, imports: 10_000_000 };

const HOUR_SECONDS = 3_600;

export class IdentifierQuota {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #limits: QuotaLimits;
  #hour = 0;
  /** Of this hour. */
  readonly #used = new Map<string, number>();

  constructor(clock: Pick<Clock, 'nowMs'>, limits: QuotaLimits = DEFAULT_QUOTA) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** What counts the identifiers that this caller brings in one transaction after the other. */
  countOf(caller: Caller, way: QuotaWay): NewIdentifierCount {
    const key = `${way} ${callerKey(caller)}`;
    return new NewIdentifierCount({
      admit: () => this.#admit(key, this.#limits[way]),
      charge: (count) => this.#used.set(key, (this.#used.get(key) ?? 0) + count),
    });
  }

  #admit(key: string, most: number): void {
    const now = nowSeconds(this.#clock);
    const hour = now - (now % HOUR_SECONDS);
    if (hour !== this.#hour) this.#used.clear();
    this.#hour = hour;
    if ((this.#used.get(key) ?? 0) < most) return;
    const message = `${most} identifiers that were not known here in this hour: no more of them`;
    const options = { params: { most }, retryAfterSeconds: hour + HOUR_SECONDS - now };
    throw new AppError('RESOURCE_EXHAUSTED', 'IDENTIFIER_QUOTA', message, options);
  }
}

/** Identifiers that one transaction has stored and that were not known before. */
export class NewIdentifierCount {
  readonly #quota: { admit(): void; charge(count: number): void };
  #count = 0;

  constructor(quota: { admit(): void; charge(count: number): void }) {
    this.#quota = quota;
  }

  /** The transaction begins, perhaps anew. */
  restart(): this {
    this.#count = 0;
    return this;
  }

  /**
   * So many are stored. Throws RESOURCE_EXHAUSTED IDENTIFIER_QUOTA, with the seconds until the next hour, if
   * the caller has none left: then the transaction must not be committed.
   */
  add(count: number): void {
    if (count > 0) this.#quota.admit();
    this.#count += count;
  }

  /** It has been committed: charged once. */
  settle(): void {
    if (this.#count > 0) this.#quota.charge(this.#count);
    this.#count = 0;
  }
}
