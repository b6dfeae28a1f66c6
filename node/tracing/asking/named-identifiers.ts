/** Numbers the identifiers that an answer names, in order of first mention; local ids. */
export class NamedIdentifiers {
  readonly ids: number[] = [];
  /** What it would name if it had a token. */
  readonly leftOut = new Set<number>();
  readonly #positions = new Map<number, number>();

  /** The position of `id`, which is named from now on. */
  positionOf(id: number): number {
    let position = this.#positions.get(id);
    if (position === undefined) {
      position = this.ids.length;
      this.#positions.set(id, position);
      this.ids.push(id);
    }
    return position;
  }

  /** The position of `id`, undefined if it is not named. */
  find(id: number): number | undefined {
    return this.#positions.get(id);
  }
}
