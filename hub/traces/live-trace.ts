/**
 * One open trace: its fold, its log of questions, and the rounds in which the provinces are asked. The loop is
 *
 *   what is still to ask? → log it, ask every province → wait for the round → fold → … → nothing left: publish
 *
 * and starts again with every late answer, changed answer or amended opening until the trace is closed.
 */
import { type Opening, readAdmittedOpening } from '../../shared/auth/opening.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { toAppError } from '../../shared/errors.ts';
import { decodeAnswer, decodeQuestion, encodeQuestion } from '../../shared/grpc/trace-messages.ts';
import type { Logger } from '../../shared/log.ts';
import type { OnExposure } from '../../shared/trace/contacts.ts';
import type { TraceQuestion, TraceTerms } from '../../shared/trace/messages.ts';
import { TraceState, type TraceView } from '../../shared/trace/trace-state.ts';
import type { ProvinceLink } from '../provinces/province-link.ts';
import type { AnswerStore } from './answer-store.ts';
import { Assignments, type Delivery } from './assignments.ts';
import { ChangeSignal } from './change-signal.ts';
import { ProvinceSession, type SessionTrace } from './province-session.ts';
import * as queries from './queries.ts';
import { type ProvinceTime, Rounds } from './rounds.ts';
import type { TraceStateWord, TraceStatusView } from './status.ts';
import { StepMeter } from './step-meter.ts';
import { termsOf } from './terms.ts';
import { encodeRequest } from './wire.ts';

export interface LiveTraceContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: AnswerStore;
  readonly links: readonly ProvinceLink[];
  readonly roundDeadlineMs: number;
  /** Rule packs by number. */
  rulePack(number: number): RulePack | undefined;
  /** Provinces asked at the same time. */
  readonly fanout: number;
  /** Called after each step of a trace with what it took. */
  onStep?(step: StepReport): void;
}

/** What one round of questions, or one publication, took. */
export interface StepReport {
  readonly traceId: string;
  readonly step: 'round' | 'publish';
  /** Questions asked, or deliveries sent. */
  readonly messages: number;
  readonly ms: number;
  /** The hub's own processor time. */
  readonly cpuMs: number;
  /** Waiting for the hub's database. */
  readonly storeMs: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** What each province took that had something to do. */
  readonly provinces: readonly ProvinceTime[];
}

const FAILED_STEP_MS = 1_000;

export class LiveTrace implements SessionTrace {
  readonly id: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly row: queries.TraceRow;
  readonly #ctx: LiveTraceContext;
  readonly #stopped = new AbortController();
  readonly #sessions: ProvinceSession[];
  readonly #assignments: Assignments;
  readonly #questions = new Map<number, TraceQuestion>();
  readonly #requests = new Map<number, Uint8Array>();
  readonly #unstored = new Set<Promise<void>>();
  #openings: queries.OpeningRow[];
  #state: TraceState;
  #word: TraceStateWord = 'running';
  #startedAtMs: number;
  #completedAtMs: number | null = null;
  readonly #changes = new ChangeSignal(this.#stopped.signal);
  readonly #rounds: Rounds;
  #running: Promise<void> | undefined;
  #bytesIn = 0;
  /** Planned, not stored yet. */
  #undelivered: Delivery[] = [];

