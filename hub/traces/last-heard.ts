/**
 * What the answers of one province to one trace said of themselves: when the last came, how fresh its data
 * was, how many identifiers it left out for want of a token.
 */
import type { AnswerHeader } from '../../shared/grpc/trace-messages.ts';
import { type AnswerVersion, isNewer } from '../../shared/trace/messages.ts';
import type { ReportedTokens } from '../provinces/province-link.ts';
import { ANY_VERSION } from './open-questions.ts';

export class LastHeard {
  /** Epoch seconds, as `dataAt`; 0 = never. */
  answeredAt = 0;
  dataAt = 0;
  /** The newest answer that leaves out identifiers without a token, and how many there were. */
  #leftOut: AnswerVersion & { readonly pending: number } = { ...ANY_VERSION, pending: 0 };

  note(answeredAt: number, { pendingIdentifiers: pending, ...header }: AnswerHeader): void {
    this.answeredAt = Math.max(this.answeredAt, answeredAt);
    this.dataAt = Math.max(this.dataAt, header.dataAt);
    if (pending > 0 && !isNewer(this.#leftOut, header)) this.#leftOut = { ...header, pending };
  }

  /** Whether an answer ever left out identifiers without a token. */
  get leavesOut(): boolean {
    return this.#leftOut.pending > 0;
  }

  /** Identifiers that the answers leave out, as far as it is known from what the province has reported. */
  pendingIdentifiers(tokens: ReportedTokens): number {
    if (this.#leftOut.pending === 0 || !isNewer(this.#leftOut, tokens)) return 0;
    // Of an earlier life a report says nothing of this answer.
    return tokens.incarnation === this.#leftOut.incarnation && tokens.pending > 0
      ? tokens.pending
      : this.#leftOut.pending;
  }
}
