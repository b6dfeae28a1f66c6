/**
 * The feed of a running program: hears what transactions tell, wakes its readers, and drops what is old.
 * Knows no kind of event.
 */
import { strict as assert } from 'node:assert/strict';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { listening } from '../db/listening.ts';
import type { Logger } from '../log.ts';
import { type Loop, type LoopWatch, startLoop } from '../loop.ts';
import { CHANNEL } from './emit.ts';
import type { AnyKind } from './kinds.ts';
import { findLastId, forgetFeed } from './queries.ts';

export interface FeedOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
  /** All that is told through it, if it is known: who waits for anything else waits in vain. */
  readonly kinds?: readonly AnyKind[];
  /** Between two looks whether something was not heard; 1 s unless told. */
  readonly everyMs?: number;
}

const EVERY_MS = 1_000;
const FORGET_EVERY_MS = 3_600_000;

/** Somebody to be woken. */
interface Sleeper {
  /** Names of kinds. */
  readonly kinds: ReadonlySet<string>;
  readonly wake: () => void;
}

export class Feed implements AsyncDisposable {
  readonly options: FeedOptions;
  readonly #sleepers = new Set<Sleeper>();
  readonly #listening: Loop;
  readonly #forgetting: Loop;
  readonly #hear: () => Promise<void>;
  #last: number | undefined;

  /** At work already. */
  constructor(options: FeedOptions) {
    this.options = options;
    const { everyMs = EVERY_MS } = options;
    this.#hear = listening(options.db, CHANNEL, (kind) => this.#wake(kind));
    this.#listening = startLoop({ ...options, name: 'feed', everyMs, pass: () => this.#listen() });
    this.#forgetting = startLoop({
      ...{ ...options, name: 'feed-forgetting', everyMs: FORGET_EVERY_MS, firstInMs: 60_000 },
      pass: () => forgetFeed(options.db),
    });
  }

  /**
   * Calls `wake` soon after the commit of a transaction that has emitted an event of these kinds: for those
   * whose work stands in tables of their own. Now and then for nothing. Returns how to stop that.
   */
  wakes(kinds: readonly AnyKind[], wake: () => void): () => void {
    for (const kind of kinds)
      assert(this.options.kinds?.includes(kind) !== false, `no room tells ${kind.name}`);
    const sleeper = { kinds: new Set(kinds.map(({ name }) => name)), wake };
    this.#sleepers.add(sleeper);
    return () => void this.#sleepers.delete(sleeper);
  }

  async #listen(): Promise<void> {
    await this.#hear();
    const last = await findLastId(this.options.db);
    if (last === this.#last) return;
    this.#last = last;
    for (const { wake } of this.#sleepers) wake();
  }

  #wake(kind: string): void {
    for (const { kinds, wake } of this.#sleepers) if (kinds.has(kind)) wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#listening[Symbol.asyncDispose](), this.#forgetting[Symbol.asyncDispose]()]);
  }
}
