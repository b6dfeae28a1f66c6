/**
 * A reader that keeps what it learns in memory: it begins with now, and what it has read is forgotten with
 * the process. Each event is applied once it is visible, in the order of ids, until applying it succeeds; see
 * cursor.ts for what that order is worth.
 */
import type { Database } from '../db/database.ts';
import { type Loop, startLoop } from '../loop.ts';
import { FeedCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import type { AnyKind, FeedEvent } from './kinds.ts';
import { findLastId, findNow, readOn } from './queries.ts';

export interface FollowerOptions {
  readonly name: string;
  readonly kinds: readonly AnyKind[];
  /** Takes events in; all of them are given again if it throws. */
  readonly apply: (events: readonly FeedEvent[]) => Promise<void> | void;
  /**
   * Reads what it keeps, before the first event is applied, and again if the database turns out to be one of
   * an earlier state.
   */
  readonly load: () => Promise<void> | void;
}

const LIMIT = 100;
const EVERY_MS = 30_000;

export class FeedFollower implements AsyncDisposable {
  readonly #db: Database;
  readonly #options: FollowerOptions;
  readonly #kinds: string[];
  readonly #loop: Loop;
  readonly #unhear: () => void;
  #cursor: FeedCursor;
  /** The read under way, and the one that begins after it. */
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(feed: Feed, options: FollowerOptions, cursor: FeedCursor) {
    const { name, kinds } = options;
    this.#db = feed.options.db;
    this.#options = options;
    this.#kinds = kinds.map((kind) => kind.name);
    this.#cursor = cursor;
    this.#loop = startLoop({
      ...{ ...feed.options, name: `feed-${name}`, everyMs: EVERY_MS, retryMs: { first: 100, most: 5_000 } },
      pass: () => this.#read(),
    });
    this.#unhear = feed.wakes(kinds, () => this.#loop.wake());
  }

  /** Loads, and then follows what was not visible before it began to. */
  static async start(feed: Feed, options: FollowerOptions): Promise<FeedFollower> {
    const cursor = new FeedCursor(await findNow(feed.options.db));
    await options.load();
    return new FeedFollower(feed, options, cursor);
  }

  /**
   * Resolves when everything that was committed before the call has been applied, or, if given, all that was
   * committed when `last` was the last id drawn; does not wait for transactions that are still at work.
   * Rejects as the database and `apply` do.
   */
  async caughtUp(last?: number): Promise<void> {
    const { position, gaps } = this.#cursor;
    if (gaps.length > 0 || position < (last ?? (await findLastId(this.#db)))) await this.#read();
  }

  /** A read that begins after the call; callers in the meantime share it. */
  #read(): Promise<void> {
    if (this.#reading === undefined) return this.#begin();
    this.#next ??= this.#afterThis(this.#reading);
    return this.#next;
  }

  async #afterThis(reading: Promise<void>): Promise<void> {
    await reading.catch(() => undefined);
    this.#next = undefined;
    await (this.#reading ?? this.#begin());
  }

  #begin(): Promise<void> {
    this.#reading = this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    const page = { kinds: this.#kinds, limit: LIMIT };
    for (;;) {
      const { events, last, passage } = await readOn(this.#db, this.#cursor, page);
      const wanted = events.filter(({ kind }) => this.#kinds.includes(kind));
      if (wanted.length > 0) await this.#options.apply(wanted);
      this.#cursor.advance(
        events.map(({ id }) => id),
        passage,
      );
      if (last < this.#cursor.position) return this.#startAgain();
      if (events.length < LIMIT) return;
    }
  }

  async #startAgain(): Promise<void> {
    const cursor = new FeedCursor(await findNow(this.#db));
    await this.#options.load();
    this.#cursor = cursor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unhear();
    await this.#loop[Symbol.asyncDispose]();
    await this.#next?.catch(() => undefined);
    await this.#reading?.catch(() => undefined);
  }
}
