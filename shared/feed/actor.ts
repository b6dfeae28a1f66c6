/**
 * A reader that acts on the database: it moves its cursor in the transaction in which it acts, so that each
 * event takes effect once, whatever crashes. It goes on where it was when the program starts again.
 */
import { type Database, type Transaction, withTransaction } from '../db/database.ts';
import { type Loop, startLoop } from '../loop.ts';
import { type CursorState, FeedCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import type { AnyKind, FeedEvent } from './kinds.ts';
import { findForgotten, findLastId, findNow, lockCursor, readOn, storeCursor } from './queries.ts';

export interface FeedActorOptions {
  /** Of its cursor: stays the same for ever. */
  readonly name: string;
  readonly kinds: readonly AnyKind[];
  /** Acts on events, in their order; a failure undoes it, and they come again. */
  readonly act: (tx: Transaction, events: readonly FeedEvent[]) => Promise<void>;
  /**
   * Acts as if everything had changed: the reader is new, was away for longer than the feed is kept, or the
   * database has been restored.
   */
  readonly actOnAll: (tx: Transaction) => Promise<void>;
  /** Events in one transaction; 100 unless told. */
  readonly limit?: number;
}

const LIMIT = 100;
const EVERY_MS = 30_000;

export class FeedActor implements AsyncDisposable {
  readonly #db: Database;
  readonly #options: FeedActorOptions;
  readonly #kinds: string[];
  readonly #loop: Loop;
  readonly #unhear: () => void;

  /** At work already. */
  constructor(feed: Feed, options: FeedActorOptions) {
    this.#db = feed.options.db;
    this.#options = options;
    this.#kinds = options.kinds.map(({ name }) => name);
    this.#loop = startLoop({
      ...{ ...feed.options, name: `feed-${options.name}`, everyMs: EVERY_MS },
      pass: async () => ((await this.step()) ? { nextInMs: 0 } : undefined),
    });
    this.#unhear = feed.wakes(options.kinds, () => this.#loop.wake());
  }

  /** One transaction; whether there may be more to do. */
  async step(): Promise<boolean> {
    const { name, limit = LIMIT } = this.#options;
    const known = await withTransaction(this.#db, (tx) => lockCursor(tx, name));
    if (known === undefined || (await this.#isLost(known))) return this.#startAgain(known);
    const cursor = new FeedCursor(known);
    // Outside of the transaction: a number that is drawn in it is older than what it reads.
    const { events, passage } = await readOn(this.#db, cursor, { kinds: this.#kinds, limit });
    cursor.advance(
      events.map(({ id }) => id),
      passage,
    );
    if (isSame(cursor.state, known)) return false;
    const wanted = events.filter(({ kind }) => this.#kinds.includes(kind));
    await this.#move(known, cursor.state, (tx) =>
      wanted.length > 0 ? this.#options.act(tx, wanted) : Promise.resolve(),
    );
    return events.length >= limit;
  }

  async #isLost({ position }: CursorState): Promise<boolean> {
    const [last, forgotten] = await Promise.all([findLastId(this.#db), findForgotten(this.#db)]);
    return position > last || position < forgotten;
  }

  async #startAgain(known: CursorState | undefined): Promise<boolean> {
    const now = await findNow(this.#db);
    await this.#move(known, now, (tx) => this.#options.actOnAll(tx));
    return false;
  }

  /** Does nothing if another program has moved the cursor meanwhile. */
  #move(
    from: CursorState | undefined,
    to: CursorState,
    act: (tx: Transaction) => Promise<void>,
  ): Promise<void> {
    const { name } = this.#options;
    return withTransaction(this.#db, async (tx) => {
      const found = await lockCursor(tx, name);
      if (!isSame(found, from)) return;
      await act(tx);
      await storeCursor(tx, name, to);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unhear();
    await this.#loop[Symbol.asyncDispose]();
  }
}

function isSame(a: CursorState | undefined, b: CursorState | undefined): boolean {
  return JSON.stringify([a?.position, a?.gaps]) === JSON.stringify([b?.position, b?.gaps]);
}
