/**
 * Which events a reader has read. Ids are drawn before transactions commit, so an id may be missing for a
 * while: it is a gap, and is waited for without holding up those behind it. That keeps the order of what
 * matters: who wrote about a subject after another transaction saw its commit, and drew its id later. So
 * whoever sees an event sees, in the same look or before, all that was committed about its subject earlier.
 *
 *   read      1 2 3 . 5 6 . 8        position 8, gaps 4 and 7
 *
 * A gap ends when its event is read, or when every transaction has ended that had a number when the gap was
 * found: then it was rolled back. (The transaction of an id had its number before it drew the id.)
 */

/** A cursor as it is kept. */
export interface CursorState {
  readonly position: number;
  /** Missing ids, each with the transaction number before which all must have ended. */
  readonly gaps: readonly (readonly [id: number, before: string])[];
}

export class FeedCursor {
  #position: number;
  readonly #gaps: Map<number, bigint>;

  constructor({ position, gaps }: CursorState) {
    this.#position = position;
    this.#gaps = new Map(gaps.map(([id, before]) => [id, BigInt(before)]));
  }

  /** The highest id read. */
  get position(): number {
    return this.#position;
  }

  /** Ids below it that may still come, ascending. */
  get gaps(): number[] {
    return [...this.#gaps.keys()].sort((a, b) => a - b);
  }

  get state(): CursorState {
    return { position: this.#position, gaps: [...this.#gaps].map(([id, before]) => [id, String(before)]) };
  }

  /** Ids that reading `ids` (ascending) would leave missing, in addition to the gaps. */
  missing(ids: readonly number[]): number[] {
    const missing: number[] = [];
    let last = this.#position;
    for (const id of ids) {
      if (id <= this.#position) continue;
      for (let gap = last + 1; gap < id; gap++) missing.push(gap);
      last = id;
    }
    return missing;
  }

  /**
   * Notes that `ids` have been read. `newGaps` were missing then; every transaction that has drawn one has a
   * number below `numberNow`. What was seen before `running`, the oldest number still at work, is settled.
   */
  advance(ids: readonly number[], { newGaps, numberNow, running }: Passage): void {
    for (const id of ids) this.#gaps.delete(id);
    if (running !== undefined)
      for (const [id, before] of this.#gaps) if (before <= BigInt(running)) this.#gaps.delete(id);
    for (const id of newGaps) this.#gaps.set(id, BigInt(numberNow));
    this.#position = Math.max(this.#position, ids.at(-1) ?? 0);
  }
}

/** What a look at the feed found beside the events. */
export interface Passage {
  readonly newGaps: readonly number[];
  /** A transaction number drawn after the look; '0' will do where there are no new gaps. */
  readonly numberNow: string;
  /** Oldest transaction number at work, read before the look; undefined where it was not asked for. */
  readonly running: string | undefined;
}
