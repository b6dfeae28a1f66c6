/**
 * Seals all rows anew under the current generation, a batch in a transaction, by ascending id: what a crash
 * interrupts goes on where rows are still old. Logs tables, ids and counts, never what a row says.
 */
import { type Database, type Transaction, withTransaction } from '../../shared/db/database.ts';
import { AppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { SealerSource } from './data-keys.ts';
import * as queries from './queries.ts';
import type { ColumnSealer, SealedColumn } from './sealer.ts';

export interface ResealContext {
  readonly db: Database;
  readonly dataKeys: SealerSource;
  readonly logger: Pick<Logger, 'error'>;
  /** Waits until no import writes, as a writer of people does (people/operations.ts). */
  readonly lockIntake: (tx: Pick<Transaction, 'sql'>) => Promise<unknown>;
}

/** Rows in one transaction: an import waits no longer than these take, about 20 ms. */
const BATCH_ROWS = 500;

/**
 * One pass over all sealed tables; yields after each batch how many rows it has sealed anew, and ends when
 * every row has been seen. Rows that do not open stay as they are and are named in the log.
 *
 * Every batch holds the intake lock and takes its sealer under it. Therefore, if the current generation has
 * stayed the same since the pass began, no row of an older one is left behind it: whoever wrote before the
 * first batch has committed, and whoever writes later seals under the current one.
 */
export async function* resealAll(ctx: ResealContext): AsyncGenerator<number> {
  for (const table of queries.SEALED_TABLES) {
    let after: number | undefined = 0;
    while (after !== undefined) {
      const batch: Batch = await resealBatch(ctx, table, after);
      after = batch.last;
      if (batch.sealed > 0) yield batch.sealed;
    }
  }
}

interface Batch {
  /** Id of the last row that was looked at; undefined if no older row is left after `after`. */
  readonly last: number | undefined;
  readonly sealed: number;
}

async function resealBatch(
  { db, dataKeys, logger, lockIntake }: ResealContext,
  table: queries.SealedTable,
  after: number,
): Promise<Batch> {
  return withTransaction(db, async (tx) => {
    await lockIntake(tx);
    const { sealer } = dataKeys;
    const { generation } = sealer;
    const rows = await queries.listRowsOutside(tx, table, { generation, after, limit: BATCH_ROWS });
    const opened = rows.flatMap((row) => openRow(sealer, table, row, logger));
    if (opened.length > 0) await queries.resealRows({ sql: tx.sql, sealer }, table, opened);
    return { last: rows.at(-1)?.id, sealed: opened.length };
  });
}

/** The row's texts; nothing if it was tampered with: one such row must not stop all others. */
function openRow(
  sealer: ColumnSealer,
  { table, sealed }: queries.SealedTable,
  row: queries.SealedRow,
  logger: ResealContext['logger'],
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
