/**
 * The node's identifiers in memory, of one generation of the key service's key: token ↔ local id, kind, and
 * by the standing records (record-index.ts) whom they link, where they live and with whom. `who` is answered
 * from here alone. Typed arrays by local id; the database is the truth, and `refresh` reads it again.
 */
import { flagsOf } from '../../../shared/trace/identifier-flags.ts';
import { KeyTable } from '../../../shared/trace/key-table.ts';
import { type NamingColumns, RecordIndex, roomFor } from './record-index.ts';

/** Identifiers as columns. */
export interface IdentifierColumns {
  readonly id: Int32Array;
  /** 16 bytes each. */
  readonly token: Uint8Array;
  /** Number of the kind, see shared/domain/identifier.ts. */
  readonly kind: Int32Array;
}

const NONE = -1;

export class IdentifierIndex {
  #tokens = new KeyTable();
  readonly #records: RecordIndex;
  /** Local id of a token's number, and the inverse. */
  #idOf = new Int32Array(1024);
  #numberOf = new Int32Array(1024).fill(NONE);
  #kind = new Int32Array(1024);

  /** `records`: those of all generations. */
  constructor(records = new RecordIndex()) {
    this.#records = records;
  }

  /** Identifiers held. */
  get size(): number {
    return this.#tokens.size;
  }

  /** Local ids of packed tokens, -1 where the node does not hold one. */
  idsOf(tokens: Uint8Array): Int32Array {
    const numbers = this.#tokens.lookup(tokens);
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i] as number;
      if (number >= 0) numbers[i] = this.#idOf[number] as number;
    }
    return numbers;
  }

  /** Packed tokens of local ids that `has` them. */
  tokensOf(ids: ArrayLike<number>): Uint8Array {
    const numbers = new Int32Array(ids.length);
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.#numberOf[ids[i] as number] as number;
    return this.#tokens.keysOf(numbers);
  }

  /** Whether the identifier has a token and is held here. */
  has(id: number): boolean {
    return id < this.#numberOf.length && (this.#numberOf[id] as number) !== NONE;
  }

  /** What an answer says of held identifiers, a byte each (shared/trace/identifier-flags.ts). */
  flagsOf(ids: ArrayLike<number>): Uint8Array {
    const flags = new Uint8Array(ids.length);
    for (let i = 0; i < flags.length; i++) {
      const id = ids[i] as number;
      flags[i] = flagsOf(this.kindOf(id), this.#records.isResident(id));
    }
    return flags;
  }

  /** Number of the kind of a held identifier. */
  kindOf(id: number): number {
    return this.#kind[id] as number;
  }

  /**
   * Calls `visit` with each other identifier that a standing record names together with `id`, once; also with
   * those without a token.
   */
  eachLink(id: number, visit: (to: number) => void): void {
    this.#records.eachLinked(id, visit);
  }

  /**
   * Calls `visit` with each standing record that names `id`: its identifiers, also those without a token, and
   * its packed birth year and sex (`packBirth`), 0 for neither.
   */
  eachRecord(id: number, visit: (identifiers: Int32Array, birth: number) => void): void {
    this.#records.eachRecord(id, visit);
  }

  /** Calls `visit` with each other identifier of the households of `id`, once; as `eachLink`. */
  eachHousemate(id: number, visit: (other: number) => void): void {
    this.#records.eachHousemate(id, visit);
  }

  /** Puts identifiers in, or their new state in place of the old. */
  put(rows: IdentifierColumns): void {
    if (this.#tokens.size === 0) this.#tokens = new KeyTable(Math.max(1024, rows.id.length));
    const numbers = this.#tokens.intern(rows.token);
    this.#idOf = roomFor(this.#idOf, this.#tokens.size, 0);
    for (let i = 0; i < rows.id.length; i++) {
      const id = rows.id[i] as number;
      this.#numberOf = roomFor(this.#numberOf, id + 1, NONE);
      this.#kind = roomFor(this.#kind, id + 1, 0);
      this.#idOf[numbers[i] as number] = id;
      this.#numberOf[id] = numbers[i] as number;
      this.#kind[id] = rows.kind[i] as number;
    }
  }

  /** Lets identifiers go; one that comes again is put in anew. */
  remove(ids: Iterable<number>): void {
    for (const id of ids) {
      if (!this.has(id)) continue;
      this.#idOf[this.#numberOf[id] as number] = NONE;
      this.#numberOf[id] = NONE;
    }
  }

  /** Puts standing records in: all that there are, or all that name `identifiers` in place of older ones. */
  putRecords(rows: NamingColumns, identifiers?: Iterable<number>): void {
    if (identifiers === undefined) this.#records.replaceAll(rows);
    else this.#records.replaceThoseOf(identifiers, rows);
  }
}
