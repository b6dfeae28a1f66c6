/**
 * One open trace: its fold, its log of questions, and the rounds in which the provinces are asked. The loop
 * is
 *
 *   what is still to ask? → log it, ask every province → wait for the round → fold … → nothing left: publish
 *
 * and starts again with every late answer, changed answer or amended opening until the trace is closed.
 */

import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { type AppError, toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { alarmsOf } from '../../shared/trace/alarms.ts';
import type { Charge } from '../../shared/trace/charges.ts';
import type { OnExposure } from '../../shared/trace/contacts.ts';
import { knownBeyond } from '../../shared/trace/index-known.ts';
import {
  type AnswerVersion,
  packedIndex,
  type TraceQuestion,
  type TraceTerms,
} from '../../shared/trace/messages.ts';
import type { TraceState, TraceView } from '../../shared/trace/trace-state.ts';
import type { ProvinceLink } from '../provinces/province-link.ts';
import type { AdmittedOpening } from './admitted-opening.ts';
import type { Found, TraceAlarms } from './alarms.ts';
import type { AnswerStore } from './answer-store.ts';
import { provinceCode } from './assignments.ts';
import { ChangeSignal } from './change-signal.ts';
import { type Exclusion, listExclusions } from './exclusions-queries.ts';
import { Outbox } from './outbox.ts';
import { excludeOverspender, INVENTED_NAMES, type Probation } from './overspending.ts';
import { PendingWrites } from './pending-writes.ts';
import { ProvinceSession, type SessionTrace } from './province-session.ts';
import * as queries from './queries.ts';
import type { Rest } from './register.ts';
import { type ProvinceTime, Rounds } from './rounds.ts';
import type { CoverageView, TraceStateWord, TraceStatusView } from './status.ts';
import { StepMeter, type StepReport } from './step-meter.ts';
import type { StoredStatus } from './stored-status.ts';
import { termsOf } from './terms.ts';
import { TraceMemory } from './trace-memory.ts';
import { markCompleted, type TraceRow } from './traces-queries.ts';

export interface LiveTraceCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: AnswerStore;
  /** The enrolled provinces, and those that were (revoked). */
  readonly provinces: { readonly links: readonly ProvinceLink[] };
  readonly roundDeadlineMs: number;
  /** How long after its refusal a province is asked again; 15 s unless told. */
  readonly refusedRetryMs?: number | undefined;
  readonly alarms: Pick<TraceAlarms, 'of' | 'tell'>;
  readonly probation: Pick<Probation, 'add' | 'budgetOf' | 'least'>;
  /** Rule packs by number. */
  rulePack(number: number): RulePack | undefined;
  /** Provinces asked at the same time; all unless told. */
  readonly fanout?: number | undefined;
  /** Called after each step of a trace with what it took. */
  onStep?(step: StepReport): void;
}

/** Of a trace's row, what its work needs. */
export type TraceOrigin = Pick<TraceRow, 'id' | 'province' | 'openedAtMs' | 'completedAtMs'>;

const FAILED_STEP_MS = 1_000;
const REFUSED_RETRY_MS = 15_000;

export class LiveTrace implements SessionTrace {
  readonly id: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly refusedRetryMs: number;
  readonly row: TraceOrigin;
  readonly #ctx: LiveTraceCtx;
  readonly #stopped = new AbortController();
  #sessions: ProvinceSession[];
  readonly #outbox: Outbox;
  readonly #memory: TraceMemory;
  readonly #writes: PendingWrites;
  #openings: AdmittedOpening[];
  /** Provinces that do not count. */
  #leftOut: readonly Exclusion[] = [];
  /** Names in single answers that were more than their province may bring in: they are not held. */
  readonly #floods = new Map<string, number>();
  /** Names for which provinces were left out. */
  #invented: number;
  #word: TraceStateWord = 'running';
  #startedAtMs: number;
  #completedAtMs: number | null = null;
  /** Since when there has been nothing to do, epoch milliseconds. */
  #idleSinceMs: number | undefined;
  /** Steps in a row that failed, and why the last one did. */
  #delay: { readonly steps: number; readonly reason: string } | undefined;
  /** What the operators should look at, as the trace was published last. */
  #alarms: Found;
  /** Of an index person, as the trace was published last. */
  #hasEmptyWindow = false;
  #indexKnown: readonly number[] = [];
  readonly #changes = new ChangeSignal(this.#stopped.signal);
  readonly #rounds: Rounds;
  #running: Promise<void> | undefined;

