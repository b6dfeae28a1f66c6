/**
 * The one way to do something again and again in the background. Owns when the next pass comes, what is said
 * of failures, and how it ends; knows nothing of what a pass does. A failure is logged once, then its
 * recovery; in between the figures and the operator's warnings tell.
 */
import type { Clock } from './clock.ts';
import { toAppError } from './errors.ts';
import { jitteredMs } from './ids.ts';
import type { Logger } from './log.ts';

/** What a pass may say of the next one. */
export interface Pause {
  /** Until the next pass, exactly so; 0 = there is more to do. */
  readonly nextInMs: number;
}

/** What every loop of a program needs from it. */
export type LoopParts = Pick<LoopOptions, 'clock' | 'logger' | 'watch'>;

export interface LoopOptions {
  /** In figures, logs and warnings: `sealer`, `status-reports` … */
  readonly name: string;
  /** From the end of a pass to the next one, unless the pass says otherwise; spread by a quarter. */
  readonly everyMs: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** One pass. Whatever it throws is a failure, after which it is tried again. `signal` aborts at the end. */
  readonly pass: (signal: AbortSignal) => Promise<void> | Promise<Pause | undefined>;
  /** From a failure to the next try: `first`, then twice as long each time, up to `most`. */
  readonly retryMs?: { readonly first: number; readonly most: number };
  /** Until the first pass; 0 unless told. */
  readonly firstInMs?: number;
  /** Where the program looks up how its loops do. */
  readonly watch?: LoopWatch | undefined;
}

/** A loop at work. Disposing aborts the signal and waits for the pass under way. */
export interface Loop extends AsyncDisposable {
  /**
   * A pass that begins after this call, at once. While passes fail it still waits `retryMs.first`, so that
   * whoever calls often does not hammer what is away.
   */
  wake(): void;
  /** Failures since the last pass that went well. */
  readonly failures: number;
}

const RETRY_MS = { first: 500, most: 30_000 };

/** Names of the loops of this process that are at work: what a test that ends must have stopped. */
const running = new Map<object, string>();

/** Names of the loops of this process that have not been disposed of, in order of their start. */
export function runningLoops(): string[] {
  return [...running.values()];
}

/** Starts a loop; never throws, and never leaves a rejection to nobody. */
export function startLoop(options: LoopOptions): Loop {
  return new BackgroundLoop(options);
}

class BackgroundLoop implements Loop {
  readonly #options: LoopOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #nap = new AbortController();
  #woken = false;
  #failures = 0;

  constructor(options: LoopOptions) {
    this.#options = options;
    running.set(this, options.name);
    // Not before whoever starts it has been built.
    this.#ended = Promise.resolve().then(() => this.#run());
  }

  get failures(): number {
    return this.#failures;
  }

  wake(): void {
    this.#woken = true;
    this.#nap.abort();
  }

  async #run(): Promise<void> {
    const { firstInMs = 0 } = this.#options;
    if (firstInMs > 0) await this.#rest(firstInMs);
    while (!this.#stop.signal.aborted) {
      this.#woken = false;
      await this.#rest(await this.#pass());
    }
  }

  /** One pass; how long to rest after it. */
  async #pass(): Promise<number> {
    const { pass, everyMs } = this.#options;
    try {
      const pause = await pass(this.#stop.signal);
      this.#succeeded();
      return pause ? pause.nextInMs : jitteredMs(everyMs);
    } catch (error) {
      // What is cut off by the end is no failure.
      return this.#stop.signal.aborted ? 0 : this.#failed(error);
    }
  }

  #succeeded(): void {
    const { name, clock, logger, watch } = this.#options;
    if (this.#failures > 0) logger.info({ loop: name, failures: this.#failures }, 'background work goes on');
    this.#failures = 0;
    watch?.succeeded(name, clock.nowMs());
  }

  #failed(error: unknown): number {
    const { name, logger, watch, retryMs: { first, most } = RETRY_MS } = this.#options;
    const backOffMs = Math.min(most, first * 2 ** Math.min(this.#failures, 20));
    this.#failures++;
    if (this.#failures === 1)
      logger.warn({ loop: name, err: error }, 'background work failed, is tried again');
    watch?.failed(name, this.#failures, toAppError(error).reason);
    return Math.max(first, jitteredMs(backOffMs));
  }

  async #rest(ms: number): Promise<void> {
    const { clock, retryMs: { first } = RETRY_MS } = this.#options;
    const atLeastMs = this.#failures > 0 ? first : 0;
    if (atLeastMs > 0) await clock.sleep(atLeastMs, this.#stop.signal);
    if (this.#woken || this.#stop.signal.aborted) return;
    this.#nap = new AbortController();
    await clock.sleep(Math.max(0, ms - atLeastMs), this.#nap.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#nap.abort();
    await this.#ended;
    running.delete(this);
    this.#options.watch?.ended(this.#options.name);
  }
}

/** Where figures of loops go; see shared/http/metrics.ts. */
export interface LoopFigures {
  failures(loop: string, count: number): void;
  succeededAt(loop: string, epochSeconds: number): void;
}

/** Failures in a row after which an operator should look. */
const WARN_AFTER = 5;

/** How the loops of one program do. */
export class LoopWatch {
  readonly #figures: LoopFigures | undefined;
  readonly #warnAfter: number;
  readonly #failing = new Map<string, { readonly failures: number; readonly reason: string }>();

  constructor(figures?: LoopFigures, warnAfter = WARN_AFTER) {
    this.#figures = figures;
    this.#warnAfter = warnAfter;
  }

  succeeded(name: string, atMs: number): void {
    this.#failing.delete(name);
    this.#figures?.failures(name, 0);
    this.#figures?.succeededAt(name, Math.floor(atMs / 1000));
  }

  failed(name: string, failures: number, reason: string): void {
    this.#failing.set(name, { failures, reason });
    this.#figures?.failures(name, failures);
  }

  ended(name: string): void {
    this.#failing.delete(name);
  }

  /** What an operator should look at: `sealer: failed 7 times in a row: DATABASE_UNAVAILABLE`. */
  warnings(): string[] {
    return [...this.#failing]
      .filter(([, { failures }]) => failures >= this.#warnAfter)
      .map(([name, { failures, reason }]) => `${name}: failed ${failures} times in a row: ${reason}`);
  }
}
