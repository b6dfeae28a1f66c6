/**
 * Sends what waits in the table `outgoing`: each item at least once, those of one subject one after the
 * other, whatever crashes. Several programs may work on one table. Without senders it does nothing at all.
 */
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { listening } from '../db/listening.ts';
import { AppError, toAppError } from '../errors.ts';
import { jitteredMs } from '../ids.ts';
import type { Logger } from '../log.ts';
import { type Loop, type LoopWatch, startLoop } from '../loop.ts';
import type { AnySender, OutgoingItem } from './channels.ts';
import { ANNOUNCED_ON } from './enqueue.ts';
import { measureOutgoing } from './figures.ts';
import * as queries from './queries.ts';
import { PAUSES_MS, pauseAfter } from './rules.ts';

export interface OutgoingOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly watch?: LoopWatch | undefined;
  readonly senders: readonly AnySender[];
  /** Between two looks for what nobody has announced: 1 s unless told. */
  readonly everyMs?: number;
  /** Where its figures go. */
  readonly metrics?: Registry | undefined;
}

const EVERY_MS = 1_000;
const CARE_EVERY_MS = 30_000;
const FORGOTTEN_AT_ONCE = 1_000;
const WITHIN_MS = 20_000;
const AT_ONCE = 4;

export class Outgoing implements AsyncDisposable {
  readonly #options: OutgoingOptions;
  readonly #looking: Loop | undefined;
  readonly #caring: Loop | undefined;
  /** What is being sent, and how to cut it off. */
  readonly #underWay = new Map<
    Promise<void>,
    { readonly sender: AnySender; readonly cut: AbortController }
  >();
  readonly #measure: ((counts: readonly queries.OutgoingCount[]) => void) | undefined;
  #counts: readonly queries.OutgoingCount[] = [];
  readonly #hear: () => Promise<void>;
  #stopped = false;

  /** At work already. */
  constructor(options: OutgoingOptions) {
    this.#options = options;
    const { clock, logger, watch, everyMs = EVERY_MS } = options;
    this.#hear = listening(options.db, ANNOUNCED_ON, () => this.#wake());
    if (options.senders.length === 0) return;
    this.#measure = options.metrics && measureOutgoing(options.metrics);
    const parts = { clock, logger, watch };
    this.#looking = startLoop({ ...parts, name: 'outgoing', everyMs, pass: () => this.#look() });
    this.#caring = startLoop({
      ...{ ...parts, name: 'outgoing-care', everyMs: CARE_EVERY_MS },
      pass: () => this.#care(),
    });
  }

  /** What an operator should look at: `outgoing: 3 dead letters in webhooks`. */
  warnings(): string[] {
    return this.#counts
      .filter(({ state }) => state === 'dead')
      .map(({ channel, count }) => `outgoing: ${count} dead letters in ${channel}`);
  }

  /** Takes what is due as far as there are hands for it. */
  async #look(): Promise<void> {
    const { db, senders } = this.#options;
    await this.#hear();
    for (const sender of senders) {
      const busy = [...this.#underWay.values()].filter((one) => one.sender === sender).length;
      const limit = (sender.atOnce ?? AT_ONCE) - busy;
      if (limit <= 0) continue;
      // Twice as long as one may take: who sends has given up long before somebody else begins.
      const leaseMs = 2 * (sender.withinMs ?? WITHIN_MS);
      const items = await queries.takeItems(db, sender.channel.name, { limit, leaseMs });
      for (const item of items) this.#begin(sender, item);
    }
  }

  #begin(sender: AnySender, item: OutgoingItem<unknown>): void {
    const cut = new AbortController();
    const sending = this.#send(sender, item, cut).then(() => {
      this.#underWay.delete(sending);
      this.#wake();
    });
    this.#underWay.set(sending, { sender, cut });
  }

  /** Never rejects. */
  async #send(sender: AnySender, item: OutgoingItem<unknown>, cut: AbortController): Promise<void> {
    const { pausesMs = PAUSES_MS } = sender;
    // Each time somebody has begun with it and was never heard of again: it may be what ends them.
    const lostAgain = item.attempt > pausesMs.length + 1;
    try {
      const failure = lostAgain || this.#stopped ? tookTooLong() : await this.#attempt(sender, item, cut);
      await this.#settle(sender, item, failure);
    } catch {
      // The database is away, as the next look will say; the item is sent again when its time is over.
    }
  }

  /** One try; the answer is what went wrong. */
  async #attempt(
    { send, withinMs = WITHIN_MS }: AnySender,
    item: OutgoingItem<unknown>,
    cut: AbortController,
  ): Promise<AppError | undefined> {
    const over = this.#options.clock.sleep(withinMs, cut.signal).then(() => {
      cut.abort();
      throw tookTooLong();
    });
    try {
      await Promise.race([(async () => send(item, cut.signal))(), over]);
      return undefined;
    } catch (error) {
      return toAppError(error);
    } finally {
      cut.abort();
    }
  }

  async #settle(
    { channel, pausesMs = PAUSES_MS }: AnySender,
    item: OutgoingItem<unknown>,
    error: AppError | undefined,
  ): Promise<void> {
    const { db, logger } = this.#options;
    if (error === undefined) return queries.markSent(db, item);
    // What is cut off by the end is no failure.
    if (this.#stopped) return queries.giveBack(db, item);
    const { id, attempt } = item;
    const pauseMs = pauseAfter(attempt, error, pausesMs);
    if (pauseMs !== undefined) {
      return queries.postpone(db, item, { failure: error.reason, pauseMs: jitteredMs(pauseMs) });
    }
    await queries.markDead(db, item, error.reason);
    const line = { channel: channel.name, row: id, failures: attempt, err: error };
    logger.warn(line, 'an outgoing item could not be delivered');
    this.#caring?.wake();
  }

  /** Counts what waits and what is dead, and forgets what is old. */
  async #care(): Promise<{ nextInMs: number } | undefined> {
    const { db } = this.#options;
    this.#counts = await queries.countOutgoing(db);
    this.#measure?.(this.#counts);
    const gone = await queries.forgetOutgoing(db, FORGOTTEN_AT_ONCE);
    return gone === FORGOTTEN_AT_ONCE ? { nextInMs: 0 } : undefined;
  }

  #wake(): void {
    this.#looking?.wake();
  }

  /** Cuts off what is being sent, and gives it back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    for (const { cut } of this.#underWay.values()) cut.abort();
    await Promise.all([this.#looking?.[Symbol.asyncDispose](), this.#caring?.[Symbol.asyncDispose]()]);
    // A look that was under way may have begun something.
    await Promise.all(this.#underWay.keys());
  }
}

function tookTooLong(): AppError {
  return new AppError('DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', 'it took too long');
}
