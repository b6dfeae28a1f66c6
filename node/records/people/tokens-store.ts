/**
 * The tokenizer's end of the line: stores tokens, announces them, and tells those who wait when everything up
 * to their identifier is stored and announced. What was stored but not announced is kept until it is.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { findUntokenizedRange, listTokenized, storeTokens } from './tokens-queries.ts';

export interface TokenStoreOptions {
  readonly db: Pick<Database, 'sql'>;
  readonly clock: Clock;
  /** See Tokenizer. */
  readonly onTokenized?: (identifierIds: readonly number[]) => Promise<void> | void;
}

/** Somebody who waits until all identifiers of some moment are stored and announced. */
export interface Settlement {
  /** Never rejects. */
  readonly done: Promise<void>;
  /** Says that nobody waits any more. */
  readonly forget: () => void;
}

/** Ids in ascending order. */
interface Batch {
  readonly ids: readonly number[];
}

interface Waiter {
  /** Greatest id that it waits for. */
  readonly through: number;
  readonly resolve: () => void;
}

/** Pauses between attempts at rows that another transaction holds; imports let go of theirs quickly. */
const LOCKED_PAUSES_MS = [20, 40, 80, 160, 320];

export class TokenStore {
  readonly #options: TokenStoreOptions;
  /** Batches from before their statement is sent until they are announced. */
  readonly #settling = new Set<Batch>();
  readonly #leftOver = new Set<Batch>();
  readonly #waiters = new Set<Waiter>();

  constructor(options: TokenStoreOptions) {
    this.#options = options;
  }

  /** Stores and announces a batch; the number of its rows that stayed locked by others. */
  async store(batch: { ids: readonly number[]; tokens: Uint8Array; generation: number }): Promise<number> {
    const settling = { ids: batch.ids };
    this.#settling.add(settling);
    try {
      const stored = await this.#storePatiently(batch);
      await this.#announce(stored);
      this.#settling.delete(settling);
      await this.release();
      return batch.ids.length - stored.length;
    } catch (error) {
      // Even a statement that failed may have been committed, if it was the connection that failed.
      if (this.#settling.has(settling)) this.#leftOver.add(settling);
      throw error;
    }
  }

  /** Announces what could not be announced before. Rejects as the listener does. */
  async announceLeftOver(): Promise<void> {
    for (const batch of this.#leftOver) {
      await this.#announce(await listTokenized(this.#options.db, batch.ids));
      this.#leftOver.delete(batch);
      this.#settling.delete(batch);
    }
  }

  /** When all identifiers of now will be settled; undefined if they are. */
  async settlement(): Promise<Settlement | undefined> {
    const range = await findUntokenizedRange(this.#options.db);
    // Read after the statement: whatever it saw committed is in the set until it is announced.
    const settling = [...this.#settling].map((batch) => batch.ids.at(-1) ?? 0);
    const through = Math.max(range?.last ?? 0, ...settling);
    if (through === 0) return undefined;
    const waiters = this.#waiters;
    let waiter: Waiter | undefined;
    const done = new Promise<void>((resolve) => {
      waiter = { through, resolve };
      waiters.add(waiter);
    });
    return { done, forget: () => waiter && waiters.delete(waiter) };
  }

  /** Lets go of those for whom nothing is left to wait for. */
  async release(): Promise<void> {
    if (this.#waiters.size === 0) return;
    const waiting = [...this.#waiters];
    const range = await findUntokenizedRange(this.#options.db);
    const settling = [...this.#settling].map((batch) => batch.ids[0] ?? 0);
    const first = Math.min(range?.first ?? Number.POSITIVE_INFINITY, ...settling);
    for (const waiter of waiting.filter(({ through }) => through < first)) {
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  async #storePatiently(batch: { ids: readonly number[]; tokens: Uint8Array; generation: number }) {
    const { db, clock } = this.#options;
    let stored = await storeTokens(db, batch);
    for (const pauseMs of LOCKED_PAUSES_MS) {
      if (stored.length === batch.ids.length) break;
      await clock.sleep(pauseMs);
      // Those that have a token count as stored, so the whole batch may be given again.
      stored = await storeTokens(db, batch);
    }
    return stored;
  }

  async #announce(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.#options.onTokenized?.(ids);
  }
}
