/**
 * The tokenizer's end of the line: stores tokens, tells the feed in the same transaction, and tells those who
 * wait when everything up to their identifier is stored.
 */
import type { Clock } from '../../../shared/clock.ts';
import { type Database, withTransaction } from '../../../shared/db/database.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import type { TokenSealer } from '../../sealing/token-sealer.ts';
import { IDENTIFIERS_TOKENIZED } from '../kinds.ts';
import type { TokenGenerations } from './generations.ts';
import { shareGenerations, storeNextTokens } from './generations-queries.ts';
import { openTokens } from './record-keys.ts';
import { isSame, rotated } from './token-rotation.ts';
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

/** Tokens, packed, of a generation. */
interface Tokens {
  readonly tokens: Uint8Array;
  readonly generation: number;
}

interface TokenBatch extends Tokens {
  readonly ids: readonly number[];
  /** Of the next generation, while a node holds two. */
  readonly next?: Tokens | undefined;
  /** Where the rotation stood when they were asked for. */
  readonly asOf: TokenGenerations;
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

  /**
   * Stores a batch; the number of its rows that stayed locked by others. Throws ABORTED TOKENS_ROTATED if it
   * is of other generations than are to be stored now.
   */
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
  async #storeFree({ ids, next, asOf, ...first }: TokenBatch): Promise<number> {
    // Asked once, unless that fails.
    this.#sealer ??= openTokens(this.#options).catch((error: unknown) => {
      this.#sealer = undefined;
      throw error;
    });
    const sealer = await this.#sealer;
    const sealedOf = ({ tokens, generation }: Tokens) => {
      const sealed = sealer.seal({ ids, generations: ids.map(() => generation) }, tokens);
      return { ids, generation, sealed };
    };
    return withTransaction(this.#options.db, async (tx) => {
      if (!isSame(await shareGenerations(tx), asOf)) throw rotated();
      const { stored, known } = await storeTokens(tx, sealedOf(first));
      // In one transaction: whoever has a token has it in each generation that is answered in.
      if (next) await storeNextTokens(tx, sealedOf(next));
      if (stored.length > 0) await tx.emit(IDENTIFIERS_TOKENIZED, stored);
      return stored.length + known;
    });
  }
}