  /** @param openings all revisions, ascending. */
  constructor(ctx: LiveTraceContext, row: queries.TraceRow, openings: queries.OpeningRow[]) {
    this.id = row.id;
    this.row = row;
    this.#ctx = ctx;
    this.clock = ctx.clock;
    this.logger = ctx.logger;
    this.signal = this.#stopped.signal;
    this.#openings = openings;
    this.#startedAtMs = row.openedAtMs;
    this.#state = new TraceState(this.#terms());
    this.#assignments = new Assignments(row.id);
    this.#sessions = ctx.links.map((link) => new ProvinceSession(link, this));
    this.#rounds = new Rounds({
      clock: ctx.clock,
      changes: this.#changes,
      deadlineMs: ctx.roundDeadlineMs,
      fanout: ctx.fanout,
      stop: this.signal,
    });
  }

  /** Takes up a stored trace where it was left: folds the answers held, asks again for what is missing. */
  async restore(): Promise<void> {
    const { db } = this.#ctx;
    for (const { body } of await queries.listQuestions(db, this.id)) this.#log(decodeQuestion(body));
    const held = new Set<string>();
    for (const stored of await queries.listAnswers(db, this.id)) {
      const session = this.#session(stored.province);
      if (!session) continue;
      const { answer, header } = decodeAnswer(stored.body);
      this.#state.apply(Number(stored.province), answer, header);
      if (!stored.stale) held.add(`${stored.province} ${stored.seq}`);
      session.answeredAt = Math.max(session.answeredAt, stored.answeredAt);
      session.dataAt = Math.max(session.dataAt, header.dataAt);
    }
    const deliveries = await queries.listDeliveries(db, this.id);
    for (const delivery of deliveries) this.#assignments.restore(delivery);
    for (const session of this.#sessions) {
      session.deliver(deliveries.filter((d) => d.province === session.province && !d.acknowledged));
      session.ask([...this.#questions.keys()].filter((seq) => !held.has(`${session.province} ${seq}`)));
    }
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The next revision of the opening. */
  amend(opening: queries.OpeningRow): void {
    this.#openings = [...this.#openings, opening];
    this.#state.amend(this.#terms());
    this.#startedAtMs = this.clock.nowMs();
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
    await Promise.allSettled(this.#unstored);
  }

  /** When the opening in force ends, epoch seconds. */
  get expiresAt(): number {
    return this.#opening().expires_at;
  }

  /** The opening in force, as its province signed it. */
  get opening(): queries.OpeningRow {
    return this.#openings.at(-1) as queries.OpeningRow;
  }

  view(onExposure?: OnExposure): TraceView {
    return this.#state.view(onExposure);
  }

  holdsContacts(province: string): boolean {
    return this.#assignments.holdsContacts(province);
  }

  status(): TraceStatusView {
    const { terms } = this.#state;
    const coverage = this.#sessions.map((session) => session.coverage());
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
      ...this.#assignments.counts(),
      questions: this.#questions.size,
      awaited: coverage.reduce((sum, { behind }) => sum + behind, 0),
      openedAtMs: this.row.openedAtMs,
      completedAtMs: this.#completedAtMs,
      elapsedMs: (this.#completedAtMs ?? this.clock.nowMs()) - this.#startedAtMs,
    };
  }

  // --- what sessions ask for and tell -----------------------------------------------------------------------------

  openings(): readonly queries.OpeningRow[] {
    return this.#openings;
  }

  request(seq: number): Uint8Array {
    return this.#requests.get(seq) as Uint8Array;
  }

  onAnswer(session: ProvinceSession, body: Uint8Array): void {
    const { answer, header } = decodeAnswer(body);
    this.#bytesIn += body.length;
    const outcome = this.#state.apply(Number(session.province), answer, header);
    session.answeredAt = Math.floor(this.clock.nowMs() / 1000);
    session.dataAt = Math.max(session.dataAt, header.dataAt);
    const held = this.#state.versionOf(Number(session.province), answer.seq);
    if (held && held.incarnation === header.incarnation && session.settles(answer.seq, header.dataVersion)) {
      session.settle(answer.seq);
    }
    if (outcome === 'applied') {
      const { incarnation, dataVersion } = header;
      this.#keep({
        traceId: this.id,
        seq: answer.seq,
        province: session.province,
        incarnation,
        dataVersion,
        body,
      });
    }
    this.onProgress();
  }

  onIncarnation(session: ProvinceSession, incarnation: number): void {
    this.beginLife(session.province, incarnation);
  }

  onDelivered(session: ProvinceSession, seq: number): void {
    const marked = queries.markDelivered(this.#ctx.db, this.id, session.province, seq);
    this.#track(marked);
    this.onProgress();
  }

  onProgress(): void {
    this.#changes.mark();
  }

  // --- what nodes report --------------------------------------------------------------------------------------------

  /** Answers of this province to `seqs` no longer hold; those of `leastVersion` or later will. */
  markStale(province: string, seqs: readonly number[], leastVersion: number): void {
    const known = seqs.filter((seq) => this.#questions.has(seq));
    this.#session(province)?.ask(known, leastVersion);
    this.onProgress();
  }

  /** The node has started anew: answers of its earlier life are asked again, deliveries sent again. */
  beginLife(province: string, incarnation: number): void {
    const session = this.#session(province);
    if (!session) return;
    const code = Number(province);
    const old = [...this.#questions.keys()].filter((seq) => {
      const version = this.#state.versionOf(code, seq);
      return version !== undefined && version.incarnation < incarnation;
    });
    if (old.length === 0) return;
    session.ask(old);
    this.#track(this.#redeliver(session));
    this.onProgress();
  }

  async #redeliver(session: ProvinceSession): Promise<void> {
    const deliveries = await queries.listDeliveries(this.#ctx.db, this.id);
    session.redeliver(deliveries.filter((d) => d.province === session.province));
  }

  // --- the loop -----------------------------------------------------------------------------------------------------

  /** Runs until the trace is stopped; a database that is away only delays it. */
  async #run(): Promise<void> {
    while (!this.signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        this.logger.error({ trace: this.id, err: toAppError(error) }, 'trace delayed');
        await this.clock.sleep(FAILED_STEP_MS, this.signal);
      }
    }
  }

  async #step(): Promise<void> {
    this.#changes.clear();
    const meter = new StepMeter(this.#bytesIn);
    const questions = this.#state.nextQuestions();
    if (questions.length > 0) return this.#ask(questions, meter);
    if (this.#sessions.some((s) => s.isAwaited)) return this.#round([], meter, 0);
    await this.#publish(meter);
    await this.#changes.next();
  }

  async #ask(questions: TraceQuestion[], meter: StepMeter): Promise<void> {
    const bodies = questions.map((q) => ({ seq: q.seq, body: encodeQuestion(q) }));
    await meter.storing(queries.insertQuestions(this.#ctx.db, this.id, bodies));
    for (const question of questions) this.#log(question);
    const bytes = bodies.reduce((sum, { body }) => sum + body.length, 0);
    const seqs = questions.map(({ seq }) => seq);
    await this.#round(seqs, meter, bytes * this.#sessions.length);
  }

  /** Asks; waits until every province that can be waited for has answered, or the deadline gives the others up. */
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
    await meter.storing(Promise.all(this.#unstored));
    if (this.signal.aborted) return;
    for (const session of this.#sessions) session.rest();
    const complete = this.#isCurrent() && this.#state.nextQuestions().length === 0;
    this.#word = complete ? 'complete' : 'partial';
    if (complete !== (this.#completedAtMs !== null)) {
      this.#completedAtMs = complete ? this.clock.nowMs() : null;
      await meter.storing(queries.markCompleted(this.#ctx.db, this.id, this.#completedAtMs));
    }
    this.#report(meter, { step: 'publish', messages: provinces.length, bytesOut: 0, provinces });
  }

  async #deliver(meter: StepMeter): Promise<ProvinceTime[]> {
    this.#undelivered.push(...this.#assignments.plan(this.#state.view()));
    if (this.#undelivered.length > 0) {
      await meter.storing(queries.insertDeliveries(this.#ctx.db, this.id, this.#undelivered));
    }
    const deliveries = this.#undelivered.splice(0);
    return this.#rounds.run(this.#sessions, {
      start: (session) => session.deliver(deliveries.filter((d) => d.province === session.province)),
      isBusy: (session) => session.isDelivering,
    });
  }

  #report(meter: StepMeter, step: Pick<StepReport, 'step' | 'messages' | 'bytesOut' | 'provinces'>): void {
    this.#ctx.onStep?.({ traceId: this.id, ...step, ...meter.read(this.#bytesIn) });
  }

  #log(question: TraceQuestion): void {
    this.#questions.set(question.seq, question);
    this.#requests.set(question.seq, encodeRequest(question));
    this.#state.log(question);
  }

  #keep(row: queries.AnswerRow): void {
    this.#track(this.#ctx.store.add(row));
  }

  /** Remembers a write until it is durable: no trace is called complete before. */
  #track(write: Promise<void>): void {
    const tracked = write.finally(() => void this.#unstored.delete(tracked));
    // Reported where it is awaited; without this a failed write that nobody awaits yet would end the process.
    tracked.catch((error) => this.logger.error({ trace: this.id, err: error }, 'write failed'));
    this.#unstored.add(tracked);
  }

  #isCurrent(): boolean {
    return this.#sessions.every((s) => s.isCurrent);
  }

  #session(province: string): ProvinceSession | undefined {
    return this.#sessions.find((s) => s.province === province);
  }

  #opening(): Opening {
    return readAdmittedOpening(this.opening.opening);
  }

  #terms(): TraceTerms {
    const opening = this.#opening();
    const rules = this.#ctx.rulePack(opening.rules);
    if (!rules) throw new Error(`rule pack ${opening.rules} is missing`);
    return termsOf(opening, rules);
  }
}
