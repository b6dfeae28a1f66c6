/**
 * Leaves a province out of a trace by itself: it is charged for more names than it may bring in. Stays until
 * an operator takes it back; one that still is charged for them is left out again.
 */
import { HUB_PROGRAM } from '../../shared/audit/actors.ts';
import { recordAudit } from '../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import { type Database, withTransaction } from '../../shared/db/database.ts';
import type { Logger } from '../../shared/log.ts';
import type { Charge } from '../../shared/trace/charges.ts';
import { ON_PROBATION, type ProvinceBudget } from './allowances.ts';
import {
  type Exclusion,
  INVENTED_NAMES,
  listExcludedFor,
  listExclusions,
  upsertExclusion,
} from './exclusions-queries.ts';
import { lockVersion, raiseVersion } from './traces-queries.ts';

export interface OverspendingCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Overspender {
  readonly id: string;
  readonly province: string;
  /** That it is charged for, as questions are. */
  readonly names: number;
  readonly questions: number;
}

/** All that are left out of the trace then. */
export async function excludeOverspender(
  { db, clock, logger }: OverspendingCtx,
  { id, province, names, questions }: Overspender,
): Promise<readonly Exclusion[]> {
  const entry = { action: 'traces.excluded', actor: HUB_PROGRAM, outcome: 'done' } as const;
  const left = await withTransaction(db, async (tx) => {
    // Whoever takes a province back meanwhile waits, and sees this one.
    await lockVersion(tx, id);
    await upsertExclusion(tx, id, { province, reason: INVENTED_NAMES });
    const detail = { reason: INVENTED_NAMES, names, questions, version: await raiseVersion(tx, id) };
    await recordAudit(tx, { ...entry, on: [{ trace: id }, { province }], detail }, nowSeconds(clock));
    return listExclusions(tx, id);
  });
  logger.warn({ trace: id, province, reason: 'NAMES_OVER_BUDGET' }, 'province left out of a trace');
  return left;
}

/**
 * Provinces that open traces had to leave out: they have less in every other trace, or a flood would cost
 * each trace anew what it cost the first.
 */
export class Probation {
  readonly budget: ProvinceBudget;
  readonly #provinces = new Set<string>();

  constructor(budget: ProvinceBudget) {
    this.budget = budget;
  }

  /** Takes what is stored of open traces. */
  async load(db: Database): Promise<void> {
    const provinces = await listExcludedFor(db, INVENTED_NAMES);
    this.#provinces.clear();
    for (const province of provinces) this.#provinces.add(province);
  }

  /** Some trace may leave out nobody any more. */
  async review(db: Database): Promise<void> {
    if (this.#provinces.size > 0) await this.load(db);
  }

  add(province: string): void {
    this.#provinces.add(province);
  }

  has(province: string): boolean {
    return this.#provinces.has(province);
  }

  /** What a province may be charged for in one trace. */
  chargeOf(province: string): Charge {
    return this.#provinces.has(province) ? this.#part : this.budget;
  }

  /** The least that any may. */
  get least(): Charge {
    return this.#provinces.size > 0 ? this.#part : this.budget;
  }

  get #part(): Charge {
    const { names, questions } = this.budget;
    return { names: names * ON_PROBATION, questions: questions * ON_PROBATION };
  }
}
