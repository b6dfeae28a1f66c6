/**
 * Erases what of people nothing that stands names any more, after the rules' time: records that were
 * withdrawn, what records said before, then identifiers with their tokens, and households. On record, by
 * number; tracing hears of it as of any other change.
 */
import { NODE_PROGRAM } from '../../../shared/audit/actors.ts';
import { type AuditEntry, recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, type Transaction, withTransaction } from '../../../shared/db/database.ts';
import { earliestKept } from '../../../shared/domain/rule-pack.ts';
import type { RuleBook } from '../../federation/packs/operations.ts';
import { keepSealersOut } from '../../sealing/operations.ts';
import { IDENTIFIERS_CHANGED } from '../kinds.ts';
import * as queries from './erasing-queries.ts';
import { preferIndexes } from './queries.ts';

export interface PeopleErasingCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly rules: Pick<RuleBook, 'inForceAt'>;
}

/** Records that one entry names. */
const RECORDS = 200;
const IDENTIFIERS = 2_000;
const HOUSEHOLDS = 1_000;
/** Ten million identifiers are looked at in some minutes of one connection: not all the time. */
const REST_SECONDS = 86_400;

/** Goes through all people, a batch at a time, and rests for a day. A restart begins at the first. */
export class PeopleErasing {
  readonly #ctx: PeopleErasingCtx;
  /** Identifiers up to this one have been looked at. */
  #after = 0;
  #restUntil = 0;

  constructor(ctx: PeopleErasingCtx) {
    this.#ctx = ctx;
  }

  /** Erases of one batch what is due; whether there is more. Throws TRANSACTION_CONFLICT as imports go on. */
  async erase(): Promise<boolean> {
    const now = nowSeconds(this.#ctx.clock);
    const rules = this.#ctx.rules.inForceAt(now);
    if (rules === undefined || now < this.#restUntil) return false;
    const before = earliestKept(now, rules);
    if (this.#after === 0 && (await this.#eraseRecords(before, now))) return true;
    const until = await this.#eraseIdentifiers(now);
    if (until === undefined && (await this.#eraseHouseholds(now))) return true;
    this.#after = until ?? 0;
    if (until === undefined) this.#restUntil = now + REST_SECONDS;
    return until !== undefined;
  }

  /** Whether there is more. */
  async #eraseRecords(before: number, now: number): Promise<boolean> {
    const erased = await withTransaction(this.#ctx.db, async (tx) => {
      await preferIndexes(tx);
      const withdrawn = await queries.deleteWithdrawn(tx, before, RECORDS);
      const changed = await queries.deleteOldVersions(tx, before, RECORDS);
      const on = [...withdrawn, ...changed].map((id) => ({ record: String(id) }));
      const detail = { records: withdrawn.length, versions: changed.length };
      if (on.length > 0) await record(tx, { action: 'records.erased', on, detail }, now);
      return Math.max(withdrawn.length, changed.length);
    });
    return erased === RECORDS;
  }

  /** Up to which identifier all have been looked at; undefined if there are no others. */
  async #eraseIdentifiers(now: number): Promise<number | undefined> {
    const { db } = this.#ctx;
    const { until, unnamed } = await withTransaction(db, async (tx) => {
      await preferIndexes(tx);
      const ids = await queries.listIdentifierIds(tx, this.#after, IDENTIFIERS);
      return { until: ids.at(-1), unnamed: await queries.listUnnamed(tx, ids) };
    });
    if (unnamed.length === 0) return until;
    await withTransaction(db, async (tx) => {
      await preferIndexes(tx);
      // Whoever imports has read ids that are about to be named: nobody does now.
      await keepSealersOut(tx);
      const erased = await queries.deleteUnnamed(tx, unnamed);
      if (erased.length === 0) return;
      await tx.emit(IDENTIFIERS_CHANGED, erased);
      await record(tx, { action: 'identifiers.erased', detail: { identifiers: erased.length } }, now);
    });
    return until;
  }

  /** Whether there are more. */
  async #eraseHouseholds(now: number): Promise<boolean> {
    const households = await withTransaction(this.#ctx.db, async (tx) => {
      await keepSealersOut(tx);
      const count = await queries.deleteHouseholds(tx, HOUSEHOLDS);
      if (count > 0) await record(tx, { action: 'households.erased', detail: { households: count } }, now);
      return count;
    });
    return households === HOUSEHOLDS;
  }
}

function record(tx: Transaction, what: Pick<AuditEntry, 'action' | 'on' | 'detail'>, now: number) {
  return recordAudit(tx, { ...what, actor: NODE_PROGRAM, outcome: 'done' }, now);
}
