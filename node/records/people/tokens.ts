/**
 * Gives every identifier its token (SECURITY.md, What crosses a border): blinds in a worker, asks the hub's
 * key service, stores. Runs in the background after imports; nobody waits for all of it but a hub that would
 * not hear what is left out (`flush`).
 *
 *   lane 1   select → blind → hub evaluates → finalize → store, tell → select …
 *   lane 2            select → blind → hub evaluates → …          two lanes keep node and hub both at work
 *
 * When the key service's key is changed, token-rotation.ts makes the tokens of the next one beside it.
 * Several programs may tokenize one database at once. Holds no key; logs counts, never identifiers.
 */
import type { Clock } from '../../../shared/clock.ts';
import { AppError, toAppError } from '../../../shared/errors.ts';
import type { Feed } from '../../../shared/feed/feed.ts';
import { findLastId } from '../../../shared/feed/queries.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../../shared/loop.ts';
import { IDENTIFIERS_CHANGED } from '../kinds.ts';
import { freshOf } from './generations.ts';
import { findGenerations, listWithoutOf } from './generations-queries.ts';
import { fillTokens, TokenRotation } from './token-rotation.ts';
import { type EvaluateTerms, type EvaluationOptions, evaluateBatch, probeKey } from './tokens-evaluation.ts';
import {
  countUntokenized,
  findUntokenizedRange,
  listUntokenized,
  listUntokenizedOf,
  type Untokenized,
  type UntokenizedRange,
} from './tokens-queries.ts';
import { TokenStore } from './tokens-store.ts';

export type { EvaluateTerms, PinnedKeys } from './tokens-evaluation.ts';

export interface TokenizerOptions extends EvaluationOptions {
  /** Wakes it when there are identifiers. */
  readonly feed: Pick<Feed, 'wakes'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly watch?: LoopWatch | undefined;
  /** Identifiers in one request to the key service; 2,000 unless told. */
  readonly batch?: number;
}

/** Disposing stops the loop; flushes that wait then reject with TOKENS_PENDING. */
export interface Tokenizer extends AsyncDisposable {
  /** There may be new identifiers, or another key: do not wait for the next look. */
  wake(): void;
  /**
   * Resolves when no identifier that was committed before the call lacks a token, with the event through
   * which the feed tells of all of them. Rejects with TOKENS_PENDING (UNAVAILABLE) when `signal` aborts
   * first; the cause is the last failure.
   */
  flush(signal: AbortSignal): Promise<number>;
  /**
   * What has no token, after a moment in which it may have got it: no wait if that is many, or if the key
   * service has failed. What came before the call and has its token is told by the event `lastEvent`.
   */
  soon(signal: AbortSignal): Promise<PendingTokens>;
  /** What has no token now. */
  look(): Promise<PendingTokens>;
  /**
   * Gives these identifiers their tokens before all others, out of what is reserved for cases: any, and those
   * of `generation`. Rejects as the key service does.
   */
  hurry(ids: readonly number[], signal: AbortSignal, generation?: number): Promise<void>;
  /** The generation of the key that new traces use. */
  generationInUse(): Promise<number>;
  /** What an operator should look at: a budget that is spent, or soon will be. */
  warnings(): string[];
}

/** What has no token, and how much that is: 100,000 at most are counted. */
export interface PendingTokens extends UntokenizedRange {
  readonly count: number;
}

/** About 0.2 s of one core on either side. */
const BATCH = 2_000;
const LANES = 2;
/** How often it looks without being woken. */
const LOOK_EVERY_MS = 5_000;
/** How long an answer waits for identifiers that were stored just now. */
const PATIENCE_MS = 400;
/** 63 nodes do not come back to a restarted hub as one. */
const RETRY_MS = { first: 200, most: 30_000 };

/** A tokenizer that is at work already. */
export function createTokenizer(options: TokenizerOptions): Tokenizer {
  return new TokenLoop(options);
}

/** What one pass over the identifiers without a token has in common between its lanes. */
interface Sweep {
  after: number;
  failed: boolean;
  /** Rows left out because somebody else holds them. */
  locked: number;
  selecting: Promise<unknown>;
}

class TokenLoop implements Tokenizer {
  readonly #options: TokenizerOptions;
  readonly #store: TokenStore;
  readonly #stop = new AbortController();
  readonly #loop: Loop;
  readonly #rotation: TokenRotation;
  readonly #unhear: () => void;
  #lastFailure: AppError | undefined;
  #isBudgetLow = false;

  constructor(options: TokenizerOptions) {
    this.#options = options;
    this.#store = new TokenStore(options);
    this.#rotation = new TokenRotation(options);
    const { clock, logger, watch } = options;
    const pass = () => this.#round();
    const times = { everyMs: LOOK_EVERY_MS, retryMs: RETRY_MS };
    this.#loop = startLoop({ name: 'tokenizer', clock, logger, watch, ...times, pass });
    this.#unhear = options.feed.wakes([IDENTIFIERS_CHANGED], () => this.#loop.wake());
  }

  wake(): void {
    this.#loop.wake();
    this.#rotation.wake();
  }

