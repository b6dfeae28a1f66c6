/**
 * The node's sign of life to the hub, and its word that answers no longer hold. A report that fails is sent
 * again with what has been added since: nothing that was touched is forgotten while the process lives.
 */
import { type Clock, nowSeconds } from '../../../shared/clock.ts';
import type { Database } from '../../../shared/db/database.ts';
import { ASKED_AT_ONCE } from '../../../shared/grpc/trace-messages.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../../shared/loop.ts';
import type { AskedQuestions, TouchedQuestion } from './asked-questions.ts';
import type { Changes } from './changes.ts';
import { markDataAt, markOpeningsClosed } from './queries.ts';
import type { TokenProgress, TokensTold } from './token-progress.ts';

export interface Report extends TokensTold {
  readonly incarnation: number;
  readonly dataVersion: number;
  readonly dataAt: number;
  readonly stale: readonly { traceId: string; seqs: number[] }[];
  /** Some of the traces that have asked: whether any of them is over. */
  readonly asking: readonly string[];
  /** Why this node answers no question, else empty. */
  readonly refusal: string;
  /** Generations of the key service's key in which it answers. */
  readonly oprfGenerations: readonly number[];
}

/** What the hub says to it. */
export interface ReportAnswer {
  /** How long to wait for the next. */
  readonly nextInMs: number;
  /** Which of the traces are closed. */
  readonly closed: readonly string[];
}

export interface StatusReporterOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  readonly incarnation: number;
  readonly changes: Pick<Changes, 'dataVersion' | 'dataAt'>;
  readonly asked: AskedQuestions;
  readonly tokens: Pick<TokenProgress, 'told' | 'isDue'>;
  refusal(): string;
  generations(): readonly number[];
  /** Sends one report to the hub. */
  send(report: Report, signal: AbortSignal): Promise<ReportAnswer>;
}

const EVERY_MS = 5_000;
const RETRY_MS = { first: 100, most: 5_000 };

export class StatusReporter implements AsyncDisposable {
  readonly #options: StatusReporterOptions;
  readonly #loop: Loop;
  #touched = new Map<string, Set<number>>();

  /** At work already. */
  constructor(options: StatusReporterOptions) {
    this.#options = options;
    const pass = (signal: AbortSignal) => this.#report(signal);
    const { clock, logger, watch } = options;
    this.#loop = startLoop({
      ...{ name: 'status-reports', clock, logger, watch },
      ...{ everyMs: EVERY_MS, retryMs: RETRY_MS, pass },
    });
  }

  /** Answers to these questions no longer hold: tells the hub at once. */
  touched(questions: readonly TouchedQuestion[]): void {
    for (const { traceId, seq } of questions) {
      const seqs = this.#touched.get(traceId) ?? new Set();
      this.#touched.set(traceId, seqs.add(seq));
    }
    this.#loop.wake();
  }

  /** Identifiers have got their tokens: the hub hears of it at once if it waits for the last of them. */
  async tokenized(): Promise<void> {
    if (await this.#options.tokens.isDue()) this.#loop.wake();
  }

  async #report(signal: AbortSignal): Promise<{ nextInMs: number }> {
    const { incarnation, changes, asked, clock, db } = this.#options;
    const tokens = await this.#options.tokens.told();
    const refusal = this.#options.refusal();
    const sending = this.#touched;
    this.#touched = new Map();
    const { dataVersion, dataAt } = changes;
    const stale = [...sending].map(([traceId, seqs]) => ({ traceId, seqs: [...seqs] }));
    try {
      const asking = asked.nextTraces(ASKED_AT_ONCE);
      const oprfGenerations = this.#options.generations();
      const said = { incarnation, dataVersion, dataAt, refusal, oprfGenerations };
      const report = { ...said, stale, asking, ...tokens };
      const { nextInMs, closed } = await this.#options.send(report, signal);
      asked.forget(closed);
      if (closed.length > 0) await markOpeningsClosed(db, closed, nowSeconds(clock));
      asked.forgetExpired(clock.nowMs() / 1000);
      if (dataAt > 0) await markDataAt(db, dataAt);
      return { nextInMs };
    } catch (error) {
      for (const { traceId, seqs } of stale) {
        this.#touched.set(traceId, new Set([...seqs, ...(this.#touched.get(traceId) ?? [])]));
      }
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}
