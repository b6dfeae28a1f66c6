/**
 * Turns what the feed tells into a fresh memory and into questions whose answers no longer hold. In memory
 * only: a crash begins a new incarnation, after which everything is asked again.
 *
 * Order matters: a change is read from the database after its commit, then the data version grows, and an
 * answer takes the version before it reads. So an answer that missed a change, whenever that comes, always
 * carries a version older than the change's; it is asked again.
 */
import type { Database } from '../../../shared/db/database.ts';
import type { Feed } from '../../../shared/feed/feed.ts';
import { FeedFollower } from '../../../shared/feed/follower.ts';
import { bodyOf, type FeedEvent } from '../../../shared/feed/kinds.ts';
import {
  type ChangedStays,
  ENCOUNTERS_CHANGED,
  IDENTIFIERS_CHANGED,
  IDENTIFIERS_TOKENIZED,
  STAYS_CHANGED,
  TOKENS_ROTATED,
  unpackStays,
} from '../../records/kinds.ts';
import { findServedGenerations } from '../../records/people/operations.ts';
import type { TokenSealer } from '../../sealing/token-sealer.ts';
import type { AskedQuestions, TouchedQuestion } from './asked-questions.ts';
import type { IdentifierColumns } from './identifier-index.ts';
import type { IdentifierIndexes } from './identifier-indexes.ts';
import { findPresentAt, readIdentifiers, readRecords } from './queries.ts';

export interface ChangesOptions {
  readonly db: Database;
  /** Opens what is stored of tokens. */
  readonly tokens: TokenSealer;
  readonly feed: Feed;
  readonly province: string;
  readonly indexes: IdentifierIndexes;
  readonly asked: AskedQuestions;
  /** Told of questions whose answers no longer hold, once the data version has grown. */
  readonly onTouched: (questions: readonly TouchedQuestion[]) => void;
  /** Told when identifiers have got their tokens, after that. */
  readonly onTokenized: () => Promise<void>;
}

const DATA_KINDS = [IDENTIFIERS_CHANGED, STAYS_CHANGED, ENCOUNTERS_CHANGED];
const KINDS = [...DATA_KINDS, IDENTIFIERS_TOKENIZED, TOKENS_ROTATED];

export class Changes implements AsyncDisposable {
  dataVersion = 1;
  /** When the newest change was told, epoch seconds. */
  dataAt = 0;
  readonly #options: ChangesOptions;
  #following: FeedFollower | undefined;
  #applying = false;

