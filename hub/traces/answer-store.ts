/**
 * Stores answers while the fold goes on. Whatever arrives during one write goes into the next: one statement
 * for many provinces, and never two at once.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { toAppError } from '../../shared/errors.ts';
import { type AnswerRow, upsertAnswers } from './queries.ts';

/** Bytes in one statement at most, beyond its first answer. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_ROWS = 1_000;

/** How long to wait before a write is tried again while the database is away. */
const RETRY_MS = 250;

interface Waiting {
  readonly row: AnswerRow;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class AnswerStore {
  readonly #db: Database;
  readonly #clock: Pick<Clock, 'sleep'>;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(db: Database, clock: Pick<Clock, 'sleep'>) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Resolves when the answer is durable. */
  add(row: AnswerRow): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ row, done, failed });
      if (!this.#writing) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#store(batch.map(({ row }) => row));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = false;
  }

  /** Answers are not asked for again while the hub lives: a database that is away is waited for. */
  async #store(rows: AnswerRow[]): Promise<void> {
    for (;;) {
      try {
        return await upsertAnswers(this.#db, rows);
      } catch (error) {
        if (toAppError(error).code !== 'UNAVAILABLE') throw error;
        await this.#clock.sleep(RETRY_MS);
      }
    }
  }

  /**
   * One statement may not touch a row twice: a second answer to the same question waits for the next batch.
   */
  #takeBatch(): Waiting[] {
    const keys = new Set<string>();
    const left: Waiting[] = [];
    let bytes = 0;
    const batch = this.#waiting.filter((entry) => {
      const { traceId, seq, province, body } = entry.row;
      const key = `${traceId} ${seq} ${province}`;
      const fits = keys.size < BATCH_ROWS && (bytes === 0 || bytes + body.length <= BATCH_BYTES);
      if (keys.has(key) || !fits || left.length > 0) {
        left.push(entry);
        return false;
      }
      keys.add(key);
      bytes += body.length;
      return true;
    });
    this.#waiting = left;
    return batch;
  }
}
