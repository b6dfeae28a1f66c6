/**
 * Stores answers while the fold goes on: one statement for many provinces, and never two at once. Answers are
 * not asked for again while the hub lives, so a database that is away is waited for until the hub stops.
 */
import type { Clock } from '../../shared/clock.ts';
import { BatchWriter } from '../../shared/db/batch-writer.ts';
import type { Database } from '../../shared/db/database.ts';
import { type AnswerRow, upsertAnswers } from './queries.ts';

export interface AnswerStoreOptions {
  readonly db: Database;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Aborts when the hub stops. */
  readonly signal: AbortSignal;
}

export class AnswerStore {
  readonly #writer: BatchWriter<AnswerRow>;

  constructor({ db, clock, signal }: AnswerStoreOptions) {
    this.#writer = new BatchWriter<AnswerRow>({
      ...{ clock, signal },
      write: async (rows) => {
        await upsertAnswers(db, rows);
        return rows.map(() => undefined);
      },
      // One statement may not touch a row twice.
      keyOf: ({ traceId, seq, province }) => `${traceId} ${seq} ${province}`,
      bytesOf: ({ body }) => body.length,
    });
  }

  /** Resolves when the answer is durable. Rejects as `BatchWriter.add`. */
  add(row: AnswerRow): Promise<void> {
    return this.#writer.add(row);
  }
}
