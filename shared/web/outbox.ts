/**
 * Writes that wait on the device until a program has answered them: in order for each person whom they are
 * about, each under a key of its own so that one which comes twice is done once, and only ever sent for whom
 * they were written by. A write that is refused stays, with why, until somebody has looked at it.
 */

export interface OutboxEntry {
  /** Its `Idempotency-Key`. */
  readonly key: string;
  /** Subject of whoever wrote it: nobody else sees or sends it. */
  readonly owner: string;
  /** Whom it is about: writes about one person go one after the other. */
  readonly about: string;
  /** A path of the API, and the JSON that is posted there. */
  readonly path: string;
  readonly body: unknown;
  readonly writtenMs: number;
  /** Until then it can be taken back, and is not sent. */
  readonly sendAfterMs: number;
  /** Why the program did not take it. */
  readonly refusal?: { readonly reason: string; readonly message: string } | undefined;
}

/** Where they are kept. */
export interface OutboxStore {
  all(): Promise<OutboxEntry[]>;
  put(entry: OutboxEntry): Promise<void>;
  delete(key: string): Promise<void>;
}

/** What came of sending one: `later` for no network, no session, or a program that is too busy. */
export type Sent = 'done' | 'later' | { readonly reason: string; readonly message: string };

export interface OutboxParts {
  readonly store: OutboxStore;
  readonly send: (entry: OutboxEntry) => Promise<Sent>;
  readonly nowMs: () => number;
  /** Does one work at a time, over all pages that are open on the device. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The writes of one owner that wait, oldest first. */
export function waitingOf(entries: readonly OutboxEntry[], owner: string): OutboxEntry[] {
  return entries.filter((entry) => entry.owner === owner).sort((a, b) => a.writtenMs - b.writtenMs);
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #listeners = new Set<() => void>();
  #entries: readonly OutboxEntry[] = [];

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** What waits, as last read from the store; the same array until something changes. */
  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async load(): Promise<void> {
    this.#entries = await this.#parts.store.all();
    for (const listener of this.#listeners) listener();
  }

  async put(entry: OutboxEntry): Promise<void> {
    await this.#parts.store.put(entry);
    await this.load();
  }

  /** Takes a write back that is not being sent yet, or forgets one that was refused; whether it did. */
  async drop(key: string): Promise<boolean> {
    const done = await this.#parts.alone(async () => {
      const entry = (await this.#parts.store.all()).find((one) => one.key === key);
      if (!entry || (!entry.refusal && this.#isDue(entry))) return false;
      await this.#parts.store.delete(key);
      return true;
    });
    await this.load();
    return done;
  }

  /** Sends what is due for `owner`, each person's writes in their order. */
  async send(owner: string): Promise<void> {
    await this.#parts.alone(() => this.#sendDue(owner));
    await this.load();
  }

  /** A clock that was set back must not hold a write for hours. */
  #isDue({ sendAfterMs, writtenMs }: OutboxEntry): boolean {
    const now = this.#parts.nowMs();
    return now >= sendAfterMs || now < writtenMs;
  }

  async #sendDue(owner: string): Promise<void> {
    const held = new Set<string>();
    for (const entry of waitingOf(await this.#parts.store.all(), owner)) {
      // Somebody has to look at it; what was written after it may be right all the same.
      if (entry.refusal) continue;
      if (!this.#isDue(entry) || held.has(entry.about)) {
        held.add(entry.about);
        continue;
      }
      const sent = await this.#parts.send(entry);
      if (sent === 'done') await this.#parts.store.delete(entry.key);
      else if (sent !== 'later') await this.#parts.store.put({ ...entry, refusal: sent });
      if (sent === 'later') held.add(entry.about);
    }
  }
}
