/**
 * The node's identifiers in memory: token ↔ local id, direct links, cccd and residence marks, household.
 * `who` is answered from here alone. Typed arrays by local id; the database is the truth, and `refresh` reads
 * it again.
 */
import { CCCD_FLAG, RESIDENT_FLAG } from '../../../shared/trace/identifier-flags.ts';
import { KeyTable } from '../../../shared/trace/key-table.ts';

/** Identifiers as columns; household 0 = none. */
export interface IdentifierColumns {
  readonly id: Int32Array;
  /** 16 bytes each. */
  readonly token: Uint8Array;
  readonly isCccd: Uint8Array;
  readonly isResident: Uint8Array;
  readonly household: Int32Array;
  /** Generation of the key service's key that made the token. */
  readonly generation: Int32Array;
}

/** Links in both directions. */
export interface LinkColumns {
  readonly of: Int32Array;
  readonly to: Int32Array;
}

const NONE = -1;

export class IdentifierIndex {
  #tokens = new KeyTable();
  readonly #generations = new Set<number>();
  /** Local id of a token's number, and the inverse. */
  #idOf = new Int32Array(1024);
  #numberOf = new Int32Array(1024).fill(NONE);
  #flags = new Uint8Array(1024);
  #household = new Int32Array(1024);
  #nextInHousehold = new Int32Array(1024).fill(NONE);
  #firstOfHousehold = new Int32Array(1024).fill(NONE);
  #firstLink = new Int32Array(1024).fill(NONE);
  #linkTo = new Int32Array(1024);
  #nextLink = new Int32Array(1024);
  #links = 0;
  /** Links that nobody has any more, chained through `#nextLink`. */
  #freeLink = NONE;

  /** Identifiers held. */
  get size(): number {
    return this.#tokens.size;
  }

  /** Whether no token was made by another generation of the key service's key. */
  hasOnlyGeneration(generation: number): boolean {
    return (
      this.#generations.size === 0 || (this.#generations.size === 1 && this.#generations.has(generation))
    );
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
    return this.#tokens.keysOf(Int32Array.from(ids, (id) => this.#numberOf[id] as number));
  }

  /** Whether the identifier has a token and is held here. */
  has(id: number): boolean {
    return id < this.#numberOf.length && (this.#numberOf[id] as number) !== NONE;
  }

  /** CCCD_FLAG and RESIDENT_FLAG of a held identifier. */
  flagsOf(id: number): number {
    return this.#flags[id] as number;
  }

  /**
   * Calls `visit` with each identifier that a record names together with `id`; those without a token are left
   * out.
   */
  eachLink(id: number, visit: (to: number) => void): void {
    for (let link = this.#firstLink[id] as number; link !== NONE; link = this.#nextLink[link] as number) {
      const to = this.#linkTo[link] as number;
      if (this.has(to)) visit(to);
    }
  }

  /** Calls `visit` with each other identifier of the household of `id`. */
  eachHousemate(id: number, visit: (other: number) => void): void {
    const household = this.#household[id] as number;
    if (household === 0) return;
    const first = this.#firstOfHousehold[household] as number;
    for (let other = first; other !== NONE; other = this.#nextInHousehold[other] as number) {
      if (other !== id) visit(other);
    }
  }

  /**
   * Puts identifiers in, or their new state in place of the old; their links are those of `links`, no others.
   */
  put(rows: IdentifierColumns, links: LinkColumns): void {
    if (this.#tokens.size === 0) this.#tokens = new KeyTable(Math.max(1024, rows.id.length));
    const numbers = this.#tokens.intern(rows.token);
    this.#idOf = roomFor(this.#idOf, this.#tokens.size, 0);
    for (let i = 0; i < rows.id.length; i++) {
      const id = rows.id[i] as number;
      this.#growTo(id + 1);
      this.#idOf[numbers[i] as number] = id;
      this.#numberOf[id] = numbers[i] as number;
      this.#flags[id] = (rows.isCccd[i] ? CCCD_FLAG : 0) | (rows.isResident[i] ? RESIDENT_FLAG : 0);
      this.#moveTo(id, rows.household[i] as number);
      this.#giveLinksBack(id);
    }
    for (let i = 0; i < links.of.length; i++) this.#link(links.of[i] as number, links.to[i] as number);
    for (const generation of rows.generation) this.#generations.add(generation);
  }

  #link(of: number, to: number): void {
    this.#growTo(Math.max(of, to) + 1);
    const link = this.#takeLink();
    this.#linkTo[link] = to;
    this.#nextLink[link] = this.#firstLink[of] as number;
    this.#firstLink[of] = link;
  }

  #takeLink(): number {
    const free = this.#freeLink;
    if (free !== NONE) {
      this.#freeLink = this.#nextLink[free] as number;
      return free;
    }
    const link = this.#links++;
    this.#linkTo = roomFor(this.#linkTo, this.#links, 0);
    this.#nextLink = roomFor(this.#nextLink, this.#links, NONE);
    return link;
  }

  #giveLinksBack(id: number): void {
    let last = this.#firstLink[id] as number;
    if (last === NONE) return;
    while ((this.#nextLink[last] as number) !== NONE) last = this.#nextLink[last] as number;
    this.#nextLink[last] = this.#freeLink;
    this.#freeLink = this.#firstLink[id] as number;
    this.#firstLink[id] = NONE;
  }

  #moveTo(id: number, household: number): void {
    const old = this.#household[id] as number;
    if (old === household) return;
    if (old !== 0) this.#leave(id, old);
    this.#household[id] = household;
    if (household === 0) return;
    this.#firstOfHousehold = roomFor(this.#firstOfHousehold, household + 1, NONE);
    this.#nextInHousehold[id] = this.#firstOfHousehold[household] as number;
    this.#firstOfHousehold[household] = id;
  }

  #leave(id: number, household: number): void {
    let before = this.#firstOfHousehold[household] as number;
    if (before === id) {
      this.#firstOfHousehold[household] = this.#nextInHousehold[id] as number;
      return;
    }
    while ((this.#nextInHousehold[before] as number) !== id) before = this.#nextInHousehold[before] as number;
    this.#nextInHousehold[before] = this.#nextInHousehold[id] as number;
  }

  #growTo(count: number): void {
    if (count <= this.#numberOf.length) return;
    this.#numberOf = roomFor(this.#numberOf, count, NONE);
    this.#household = roomFor(this.#household, count, 0);
    this.#nextInHousehold = roomFor(this.#nextInHousehold, count, NONE);
    this.#firstLink = roomFor(this.#firstLink, count, NONE);
    const flags = new Uint8Array(this.#numberOf.length);
    flags.set(this.#flags);
    this.#flags = flags;
  }
}

function roomFor(column: Int32Array<ArrayBuffer>, count: number, empty: number): Int32Array<ArrayBuffer> {
  if (count <= column.length) return column;
  const grown = new Int32Array(Math.max(count, column.length * 2));
  if (empty !== 0) grown.fill(empty, column.length);
  grown.set(column);
  return grown;
}
