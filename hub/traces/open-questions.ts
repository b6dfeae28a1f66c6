/**
 * The questions of a trace that one province has still to answer. Some may be set aside: their answers are
 * more than the trace can spare now, and nobody waits for them.
 */
import { type AnswerVersion, isNewer } from '../../shared/trace/messages.ts';

/** What every answer has reached. */
export const ANY_VERSION: AnswerVersion = { incarnation: 0, dataVersion: 0 };

export class OpenQuestions {
  /** Questions, and the state of the data that an answer must have reached. */
  readonly #pending = new Map<number, AnswerVersion>();
  readonly #aside = new Set<number>();

  get size(): number {
    return this.#pending.size;
  }

  has(seq: number): boolean {
    return this.#pending.has(seq);
  }

  /** Whether there are any that may be asked now. */
  get isAsking(): boolean {
    return this.#pending.size > this.#aside.size;
  }

  get hasAside(): boolean {
    return this.#aside.size > 0;
  }

  add(seq: number, least: AnswerVersion): void {
    const before = this.#pending.get(seq) ?? ANY_VERSION;
    this.#pending.set(seq, isNewer(least, before) ? least : before);
  }

  /** Whether an answer from this state of the data settles the question. */
  settles(seq: number, version: AnswerVersion): boolean {
    return !isNewer(this.#pending.get(seq) ?? ANY_VERSION, version);
  }

  settle(seq: number): void {
    this.#pending.delete(seq);
    this.#aside.delete(seq);
  }

  setAside(seq: number): void {
    if (this.#pending.has(seq)) this.#aside.add(seq);
  }

  /** All may be asked again. */
  takeUp(): void {
    this.#aside.clear();
  }

  /** Those that may be asked now, ascending. */
  get toAsk(): number[] {
    return [...this.#pending.keys()].filter((seq) => !this.#aside.has(seq)).sort((a, b) => a - b);
  }
}
