/**
 * The tokenizer's end of the line: stores tokens, tells the feed in the same transaction, and tells those who
 * wait when everything up to their identifier is stored.
 */
import type { Clock } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import type { TokenSealer } from '../../sealing/token-sealer.ts';
import { IDENTIFIERS_TOKENIZED } from '../kinds.ts';
import { openTokens } from './record-keys.ts';
import { findUntokenizedRange, storeTokens } from './tokens-queries.ts';

export interface TokenStoreOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly dataKeys: SealerSource;
}

/** Somebody who waits until all identifiers of some moment have their tokens. */
export interface Settlement {
  /** Never rejects. */
  readonly done: Promise<void>;
  /** Says that nobody waits any more. */
  readonly forget: () => void;
}

interface Waiter {
  /** Greatest id that it waits for. */
  readonly through: number;
  readonly resolve: () => void;
}

interface TokenBatch {
  readonly ids: readonly number[];
  readonly tokens: Uint8Array;
  readonly generation: number;
}

/** Pauses between attempts at rows that another transaction holds; imports let go of theirs quickly. */
const LOCKED_PAUSES_MS = [20, 40, 80, 160, 320];

export class TokenStore {
  readonly #options: TokenStoreOptions;
  readonly #waiters = new Set<Waiter>();
  #sealer: Promise<TokenSealer> | undefined;

  constructor(options: TokenStoreOptions) {
    this.#options = options;
  }

  /** Stores a batch; the number of its rows that stayed locked by others. */
  async store(batch: TokenBatch): Promise<number> {
    const { clock } = this.#options;
    let settled = await this.#storeFree(batch);
    for (const pauseMs of LOCKED_PAUSES_MS) {
      if (settled === batch.ids.length) break;
      await clock.sleep(pauseMs);
      // Those that have a token count as settled, so the whole batch may be given again.
      settled = await this.#storeFree(batch);
    }
    await this.release();
    return batch.ids.length - settled;
  }

  /** When all identifiers of now will have tokens; if they do, the last event that was told by then. */
  async settlement(): Promise<Settlement | { readonly lastEvent: number }> {
    const { last, lastEvent } = await findUntokenizedRange(this.#options.db);
    if (last === null) return { lastEvent };
    const waiters = this.#waiters;
    let waiter: Waiter | undefined;
    const done = new Promise<void>((resolve) => {
      waiter = { through: last, resolve };
      waiters.add(waiter);
    });
    return { done, forget: () => waiter && waiters.delete(waiter) };
  }

  /** Lets go of those for whom nothing is left to wait for. */
  async release(): Promise<void> {
    if (this.#waiters.size === 0) return;
    const waiting = [...this.#waiters];
    const { first } = await findUntokenizedRange(this.#options.db);
    for (const waiter of waiting.filter(({ through }) => through < (first ?? Number.POSITIVE_INFINITY))) {
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** Stores what nobody else holds; how many need nothing more. */
  async #storeFree({ ids, tokens, generation }: TokenBatch): Promise<number> {
    // Asked once, unless that fails.
    this.#sealer ??= openTokens(this.#options).catch((error: unknown) => {
      this.#sealer = undefined;
      throw error;
    });
    const rows = { ids, generations: ids.map(() => generation) };
    const sealed = (await this.#sealer).seal(rows, tokens);
    return withTransaction(this.#options.db, async (tx) => {
      const { stored, known } = await storeTokens(tx, { ids, generation, sealed });
      if (stored.length > 0) await tx.emit(IDENTIFIERS_TOKENIZED, stored);
      return stored.length + known;
    });
  }
}
