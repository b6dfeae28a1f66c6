/**
 * Async iterables over grpc-js streams, for both ends. Needed because `for await` over a duplex destroys it
 * at the end of its input (the other direction would hang), and because a write that nobody waits for fills
 * memory.
 */
import type { Readable, Writable } from 'node:stream';

/** Bytes handed to a stream but not yet taken by the connection before the writer has to wait. */
const WRITE_AHEAD_BYTES = 1024 * 1024;
/** And messages, so that many small ones wait too. */
const WRITE_AHEAD_MESSAGES = 64;

export interface ReaderOptions<T> {
  readonly decode: (bytes: Buffer) => T;
  /** What an `error` event, or a stream that closed before its end (undefined), means to the reader. */
  readonly failure: (error: unknown) => Error;
  /** The consumer left early. */
  readonly onReturn: () => void;
}

/**
 * The messages of a stream, one reader at a time; those that arrived before a failure are delivered before
 * it.
 */
export class MessageReader<T> implements AsyncIterableIterator<T> {
  readonly #source: Readable;
  readonly #options: ReaderOptions<T>;
  #outcome: 'open' | 'ended' | Error = 'open';
  #wake: () => void = () => {};
  #left = false;

  constructor(source: Readable, options: ReaderOptions<T>) {
    this.#source = source;
    this.#options = options;
    source.on('readable', () => this.#wake());
    source.on('end', () => this.#settle('ended'));
    source.on('error', (error) => this.#settle(error));
    source.on('close', () => this.#settle(undefined));
  }

  #settle(outcome: unknown): void {
    if (this.#outcome === 'open')
      this.#outcome = outcome === 'ended' ? outcome : this.#options.failure(outcome);
    this.#wake();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      if (this.#left) return { value: undefined, done: true };
      const bytes = this.#source.read() as Buffer | null;
      if (bytes !== null) return { value: this.#options.decode(bytes), done: false };
      if (this.#outcome === 'ended') return { value: undefined, done: true };
      if (this.#outcome !== 'open') throw this.#outcome;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#left = true;
    this.#settle('ended');
    this.#options.onReturn();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Writes to a stream no faster than the connection takes it. */
export class MessageWriter {
  readonly #sink: Writable;
  #bytes = 0;
  #messages = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(sink: Writable) {
    this.#sink = sink;
  }

  /** The call is over: what is written from now on is dropped, and nobody waits. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Hands one message over; a promise if the writer should wait before the next, else undefined. */
  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#bytes += bytes.length;
    this.#messages++;
    this.#sink.write(bytes, () => this.#taken(bytes.length));
    if (!this.#isFull()) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #isFull(): boolean {
    return this.#bytes >= WRITE_AHEAD_BYTES || this.#messages >= WRITE_AHEAD_MESSAGES;
  }

  #taken(bytes: number): void {
    this.#bytes -= bytes;
    this.#messages--;
    if (!this.#isFull()) this.#wake?.();
  }
}
