/**
 * All open traces of the hub: opened, amended, closed, put to rest when nothing is under way, and taken up
 * again when something changes. Whether a caller may do what it asks is decided in operations.ts.
 */
import { nowSeconds } from '../../shared/clock.ts';
import { AppError, toAppError } from '../../shared/errors.ts';
import { type Loop, type LoopWatch, startLoop } from '../../shared/loop.ts';
import type { ProvinceLink } from '../provinces/province-link.ts';
import type { Roster } from '../provinces/roster.ts';
import type { AdmittedOpening } from './admitted-opening.ts';
import { TraceAlarms } from './alarms.ts';
import { PROVINCE_BUDGET, type ProvinceBudget } from './allowances.ts';
import { AnswerStore } from './answer-store.ts';
import { Guesses } from './guesses.ts';
import { Holdings } from './holdings.ts';
import { LiveTrace, type LiveTraceCtx } from './live-trace.ts';
import { Probation } from './overspending.ts';
import { Pace } from './pace.ts';
import { type ProvinceReport, recordProvinceReport, type StaleAnswers } from './queries.ts';
import { storeAmendment, storeClosing, storeTrace } from './record.ts';
import { type OpenTrace, Register } from './register.ts';
import { type Heard, hear, refusalOf } from './said-of-itself.ts';
import { toStored } from './stored-status.ts';
import { listOpenTraces } from './traces-queries.ts';
import { Turns } from './turns.ts';
import { WakeQueue } from './wake-queue.ts';

export interface TraceEngineOptions
  extends Omit<LiveTraceCtx, 'store' | 'provinces' | 'alarms' | 'probation' | 'pace' | 'asides' | 'guesses'> {
  readonly provinces: Pick<Roster, 'links' | 'onChange'>;
  /** How long nothing must have been under way before nothing of a trace is held; 10 s unless told. */
  readonly restAfterMs?: number | undefined;
  /** What one province may cost a trace; PROVINCE_BUDGET unless told. */
  readonly provinceBudget?: Partial<ProvinceBudget> | undefined;
  /** Traces that a province may have open; 20,000 unless told. */
  readonly mostOpen?: number | undefined;
  readonly loops?: LoopWatch | undefined;
}

/** What a report says of a province's answers. */
export interface ReportedAnswers extends Heard {
  readonly stale: readonly StaleAnswers[];
}

const EXPIRY_SWEEP_MS = 60_000;
const REST_AFTER_MS = 10_000;
const MOST_OPEN = 20_000;
/** A province that refuses is asked again about a few traces at rest; if it answers, about more. */
const PROBE = { everyMs: 15_000, traces: 4, more: 40 };
const STOP_GRACE_MS = 4_000;

export class TraceEngine implements AsyncDisposable {
  readonly #ctx: LiveTraceCtx;
  readonly #options: TraceEngineOptions;
  readonly #open = new Register();
  readonly alarms: TraceAlarms;
  readonly probation: Probation;
  readonly #holdings: Holdings;
  readonly #wakes: WakeQueue;
  /** What is being done to traces. */
  readonly #turns = new Turns();
  readonly #stopped = new AbortController();
  readonly #stopListening: (() => void)[] = [];
  #loops: Loop[] = [];

