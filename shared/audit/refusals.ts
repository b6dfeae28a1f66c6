/**
 * Refusals on the record, without letting whoever is refused fill the log: the first of its kind is written
 * before the caller hears of it, what follows within a minute is counted and written as one entry.
 */
import type { Clock } from '../clock.ts';
import { nowSeconds } from '../clock.ts';
import type { Queryable } from '../db/database.ts';
import { isRefusal, toAppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type AuditEntry, recordAudit } from './record.ts';

/** A refusal about to be recorded; its reason is that of the error. */
export type RefusedAttempt = Omit<AuditEntry, 'outcome' | 'reason'>;

export interface RefusalLogOptions {
  readonly db: Pick<Queryable, 'sql'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

const MINUTE_MS = 60_000;

interface Repeated {
  readonly entry: AuditEntry;
  more: number;
  /** Ends its minute early. Its own: one signal for all would gather a listener a kind. */
  readonly end: AbortController;
  readonly over: Promise<void>;
}

/** Disposal writes what is counted and not written yet. */
export class RefusalLog implements AsyncDisposable {
  readonly #options: RefusalLogOptions;
  readonly #repeated = new Map<string, Repeated>();
  #stopped = false;

  constructor(options: RefusalLogOptions) {
    this.#options = options;
  }

  /** What `work` comes to; if it is refused, `attempt` is on the record before the same error goes on. */
  async recording<T>(work: Promise<T>, attempt: () => RefusedAttempt): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const refusal = toAppError(error);
      if (isRefusal(refusal)) await this.note({ ...attempt(), outcome: 'refused', reason: refusal.reason });
      throw error;
    }
  }

  /**
   * Records a refusal, or counts it if one of the same action, actor and reason was recorded within the last
   * minute. Never rejects: a log that cannot be written must not turn a refusal into something else.
   */
  async note(entry: AuditEntry): Promise<void> {
    const key = `${entry.action} ${entry.actor.kind} ${entry.actor.id} ${entry.reason}`;
    const repeated = this.#repeated.get(key);
    if (repeated) {
      repeated.more++;
      return;
    }
    const end = new AbortController();
    if (this.#stopped) end.abort();
    this.#repeated.set(key, { entry, more: 0, end, over: this.#endMinute(key, end.signal) });
    await this.#write(entry);
  }

  async #endMinute(key: string, early: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(MINUTE_MS, early);
    const { entry, more } = this.#repeated.get(key) as Repeated;
    this.#repeated.delete(key);
    const { action, actor, outcome, reason } = entry;
    if (more > 0) await this.#write({ action, actor, outcome, reason, detail: { refusals: more } });
  }

  async #write(entry: AuditEntry): Promise<void> {
    const { db, clock, logger } = this.#options;
    await recordAudit(db, entry, nowSeconds(clock)).catch((error: unknown) => {
      logger.warn(
        { err: toAppError(error), action: entry.action, reason: entry.reason },
        'refusal not recorded',
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    const repeated = [...this.#repeated.values()];
    for (const { end } of repeated) end.abort();
    await Promise.all(repeated.map(({ over }) => over));
  }
}
