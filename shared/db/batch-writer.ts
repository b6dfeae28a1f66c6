/**
 * Many callers, one write: whatever is added while a batch is being written goes into the next one. Never two
 * batches at once, and no timer: when nothing is under way a row is written at once. Owns the order, the
 * bounds and the tries; what a batch is written with is the caller's statement or transaction.
 */
import type { Clock } from '../clock.ts';
import { AppError, toAppError } from '../errors.ts';

export interface BatchWriterOptions<Row, Result> {
  /**
   * Writes a batch, all or nothing, durable when it resolves; one result for each row, in their order. Must
   * bear to be repeated with the same rows: when the answer to a COMMIT is lost, nobody knows of it.
   */
  write(rows: readonly Row[]): Promise<readonly Result[]>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Aborts when the program stops: what is not written then is given back to its callers. */
  readonly signal: AbortSignal;
  /** Rows of one key never share a batch: the later one goes into a later batch. */
  keyOf?(row: Row): string;
  bytesOf?(row: Row): number;
  /** Rows of one batch at most; 1,000 unless told. */
  readonly mostRows?: number;
  /** Bytes of one batch at most, beyond its first row; 32 MiB unless told. */
  readonly mostBytes?: number;
  /** Between two tries while the database is away. */
  readonly retryMs?: number;
  /** How long the batch under way may still take when the program stops. */
  readonly graceMs?: number;
}

interface Waiting<Row, Result> {
  readonly row: Row;
  readonly done: (result: Result) => void;
  readonly failed: (error: unknown) => void;
}

const BATCH_ROWS = 1_000;
const BATCH_BYTES = 32 * 1024 * 1024;
const RETRY_MS = 250;
const GRACE_MS = 2_000;

export class BatchWriter<Row, Result = void> {
  readonly #options: BatchWriterOptions<Row, Result>;
  #waiting: Waiting<Row, Result>[] = [];
  #underWay: readonly Waiting<Row, Result>[] = [];
  #writing = false;
  /** Aborts when the last batch is over. */
  #idle = new AbortController();

  constructor(options: BatchWriterOptions<Row, Result>) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.#giveUp(), { once: true });
  }

  /**
   * Resolves with the row's result when it is durable. Rejects with what `write` threw for it (a row that
   * cannot be written hurts no other of its batch), UNAVAILABLE SHUTTING_DOWN when the program stops first:
   * whether a row of the batch under way was written is unknown then.
   */
  add(row: Row): Promise<Result> {
    return new Promise((done, failed) => {
      if (this.#options.signal.aborted) return failed(shuttingDown());
      this.#waiting.push({ row, done, failed });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    this.#idle = new AbortController();
    while (this.#waiting.length > 0) {
      this.#underWay = this.#takeBatch();
      await this.#writeBatch(this.#underWay);
      this.#underWay = [];
    }
    this.#writing = false;
    this.#idle.abort();
  }

  /** Never rejects. Halves a batch that cannot be written, until the rows at fault stand alone. */
  async #writeBatch(batch: readonly Waiting<Row, Result>[]): Promise<void> {
    try {
      const results = await this.#persist(batch.map(({ row }) => row));
      for (const [i, { done }] of batch.entries()) done(results[i] as Result);
    } catch (error) {
      if (batch.length === 1 || this.#options.signal.aborted) for (const { failed } of batch) failed(error);
      else {
        const half = batch.length >> 1;
        await this.#writeBatch(batch.slice(0, half));
        await this.#writeBatch(batch.slice(half));
      }
    }
  }

  /** Tries while the database is away, or another transaction was in the way, until the program stops. */
  async #persist(rows: readonly Row[]): Promise<readonly Result[]> {
    const { write, clock, signal, retryMs = RETRY_MS } = this.#options;
    for (;;) {
      try {
        return await write(rows);
      } catch (error) {
        const { code } = toAppError(error);
        if ((code !== 'UNAVAILABLE' && code !== 'ABORTED') || signal.aborted) throw error;
        await clock.sleep(retryMs, signal);
        if (signal.aborted) throw shuttingDown();
      }
    }
  }

  /** The longest run of waiting rows that may share a batch: nothing overtakes, so a key keeps its order. */
  #takeBatch(): Waiting<Row, Result>[] {
    const { keyOf, bytesOf, mostRows = BATCH_ROWS, mostBytes = BATCH_BYTES } = this.#options;
    const keys = new Set<string>();
    let [rows, bytes] = [0, 0];
    for (const { row } of this.#waiting) {
      const key = keyOf?.(row);
      bytes += bytesOf?.(row) ?? 0;
      if (rows > 0 && (rows >= mostRows || bytes > mostBytes || (key !== undefined && keys.has(key)))) break;
      if (key !== undefined) keys.add(key);
      rows++;
    }
    return this.#waiting.splice(0, rows);
  }

  /** The program stops: what waits is given back at once, what is under way after a moment. */
  #giveUp(): void {
    for (const { failed } of this.#waiting.splice(0)) failed(shuttingDown());
    const { clock, graceMs = GRACE_MS } = this.#options;
    const underWay = this.#underWay;
    if (underWay.length === 0) return;
    void clock.sleep(graceMs, this.#idle.signal).then(() => {
      // Those that were written meanwhile have been told so.
      for (const { failed } of underWay) failed(shuttingDown());
    });
  }
}

function shuttingDown(): AppError {
  return new AppError('UNAVAILABLE', 'SHUTTING_DOWN', 'the program stops');
}