  async flush(signal: AbortSignal): Promise<number> {
    const settlement = await this.#store.settlement();
    if ('lastEvent' in settlement) return settlement.lastEvent;
    this.#loop.wake();
    try {
      await unlessAborted(settlement.done, [signal, this.#stop.signal]);
    } catch {
      const cause = this.#lastFailure;
      throw new AppError('UNAVAILABLE', 'TOKENS_PENDING', 'identifiers wait for the key service', { cause });
    } finally {
      settlement.forget();
    }
    return findLastId(this.#options.db);
  }

  async soon(signal: AbortSignal): Promise<PendingTokens> {
    const { clock, batch = BATCH } = this.#options;
    const pending = await this.look();
    if (pending.last === null || pending.count > batch || this.#lastFailure) return pending;
    const over = new AbortController();
    const late = clock.sleep(PATIENCE_MS, AbortSignal.any([over.signal, signal]));
    void late.then(() => over.abort());
    await this.flush(over.signal).catch(() => undefined);
    over.abort();
    return this.look();
  }

  async look(): Promise<PendingTokens> {
    const { db } = this.#options;
    const range = await findUntokenizedRange(db);
    // At least one, for the range says so and was read before.
    const count = range.last === null ? 0 : Math.max(1, await countUntokenized(db));
    return { ...range, count };
  }

  async hurry(ids: readonly number[], signal: AbortSignal, generation?: number): Promise<void> {
    const { db, dataKeys, batch: most = BATCH } = this.#options;
    const sealed = { sql: db.sql, sealer: dataKeys.sealer };
    const waiting = await listUntokenizedOf(sealed, ids);
    const terms = { purpose: 'cases', signal: AbortSignal.any([signal, this.#stop.signal]) } as const;
    for (let at = 0; at < waiting.length; at += most)
      await this.#tokenize(waiting.slice(at, at + most), terms);
    if (generation === undefined) return;
    const without = await listWithoutOf(sealed, { ids, generation });
    for (let at = 0; at < without.length; at += most)
      await fillTokens(this.#options, without.slice(at, at + most), { ...terms, generation });
  }

  async generationInUse(): Promise<number> {
    return this.#options.keys.told.at(-1) ?? (await findGenerations(this.#options.db)).current;
  }

  warnings(): string[] {
    if (this.#lastFailure?.reason === 'KEY_BUDGET') return ['key service: KEY_BUDGET: identifiers wait'];
    return this.#isBudgetLow ? ['key service: KEY_BUDGET_LOW'] : [];
  }

  /** One attempt to leave nothing without a token. */
  async #round(): Promise<void> {
    try {
      await probeKey(this.#options, this.#stop.signal);
      const locked = await this.#sweep();
      await this.#store.release();
      this.#lastFailure = undefined;
      if (locked === 0) return;
      const message = `${locked} identifiers are locked by another transaction`;
      throw new AppError('ABORTED', 'IDENTIFIERS_LOCKED', message, { params: { locked } });
    } catch (error) {
      this.#lastFailure = toAppError(error);
      throw error;
    }
  }

  /**
   * Tokenizes everything that can be; the number of rows that others hold. Rejects with the first failure.
   */
  async #sweep(): Promise<number> {
    const sweep: Sweep = { after: 0, failed: false, locked: 0, selecting: Promise.resolve() };
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, () => this.#runLane(sweep)));
    const failure = lanes.find((lane) => lane.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    return sweep.locked;
  }

  async #runLane(sweep: Sweep): Promise<void> {
    try {
      while (!sweep.failed) {
        const batch = await this.#select(sweep);
        if (batch.length === 0) return;
        sweep.locked += await this.#tokenize(batch, { purpose: 'all', signal: this.#stop.signal });
      }
    } catch (error) {
      sweep.failed = true;
      throw error;
    }
  }

  /** The next batch; lanes take turns, so that no two get the same. */
  #select(sweep: Sweep): Promise<Untokenized[]> {
    const selected = sweep.selecting.then(async () => {
      const { db, dataKeys, batch: limit = BATCH } = this.#options;
      const sealed = { sql: db.sql, sealer: dataKeys.sealer };
      const batch = await listUntokenized(sealed, { after: sweep.after, limit });
      sweep.after = batch.at(-1)?.id ?? sweep.after;
      return batch;
    });
    sweep.selecting = selected;
    return selected;
  }

  async #tokenize(batch: readonly Untokenized[], asking: EvaluateTerms): Promise<number> {
    const { db, keys, logger } = this.#options;
    const asOf = await findGenerations(db);
    const [first, second] = freshOf(asOf, keys.told);
    const evaluate = (of: number) => evaluateBatch(this.#options, batch, { ...asking, generation: of });
    const { tokens, generation, budgetLow } = await evaluate(first);
    // Made again with all others, unless this node answers in it already.
    const spare = (error: unknown) => (asOf.isComplete ? Promise.reject(error) : undefined);
    const next = second === undefined ? undefined : await evaluate(second).catch(spare);
    if (budgetLow && !this.#isBudgetLow) logger.warn({}, 'the budget at the key service is nearly used up');
    this.#isBudgetLow = budgetLow;
    const ids = batch.map((identifier) => identifier.id);
    const locked = await this.#store.store({ ids, tokens, generation, next, asOf });
    logger.info({ identifiers: ids.length - locked, locked, generation }, 'tokenized');
    return locked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unhear();
    this.#stop.abort();
    await this.#rotation[Symbol.asyncDispose]();
    await this.#loop[Symbol.asyncDispose]();
  }
}

/** Resolves when `done` does (it never rejects); rejects as soon as one of `signals` is aborted. */
function unlessAborted(done: Promise<void>, signals: readonly AbortSignal[]): Promise<void> {
  // Of its own, or those who wait would gather on a signal that they share.
  const over = AbortSignal.any([...signals]);
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('aborted'));
    over.addEventListener('abort', abort, { once: true });
    done.then(() => {
      over.removeEventListener('abort', abort);
      resolve();
    }, reject);
    if (over.aborted) abort();
  });
}
