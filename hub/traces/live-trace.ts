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
import { toAppError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
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
import { mostBytes } from './allowances.ts';
import type { AnswerStore } from './answer-store.ts';
import { Asides } from './asides.ts';
import { ChangeSignal } from './change-signal.ts';
import { Conduct, type ConductCtx } from './conduct.ts';
import { Delay } from './delay.ts';
import { type Exclusion, listExclusions } from './exclusions-queries.ts';
import { Outbox } from './outbox.ts';
import type { Pace } from './pace.ts';
import { PendingWrites } from './pending-writes.ts';
import type { ProvinceSession } from './province-session.ts';
import * as queries from './queries.ts';
import type { Rest } from './register.ts';
import { type ProvinceTime, Rounds } from './rounds.ts';
import type { AskedProvince, SessionTrace } from './session-trace.ts';
import type { CoverageView, TraceStateWord, TraceStatusView } from './status.ts';
import { StepMeter, type StepReport } from './step-meter.ts';
import type { StoredStatus } from './stored-status.ts';
import { termsOf } from './terms.ts';
import { TraceMemory } from './trace-memory.ts';
import { TraceSessions } from './trace-sessions.ts';
import { markCompleted, type TraceRow } from './traces-queries.ts';
import type { Turns } from './turns.ts';
import { WaitingAnswers } from './waiting-answers.ts';

export interface LiveTraceCtx extends ConductCtx {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: AnswerStore;
  /** The enrolled provinces, and those that were (revoked). */
  readonly provinces: { readonly links: readonly ProvinceLink[] };
  readonly roundDeadlineMs: number;
  /** How long after its refusal a province is asked again; 15 s unless told. */
  readonly refusedRetryMs?: number | undefined;
  readonly pace: Pace;
  /** By province: whose answers that were set aside are taken up. */
  readonly asides: Turns;
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
  readonly #sessions: TraceSessions;
  readonly #conduct: Conduct;
  readonly #asides: Asides;
  readonly #delay: Delay;
  readonly #waiting = new WaitingAnswers();
  readonly #outbox: Outbox;
  readonly #memory: TraceMemory;
  readonly #writes: PendingWrites;
  #openings: AdmittedOpening[];
  #word: TraceStateWord = 'running';
  #startedAtMs: number;
  #completedAtMs: number | null = null;
  /** Since when there has been nothing to do, epoch milliseconds. */
  #idleSinceMs: number | undefined;
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
    this.#delay = new Delay(ctx.logger, row.id);
    this.#asides = new Asides(ctx.asides, this.signal);
    const { db, clock, store, logger } = ctx;
    this.#memory = new TraceMemory({
      traceId: row.id,
      ...{ db, clock, store, logger },
      writes: this.#writes,
      terms: this.#terms(),
    });
    this.#conduct = new Conduct(ctx, row, this.#memory.state);
    this.#outbox = new Outbox({
      traceId: row.id,
      db: ctx.db,
      number: (pseudonyms) => this.#memory.state.number(pseudonyms),
      onView: (view) => {
        this.#conduct.look(view);
        this.#indexKnown = this.#indexKnownIn(view);
      },
    });
    this.#sessions = new TraceSessions(this, row.openedAtMs, ctx.provinces.links);
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
      this.#sessions.of(province)?.heard(answeredAt, header);
    }
    const deliveries = await this.#outbox.restore();
    for (const session of this.#sessions.all) {
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
    for (const session of this.#sessions.all) session.restart();
    this.onProgress();
  }

  /** Stops asking; the fold stays readable. */
  async stop(word?: 'closed'): Promise<void> {
    this.#stopped.abort();
    this.#sessions.close();
    this.#asides.release();
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
    this.#conduct.leaveOut(exclusions);
    for (const session of this.#sessions.all) session.exclude(this.#conduct.whyLeftOut(session.province));
  }

  #indexKnownIn(view: TraceView): number[] {
    const { state } = this.#memory;
    const entries = state.number(packedIndex(state.terms));
    return knownBeyond(view, { entries, opener: Number(this.row.province) });
  }

  /** Whether nothing has been under way for so long; what it waits for needs nothing of it in memory. */
  isAtRest(forMs: number): boolean {
    const since = this.#idleSinceMs;
    const isIdle = since !== undefined && !this.#changes.isMarked && this.#writes.isSettled;
    return isIdle && this.clock.nowMs() - since >= forMs && !this.#sessions.isUnderWay;
  }

  /** What has to be known of it while it is at rest. */
  get rest(): Rest & { readonly startedAtMs: number } {
    return {
      asked: this.#sessions.all.map(({ province }) => province),
      waitsFor: this.#sessions.all.filter((s) => !s.isCurrent).map(({ province }) => province),
      startedAtMs: this.#startedAtMs,
    };
  }

  /** Somebody reads it: it stays for a while. */
  touch(): void {
    if (this.#idleSinceMs !== undefined) this.#idleSinceMs = this.clock.nowMs();
  }

  /** Whether the province takes part in the trace. */
  asks(province: string): boolean {
    return this.#sessions.of(province) !== undefined;
  }

  /** Whether answers of the province leave out identifiers without a token, or did until now. */
  leavesOut(province: string): boolean {
    return this.#sessions.of(province)?.leavesOut ?? false;
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
    const coverage = this.#sessions.all.map((session) => session.coverage(this.#isOlder(session)));
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
        ...(this.#delay.isDelayed ? ['TRACE_DELAYED'] : []),
        ...(this.#hasEmptyWindow ? ['INDEX_WINDOW_EMPTY'] : []),
        ...this.#conduct.alarms,
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
    const joined = this.signal.aborted ? undefined : this.#sessions.join(link);
    if (!joined) return;
    const { session, before } = joined;
    session.exclude(this.#conduct.whyLeftOut(link.province));
    session.ask(this.#memory.seqs);
    // What it was assigned before it was revoked, it is told again.
    if (before) this.#writes.add(() => this.#redeliver(session));
    this.onProgress();
  }

  // --- what sessions ask for and tell
  //   -----------------------------------------------------------------------------

  openings(): readonly AdmittedOpening[] {
    return this.#openings;
  }

  request(seq: number): Uint8Array {
    return this.#memory.request(seq);
  }

  mostBytes(session: AskedProvince, seq: number): number {
    return mostBytes(this.#mayBring(session), this.#memory.rowsOf(seq));
  }

  onTooMuch(session: AskedProvince, seq: number): void {
    session.setAside(seq);
    if (session.exclusion === undefined) this.#conduct.broughtTooMuch(session.province, session.isByItself);
    this.onProgress();
  }

  #mayBring({ province, isByItself }: AskedProvince): number {
    return this.#conduct.mayBring(province, isByItself);
  }

  onAnswer(session: AskedProvince, body: Uint8Array): void {
    this.#take(session, body, this.#mayBring(session));
    this.onProgress();
  }

  #take(session: AskedProvince, body: Uint8Array, most: number): void {
    const take = () => this.#memory.take(session.province, body, most);
    const { seq, header, isHeld, tooMany } = this.#working(take);
    session.heard(nowSeconds(this.clock), header);
    if (tooMany > 0) {
      this.#waiting.add({ session, seq, body, names: tooMany });
      this.onTooMuch(session, seq);
    } else if (isHeld && session.settles(seq, header)) session.settle(seq);
  }

  /** The round is over. */
  #judgeWaiting(): void {
    const mayCome = ({ province, isByItself }: AskedProvince, names: number, beside: number) =>
      names <= this.#conduct.mayBring(province, isByItself, beside);
    for (const { session, body, names } of this.#waiting.judge(mayCome)) this.#take(session, body, names);
  }

  #working<T>(piece: () => T): T {
    return this.#ctx.pace.work(this.id, piece);
  }

  onIncarnation(session: AskedProvince, incarnation: number): void {
    this.beginLife(session.province, incarnation);
  }

  onDelivered(session: AskedProvince, seq: number): void {
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
    this.#sessions.of(province)?.ask(known, least);
    this.onProgress();
  }

  /** The node has started anew: answers of its earlier life are asked again, deliveries sent again. */
  beginLife(province: string, incarnation: number): void {
    const session = this.#sessions.of(province);
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
        if (!this.signal.aborted) this.#delay.over();
      } catch (error) {
        if (!this.signal.aborted) this.#delay.failed(toAppError(error));
        await this.clock.sleep(FAILED_STEP_MS, this.signal);
      }
    }
  }

  async #step(): Promise<void> {
    this.#idleSinceMs = undefined;
    await this.#ctx.pace.turn(this.id, this.signal);
    this.#changes.clear();
    const meter = new StepMeter(this.#memory.bytesIn);
    this.#judgeWaiting();
    const over = this.#working(() => this.#conduct.overspender());
    if (over) return this.leaveOut(await this.#conduct.exclude(over));
    const questions = this.#working(() => this.#memory.state.nextQuestions());
    if (questions.length > 0) return this.#ask(questions, meter);
    if (this.#sessions.isAwaited) return this.#round([], meter, 0);
    await this.#publish(meter);
    if (this.signal.aborted) return;
    this.#delay.over();
    this.#asides.next(this.#sessions.all);
    this.#ctx.pace.rest(this.id);
    this.#idleSinceMs = this.clock.nowMs();
    await this.#changes.next();
  }

  async #ask(questions: TraceQuestion[], meter: StepMeter): Promise<void> {
    const { seqs, bytes } = await meter.storing(this.#memory.log(questions));
    await this.#round(seqs, meter, bytes * this.#sessions.all.length);
  }

  /**
   * Asks; waits until every province that can be waited for has answered, or the deadline gives the others
   * up.
   */
  async #round(seqs: number[], meter: StepMeter, bytesOut: number): Promise<void> {
    const provinces = await this.#rounds.run(this.#sessions.all, {
      start: (session) => session.ask(seqs),
      isBusy: (session) => session.isAwaited,
    });
    this.#sessions.giveUpWaiting();
    this.#report(meter, { step: 'round', messages: seqs.length, bytesOut, provinces });
  }

  /** Nothing is left to ask: tells the provinces what changed, and says how complete the trace is. */
  async #publish(meter: StepMeter): Promise<void> {
    const provinces = await this.#deliver(meter);
    await meter.storing(this.#writes.durable());
    await meter.storing(this.#conduct.tellAlarms());
    if (this.signal.aborted) return;
    for (const session of this.#sessions.all) session.rest();
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
    const provinces = await this.#rounds.run(this.#sessions.all, {
      start: (session) => session.deliver(deliveries.filter((d) => d.province === session.province)),
      isBusy: (session) => session.isDelivering,
    });
    this.#sessions.giveUpWaiting();
    return provinces;
  }

  #report(meter: StepMeter, step: Pick<StepReport, 'step' | 'messages' | 'bytesOut' | 'provinces'>): void {
    this.#ctx.onStep?.({ traceId: this.id, ...step, ...meter.read(this.#memory.bytesIn) });
  }

  #isCurrent(): boolean {
    return this.#sessions.all.every((s) => s.isCurrent && s.exclusion === undefined && !this.#isOlder(s));
  }

  #isOlder(session: ProvinceSession): boolean {
    return this.#memory.state.answersInLinks(Number(session.province));
  }

  #terms(): TraceTerms {
    const opening = this.opening.says;
    const rules = this.#ctx.rulePack(opening.rules);
    if (!rules) throw new Error(`rule pack ${opening.rules} is missing`);
    return termsOf(opening, rules);
  }
}
