/**
 * Seals all rows anew under the current generation, a batch in a transaction, by ascending id: what a crash
 * interrupts goes on where rows are still old. Logs tables, ids and counts, never what a row says.
 */
import { type Database, retryConflicts, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { SealerSource } from './data-keys.ts';
import { holdSealer } from './operations.ts';
import * as queries from './queries.ts';
import type { ColumnSealer, SealedColumn } from './sealer.ts';

export interface ResealCtx {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly logger: Pick<Logger, 'error'>;
}

/** Rows in one transaction: who imports the same people waits no longer than these take, about 20 ms. */
const BATCH_ROWS = 500;

/**
 * One pass over all sealed tables; yields after each batch how many rows it has sealed anew, and ends when
 * every row has been seen, with the number of those that do not open: they stay as they are and are named in
 * the log. Rows that somebody has locked are left for another pass.
 *
 * Whoever wrote under an older generation had ended when the current one was switched to, and whoever writes
 * later seals under the current one. So a pass over a database that nobody has locked leaves no older row.
 */
export async function* resealAll(ctx: ResealCtx): AsyncGenerator<number, number> {
  let unopened = 0;
  for (const table of queries.SEALED_TABLES) {
    let after: number | undefined = 0;
    while (after !== undefined) {
      const batch: Batch = await retryConflicts(() => resealBatch(ctx, table, after as number));
      after = batch.last;
      unopened += batch.unopened;
      if (batch.sealed > 0) yield batch.sealed;
    }
  }
  return unopened;
}

interface Batch {
  /** Id of the last row that was looked at; undefined if no older row is left after `after`. */
  readonly last: number | undefined;
  readonly sealed: number;
  readonly unopened: number;
}

async function resealBatch(
  { db, dataKeys, logger }: ResealCtx,
  table: queries.SealedTable,
  after: number,
): Promise<Batch> {
  return withTransaction(db, async (tx) => {
    const sealing = await holdSealer(tx, dataKeys);
    const { generation } = sealing.sealer;
    const rows = await queries.lockRowsOutside(tx, table, { generation, after, limit: BATCH_ROWS });
    const opened = rows.flatMap((row) => openRow(sealing.sealer, table, row, logger));
    if (opened.length > 0) await queries.resealRows(sealing, table, opened);
    return { last: rows.at(-1)?.id, sealed: opened.length, unopened: rows.length - opened.length };
  });
}

/** The row's texts; nothing if it was tampered with: one such row must not stop all others. */
function openRow(
  sealer: ColumnSealer,
  { table, sealed }: queries.SealedTable,
  row: queries.SealedRow,
  logger: ResealCtx['logger'],
): queries.OpenedRow[] {
  try {
    const texts = row.sealed.map((value, i) =>
      sealer.openOptional(`${table}.${sealed[i]}` as SealedColumn, row.id, value),
    );
    return [{ id: row.id, texts }];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    logger.error({ err: error, table, row: row.id }, 'a row cannot be opened and stays as it is');
    return [];
  }
}
