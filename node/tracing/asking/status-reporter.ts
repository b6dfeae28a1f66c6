/**
 * The node's sign of life to the hub, and its word that answers no longer hold. A report that fails is sent
 * again with what has been added since: nothing that was touched is forgotten while the process lives.
 */
import type { Clock } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import type { Logger } from '../../../shared/log.ts';
import type { AskedQuestions, TouchedQuestion } from './asked-questions.ts';
import type { ChangeFeed } from './change-feed.ts';
import { markDataAt } from './queries.ts';

export interface Report {
  readonly incarnation: number;
  readonly dataVersion: number;
  readonly dataAt: number;
  readonly stale: readonly { traceId: string; seqs: number[] }[];
}

export interface StatusReporterOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly incarnation: number;
  readonly changes: ChangeFeed;
  readonly asked: AskedQuestions;
  /** Sends one report to the hub; resolves with how long to wait for the next. */
  send(report: Report, signal: AbortSignal): Promise<{ nextInMs: number }>;
}

const RETRY_MS = { first: 100, most: 5_000 };

export class StatusReporter implements AsyncDisposable {
  readonly #options: StatusReporterOptions;
  readonly #stopped = new AbortController();
  #touched = new Map<string, Set<number>>();
  #wait = new AbortController();
  #kicked = false;
  readonly #running: Promise<void>;

  constructor(options: StatusReporterOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Answers to these questions no longer hold: tells the hub at once. */
  touched(questions: readonly TouchedQuestion[]): void {
    for (const { traceId, seq } of questions) {
      const seqs = this.#touched.get(traceId) ?? new Set();
      this.#touched.set(traceId, seqs.add(seq));
    }
    this.#kicked = true;
    this.#wait.abort();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      this.#kicked = false;
      const waitMs = await this.#report()
        .then(({ nextInMs }) => {
          failures = 0;
          return nextInMs;
        })
        .catch((err) => {
          if (failures === 0) this.#options.logger.warn({ err }, 'the hub did not take the status report');
          return Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** Math.min(failures++, 10));
        });
      if (this.#kicked && failures === 0) continue;
      this.#wait = new AbortController();
      await this.#options.clock.sleep(waitMs, AbortSignal.any([this.#stopped.signal, this.#wait.signal]));
    }
  }

  async #report(): Promise<{ nextInMs: number }> {
    const { incarnation, changes, asked, clock, db } = this.#options;
    const sending = this.#touched;
    this.#touched = new Map();
    const { dataVersion, dataAt } = changes;
    const stale = [...sending].map(([traceId, seqs]) => ({ traceId, seqs: [...seqs] }));
    try {
      const answer = await this.#options.send(
        { incarnation, dataVersion, dataAt, stale },
        this.#stopped.signal,
      );
      asked.forgetExpired(clock.nowMs() / 1000);
      if (dataAt > 0) await markDataAt(db, dataAt);
      return answer;
    } catch (error) {
      for (const { traceId, seqs } of stale) {
        this.#touched.set(traceId, new Set([...seqs, ...(this.#touched.get(traceId) ?? [])]));
      }
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }
}
