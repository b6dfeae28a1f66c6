/**
 * How far identifiers have their tokens, in versions of the data: up to which one an answer leaves nothing
 * out, or has been told to be asked again. Kept for the reports; the database is the truth.
 */
import type { PendingTokens } from '../../records/people/operations.ts';

export interface TokenProgressOptions {
  /** What has no token now. */
  look(): Promise<PendingTokens>;
  readonly changes: {
    readonly dataVersion: number;
    settled(through?: number): Promise<void>;
  };
}

/** What a report says of tokens. */
export interface TokensTold {
  readonly pendingIdentifiers: number;
  /** Whatever came before an answer of this version has its token, and who was left out is in memory. */
  readonly tokenizedVersion: number;
}

export class TokenProgress {
  readonly #options: TokenProgressOptions;
  #tokenizedVersion = 0;
  /** What was without a token at some version: once nothing of it is, all answers up to there are settled. */
  #mark: { readonly version: number; readonly through: number } | undefined;
  #isAwaited = false;

  constructor(options: TokenProgressOptions) {
    this.#options = options;
  }

  /** An answer leaves something out: the hub waits to hear that it does no longer. */
  await(): void {
    this.#isAwaited = true;
  }

  /** Whether the hub waits to hear that everything has its token, and now it has. */
  async isDue(): Promise<boolean> {
    return this.#isAwaited && (await this.#options.look()).last === null;
  }

  /** For the next report: to be taken before the touched questions that go with it. */
  async told(): Promise<TokensTold> {
    const { look, changes } = this.#options;
    const version = changes.dataVersion;
    const { first, last, count, lastEvent } = await look();
    // What has its token by now has told who is to be asked again.
    await changes.settled(lastEvent);
    if (first === null || last === null) {
      this.#tokenizedVersion = version;
      this.#mark = undefined;
      this.#isAwaited = false;
    } else if (this.#mark === undefined || first > this.#mark.through) {
      this.#tokenizedVersion = this.#mark?.version ?? this.#tokenizedVersion;
      this.#mark = { version, through: last };
    }
    return { pendingIdentifiers: count, tokenizedVersion: this.#tokenizedVersion };
  }
}
