/**
 * What the hub holds of one trace: its log of questions and the answers to them, in the fold and in the
 * database.
 */
import { type Clock, nowSeconds } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { toAppError } from '../../shared/errors.ts';
import {
  type AnswerHeader,
  decodeAnswer,
  decodeQuestion,
  encodeQuestion,
} from '../../shared/grpc/trace-messages.ts';
import type { Logger } from '../../shared/log.ts';
import type { TraceQuestion, TraceTerms } from '../../shared/trace/messages.ts';
import { TraceState } from '../../shared/trace/trace-state.ts';
import type { AnswerStore } from './answer-store.ts';
import { encodeRequest } from './messages.ts';
import type { PendingWrites } from './pending-writes.ts';
import { type LoggedBody, listAnswers, listQuestions, type StoredAnswer } from './queries.ts';
import { storeQuestions } from './record.ts';

export interface TraceMemoryOptions {
  readonly traceId: string;
  readonly db: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
  readonly store: AnswerStore;
  readonly writes: PendingWrites;
  readonly terms: TraceTerms;
}

/** An answer read back. */
export interface HeldAnswer {
  readonly province: string;
  readonly seq: number;
  readonly stale: boolean;
  /** Epoch seconds. */
  readonly answeredAt: number;
  readonly header: AnswerHeader;
}

/** What came of an answer: `isHeld` if it, or one as new, is held now. */
export interface TakenAnswer {
  readonly seq: number;
  readonly header: AnswerHeader;
  readonly isHeld: boolean;
  /** More than it may be, whom nobody knew: then it is not held. 0 if it is. */
  readonly tooMany: number;
}

export class TraceMemory {
  readonly state: TraceState;
  readonly #options: TraceMemoryOptions;
  /** The encoded TraceRequest of each question: the same bytes for all provinces. */
  readonly #requests = new Map<number, Uint8Array>();
  readonly #rows = new Map<number, number>();
  /** Encoded answers received since the start. */
  bytesIn = 0;

  constructor(options: TraceMemoryOptions) {
    this.#options = options;
    this.state = new TraceState(options.terms);
  }

  /** Numbers of all questions, ascending. */
  get seqs(): number[] {
    return [...this.#requests.keys()];
  }

  has(seq: number): boolean {
    return this.#requests.has(seq);
  }

  /** How many pseudonyms a question asks about. */
  rowsOf(seq: number): number {
    return this.#rows.get(seq) ?? 0;
  }

  request(seq: number): Uint8Array {
    return this.#requests.get(seq) as Uint8Array;
  }

  /**
   * Appends questions to the log; durable when it resolves with their numbers and encoded length. If the log
   * has grown without our knowledge (an attempt whose outcome nobody heard, the last words of a hub that was
   * killed), it is its questions that are taken.
   */
  async log(questions: readonly TraceQuestion[]): Promise<{ seqs: number[]; bytes: number }> {
    const { db, clock, traceId } = this.#options;
    let logged: LoggedBody[] = questions.map((q) => ({ seq: q.seq, body: encodeQuestion(q) }));
    if (!(await storeQuestions(db, traceId, logged, nowSeconds(clock)))) {
      logged = await listQuestions(db, traceId, this.state.lastSeq);
      for (const { body } of logged) this.#remember(decodeQuestion(body));
    } else for (const question of questions) this.#remember(question);
    return {
      seqs: logged.map(({ seq }) => seq),
      bytes: logged.reduce((sum, { body }) => sum + body.length, 0),
    };
  }

  /**
   * Reads log and answers back; the answers' headers in no order. An answer that cannot be read is none: it
   * is asked again.
   */
  async restore(): Promise<HeldAnswer[]> {
    const { db, traceId } = this.#options;
    for (const { body } of await listQuestions(db, traceId)) this.#remember(decodeQuestion(body));
    return (await listAnswers(db, traceId)).flatMap((row) => this.#fold(row) ?? []);
  }

  #fold({ province, seq, stale, answeredAt, body }: StoredAnswer): HeldAnswer | undefined {
    try {
      const { answer, header } = decodeAnswer(body);
      this.state.apply(Number(province), answer, header);
      return { province, seq, stale, answeredAt, header };
    } catch (error) {
      const { logger, traceId } = this.#options;
      logger.warn({ trace: traceId, province, err: toAppError(error) }, 'a stored answer is no good');
      return undefined;
    }
  }

  /**
   * Folds an encoded answer in and stores it, unless an answer of the same or a newer state of that
   * province's data is held, or it names more than `most` whom nobody knows. Throws as `TraceState.apply`.
   */
  take(province: string, body: Uint8Array, most: number): TakenAnswer {
    const { answer, header } = decodeAnswer(body);
    this.bytesIn += body.length;
    const { seq } = answer;
    const names = answer.named.length > 16 * most ? this.state.unknownAmong(answer.named) : 0;
    if (names > most) return { seq, header, isHeld: false, tooMany: names };
    if (this.state.apply(Number(province), answer, header) === 'applied') {
      const { incarnation, dataVersion } = header;
      const row = { traceId: this.#options.traceId, seq, province, incarnation, dataVersion, body };
      this.#options.writes.add(() => this.#options.store.add(row));
    }
    const held = this.state.versionOf(Number(province), seq);
    return { seq, header, isHeld: held?.incarnation === header.incarnation, tooMany: 0 };
  }

  /** Questions that the province has answered in an earlier life than this. */
  answeredBefore(province: string, incarnation: number): number[] {
    return this.seqs.filter((seq) => {
      const version = this.state.versionOf(Number(province), seq);
      return version !== undefined && version.incarnation < incarnation;
    });
  }

  #remember(question: TraceQuestion): void {
    this.#requests.set(question.seq, encodeRequest(question));
    this.#rows.set(question.seq, (question.who.length + question.met.length) / 16);
    this.state.log(question);
  }
}