  private constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** With the memory loaded (seconds for ten million identifiers), and kept fresh from now on. */
  static async start(options: ChangesOptions): Promise<Changes> {
    const changes = new Changes(options);
    changes.#following = await FeedFollower.start(options.feed, {
      name: 'tracing',
      kinds: KINDS,
      apply: (events) => changes.#apply(events),
      load: () => changes.#load(),
    });
    return changes;
  }

  async #load(): Promise<void> {
    const { db, province, indexes } = this.#options;
    await this.#serve(await findServedGenerations(db), { anew: true });
    indexes.putRecords(await readRecords(db, province));
    this.dataVersion++;
  }

  /** Reads the identifiers of generations that are new, or of all; lets go of others. */
  async #serve(generations: readonly number[], { anew }: { anew: boolean }): Promise<void> {
    const { db, tokens, indexes } = this.#options;
    for (const generation of generations)
      if (anew || !indexes.find(generation))
        indexes.add(generation, await readIdentifiers(db, tokens, { generation }));
    indexes.keep(generations);
  }

  /**
   * Resolves when all that was committed before the call is in memory, or, if given, all that had been told
   * by the event `through`; does not wait for transactions still at work: their changes touch later. Rejects
   * as the database does.
   */
  async settled(through?: number): Promise<void> {
    await this.#following?.caughtUp(through);
  }

  /** Whether a change is on its way into memory right now. */
  get isApplying(): boolean {
    return this.#applying;
  }

  async #apply(events: readonly FeedEvent[]): Promise<void> {
    this.#applying = true;
    try {
      const touched = await this.#read(events);
      const received = events.filter(({ kind }) => DATA_KINDS.some(({ name }) => name === kind));
      this.dataAt = Math.max(this.dataAt, ...received.map(({ at }) => at));
      this.dataVersion++;
      if (touched.length > 0) this.#options.onTouched(touched);
      if (events.some((event) => bodyOf(event, IDENTIFIERS_TOKENIZED))) await this.#options.onTokenized();
    } finally {
      this.#applying = false;
    }
  }

  async #read(events: readonly FeedEvent[]): Promise<TouchedQuestion[]> {
    const touched: TouchedQuestion[] = [];
    const tokenized = events.flatMap((event) => bodyOf(event, IDENTIFIERS_TOKENIZED) ?? []);
    const changed = events.flatMap((event) => bodyOf(event, IDENTIFIERS_CHANGED) ?? []);
    // Where it stands now, if it has gone on meanwhile.
    if (events.some((event) => bodyOf(event, TOKENS_ROTATED)))
      await this.#serve(await findServedGenerations(this.#options.db), { anew: false });
    const identifiers = new Set([...changed, ...tokenized]);
    if (identifiers.size > 0) touched.push(...(await this.#refresh([...identifiers])));
    touched.push(...this.#options.asked.touchedByTokens(tokenized));
    for (const event of events) {
      const stays = bodyOf(event, STAYS_CHANGED);
      if (stays) touched.push(...(await this.#touchedByStays(unpackStays(stays))));
      const encounters = bodyOf(event, ENCOUNTERS_CHANGED);
      if (encounters) touched.push(...this.#touchedByEncounters([...encounters.a, ...encounters.b]));
    }
    return touched;
  }

  async #refresh(ids: number[]): Promise<TouchedQuestion[]> {
    const { db, tokens, province, indexes, asked } = this.#options;
    const read = new Map<number, IdentifierColumns>();
    for (const generation of indexes.generations)
      read.set(generation, await readIdentifiers(db, tokens, { generation, ids }));
    const records = await readRecords(db, province, ids);
    // No answer comes between: all of it at once.
    const changed: Uint8Array[] = [];
    for (const [generation, index] of indexes.all) {
      const rows = read.get(generation) as IdentifierColumns;
      const found = new Set(rows.id);
      const gone = ids.filter((id) => index.has(id) && !found.has(id));
      changed.push(rows.token, index.tokensOf(gone));
      index.remove(gone);
      index.put(rows);
    }
    indexes.putRecords(records, ids);
    return asked.touchedByIdentity(Buffer.concat(changed));
  }

  async #touchedByStays(stays: ChangedStays): Promise<TouchedQuestion[]> {
    const { db, asked } = this.#options;
    const changed = {
      ...stays,
      until: stays.until.map((end, i) => Math.max(end, stays.before[i] as number)),
    };
    const from = changed.from.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const until = changed.until.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    if (!asked.asksAbout(from, until)) return [];
    const present = await findPresentAt(db, changed);
    return [...this.#touchedAt(present), ...this.#touchedAt({ ...changed, id: changed.identifierIds })];
  }

  #touchedAt(at: {
    id: ArrayLike<number>;
    from: ArrayLike<number>;
    until: ArrayLike<number>;
  }): TouchedQuestion[] {
    const { indexes, asked } = this.#options;
    return [...indexes.all].flatMap(([, index]) => {
      const held = Array.from(at.id, (_, i) => i).filter((i) => index.has(at.id[i] as number));
      return asked.touchedByEvents(
        index.tokensOf(held.map((i) => at.id[i] as number)),
        held.map((i) => at.from[i] as number),
        held.map((i) => at.until[i] as number),
      );
    });
  }

  #touchedByEncounters(ids: number[]): TouchedQuestion[] {
    const { indexes, asked } = this.#options;
    return [...indexes.all].flatMap(([, index]) =>
      asked.touchedByIdentity(index.tokensOf(ids.filter((id) => index.has(id)))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#following?.[Symbol.asyncDispose]();
  }
}
