/**
 * One province's part in one trace: its cursor in the log of questions, the stream on which it answers, and
 * the deliveries that it has still to acknowledge. A failed province is data: nothing here throws at the
 * trace.
 */
import { type AppError, isRefusal, toAppError } from '../../shared/errors.ts';
import { AnswerAssembler, type AnswerHeader } from '../../shared/grpc/trace-messages.ts';
import type { AnswerVersion } from '../../shared/trace/messages.ts';
import type { ProvinceLink } from '../provinces/province-link.ts';
import { coverageOf } from './coverage.ts';
import { DeliveryLine } from './delivery-line.ts';
import { INVENTED_NAMES } from './exclusions-queries.ts';
import { LastHeard } from './last-heard.ts';
import { encodeWarrant } from './messages.ts';
import { ANY_VERSION, OpenQuestions } from './open-questions.ts';
import type { LoggedBody } from './queries.ts';
import { RequestQueue } from './request-queue.ts';
import type { SessionTrace } from './session-trace.ts';
import type { CoverageView } from './status.ts';

/** A stream may last as long as a province needs to catch up; rounds have deadlines of their own. */
const STREAM_DEADLINE_MS = 15 * 60_000;
const RETRY_MS = { first: 200, most: 10_000 };
/** After so many failures in a row nothing of the trace is held for the sake of the next attempt. */
const FAILURES_BEFORE_REST = 4;

export class ProvinceSession {
  readonly link: ProvinceLink;
  readonly #trace: SessionTrace;
  readonly #heard = new LastHeard();
  /** Answers of a life before this one come too late. */
  #incarnation = 0;
  /** Questions without an answer that holds. */
  readonly #open = new OpenQuestions();
  readonly #deliveries: DeliveryLine;
  #stream: { queue: RequestQueue<Uint8Array>; sent: Set<number>; cancel: AbortController } | undefined;
  #late = false;
  #refusal = '';
  /** Why what it says does not count: nobody waits for it, but it is asked, in case it will. */
  #exclusion: string | undefined;
  /** The result of the others is out: it may bring more than a trace can spare before. */
  isByItself = false;
  #failures = 0;
  #retrying = false;
  /** Ends waits before a next attempt when the node is back. */
  #backoff = new AbortController();
  readonly #stopListening: () => void;

