/**
 * Erases weeks of check-ins and encounters that are older than the rules keep (promise 8), whole partitions,
 * each on record. What an open trace can still ask about stays until that has ended.
 */
import { NODE_PROGRAM } from '../../../shared/audit/actors.ts';
import { recordAudit } from '../../../shared/audit/record.ts';
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import { type Database, type Queryable, withTransaction } from '../../../shared/db/database.ts';
import { isoInstant } from '../../../shared/domain/instant.ts';
import { earliestKept } from '../../../shared/domain/rule-pack.ts';
import {
  countRows,
  dropPartition,
  forgetWeek,
  listPartitions,
  lockPartitions,
  type Partition,
  type PartitionedTable,
} from '../../db/partitions.ts';
import type { RuleBook } from '../../federation/packs/operations.ts';

export interface WeeksErasingCtx {
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly rules: Pick<RuleBook, 'inForceAt'>;
  /** Whether an open trace can ask about what began in [from, until); asked while nobody can begin to. */
  isReached(db: Queryable, interval: { from: number; until: number; now: number }): Promise<boolean>;
}

const TABLES: readonly PartitionedTable[] = ['check_ins', 'encounters'];
/** An import that began when a week was young enough has ended a day later. */
const GRACE_SECONDS = 86_400;

/**
 * Erases all weeks that are due, the oldest first; never leaves more to do. Throws TRANSACTION_CONFLICT if a
 * table is busy: what was erased before stays so.
 */
export async function eraseWeeks(ctx: WeeksErasingCtx): Promise<false> {
  const now = nowSeconds(ctx.clock);
  const rules = ctx.rules.inForceAt(now);
  // Nobody has said yet how long anything is kept.
  if (rules === undefined) return false;
  const kept = earliestKept(now, rules) - GRACE_SECONDS;
  for (const table of TABLES) {
    const due = (await listPartitions(ctx.db, table)).filter(({ until }) => until <= kept);
    for (const week of due) await eraseWeek(ctx, { table, week, now });
  }
  return false;
}

interface DueWeek {
  readonly table: PartitionedTable;
  readonly week: Partition;
  readonly now: number;
}

async function eraseWeek(ctx: WeeksErasingCtx, { table, week, now }: DueWeek): Promise<void> {
  const reached = (db: Queryable) => ctx.isReached(db, { from: week.from, until: week.until, now });
  if (await reached(ctx.db)) return;
  const erased = await withTransaction(ctx.db, async (tx) => {
    // Nothing comes any more: it is counted while others read and write on.
    const rows = await countRows(tx, table, week);
    await lockPartitions(tx, table);
    // A trace that was admitted meanwhile may have begun to ask.
    if (await reached(tx)) return false;
    await dropPartition(tx, table, week);
    const [from, until] = [isoInstant(week.from), isoInstant(week.until)];
    const detail = { table, partition: week.name, from, until, rows };
    await recordAudit(tx, { action: 'weeks.erased', actor: NODE_PROGRAM, outcome: 'done', detail }, now);
    return true;
  });
  if (erased) forgetWeek(ctx.db, table, week);
}