  /** @param openings all revisions, ascending. */
  constructor(ctx: LiveTraceCtx, row: TraceOrigin, openings: AdmittedOpening[]) {
    this.id = row.id;
    this.row = row;
    this.#ctx = ctx;
    this.clock = ctx.clock;
    this.logger = ctx.logger;
    this.refusedRetryMs = ctx.refusedRetryMs ?? REFUSED_RETRY_MS;
    this.signal = this.#stopped.signal;
    this.#writes = new PendingWrites(ctx.logger);
    this.#openings = openings;
    this.#startedAtMs = row.openedAtMs;
    this.#completedAtMs = row.completedAtMs;
    this.#alarms = ctx.alarms.of(row.id);
    this.#invented = this.#alarms.get('NAMES_OVER_BUDGET') ?? 0;
    const { db, clock, store, logger } = ctx;
    this.#memory = new TraceMemory({
      traceId: row.id,
      ...{ db, clock, store, logger },
      writes: this.#writes,
      terms: this.#terms(),
    });
    this.#outbox = new Outbox({
      traceId: row.id,
      db: ctx.db,
      number: (pseudonyms) => this.#memory.state.number(pseudonyms),
      onView: (view) => {
        this.#alarms = this.#alarmsIn(view);
        this.#indexKnown = this.#indexKnownIn(view);
      },
    });
    const asked = ctx.provinces.links.filter((link) => this.#mayAsk(link));
    this.#sessions = asked.map((link) => new ProvinceSession(link, this));
    this.#rounds = new Rounds({
      clock: ctx.clock,
      changes: this.#changes,
      deadlineMs: ctx.roundDeadlineMs,
      fanout: ctx.fanout,
      stop: this.signal,
    });
  }

  /**
   * Takes up a stored trace where it was left: folds the answers held, asks again for what is missing.
   * `last` is how it stood when it was put to rest.
   */
  async restore(last?: StoredStatus | null): Promise<void> {
    if (last) {
      this.#word = last.state;
      this.#startedAtMs = last.startedAtMs;
      this.#hasEmptyWindow = last.warnings?.includes('INDEX_WINDOW_EMPTY') ?? false;
      this.#indexKnown = last.indexKnown ?? [];
    }
    // First: what is not counted is not taken into memory.
    this.#leaveOut(await listExclusions(this.#ctx.db, this.id));
    const held = new Set<string>();
    for (const { province, seq, stale, answeredAt, header } of await this.#memory.restore()) {
      if (!stale) held.add(`${province} ${seq}`);
      this.#session(province)?.heard(answeredAt, header);
    }
    const deliveries = await this.#outbox.restore();
    for (const session of this.#sessions) {
      session.deliver(deliveries.filter((d) => d.province === session.province));
      session.ask(this.#memory.seqs.filter((seq) => !held.has(`${session.province} ${seq}`)));
    }
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The next revision of the opening. */
  amend(opening: AdmittedOpening): void {
    this.#openings = [...this.#openings, opening];
    this.#memory.state.amend(this.#terms());
    this.#startedAtMs = this.clock.nowMs();
    this.#completedAtMs = null;
    this.#word = 'running';
    for (const session of this.#sessions) session.restart();
    this.onProgress();
  }

  /** Stops asking; the fold stays readable. */
  async stop(word?: 'closed'): Promise<void> {
    this.#stopped.abort();
    for (const session of this.#sessions) session.close();
    if (word) this.#word = word;
    await this.#running;
    await this.#writes.settled();
  }

  /** When the opening in force ends, epoch seconds. */
  get expiresAt(): number {
    return this.opening.says.expires_at;
  }

  /** The opening in force, as its province signed it. */
  get opening(): AdmittedOpening {
    return this.#openings.at(-1) as AdmittedOpening;
  }

  view(onExposure?: OnExposure): TraceView {
    return this.#memory.state.view(onExposure);
  }

  /** The fold as if `provinces` (by number) had never answered; a copy, for reading. */
  stateWithout(provinces: ReadonlySet<number>): TraceState {
    return this.#memory.state.without((province) => provinces.has(province));
  }

  /** From now on these provinces are asked and told, and what they say does not count. */
  leaveOut(exclusions: readonly Exclusion[]): void {
    this.#leaveOut(exclusions);
    this.#word = 'running';
    this.onProgress();
  }

  #leaveOut(exclusions: readonly Exclusion[]): void {
    if (exclusions.length === 0 && this.#leftOut.length === 0) return;
    this.#leftOut = exclusions;
    this.#memory.state.leaveOut(new Set(exclusions.map(({ province }) => Number(province))));
    for (const session of this.#sessions) {
      const isBack = session.exclusion !== undefined && this.#whyLeftOut(session.province) === undefined;
      session.exclusion = this.#whyLeftOut(session.province);
      // What it was asked and that was not held, it is asked again.
      if (isBack) session.restart();
    }
  }

  #whyLeftOut(province: string): string | undefined {
    return this.#leftOut.find((one) => one.province === province)?.reason;
  }

  #indexKnownIn(view: TraceView): number[] {
    const { state } = this.#memory;
    const entries = state.number(packedIndex(state.terms));
    return knownBeyond(view, { entries, opener: Number(this.row.province) });
  }

  #alarmsIn(view: TraceView): Found {
    const alarms = new Map(alarmsOf(view, Number(this.row.province)));
    const isOverspent = this.#leftOut.some(({ reason }) => reason === INVENTED_NAMES);
    if (isOverspent) alarms.set('NAMES_OVER_BUDGET', Math.max(1, this.#invented));
    return alarms;
  }

  /** Whether nothing has been under way for so long; what it waits for needs nothing of it in memory. */
  isAtRest(forMs: number): boolean {
    const since = this.#idleSinceMs;
    const isIdle = since !== undefined && !this.#changes.isMarked && this.#writes.isSettled;
    return isIdle && this.clock.nowMs() - since >= forMs && this.#sessions.every((s) => !s.isUnderWay);
  }

  /** What has to be known of it while it is at rest. */
  get rest(): Rest & { readonly startedAtMs: number } {
    return {
      asked: this.#sessions.map(({ province }) => province),
      waitsFor: this.#sessions.filter((s) => !s.isCurrent).map(({ province }) => province),
      startedAtMs: this.#startedAtMs,
    };
  }

  /** Somebody reads it: it stays for a while. */
  touch(): void {
    if (this.#idleSinceMs !== undefined) this.#idleSinceMs = this.clock.nowMs();
  }

  /** Whether the province takes part in the trace. */
  asks(province: string): boolean {
    return this.#session(province) !== undefined;
  }

  /** Whether answers of the province leave out identifiers without a token, or did until now. */
  leavesOut(province: string): boolean {
    return this.#session(province)?.leavesOut ?? false;
  }

  /** How a province stands to a contact of which it was told; 32 hex digits. */
  standingOf(contactId: string, province: string): 'owner' | 'claimant' | undefined {
    return this.#outbox.standingOf(contactId, province);
  }

  /** The province is responsible for the contact from now on: both are told. */
  moveContact(contactId: string, province: string): void {
    this.#outbox.moveContact(contactId, province);
    this.onProgress();
  }

  holdsContacts(province: string): boolean {
    return this.#outbox.holdsContacts(province);
  }

  status(): TraceStatusView {
    const { terms } = this.#memory.state;
    const coverage = this.#sessions.map((session) => session.coverage(this.#isOlder(session)));
    return {
      id: this.id,
      state: this.#word === 'complete' && !this.#isCurrent() ? 'partial' : this.#word,
      province: this.row.province,
      rules: terms.rules.number,
      direction: terms.direction,
      maxDegree: terms.maxDegree,
      asOf: terms.asOf,
      revision: this.opening.revision,
      coverage,
      ...this.#outbox.counts(),
      claimants: this.#outbox.claimants(),
      questions: this.#memory.seqs.length,
      awaited: coverage.reduce((sum, { behind }) => sum + behind, 0),
      openedAtMs: this.row.openedAtMs,
      completedAtMs: this.#completedAtMs,
      elapsedMs: (this.#completedAtMs ?? this.clock.nowMs()) - this.#startedAtMs,
      warnings: [
        ...(this.#delay ? ['TRACE_DELAYED'] : []),
        ...(this.#hasEmptyWindow ? ['INDEX_WINDOW_EMPTY'] : []),
        ...this.#alarms.keys(),
      ],
      indexKnown: coverage.some((one) => this.#isHeardBeyond(one)) ? this.#indexKnown : [],
    };
  }

  /** Whether another province than the one that opened the trace has answered, and counts. */
  #isHeardBeyond({ province, answeredAt, state }: CoverageView): boolean {
    return province !== this.row.province && answeredAt > 0 && state !== 'excluded';
  }

  /** A province was enrolled while the trace is open: it is asked everything. Idempotent. */
  join(link: ProvinceLink): void {
    if (this.signal.aborted || !this.#mayAsk(link)) return;
    const before = this.#session(link.province);
    if (before?.link === link) return;
    before?.close();
    const session = new ProvinceSession(link, this);
    session.exclusion = this.#whyLeftOut(link.province);
    this.#sessions = [...this.#sessions.filter((other) => other !== before), session];
    session.ask(this.#memory.seqs);
    // What it was assigned before it was revoked, it is told again.
    if (before) this.#writes.add(() => this.#redeliver(session));
    this.onProgress();
  }

  /** A province that was revoked before the trace was opened never was part of it. */
  #mayAsk({ revokedAtMs }: ProvinceLink): boolean {
    return revokedAtMs === undefined || revokedAtMs > this.row.openedAtMs;
  }

  // --- what sessions ask for and tell
  //   -----------------------------------------------------------------------------

  openings(): readonly AdmittedOpening[] {
    return this.#openings;
  }

  request(seq: number): Uint8Array {
    return this.#memory.request(seq);
  }

  onAnswer(session: ProvinceSession, body: Uint8Array): void {
    const { names: most } = this.#ctx.probation.budgetOf(session.province);
    const { seq, header, isHeld, names } = this.#memory.take(session.province, body, most);
    if (names > most && session.exclusion === undefined) {
      this.#floods.set(session.province, names);
      // Nobody waits for it: that it is left out is stored in a moment.
      session.exclusion = INVENTED_NAMES;
    }
    session.heard(nowSeconds(this.clock), header);
    if (isHeld && session.settles(seq, header)) session.settle(seq);
    this.onProgress();
  }

  onIncarnation(session: ProvinceSession, incarnation: number): void {
    this.beginLife(session.province, incarnation);
  }

  onDelivered(session: ProvinceSession, seq: number): void {
    this.#writes.add(() => queries.markDelivered(this.#ctx.db, this.id, session.province, seq));
    this.onProgress();
  }

  onProgress(): void {
    this.#changes.mark();
  }

  // --- what nodes report
  //   --------------------------------------------------------------------------------------------

  /** Answers of this province to `seqs` no longer hold; those of the state `least` or later will. */
  markStale(province: string, seqs: readonly number[], least: AnswerVersion): void {
    const known = seqs.filter((seq) => this.#memory.has(seq));
    this.#session(province)?.ask(known, least);
    this.onProgress();
  }

  /** The node has started anew: answers of its earlier life are asked again, deliveries sent again. */
  beginLife(province: string, incarnation: number): void {
    const session = this.#session(province);
    if (!session) return;
    session.beginLife(incarnation);
    const old = this.#memory.answeredBefore(province, incarnation);
    if (old.length === 0) return;
    session.ask(old);
    this.#writes.add(() => this.#redeliver(session));
    this.onProgress();
  }

  /** Tries until it succeeds: a node that lost its contacts would not get them again. */
  async #redeliver(session: ProvinceSession): Promise<void> {
    while (!this.signal.aborted) {
      try {
        return session.deliver(await this.#outbox.of(session.province));
      } catch (error) {
        this.logger.warn({ trace: this.id, err: toAppError(error) }, 'deliveries could not be read');
        await this.clock.sleep(FAILED_STEP_MS, this.signal);
      }
    }
  }

  // --- the loop
  //   -----------------------------------------------------------------------------------------------------

  /** Runs until the trace is stopped; a database that is away only delays it. */
  async #run(): Promise<void> {
    while (!this.signal.aborted) {
      try {
        await this.#step();
        this.#delayed(undefined);
      } catch (error) {
        this.#delayed(toAppError(error));
        await this.clock.sleep(FAILED_STEP_MS, this.signal);
      }
    }
  }

  /** Logs the first failure of a row, and that it is over. */
  #delayed(err: AppError | undefined): void {
    if (this.signal.aborted) return;
    const steps = this.#delay?.steps ?? 0;
    if (err && steps === 0) this.logger.error({ trace: this.id, err }, 'trace delayed');
    if (!err && steps > 0) this.logger.info({ trace: this.id, failures: steps }, 'trace goes on');
    this.#delay = err && { steps: steps + 1, reason: err.reason };
  }

  async #step(): Promise<void> {
    this.#idleSinceMs = undefined;
    this.#changes.clear();
    const meter = new StepMeter(this.#memory.bytesIn);
    const over = this.#overspender();
    if (over) return this.#exclude(over);
    const questions = this.#memory.state.nextQuestions();
    if (questions.length > 0) return this.#ask(questions, meter);
    if (this.#sessions.some((s) => s.isAwaited)) return this.#round([], meter, 0);
    await this.#publish(meter);
    this.#delayed(undefined);
    this.#idleSinceMs = this.clock.nowMs();
    await this.#changes.next();
  }

  #overspender(): (Charge & { readonly province: number }) | undefined {
    const [flooded] = this.#floods;
    if (flooded) return { province: Number(flooded[0]), names: flooded[1], questions: 0 };
    const { probation } = this.#ctx;
    const mostOf = (province: number) => probation.budgetOf(provinceCode(province));
    return this.#memory.state.overspender(probation.least, mostOf);
  }

  /** Who has brought in too many names is not asked about any of them, and counts no more. */
  async #exclude({ province, names, questions }: Charge & { readonly province: number }): Promise<void> {
    const overspender = { id: this.id, province: provinceCode(province), names, questions };
    const left = await excludeOverspender(this.#ctx, overspender);
    this.#invented += names;
    this.#floods.delete(overspender.province);
    this.#ctx.probation.add(overspender.province);
    this.leaveOut(left);
  }

  async #ask(questions: TraceQuestion[], meter: StepMeter): Promise<void> {
    const { seqs, bytes } = await meter.storing(this.#memory.log(questions));
    await this.#round(seqs, meter, bytes * this.#sessions.length);
  }

  /**
   * Asks; waits until every province that can be waited for has answered, or the deadline gives the others
   * up.
   */
  async #round(seqs: number[], meter: StepMeter, bytesOut: number): Promise<void> {
    const provinces = await this.#rounds.run(this.#sessions, {
      start: (session) => session.ask(seqs),
      isBusy: (session) => session.isAwaited,
    });
    for (const session of this.#sessions) session.giveUpWaiting();
    this.#report(meter, { step: 'round', messages: seqs.length, bytesOut, provinces });
  }

  /** Nothing is left to ask: tells the provinces what changed, and says how complete the trace is. */
  async #publish(meter: StepMeter): Promise<void> {
    const provinces = await this.#deliver(meter);
    await meter.storing(this.#writes.durable());
    await meter.storing(this.#ctx.alarms.tell(this.row, this.#alarms));
    if (this.signal.aborted) return;
    for (const session of this.#sessions) session.rest();
    this.#hasEmptyWindow = this.#memory.state.hasEmptyWindow();
    const complete = this.#isCurrent() && this.#memory.state.nextQuestions().length === 0;
    this.#word = complete ? 'complete' : 'partial';
    if (complete !== (this.#completedAtMs !== null)) {
      this.#completedAtMs = complete ? this.clock.nowMs() : null;
      await meter.storing(markCompleted(this.#ctx.db, this.id, this.#completedAtMs));
    }
    this.#report(meter, { step: 'publish', messages: provinces.length, bytesOut: 0, provinces });
  }

  async #deliver(meter: StepMeter): Promise<ProvinceTime[]> {
    const deliveries = await meter.storing(this.#outbox.next(this.#memory.state));
    const provinces = await this.#rounds.run(this.#sessions, {
      start: (session) => session.deliver(deliveries.filter((d) => d.province === session.province)),
      isBusy: (session) => session.isDelivering,
    });
    for (const session of this.#sessions) session.giveUpWaiting();
    return provinces;
  }

  #report(meter: StepMeter, step: Pick<StepReport, 'step' | 'messages' | 'bytesOut' | 'provinces'>): void {
    this.#ctx.onStep?.({ traceId: this.id, ...step, ...meter.read(this.#memory.bytesIn) });
  }

  #isCurrent(): boolean {
    return this.#sessions.every((s) => s.isCurrent && s.exclusion === undefined && !this.#isOlder(s));
  }

  #isOlder(session: ProvinceSession): boolean {
    return this.#memory.state.answersInLinks(Number(session.province));
  }

  #session(province: string): ProvinceSession | undefined {
    return this.#sessions.find((s) => s.province === province);
  }

  #terms(): TraceTerms {
    const opening = this.opening.says;
    const rules = this.#ctx.rulePack(opening.rules);
    if (!rules) throw new Error(`rule pack ${opening.rules} is missing`);
    return termsOf(opening, rules);
  }
}