  constructor(link: ProvinceLink, trace: SessionTrace) {
    this.link = link;
    this.#trace = trace;
    this.#deliveries = new DeliveryLine({
      ...{ link, trace, back: () => this.#backoff.signal },
      applied: (seq) => {
        link.stalls.deliveries = false;
        if (this.#isCaughtUp) this.#late = false;
        trace.onDelivered(this, seq);
      },
    });
    this.#stopListening = link.onChange(() => {
      trace.onProgress();
      if (link.state !== 'up') return;
      this.#backoff.abort();
      this.#backoff = new AbortController();
      this.pump();
    });
  }

  get province(): string {
    return this.link.province;
  }

  /** Questions to be asked, or asked again; answers from data older than `least` do not count. */
  ask(seqs: Iterable<number>, least = ANY_VERSION): void {
    for (const seq of seqs) {
      this.#open.add(seq, least);
      if (least !== ANY_VERSION) this.#stream?.sent.delete(seq);
    }
    this.pump();
  }

  /** Whether an answer from this state of the data settles the question. */
  settles(seq: number, version: AnswerVersion): boolean {
    return version.incarnation >= this.#incarnation && this.#open.settles(seq, version);
  }

  /** The node has started anew. */
  beginLife(incarnation: number): void {
    this.#incarnation = Math.max(this.#incarnation, incarnation);
  }

  /** The question is answered. */
  settle(seq: number): void {
    this.#open.settle(seq);
    this.link.failures.answered(this.#trace.logger, this.#failures > 0);
    if (this.#isCaughtUp) this.#late = false;
    this.#failures = 0;
    this.#refusal = '';
  }

  /** The province answered at `answeredAt` (epoch seconds), from the state of its data in the header. */
  heard(answeredAt: number, header: AnswerHeader): void {
    this.link.stalls.answers = false;
    this.#heard.note(answeredAt, header);
  }

  /** Whether an answer of it ever left out identifiers without a token. */
  get leavesOut(): boolean {
    return this.#heard.leavesOut;
  }

  /** Sends deliveries, in the order of their numbers, among those on their way already. */
  deliver(deliveries: readonly LoggedBody[]): void {
    this.#deliveries.add(deliveries);
  }

  /** Whether a round should wait for this province. */
  get isAwaited(): boolean {
    return this.#open.isAsking && !this.#exclusion && !this.link.stalls.answers && this.#mayAnswer;
  }

  get #mayAnswer(): boolean {
    return !this.#late && this.#refusal === '' && this.link.state !== 'down';
  }

  /** Whether a published result should wait for its deliveries. */
  get isDelivering(): boolean {
    return !this.#deliveries.isEmpty && !this.link.stalls.deliveries && this.#mayAnswer;
  }

  get isCurrent(): boolean {
    const isWhole = this.#heard.pendingIdentifiers(this.link.tokens) === 0;
    return this.#isCaughtUp && isWhole && this.link.refusal === '';
  }

  /** Whether nothing is left to be asked of it or delivered to it: what lacks a token it tells by itself. */
  get #isCaughtUp(): boolean {
    return !this.link.isRevoked && this.#open.size === 0 && this.#deliveries.isEmpty;
  }

  /**
   * Whether it is at work, or about to be: else either there is nothing to do, or it waits for a node that is
   * not there, that refuses, or with which something is wrong again and again.
   */
  get isUnderWay(): boolean {
    if (this.#stream !== undefined) return true;
    if (this.#isPaused && this.#deliveries.isEmpty) return false;
    if (this.#isCaughtUp || this.link.state === 'down' || this.#refusal !== '') return false;
    return Math.max(this.#failures, this.#deliveries.failures) < FAILURES_BEFORE_REST;
  }

  /** The round's deadline passed: from now on nobody waits for this province until it has caught up. */
  giveUpWaiting(): void {
    const [answers, deliveries] = [this.isAwaited, this.isDelivering];
    this.#late ||= answers || deliveries;
    this.link.gaveUp({ answers, deliveries });
  }

  /** @param inLinks whether it has answered in links, from which less follows than from records. */
  coverage(inLinks: boolean): CoverageView {
    return coverageOf({
      ...{ province: this.province, behind: this.#open.size, inLinks, hasAside: this.hasAside },
      ...{ answeredAt: this.#heard.answeredAt, dataAt: this.#heard.dataAt, exclusion: this.#exclusion },
      pendingIdentifiers: this.#heard.pendingIdentifiers(this.link.tokens),
      refusal: this.link.isRevoked ? 'PROVINCE_REVOKED' : this.link.refusal || this.#refusal,
      isCaughtUp: this.#isCaughtUp,
      isReachable: this.link.state === 'up' && this.#failures === 0,
    });
  }

  /** Nothing more to ask for now: the stream may end. */
  rest(): void {
    if (this.#open.size === 0) this.#stream?.queue.end();
  }

  /** Why what it says does not count: nobody waits for it, but it is asked, in case it will. */
  get exclusion(): string | undefined {
    return this.#exclusion;
  }

  /** What it was asked and that was not held, it is asked again when it counts again. */
  exclude(reason: string | undefined): void {
    const isBack = this.#exclusion !== undefined && reason === undefined;
    this.#exclusion = reason;
    if (isBack || this.#isPaused) this.restart();
  }

  /** Who floods is asked nothing at all. */
  get #isPaused(): boolean {
    return this.#exclusion === INVENTED_NAMES;
  }

  /** The answer is more than the trace can spare now. */
  setAside(seq: number): void {
    this.#open.setAside(seq);
    this.#stream?.sent.delete(seq);
  }

  /** Whether answers were set aside that count. */
  get hasAside(): boolean {
    return this.#open.hasAside && !this.#exclusion;
  }

  /** What was set aside is asked; false if there is nothing any more. */
  takeUpAside(): boolean {
    if (!this.hasAside) return false;
    this.isByItself = true;
    this.#open.takeUp();
    this.pump();
    this.#trace.onProgress();
    return true;
  }

  /** The opening was amended: the next stream presents it. */
  restart(): void {
    this.#open.takeUp();
    this.#stream?.cancel.abort();
    this.pump();
  }

  close(): void {
    this.#stopListening();
    this.#stream?.cancel.abort();
  }

  /** Sends what is pending, on the open stream or a new one. */
  pump(): void {
    if (this.#trace.signal.aborted || !this.#open.isAsking || this.link.state !== 'up') return;
    if (this.#isPaused) return;
    if (this.#stream === undefined) {
      if (!this.#retrying) void this.#runStream();
      return;
    }
    const { queue, sent } = this.#stream;
    for (const seq of this.#open.toAsk) {
      if (sent.has(seq)) continue;
      sent.add(seq);
      queue.push(this.#trace.request(seq));
    }
  }

  async #runStream(): Promise<void> {
    const cancel = new AbortController();
    const stream = { queue: new RequestQueue<Uint8Array>(), sent: new Set<number>(), cancel };
    this.#stream = stream;
    for (const opening of this.#trace.openings()) stream.queue.push(encodeWarrant(opening));
    this.pump();
    let failure: AppError | undefined;
    try {
      await this.#readAnswers(
        stream.queue,
        AbortSignal.any([this.#trace.signal, cancel.signal, this.link.signal]),
      );
    } catch (error) {
      failure = toAppError(error);
    }
    stream.queue.end();
    this.#stream = undefined;
    if (this.#trace.signal.aborted || this.link.signal.aborted) return;
    if (failure && !cancel.signal.aborted) await this.#afterFailure(failure);
    this.pump();
  }

  async #readAnswers(queue: RequestQueue<Uint8Array>, signal: AbortSignal): Promise<void> {
    const assembler = new AnswerAssembler();
    const responses = this.link.tracing.trace(queue, { deadlineMs: STREAM_DEADLINE_MS, signal });
    for await (const { message } of responses) {
      if (message.case === 'accepted') this.#trace.onIncarnation(this, Number(message.value.incarnation));
      // What nobody asked, or what is answered, is not even put together.
      if (message.case !== 'fragment' || !this.#open.has(message.value.seq)) continue;
      const { seq, bytes } = message.value;
      if (assembler.length + bytes.length > this.#trace.mostBytes(this, seq)) {
        this.#trace.onTooMuch(this, seq);
        return;
      }
      const body = assembler.add(message.value);
      if (body) this.#trace.onAnswer(this, body);
    }
  }

  /** Notes what went wrong and waits before the next attempt. */
  async #afterFailure(error: AppError): Promise<void> {
    this.#failures++;
    // The node is there and will not answer: shown in coverage, asked again only now and then.
    const refused = isRefusal(error);
    if (refused) this.#refusal = error.reason;
    else if (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED') this.link.reportFailure();
    const { id, logger, clock, signal } = this.#trace;
    this.link.failures.failed(logger, id, error);
    this.#trace.onProgress();
    this.#retrying = true;
    const backoffMs = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** Math.min(this.#failures - 1, 10));
    // A node that was not there is found again by its link; no need to back off from it as well.
    const waitMs = refused ? this.#trace.refusedRetryMs : this.link.state === 'down' ? 0 : backoffMs;
    if (waitMs > 0) await clock.sleep(waitMs, AbortSignal.any([signal, this.#backoff.signal]));
    this.#retrying = false;
  }
}
