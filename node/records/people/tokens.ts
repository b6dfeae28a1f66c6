/**
 * Gives every identifier its token (SECURITY.md, What crosses a border): blinds in a worker, asks the hub's
 * key service, stores. Runs in the background after imports, and at the latest before a question is answered
 * (`flush`).
 *
 *   lane 1   select → blind → hub evaluates → finalize → store → announce → select …
 *   lane 2            select → blind → hub evaluates → …          two lanes keep node and hub both at work
 *
 * Several programs may tokenize one database at once. Holds no key; logs counts, never identifiers.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { AppError, toAppError } from '../../../shared/errors.ts';
import { newKey } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { OprfClient } from '../../../shared/pseudonym/oprf-pool.ts';
import type { SealerSource } from '../../sealing/data-keys.ts';
import { listUntokenized, type Untokenized } from './tokens-queries.ts';
import { TokenStore } from './tokens-store.ts';

/** The hub's key service, as gRPC brings it. */
export type EvaluateBlinded = (
  blinded: Uint8Array,
  signal: AbortSignal,
) => Promise<{ readonly evaluated: Uint8Array; readonly generation: number }>;

export interface TokenizerOptions {
  readonly db: Pick<Database, 'sql'>;
  readonly dataKeys: SealerSource;
  readonly clock: Clock;
  readonly oprf: OprfClient;
  readonly evaluate: EvaluateBlinded;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /**
   * Told of each identifier (by local id) after its token is stored and before `flush` resolves; at least
   * once: again after it has thrown, and perhaps again after a lost connection.
   */
  readonly onTokenized?: (identifierIds: readonly number[]) => Promise<void> | void;
}

/** Disposing stops the loop; flushes that wait then reject with TOKENS_PENDING. */
export interface Tokenizer extends AsyncDisposable {
  /** There may be new identifiers: do not wait for the next look. */
  kick(): void;
  /**
   * Resolves when no identifier that was committed before the call lacks a token, and `onTokenized` has heard
   * of all of them. Rejects with TOKENS_PENDING (UNAVAILABLE) when `signal` aborts first; the cause is the
   * last failure.
   */
  flush(signal: AbortSignal): Promise<void>;
}

/** Identifiers in one request to the key service: about 0.2 s of one core on either side. */
const BATCH = 2_000;
const LANES = 2;
/** How often it looks without being kicked: another program may have imported. */
const LOOK_EVERY_MS = 5_000;
/** After a failure it waits at least this, even if kicked, and at most MAX_BACKOFF_MS. */
const MIN_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 30_000;

/** A tokenizer that is at work already. */
export function createTokenizer(options: TokenizerOptions): Tokenizer {
  const loop = new TokenLoop(options);
  const running = loop.run();
  return {
    kick: () => loop.kick(),
    flush: (signal) => loop.flush(signal),
    [Symbol.asyncDispose]: async () => {
      loop.stop();
      await running;
    },
  };
}

/** What one pass over the identifiers without a token has in common between its lanes. */
interface Sweep {
  after: number;
  failed: boolean;
  /** Rows left out because somebody else holds them. */
  locked: number;
  selecting: Promise<unknown>;
}

class TokenLoop {
  readonly #options: TokenizerOptions;
  readonly #store: TokenStore;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #kicked = false;
  #lastFailure: AppError | undefined;

  constructor(options: TokenizerOptions) {
    this.#options = options;
    this.#store = new TokenStore(options);
  }

  kick(): void {
    this.#kicked = true;
    this.#wake.abort();
  }

  stop(): void {
    this.#stop.abort();
    this.#wake.abort();
  }

  async flush(signal: AbortSignal): Promise<void> {
    const settlement = await this.#store.settlement();
    if (settlement === undefined) return;
    this.kick();
    try {
      await unlessAborted(settlement.done, [signal, this.#stop.signal]);
    } catch {
      const cause = this.#lastFailure;
      throw new AppError('UNAVAILABLE', 'TOKENS_PENDING', 'identifiers wait for the key service', { cause });
    } finally {
      settlement.forget();
    }
  }

  /** Ends when stopped; never rejects. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      this.#kicked = false;
      this.#lastFailure = await this.#round();
      failures = this.#lastFailure === undefined ? 0 : failures + 1;
      await this.#pause(failures);
    }
  }

  /** One attempt to leave nothing without a token; what went wrong, if anything did. */
  async #round(): Promise<AppError | undefined> {
    try {
      await this.#store.announceLeftOver();
      const locked = await this.#sweep();
      await this.#store.release();
      if (locked === 0) return undefined;
      throw new AppError(
        'ABORTED',
        'IDENTIFIERS_LOCKED',
        `${locked} identifiers are locked by another transaction`,
        { params: { locked } },
      );
    } catch (error) {
      if (!this.#stop.signal.aborted)
        this.#options.logger.warn({ err: error }, 'tokenizing failed, will try again');
      return toAppError(error);
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
        sweep.locked += await this.#tokenize(batch);
      }
    } catch (error) {
      sweep.failed = true;
      throw error;
    }
  }

  /** The next batch; lanes take turns, so that no two get the same. */
  #select(sweep: Sweep): Promise<Untokenized[]> {
    const selected = sweep.selecting.then(async () => {
      const { db, dataKeys } = this.#options;
      const sealed = { sql: db.sql, sealer: dataKeys.sealer };
      const batch = await listUntokenized(sealed, { after: sweep.after, limit: BATCH });
      sweep.after = batch.at(-1)?.id ?? sweep.after;
      return batch;
    });
    sweep.selecting = selected;
    return selected;
  }

  async #tokenize(batch: readonly Untokenized[]): Promise<number> {
    const { oprf, evaluate, logger } = this.#options;
    using blinding = await oprf.blind(batch.map((identifier) => identifier.value));
    const { evaluated, generation } = await evaluate(blinding.blinded, this.#stop.signal);
    const tokens = await blinding.finalize(evaluated);
    const ids = batch.map((identifier) => identifier.id);
    const locked = await this.#store.store({ ids, tokens, generation });
    logger.info({ identifiers: ids.length - locked, locked, generation }, 'tokenized');
    return locked;
  }

  async #pause(failures: number): Promise<void> {
    const { clock } = this.#options;
    if (failures > 0) await clock.sleep(MIN_BACKOFF_MS, this.#stop.signal);
    this.#wake = new AbortController();
    if (this.#kicked || this.#stop.signal.aborted) return;
    await clock.sleep(failures === 0 ? LOOK_EVERY_MS : backoffMs(failures), this.#wake.signal);
  }
}

/** Doubles with each failure, with half of it random: 63 nodes do not come back to a restarted hub as one. */
function backoffMs(failures: number): number {
  const [random] = newKey(1) as unknown as [number];
  return Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** failures) * (0.5 + random / 512);
}

/** Resolves when `done` does (it never rejects); rejects as soon as one of `signals` is aborted. */
function unlessAborted(done: Promise<void>, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => () => {
      for (const signal of signals) signal.removeEventListener('abort', abort);
      settle();
    };
    const abort = finish(() => reject(new Error('aborted')));
    for (const signal of signals) signal.addEventListener('abort', abort);
    done.then(finish(resolve), reject);
    if (signals.some((signal) => signal.aborted)) abort();
  });
}
