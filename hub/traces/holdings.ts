/**
 * What the hub holds of open traces in memory: a trace with its fold while something is under way, nothing
 * when it is at rest. The only place where live traces begin and are let go; which traces are open stands in
 * the register.
 */
import { AppError, toAppError } from '../../shared/errors.ts';
import { admitted } from './admitted-opening.ts';
import { LiveTrace, type LiveTraceCtx } from './live-trace.ts';
import { listOpenings } from './queries.ts';
import type { Register } from './register.ts';
import { RestGate } from './rest-gate.ts';
import { toStored } from './stored-status.ts';
import { markAtRest, markInMotion, moveTraces } from './traces-queries.ts';

/** Traces put to rest in one statement. */
const RESTS_AT_ONCE = 200;

export class Holdings {
  readonly #ctx: LiveTraceCtx;
  readonly #open: Register;
  readonly #live = new Map<string, LiveTrace>();
  readonly #taking = new Map<string, Promise<LiveTrace | undefined>>();
  /** Why traces could not be taken up. */
  readonly #broken = new Map<string, string>();
  readonly #gate = new RestGate();
  /** Incarnation of each province as it has reported last. */
  readonly #lives = new Map<string, number>();
  #stopped = false;

  constructor(ctx: LiveTraceCtx, open: Register) {
    this.#ctx = ctx;
    this.#open = open;
  }

  get(id: string): LiveTrace | undefined {
    return this.#live.get(id);
  }

  get all(): LiveTrace[] {
    return [...this.#live.values()];
  }

  /** Traces that could not be taken up, and why. */
  get broken(): ReadonlyMap<string, string> {
    return this.#broken;
  }

  /** The trace with its fold; undefined if it is not open. Throws FAILED_PRECONDITION TRACE_UNREADABLE. */
  async takeUp(id: string): Promise<LiveTrace | undefined> {
    const live = this.#live.get(id);
    live?.touch();
    if (live || !this.#open.has(id)) return live;
    const taking = this.#taking.get(id) ?? this.#restore(id).finally(() => this.#taking.delete(id));
    this.#taking.set(id, taking);
    return taking;
  }

  async #restore(id: string): Promise<LiveTrace | undefined> {
    const row = await markInMotion(this.#ctx.db, id);
    if (!row) return undefined;
    let trace: LiveTrace | undefined;
    try {
      trace = new LiveTrace(this.#ctx, row, (await listOpenings(this.#ctx.db, id)).map(admitted));
      await trace.restore(row.status);
    } catch (error) {
      await trace?.stop();
      throw this.#unreadable(id, error);
    }
    this.#broken.delete(id);
    if (this.#stopped || !this.#open.has(id)) return trace.stop().then(() => undefined);
    this.hold(trace);
    return trace;
  }

  /** A database that is away breaks no trace. */
  #unreadable(id: string, error: unknown): AppError {
    const cause = toAppError(error);
    if (cause.code === 'UNAVAILABLE') return cause;
    if (!this.#broken.has(id))
      this.#ctx.logger.error({ trace: id, err: cause }, 'a stored trace cannot be taken up');
    this.#broken.set(id, cause.reason);
    const message = 'what is stored of the trace cannot be read';
    return new AppError('FAILED_PRECONDITION', 'TRACE_UNREADABLE', message, { cause });
  }

  /** Begins the work on a trace. */
  hold(trace: LiveTrace): void {
    this.#open.takeUp(trace.id);
    this.#live.set(trace.id, trace);
    // Whatever has changed while it was read.
    for (const link of this.#ctx.provinces.links) trace.join(link);
    for (const [province, incarnation] of this.#lives) trace.beginLife(province, incarnation);
    trace.start();
  }

  /** Ends the work on a trace that was closed. */
  async end(id: string): Promise<void> {
    this.#broken.delete(id);
    const live = this.#live.get(id);
    this.#live.delete(id);
    await live?.stop('closed');
  }

  /**
   * Changes what is stored of a trace, and then the trace; undefined if it is not open. Throws as `takeUp`.
   * A change must not begin another.
   */
  async change<T>(id: string, work: (trace: LiveTrace) => Promise<T>): Promise<{ value: T } | undefined> {
    while (await this.takeUp(id)) {
      const done = await this.#gate.change(async () => {
        const trace = this.#live.get(id);
        return trace && { value: await work(trace) };
      });
      if (done) return done;
      // Put to rest in between.
    }
    return undefined;
  }

  /** Changes what is stored of traces that may be at rest: none is put to rest meanwhile. */
  changing<T>(work: () => Promise<T>): Promise<T> {
    return this.#gate.change(work);
  }

  /** Whether a report in this life brings nothing new by it. */
  knowsLife(province: string, incarnation: number): boolean {
    return incarnation <= (this.#lives.get(province) ?? 0);
  }

  /** A province has said in which life it is: traces are told of a new one. */
  beginLife(province: string, incarnation: number): void {
    if (this.knowsLife(province, incarnation)) return;
    this.#lives.set(province, incarnation);
    for (const trace of this.#live.values()) trace.beginLife(province, incarnation);
  }

  /** Tells a trace that is held, or is just being taken up. */
  tell(id: string, say: (trace: LiveTrace) => void): void {
    const [live, taking] = [this.#live.get(id), this.#taking.get(id)];
    if (live) say(live);
    // Who asked for it hears if it cannot be read.
    else void taking?.then((trace) => trace && say(trace)).catch(() => undefined);
  }

  /** Lets go what has had nothing to do for so long; provinces for which a trace waits no longer. */
  async putToRest(afterMs: number): Promise<Set<string>> {
    const isIdle = (trace: LiveTrace) => trace.isAtRest(afterMs) && this.#live.get(trace.id) === trace;
    const idle = this.all.filter(isIdle);
    const answered = new Set<string>();
    for (let at = 0; at < idle.length; at += RESTS_AT_ONCE) {
      const some = idle.slice(at, at + RESTS_AT_ONCE);
      const answeredHere = await this.#gate.rest(() => this.#rest(some, isIdle));
      for (const province of answeredHere) answered.add(province);
    }
    return answered;
  }

  async #rest(traces: readonly LiveTrace[], isIdle: (trace: LiveTrace) => boolean): Promise<string[]> {
    const { db } = this.#ctx;
    const resting = traces.filter(isIdle);
    const rows = resting.map((trace) => {
      const { asked, waitsFor, startedAtMs } = trace.rest;
      return { id: trace.id, asked, waitsFor, status: toStored(trace.status(), startedAtMs) };
    });
    if (rows.length > 0) await markAtRest(db, rows);
    // A link that came up meanwhile has set some of them in motion.
    const moved = resting.filter((trace) => this.#live.get(trace.id) === trace && !isIdle(trace));
    const answered = resting.flatMap((trace) => (isIdle(trace) ? this.#letGo(trace) : []));
    if (moved.length > 0)
      await moveTraces(
        db,
        moved.map(({ id }) => id),
      );
    return answered;
  }

  #letGo(trace: LiveTrace): string[] {
    this.#live.delete(trace.id);
    const answered = this.#open.putToRest(trace.id, trace.rest);
    void trace.stop();
    return answered;
  }

  /** Stops all work; what is read into memory meanwhile is let go. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.all.map((trace) => trace.stop()));
  }
}
