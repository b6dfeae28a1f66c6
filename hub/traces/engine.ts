/**
 * All open traces of the hub: taken up at start, opened, amended, closed. The only holder of live traces;
 * whether a caller may do what it asks is decided in operations.ts.
 */
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { type Loop, type LoopWatch, startLoop } from '../../shared/loop.ts';
import type { Roster } from '../provinces/roster.ts';
import { AnswerStore } from './answer-store.ts';
import { LiveTrace, type LiveTraceContext } from './live-trace.ts';
import * as queries from './queries.ts';
import { storeAmendment, storeClosing, storeTrace } from './record.ts';
import type { StepReport } from './step-meter.ts';

export interface TraceEngineOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly provinces: Pick<Roster, 'links' | 'onChange'>;
  readonly roundDeadlineMs: number;
  rulePack(number: number): RulePack | undefined;
  /** Provinces asked at the same time; all unless told. */
  readonly fanout?: number | undefined;
  onStep?(step: StepReport): void;
  readonly loops?: LoopWatch | undefined;
}

const EXPIRY_SWEEP_MS = 60_000;
const STOP_GRACE_MS = 4_000;

export class TraceEngine implements AsyncDisposable {
  readonly #ctx: LiveTraceContext;
  readonly #live = new Map<string, LiveTrace>();
  /** Ends of what is being done to traces. */
  readonly #turns = new Map<string, Promise<void>>();
  /** Incarnation of each province as it has reported last. */
  readonly #lives = new Map<string, number>();
  readonly #stopped = new AbortController();
  readonly #stopListening: () => void;
  readonly #loops: LoopWatch | undefined;
  #expiry: Loop | undefined;

  constructor(options: TraceEngineOptions) {
    const { db, clock } = options;
    this.#ctx = { ...options, store: new AnswerStore({ db, clock, signal: this.#stopped.signal }) };
    this.#loops = options.loops;
    this.#stopListening = options.provinces.onChange(({ joined }) => {
      for (const trace of this.#live.values()) for (const link of joined) trace.join(link);
      void this.#closeRevoked();
    });
  }

  /** Takes up all open traces where they were left. */
  async start(): Promise<void> {
    for (const row of await queries.listOpenTraces(this.#ctx.db)) await this.takeUp(row);
    await this.#closeRevoked();
    const { clock, logger } = this.#ctx;
    const pass = () => this.closeExpired();
    this.#expiry = startLoop({
      ...{ name: 'trace-expiry', everyMs: EXPIRY_SWEEP_MS, clock, logger, pass },
      watch: this.#loops,
    });
  }

  /** Goes on with a stored trace. */
  async takeUp(row: queries.TraceRow): Promise<LiveTrace> {
    const trace = new LiveTrace(this.#ctx, row, await queries.listOpenings(this.#ctx.db, row.id));
    await trace.restore();
    this.#live.set(row.id, trace);
    for (const link of this.#ctx.provinces.links) trace.join(link);
    trace.start();
    return trace;
  }

  /** Does `work` on a trace when all that was asked for it before is done. */
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(work);
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(id, over);
    void over.then(() => this.#turns.get(id) === over && this.#turns.delete(id));
    return turn;
  }

  get(id: string): LiveTrace | undefined {
    return this.#live.get(id);
  }

  /** A province has said in which life it is; traces are told of a new one. */
  beginLife(province: string, incarnation: number): void {
    if (incarnation <= (this.#lives.get(province) ?? 0)) return;
    this.#lives.set(province, incarnation);
    for (const trace of this.#live.values()) trace.beginLife(province, incarnation);
  }

  /** Stores and starts a new trace. */
  async open(
    trace: { id: string; province: string; expiresAt: number },
    opening: queries.OpeningRow,
  ): Promise<void> {
    await storeTrace(this.#ctx.db, trace, opening, nowSeconds(this.#ctx.clock));
    const { id, province } = trace;
    const row = { id, province, openedAtMs: this.#ctx.clock.nowMs(), completedAtMs: null, closedAtMs: null };
    const live = new LiveTrace(this.#ctx, row, [opening]);
    this.#live.set(id, live);
    live.start();
  }

  /** Stores the next revision of a trace's opening and goes on under it. */
  async amend(trace: LiveTrace, opening: queries.OpeningRow): Promise<void> {
    await storeAmendment(this.#ctx.db, trace.id, opening, nowSeconds(this.#ctx.clock));
    trace.amend(opening);
  }

  /** Ends a trace, at the word of its province or because it has expired: nothing is asked any more. */
  async close(trace: LiveTrace, province?: string): Promise<void> {
    const { db, clock } = this.#ctx;
    await storeClosing(db, trace.id, { province, now: nowSeconds(clock) });
    this.#live.delete(trace.id);
    await trace.stop('closed');
  }

  /** Nothing is asked under the openings of a province that was revoked. */
  async #closeRevoked(): Promise<void> {
    const revoked = this.#ctx.provinces.links
      .filter((link) => link.isRevoked)
      .map(({ province }) => province);
    for (const trace of [...this.#live.values()]) {
      if (!revoked.includes(trace.row.province)) continue;
      await this.close(trace).catch((error: unknown) => {
        this.#ctx.logger.error({ trace: trace.id, err: toAppError(error) }, 'trace could not be closed');
      });
    }
  }

  /** Ends all that has expired; rejects with the first failure when all have been tried. */
  async closeExpired(): Promise<void> {
    const now = nowSeconds(this.#ctx.clock);
    const failures: unknown[] = [];
    for (const trace of [...this.#live.values()]) {
      if (trace.expiresAt <= now) await this.close(trace).catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Waits a moment for what is under way; a database that does not answer is cut off with the pool. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    this.#stopped.abort();
    const ends = [...this.#live.values()].map((trace) => trace.stop());
    const over = new AbortController();
    const ended = Promise.allSettled([this.#expiry?.[Symbol.asyncDispose](), ...ends]);
    await Promise.race([ended, this.#ctx.clock.sleep(STOP_GRACE_MS, over.signal)]);
    over.abort();
  }
}
