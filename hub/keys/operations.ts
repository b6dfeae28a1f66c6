/**
 * The hub's key service (design.md 5): evaluates blinded elements for the provinces and counts each one
 * before its result leaves. Sees no identifier and no token; the key itself stays in the worker threads.
 */
import type { Clock } from '../../shared/clock.ts';
import { nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { AppError, invalidField, toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { ELEMENT_BYTES } from '../../shared/pseudonym/oprf-key.ts';
import type { OprfEvaluator } from '../../shared/pseudonym/oprf-pool.ts';
import { addEvaluations, findEvaluations } from './queries.ts';

/** Generation of the OPRF key; tokens of different generations never meet. */
export const KEY_GENERATION = 1;
/** Elements in one request: a third of a second of one core. */
export const MAX_ELEMENTS = 4_096;
/**
 * Evaluations a province may have in an hour: loads the largest province in a few hours, guesses few numbers.
 */
export const DEFAULT_EVALUATIONS_PER_HOUR = 10_000_000;

export interface KeyServiceCtx {
  readonly db: Pick<Database, 'sql'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly oprf: OprfEvaluator;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Instead of DEFAULT_EVALUATIONS_PER_HOUR; at least MAX_ELEMENTS. */
  readonly evaluationsPerHour?: number;
}

export interface EvaluateInput {
  /** Two-digit code, from the peer's certificate. */
  readonly province: string;
  /** Packed elements of 32 bytes. */
  readonly blinded: Uint8Array;
  readonly signal?: AbortSignal;
}

/**
 * The elements times the key, in their order, and the key's generation. Nothing is released uncounted;
 * nothing is counted that is refused. Throws INVALID_FIELD (no whole elements, none, or more than 4,096),
 * OPRF_BAD_ELEMENT, KEY_BUDGET (RESOURCE_EXHAUSTED) until the next hour.
 */
export async function evaluateBlinded(ctx: KeyServiceCtx, input: EvaluateInput) {
  const { province, blinded } = input;
  const elements = blinded.length / ELEMENT_BYTES;
  try {
    if (!Number.isInteger(elements)) throw invalidField('blinded', 'not a whole number of 32-byte elements');
    if (elements === 0) throw invalidField('blinded', 'empty');
    if (elements > MAX_ELEMENTS) throw invalidField('blinded', `more than ${MAX_ELEMENTS} elements`);
    const evaluated = await evaluateWithinBudget(ctx, input, elements);
    ctx.logger.info({ province, elements }, 'key service: evaluated');
    return { evaluated, generation: KEY_GENERATION };
  } catch (error) {
    ctx.logger.warn({ province, elements, reason: toAppError(error).reason }, 'key service: refused');
    throw error;
  }
}

async function evaluateWithinBudget(ctx: KeyServiceCtx, input: EvaluateInput, count: number) {
  const hour = Math.floor(nowSeconds(ctx.clock) / 3_600) * 3_600;
  const key = { province: input.province, hour };
  const limit = ctx.evaluationsPerHour ?? DEFAULT_EVALUATIONS_PER_HOUR;
  // Asked before the work, so that a province over its budget costs no curve arithmetic …
  if ((await findEvaluations(ctx.db, key)) + count > limit) throw overBudget();
  const evaluated = await ctx.oprf.evaluate(input.blinded, input.signal);
  // … and decided after it, so that bad elements are not counted and concurrent calls cannot pass together.
  if (!(await addEvaluations(ctx.db, key, { count, limit }))) throw overBudget();
  return evaluated;
}

function overBudget(): AppError {
  return new AppError('RESOURCE_EXHAUSTED', 'KEY_BUDGET', 'key service: the hourly budget is used up');
}
