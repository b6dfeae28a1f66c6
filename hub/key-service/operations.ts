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
import { DEFAULT_KEY_BUDGET, isLow, type KeyPayment, type KeyUse, payFor } from './rules.ts';

/** Elements in one request: a third of a second of one core. */
export const MAX_ELEMENTS = 4_096;

/** Figures for an operator's dashboard. */
export interface KeyFigures {
  evaluated(province: string, use: 'daily' | 'loading' | 'cases', elements: number): void;
  refused(province: string, reason: string): void;
}

/** Who has little left: what an operator is warned of before traces wait. */
export class LowBudgets {
  readonly #provinces = new Map<string, number>();

  /** Notes how a province stands since `now` (epoch seconds); whether it has little left only now. */
  note(province: string, isLow: boolean, now: number): boolean {
    const isNew = isLow && !this.#provinces.has(province);
    if (isLow) this.#provinces.set(province, now);
    else this.#provinces.delete(province);
    return isNew;
  }

  /** For an operator; what is an hour old is no news of this hour. */
  warnings(now: number): string[] {
    const low = [...this.#provinces].filter(([, at]) => at > now - 3_600);
    return low.map(([province]) => `key service: province ${province}: KEY_BUDGET_LOW`);
  }
}

/** A key that is served; tokens of different generations never meet. */
export interface ServedKey {
  readonly generation: number;
  readonly oprf: OprfEvaluator;
}

export interface KeyServiceCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** The key of a generation; 0: of the oldest. Throws FAILED_PRECONDITION KEY_GENERATION_RETIRED. */
  readonly keys: { of(generation: number): ServedKey };
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly refusals: RefusalLog;
  readonly figures: KeyFigures;
  readonly low: LowBudgets;
}

export interface EvaluateInput {
  /** Two-digit code, from the peer's certificate. */
  readonly province: string;
  /** Packed elements of 32 bytes. */
  readonly blinded: Uint8Array;
  /** Of cases whose traces wait: there is a budget for them. */
  readonly forCases?: boolean;
  /** 0 or none: the oldest that is served. */
  readonly generation?: number;
  readonly signal?: AbortSignal;
}

/**
 * The elements times the key, in their order, and the key's generation. Nothing is released uncounted or
 * unrecorded; nothing is counted that is refused. Throws INVALID_FIELD (no whole elements, none, or more than
 * 4,096), OPRF_BAD_ELEMENT, KEY_GENERATION_RETIRED (no such generation is served), KEY_BUDGET
 * (RESOURCE_EXHAUSTED) until the next hour or day, or until the operator grants more.
 */
export async function evaluateBlinded(ctx: KeyServiceCtx, input: EvaluateInput) {
  const { province, blinded } = input;
  const elements = blinded.length / ELEMENT_BYTES;
  const attempt = { action: 'keys.refused', actor: nodeActor(province), detail: { elements } } as const;
  try {
    const evaluating = evaluateWithinBudget(ctx, input, elements);
    const { evaluated, generation, budgetLow } = await ctx.refusals.recording(evaluating, () => attempt);
    ctx.logger.info({ province, elements }, 'key service: evaluated');
    noteLow(ctx, province, budgetLow);
    return { evaluated, generation, budgetLow };
  } catch (error) {
    const { reason } = toAppError(error);
    if (reason === 'KEY_BUDGET') noteLow(ctx, province, true);
    ctx.figures.refused(province, reason);
    ctx.logger.warn({ province, elements, reason }, 'key service: refused');
    throw error;
  }
}

function noteLow(ctx: KeyServiceCtx, province: string, low: boolean): void {
  if (ctx.low.note(province, low, nowSeconds(ctx.clock)))
    ctx.logger.warn({ province }, 'key service: the budget of the province is nearly used up');
}

function checkElements(elements: number): void {
  if (!Number.isInteger(elements)) throw invalidField('blinded', 'NOT_MULTIPLE', { bytes: 32 });
  if (elements === 0) throw invalidField('blinded', 'EMPTY');
  if (elements > MAX_ELEMENTS) throw invalidField('blinded', 'TOO_MANY', { most: MAX_ELEMENTS });
}

async function evaluateWithinBudget(ctx: KeyServiceCtx, input: EvaluateInput, count: number) {
  checkElements(count);
  const { province, forCases = false } = input;
  const { generation, oprf } = ctx.keys.of(input.generation ?? 0);
  const now = nowSeconds(ctx.clock);
  const period = { province, generation, hour: now - (now % 3_600), day: now - (now % 86_400) };
  const budget = (await queries.findKeyBudget(ctx.db, province)) ?? DEFAULT_KEY_BUDGET;
  const wanted = { count, forCases };
  // Asked before the work, so that a province over its budget costs no curve arithmetic …
  if (!payFor(wanted, budget, await queries.findKeyUse(ctx.db, period))) throw overBudget();
  const evaluated = await oprf.evaluate(input.blinded, input.signal);
  // … and decided after it, so that bad elements are not counted and concurrent calls cannot pass together.
  const { paid, used } = await withTransaction(ctx.db, async (tx) => {
    await queries.lockKeyUse(tx, province);
    const before = await queries.findKeyUse(tx, period);
    const parts = payFor(wanted, budget, before);
    if (!parts) throw overBudget();
    const { loading: first_loading, cases } = parts;
    const detail = { elements: count, first_loading, cases, generation };
    const entry = { action: 'keys.evaluated', actor: nodeActor(province), outcome: 'done', detail } as const;
    await Promise.all([queries.addKeyUse(tx, period, parts), recordAudit(tx, entry, now)]);
    return { paid: parts, used: plus(before, parts) };
  });
  for (const use of ['daily', 'loading', 'cases'] as const) ctx.figures.evaluated(province, use, paid[use]);
  return { evaluated, generation, budgetLow: isLow(budget, used) };
}

function plus(used: KeyUse, { daily, loading, cases }: KeyPayment): KeyUse {
  return {
    hour: used.hour + daily,
    day: used.day + daily,
    loading: used.loading + loading,
    cases: used.cases + cases,
  };
}

function overBudget(): AppError {
  return new AppError('RESOURCE_EXHAUSTED', 'KEY_BUDGET', 'key service: the budget is used up');
}
