/**
 * Takes the tokens of this node from one generation of the key service's key to the next, in the background
 * and step by step (generations.ts): each step is durable before the next, so that a node that is stopped at
 * any instant goes on where it was. Identifiers without any token are the tokenizer's.
 */
import type { Clock } from '../../../shared/clock.ts';
import { type Transaction, withTransaction } from '../../../shared/db/database.ts';
import { AppError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../../shared/loop.ts';
import { TOKENS_ROTATED } from '../kinds.ts';
import { servedOf, stepOf, type TokenGenerations } from './generations.ts';
import * as queries from './generations-queries.ts';
import { openTokens } from './record-keys.ts';
import { type EvaluateTerms, type EvaluationOptions, evaluateBatch } from './tokens-evaluation.ts';
import type { Untokenized } from './tokens-queries.ts';

export interface TokenRotationOptions extends EvaluationOptions {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly watch?: LoopWatch | undefined;
  /** Identifiers in one request to the key service, and in one transaction; 2,000 unless told. */
  readonly batch?: number;
}

const BATCH = 2_000;
const LOOK_EVERY_MS = 5_000;
/** Of rows that another transaction holds, and of a budget that is used up. */
const RETRY_MS = { first: 500, most: 60_000 };

export class TokenRotation implements AsyncDisposable {
  readonly #options: TokenRotationOptions;
  readonly #loop: Loop;

  /** At work already. */
  constructor(options: TokenRotationOptions) {
    this.#options = options;
    const { clock, logger, watch } = options;
    const pass = (signal: AbortSignal) => this.#goOn(signal);
    const times = { everyMs: LOOK_EVERY_MS, retryMs: RETRY_MS };
    this.#loop = startLoop({ name: 'token-rotation', clock, logger, watch, ...times, pass });
  }

  /** The hub may tell of other generations now. */
  wake(): void {
    this.#loop.wake();
  }

  /** Steps until none is left. Rejects with what keeps one from being done. */
  async #goOn(signal: AbortSignal): Promise<void> {
    const { db, keys, logger } = this.#options;
    while (!signal.aborted && keys.refusal === '') {
      const found = await queries.findGenerations(db);
      const next = stepOf(found, keys.told);
      if (next === undefined) return;
      if (next.step === 'fill') await this.#fill(found, signal);
      else if (next.step === 'move') await this.#move(found, signal);
      else if (next.step === 'begin') await this.#become(found, { ...found, next: next.generation });
      else if (next.step === 'abandon')
        await this.#become(found, { ...found, next: null, isComplete: false });
      else await this.#become(found, { ...NOTHING, current: found.next as number, isMoved: false });
      if (!signal.aborted) logger.info({ generation: found.next ?? found.current }, `tokens: ${next.step}`);
    }
  }

  /** Whoever has a token gets the next one; complete when a look at all of them finds nobody without. */
  async #fill(found: TokenGenerations, signal: AbortSignal): Promise<void> {
    const { db, dataKeys, batch: limit = BATCH } = this.#options;
    const generation = found.next as number;
    for (let after = 0; !signal.aborted; ) {
      const sealed = { sql: db.sql, sealer: dataKeys.sealer };
      const batch = await queries.listWithout(sealed, { generation, after, limit });
      if (batch.length === 0) break;
      await fillTokens(this.#options, batch, { purpose: 'all', signal, generation });
      after = batch.at(-1)?.id ?? after;
    }
    if (signal.aborted) return;
    await withTransaction(db, async (tx) => {
      const now = await queries.lockGenerations(tx);
      if (!isSame(now, found)) return;
      // Those that others held, and those that got a token meanwhile.
      if (await queries.isAnyWithout(tx, generation)) throw rotated();
      await this.#tell(tx, { ...now, isComplete: true });
    });
  }

  /** Next tokens take the place of the former ones, which are gone with that. */
  async #move(found: TokenGenerations, signal: AbortSignal): Promise<void> {
    const { db, batch: limit = BATCH } = this.#options;
    let after: number | null = 0;
    while (after !== null && !signal.aborted) {
      const from: number = after;
      const step = { generation: found.current, after: from, limit };
      after = await withTransaction(db, (tx) => queries.moveNextTokens(tx, step));
    }
    if (signal.aborted) return;
    if (await queries.isAnyNext(db, found.current)) throw rotated();
    await this.#become(found, { ...found, isMoved: true });
  }

  /** Unless another program of this node was faster. */
  async #become(found: TokenGenerations, to: TokenGenerations): Promise<void> {
    await withTransaction(this.#options.db, async (tx) => {
      if (isSame(await queries.lockGenerations(tx), found)) await this.#tell(tx, to);
    });
  }

  async #tell(tx: Transaction, to: TokenGenerations): Promise<void> {
    await queries.replaceGenerations(tx, to);
    await tx.emit(TOKENS_ROTATED, servedOf(to));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}

const NOTHING = { next: null, isComplete: false };

/** Whether nothing of a rotation has changed in between. */
export function isSame(a: TokenGenerations, b: TokenGenerations): boolean {
  return a.current === b.current && a.next === b.next && a.isComplete === b.isComplete;
}

/**
 * Gives identifiers their tokens of the next generation. Rejects as `evaluateBatch`, and ABORTED
 * TOKENS_ROTATED if that is not the next one any more.
 */
export async function fillTokens(
  options: EvaluationOptions,
  batch: readonly Untokenized[],
  terms: EvaluateTerms & { readonly generation: number },
): Promise<void> {
  const { generation } = terms;
  const { tokens } = await evaluateBatch(options, batch, terms);
  const ids = batch.map(({ id }) => id);
  const rows = { ids, generations: ids.map(() => generation) };
  const sealed = (await openTokens(options)).seal(rows, tokens);
  await withTransaction(options.db, async (tx) => {
    if ((await queries.shareGenerations(tx)).next !== generation) throw rotated();
    await queries.storeNextTokens(tx, { ids, sealed, generation });
  });
}

/** Tokens or their generations are others than a moment ago: to be tried again. */
export function rotated(): AppError {
  return new AppError('ABORTED', 'TOKENS_ROTATED', 'the tokens have changed meanwhile');
}
