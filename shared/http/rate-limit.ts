/**
 * How often somebody may come (token buckets), and how much may be under way for them at once; in memory, by
 * key. Knows neither callers nor HTTP; a restart fills all buckets.
 */
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';

export interface RateLimit {
  readonly perSecond: number;
  /** What may come at once after a pause. */
  readonly burst: number;
}

interface Bucket {
  left: number;
  atMs: number;
}

/** More keys than these are forgotten, those first that have been quiet longest. */
const MOST_KEYS = 20_000;

export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit, clock: Pick<Clock, 'nowMs'>) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Takes one. Throws RESOURCE_EXHAUSTED RATE_LIMITED, with when to come again, if none is left. */
  take(key: string): void {
    const bucket = this.#bucketOf(key);
    this.#refuseEmpty(bucket);
    bucket.left -= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_KEYS) this.#forgetOldest();
  }

  #bucketOf(key: string): Bucket {
    const { perSecond, burst } = this.#limit;
    const atMs = this.#clock.nowMs();
    const known = this.#buckets.get(key);
    if (!known) return { left: burst, atMs };
    const filled = (Math.max(0, atMs - known.atMs) / 1000) * perSecond;
    return { left: Math.min(burst, known.left + filled), atMs };
  }

  #refuseEmpty({ left }: Bucket): void {
    if (left >= 1) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((1 - left) / this.#limit.perSecond));
    throw new AppError('RESOURCE_EXHAUSTED', 'RATE_LIMITED', 'too many requests', { retryAfterSeconds });
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}

/** Counts what is under way. */
export class AtOnce {
  readonly #most: number;
  readonly #underWay = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** One more, until it is disposed of. Throws RESOURCE_EXHAUSTED TOO_MANY_AT_ONCE. */
  begin(key: string): Disposable {
    const count = this.#underWay.get(key) ?? 0;
    if (count >= this.#most) {
      throw new AppError('RESOURCE_EXHAUSTED', 'TOO_MANY_AT_ONCE', 'too much is under way', {
        ...{ params: { most: this.#most }, retryAfterSeconds: 1 },
      });
    }
    this.#underWay.set(key, count + 1);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const left = (this.#underWay.get(key) ?? 1) - 1;
        if (left > 0) this.#underWay.set(key, left);
        else this.#underWay.delete(key);
      },
    };
  }
}
