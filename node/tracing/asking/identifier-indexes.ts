/**
 * The identifiers in memory, an index for each generation of the key service's key that this node answers in:
 * one, or two while traces of both are open. Records are the same under each.
 */
import { type IdentifierColumns, IdentifierIndex } from './identifier-index.ts';
import { type NamingColumns, RecordIndex } from './record-index.ts';

export class IdentifierIndexes {
  readonly #records = new RecordIndex();
  readonly #byGeneration = new Map<number, IdentifierIndex>();

  /** Generations in which whoever has a token is known by it. */
  get generations(): number[] {
    return [...this.#byGeneration.keys()];
  }

  get all(): IterableIterator<[generation: number, index: IdentifierIndex]> {
    return this.#byGeneration.entries();
  }

  /** The index of a generation; undefined if the node does not answer in it. */
  find(generation: number): IdentifierIndex | undefined {
    return this.#byGeneration.get(generation);
  }

  /** Answers in a generation from now on: `rows` are all that have its token. */
  add(generation: number, rows: IdentifierColumns): void {
    const index = new IdentifierIndex(this.#records);
    index.put(rows);
    this.#byGeneration.set(generation, index);
  }

  /** Answers in no generations but these. */
  keep(generations: readonly number[]): void {
    for (const generation of this.generations)
      if (!generations.includes(generation)) this.#byGeneration.delete(generation);
  }

  /** Puts standing records in: all that there are, or all that name `identifiers` in place of older ones. */
  putRecords(rows: NamingColumns, identifiers?: Iterable<number>): void {
    if (identifiers === undefined) this.#records.replaceAll(rows);
    else this.#records.replaceThoseOf(identifiers, rows);
  }
}
