/**
 * The hub's key service (SECURITY.md, What crosses a border): evaluates blinded elements for the provinces,
 * and counts and records each one before its result leaves. Sees no identifier and no token; the key itself
 * stays in the worker threads.
 */
import { nodeActor } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import type { RefusalLog } from '../../shared/audit/refusals.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';
import { AppError, invalidField, toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { ELEMENT_BYTES } from '../../shared/pseudonym/oprf-key.ts';
import type { OprfEvaluator } from '../../shared/pseudonym/oprf-pool.ts';
import * as queries from './queries.ts';
import { DEFAULT_KEY_BUDGET, payFor } from './rules.ts';

/** Generation of the OPRF key; tokens of different generations never meet. */
export const KEY_GENERATION = 1;
/** Elements in one request: a third of a second of one core. */
export const MAX_ELEMENTS = 4_096;

/** Figures for an operator's dashboard. */
export interface KeyFigures {
  evaluated(province: string, use: 'daily' | 'loading', elements: number): void;
  refused(province: string, reason: string): void;
}

export interface KeyServiceCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly oprf: OprfEvaluator;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly refusals: RefusalLog;
  readonly figures: KeyFigures;
}

export interface EvaluateInput {
  /** Two-digit code, from the peer's certificate. */
  readonly province: string;
  /** Packed elements of 32 bytes. */
  readonly blinded: Uint8Array;
  readonly signal?: AbortSignal;
}

/**
 * The elements times the key, in their order, and the key's generation. Nothing is released uncounted or
 * unrecorded; nothing is counted that is refused. Throws INVALID_FIELD (no whole elements, none, or more than
 * 4,096), OPRF_BAD_ELEMENT, KEY_BUDGET (RESOURCE_EXHAUSTED) until the next hour or day, or until the operator
 * grants more.
 */
export async function evaluateBlinded(ctx: KeyServiceCtx, input: EvaluateInput) {
  const { province, blinded } = input;
  const elements = blinded.length / ELEMENT_BYTES;
  const attempt = { action: 'keys.refused', actor: nodeActor(province), detail: { elements } } as const;
  try {
    const evaluated = await ctx.refusals.recording(evaluateWithinBudget(ctx, input, elements), () => attempt);
    ctx.logger.info({ province, elements }, 'key service: evaluated');
    return { evaluated, generation: KEY_GENERATION };
  } catch (error) {
    const { reason } = toAppError(error);
    ctx.figures.refused(province, reason);
    ctx.logger.warn({ province, elements, reason }, 'key service: refused');
    throw error;
  }
}

function checkElements(elements: number): void {
  if (!Number.isInteger(elements)) throw invalidField('blinded', 'NOT_MULTIPLE', { bytes: 32 });
  if (elements === 0) throw invalidField('blinded', 'EMPTY');
  if (elements > MAX_ELEMENTS) throw invalidField('blinded', 'TOO_MANY', { most: MAX_ELEMENTS });
}

async function evaluateWithinBudget(ctx: KeyServiceCtx, input: EvaluateInput, count: number) {
  checkElements(count);
  const { province } = input;
  const now = nowSeconds(ctx.clock);
  const period = { province, hour: now - (now % 3_600), day: now - (now % 86_400) };
  const budget = (await queries.findKeyBudget(ctx.db, province)) ?? DEFAULT_KEY_BUDGET;
  // Asked before the work, so that a province over its budget costs no curve arithmetic …
  if (!payFor(count, budget, await queries.findKeyUse(ctx.db, period))) throw overBudget();
  const evaluated = await ctx.oprf.evaluate(input.blinded, input.signal);
  // … and decided after it, so that bad elements are not counted and concurrent calls cannot pass together.
  const paid = await withTransaction(ctx.db, async (tx) => {
    await queries.lockKeyUse(tx, province);
    const parts = payFor(count, budget, await queries.findKeyUse(tx, period));
    if (!parts) throw overBudget();
    const detail = { elements: count, first_loading: parts.loading, generation: KEY_GENERATION };
    const entry = { action: 'keys.evaluated', actor: nodeActor(province), outcome: 'done', detail } as const;
    await Promise.all([queries.addKeyUse(tx, period, parts), recordAudit(tx, entry, now)]);
    return parts;
  });
  ctx.figures.evaluated(province, 'daily', paid.daily);
  ctx.figures.evaluated(province, 'loading', paid.loading);
  return evaluated;
}

function overBudget(): AppError {
  return new AppError('RESOURCE_EXHAUSTED', 'KEY_BUDGET', 'key service: the budget is used up');
}