  constructor(options: TraceEngineOptions) {
    const { db, clock, logger, loops: watch, provinces } = options;
    this.#options = options;
    this.alarms = new TraceAlarms({ db, clock, logger });
    this.probation = new Probation({ ...PROVINCE_BUDGET, ...options.provinceBudget });
    this.#ctx = {
      ...{ ...options, alarms: this.alarms, probation: this.probation },
      ...{ pace: new Pace(clock), asides: new Turns(), guesses: new Guesses(clock) },
      store: new AnswerStore({ db, clock, signal: this.#stopped.signal }),
    };
    this.#holdings = new Holdings(this.#ctx, this.#open);
    const take = async (id: string) => void (await this.takeUp(id));
    this.#wakes = new WakeQueue({ clock, logger, watch, take });
    for (const link of provinces.links) this.#follow(link);
    this.#stopListening.push(provinces.onChange(({ joined }) => this.#join(joined)));
  }

  /**
   * Learns of all open traces; those in motion are taken up in the background, those at rest when something
   * changes.
   */
  async start(): Promise<void> {
    await this.alarms.load();
    await this.probation.load(this.#ctx.db);
    for (const row of await listOpenTraces(this.#ctx.db)) {
      this.#open.add(row, row.isAtRest ? row : undefined);
      if (!row.isAtRest) this.#wakes.add([row.id]);
    }
    const { links } = this.#ctx.provinces;
    this.#wakeUnasked();
    for (const { province, state } of links)
      if (state === 'up') this.#wakes.add(this.#open.waitingFor(province));
    await this.#closeRevoked();
    const { restAfterMs = REST_AFTER_MS } = this.#options;
    this.#loops = [
      this.#loop('trace-expiry', EXPIRY_SWEEP_MS, () => this.closeEnded()),
      this.#loop('trace-rest', restAfterMs / 4, () => this.putToRest()),
      this.#loop('trace-probe', PROBE.everyMs, async () => this.probe()),
    ];
  }

  /** The trace if it is held in memory. */
  get(id: string): LiveTrace | undefined {
    return this.#holdings.get(id);
  }

  /** Whether the trace is open. */
  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** Why the trace could not be taken up, if it could not. */
  brokenBecause(id: string): string | undefined {
    return this.#holdings.broken.get(id);
  }

  /** Why a province answers nothing at all, empty if it does. */
  refusalOf(province: string): string {
    return refusalOf(this.#ctx, province);
  }

  /** What an operator should look at. */
  warnings(): string[] {
    return [...this.#holdings.broken].map(([id, reason]) => `trace ${id}: TRACE_UNREADABLE: ${reason}`);
  }

  /** How many traces are open, held in memory, at rest, and cannot be taken up. */
  figures(): { open: number; held: number; resting: number; unreadable: number } {
    const { size: open, resting } = this.#open;
    return { open, held: this.#holdings.all.length, resting, unreadable: this.#holdings.broken.size };
  }

  /** Resolves when all that was asked for the trace before is done; who comes next waits for its disposal. */
  takeTurn(id: string): Promise<AsyncDisposable> {
    return this.#turns.take(id);
  }

  /** The trace with its fold; undefined if it is not open. Throws FAILED_PRECONDITION TRACE_UNREADABLE. */
  takeUp(id: string): Promise<LiveTrace | undefined> {
    return this.#holdings.takeUp(id);
  }

  /** Stores and starts a new trace. Throws RESOURCE_EXHAUSTED TOO_MANY_OPEN_TRACES. */
  async open(trace: OpenTrace, opening: AdmittedOpening): Promise<void> {
    const { mostOpen = MOST_OPEN } = this.#options;
    if (this.#open.countOf(trace.province) >= mostOpen) {
      const message = `the province has ${mostOpen} open traces: close some first`;
      throw new AppError('RESOURCE_EXHAUSTED', 'TOO_MANY_OPEN_TRACES', message, {
        params: { most: mostOpen },
      });
    }
    this.#open.add(trace);
    try {
      const openedAtMs = await storeTrace(this.#ctx.db, trace, opening, nowSeconds(this.#ctx.clock));
      const row = { id: trace.id, province: trace.province, openedAtMs, completedAtMs: null };
      this.#holdings.hold(new LiveTrace(this.#ctx, row, [opening]));
    } catch (error) {
      // If it was stored all the same it is adopted when its province asks again.
      if (!this.get(trace.id)) this.#open.remove(trace.id);
      throw error;
    }
  }

  /** Goes on with a trace that was stored, though nobody heard of it. */
  adopt(trace: OpenTrace): void {
    if (this.#open.has(trace.id)) return;
    this.#open.add(trace);
    this.#wakes.add([trace.id]);
  }

  /** Stores the next revision of a trace's opening and goes on under it. */
  async amend(id: string, opening: AdmittedOpening): Promise<void> {
    await this.#holdings.change(id, async (trace) => {
      await storeAmendment(this.#ctx.db, id, opening, nowSeconds(this.#ctx.clock));
      trace.amend(opening);
    });
  }

  /**
   * Changes what is stored of a trace, and then the trace; undefined if it is not open. Throws as `takeUp`.
   */
  change<T>(id: string, work: (trace: LiveTrace) => Promise<T>): Promise<{ value: T } | undefined> {
    return this.#holdings.change(id, work);
  }

  /**
   * What a province says of itself and of its answers; durable when it resolves. Traces are told of a life
   * that is new, of answers that no longer hold, and of identifiers that have their tokens.
   */
  async report(report: ProvinceReport, { stale, ...said }: ReportedAnswers): Promise<void> {
    const { province, incarnation } = report;
    const store = async () => {
      this.#wakes.add(await recordProvinceReport(this.#ctx.db, report, stale));
      for (const { traceId, seqs } of stale)
        this.#holdings.tell(traceId, (trace) => trace.markStale(province, seqs, report));
      this.#holdings.beginLife(province, incarnation);
    };
    const changesNothing = stale.length === 0 && this.#holdings.knowsLife(province, incarnation);
    await (changesNothing ? store() : this.#holdings.changing(store));
    const wake = (of: string) => this.#wakes.add(this.#open.waitingFor(of));
    hear({ ...this.#ctx, traces: () => this.#holdings.all, wake }, province, said);
  }

  /** Ends a trace, at the word of its province or because it has expired: nothing is asked any more. */
  async close(id: string, province?: string): Promise<void> {
    const { db, clock } = this.#ctx;
    const live = this.get(id);
    const status = live && toStored(live.status(), live.rest.startedAtMs);
    await storeClosing(db, id, { province, status, now: nowSeconds(clock) });
    this.#open.remove(id);
    await this.#holdings.end(id);
    this.alarms.forget(id);
    await this.probation.review(db);
  }

  async #closeRevoked(): Promise<void> {
    await this.closeEnded().catch((error: unknown) => {
      this.#ctx.logger.error({ err: toAppError(error) }, 'traces could not be closed');
    });
  }

  /**
   * Ends all that has expired, and all of provinces that were revoked: nothing is asked under their openings.
   * Rejects with the first failure when all have been tried.
   */
  async closeEnded(): Promise<void> {
    const revoked = this.#ctx.provinces.links.filter((link) => link.isRevoked);
    const ended = new Set(this.#open.expired(nowSeconds(this.#ctx.clock)));
    for (const { province } of revoked) for (const id of this.#open.openedBy(province)) ended.add(id);
    const failures: unknown[] = [];
    for (const id of ended) await this.close(id).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  /** Lets go what has had nothing to do for a while. */
  async putToRest(): Promise<void> {
    const answered = await this.#holdings.putToRest(this.#options.restAfterMs ?? REST_AFTER_MS);
    for (const province of answered) this.#wakes.add(this.#open.waitingFor(province, PROBE.more));
  }

  /** Traces at rest that wait for a node are taken up when it is back. */
  #follow(link: ProvinceLink): void {
    const stop = link.onChange(() => {
      if (link.state === 'up') this.#wakes.add(this.#open.waitingFor(link.province));
    });
    this.#stopListening.push(stop);
  }

  #join(joined: readonly ProvinceLink[]): void {
    for (const link of joined) this.#follow(link);
    for (const trace of this.#holdings.all) for (const link of joined) trace.join(link);
    this.#wakeUnasked();
    void this.#closeRevoked();
  }

  /** Traces at rest in which a province was never asked. */
  #wakeUnasked(): void {
    const enrolled = this.#ctx.provinces.links.filter((link) => !link.isRevoked);
    this.#wakes.add(this.#open.notAskedYet(enrolled.map(({ province }) => province)));
  }

  /** Asks provinces that are there about some traces that wait for them: a refusal may have ended. */
  probe(): void {
    for (const { province, state } of this.#ctx.provinces.links)
      if (state === 'up') this.#wakes.add(this.#open.waitingFor(province, PROBE.traces));
  }

  #loop(name: string, everyMs: number, pass: () => Promise<void>): Loop {
    const { clock, logger, loops: watch } = this.#options;
    return startLoop({ name, everyMs, firstInMs: everyMs, clock, logger, watch, pass });
  }

  /** Waits a moment for what is under way; a database that does not answer is cut off with the pool. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stopListening) stop();
    this.#stopped.abort();
    const loops = [this.#wakes, ...this.#loops].map((loop) => loop[Symbol.asyncDispose]());
    const over = new AbortController();
    const ended = Promise.allSettled([this.#holdings.stop(), ...loops]);
    await Promise.race([ended, this.#ctx.clock.sleep(STOP_GRACE_MS, over.signal)]);
    over.abort();
  }
}
