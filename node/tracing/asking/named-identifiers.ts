/** The identifiers that an answer names, by local id; says nothing of what is known of them. */
import { IdPositions } from './id-positions.ts';

/** Numbers the identifiers that an answer names, in order of first mention; local ids. */
export class NamedIdentifiers {
  readonly ids: number[] = [];
  /** What it would name if it had a token. */
  readonly leftOut = new Set<number>();
  readonly #positions: IdPositions;

  /** @param expected how many to make room for at once. */
  constructor(expected = 0) {
    this.#positions = new IdPositions(expected);
  }

  /** The position of `id`, which is named from now on. */
  positionOf(id: number): number {
    const position = this.#positions.add(id, this.ids.length);
    if (position === this.ids.length) this.ids.push(id);
    return position;
  }

  /** The position of `id`, -1 if it is not named. */
  find(id: number): number {
    return this.#positions.get(id);
  }
}
