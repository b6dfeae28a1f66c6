/**
 * The standing records in memory: of an identifier the records that name it, of a record its identifiers, its
 * birth year and sex, its household and whether it says that somebody lives here. Typed arrays by local id of
 * record and identifier; knows nothing of tokens.
 *
 *   record ──► its namings, side by side ──► identifier
 *   identifier ──► its namings, chained both ways, so that one is taken out of 10⁵ as fast as of two
 */

/** Namings of standing records as columns: a row for each identifier of a record. */
export interface NamingColumns {
  readonly record: Int32Array;
  readonly identifier: Int32Array;
  /** Of the record: see `packBirth`; 0 = it has not both. */
  readonly birth: Int32Array;
  /** Of the record: 0 = none. */
  readonly household: Int32Array;
  /** Of the record: the identifier that lives in the household. */
  readonly principal: Int32Array;
  /** Of the record: it says that somebody lives in this province. */
  readonly isResident: Uint8Array;
}

const NONE = -1;
/** Looks are counted in 32 bits. */
const LAST_LOOK = 0x7fff_ffff;

export class RecordIndex {
  /** By record: where its namings begin, and how many there are; 0 = not held. */
  #start = new Int32Array(1024);
  #count = new Uint8Array(1024);
  /** How many of those are in place: while records are added, fewer than there will be. */
  #placed = new Uint8Array(1024);
  #birth = new Int32Array(1024);
  #household = new Int32Array(1024);
  #principal = new Int32Array(1024);
  #isResident = new Uint8Array(1024);
  #nextInHousehold = new Int32Array(1024).fill(NONE);
  #firstOfHousehold = new Int32Array(1024).fill(NONE);
  /** By naming. */
  #identifierOf = new Int32Array(1024);
  #recordOf = new Int32Array(1024);
  #next = new Int32Array(1024).fill(NONE);
  #previous = new Int32Array(1024).fill(NONE);
  #namings = 0;
  /** Room of namings that are gone, by how many lay side by side. */
  readonly #free = new Map<number, number[]>();
  /** By identifier. */
  #first = new Int32Array(1024).fill(NONE);
  #residents = new Int32Array(1024);
  /** By identifier: which look it was seen in last. */
  #seen = new Int32Array(1024);
  #look = 0;

  /** Whether a standing record of the identifier says that somebody lives here. */
  isResident(identifier: number): boolean {
    return (this.#residents[identifier] ?? 0) > 0;
  }

  /** Calls `visit` with each other identifier that a record names together with this one, each once. */
  eachLinked(identifier: number, visit: (other: number) => void): void {
    const look = this.#newLook(identifier);
    for (let n = this.#first[identifier] ?? NONE; n !== NONE; n = this.#next[n] as number) {
      const record = this.#recordOf[n] as number;
      const start = this.#start[record] as number;
      const end = start + (this.#count[record] as number);
      for (let at = start; at < end; at++) {
        const other = this.#identifierOf[at] as number;
        if (this.#seen[other] === look) continue;
        this.#seen[other] = look;
        visit(other);
      }
    }
  }

  /**
   * Calls `visit` with each standing record that names the identifier: its identifiers (a view that holds
   * until the next change) and its packed birth year and sex, 0 for neither.
   */
  eachRecord(identifier: number, visit: (identifiers: Int32Array, birth: number) => void): void {
    for (let n = this.#first[identifier] ?? NONE; n !== NONE; n = this.#next[n] as number) {
      const record = this.#recordOf[n] as number;
      const start = this.#start[record] as number;
      const identifiers = this.#identifierOf.subarray(start, start + (this.#count[record] as number));
      visit(identifiers, this.#birth[record] as number);
    }
  }

  /** Calls `visit` with each other identifier of the households of this one, each once. */
  eachHousemate(identifier: number, visit: (other: number) => void): void {
    let look = 0;
    for (let n = this.#first[identifier] ?? NONE; n !== NONE; n = this.#next[n] as number) {
      const record = this.#recordOf[n] as number;
      const household = this.#household[record] as number;
      if (household === 0 || this.#principal[record] !== identifier) continue;
      look ||= this.#newLook(identifier);
      let mate = this.#firstOfHousehold[household] as number;
      for (; mate !== NONE; mate = this.#nextInHousehold[mate] as number) {
        const other = this.#principal[mate] as number;
        if (this.#seen[other] === look) continue;
        this.#seen[other] = look;
        visit(other);
      }
    }
  }

  /** Holds these records and no others. */
  replaceAll(rows: NamingColumns): void {
    for (let record = 0; record < this.#count.length; record++) this.#remove(record);
    this.#add(rows);
  }

  /** The standing records that name any of these identifiers are those of `rows`, and no others. */
  replaceThoseOf(identifiers: Iterable<number>, rows: NamingColumns): void {
    for (const identifier of identifiers) {
      for (;;) {
        const naming = this.#first[identifier] ?? NONE;
        if (naming === NONE) break;
        this.#remove(this.#recordOf[naming] as number);
      }
    }
    this.#add(rows);
  }

  /** Rows of one record may lie anywhere. */
  #add(rows: NamingColumns): void {
    this.#growTo(greatest(rows.record) + 1, greatest(rows.identifier) + 1);
    // A record that also names others may be held in an older state.
    for (const record of rows.record) this.#remove(record);
    for (const record of rows.record) (this.#count[record] as number)++;
    for (let i = 0; i < rows.record.length; i++) {
      const record = rows.record[i] as number;
      if (this.#placed[record] === 0) this.#begin(record, rows, i);
      const at = (this.#start[record] as number) + (this.#placed[record] as number);
      (this.#placed[record] as number)++;
      this.#chain(at, record, rows.identifier[i] as number);
    }
  }

  #begin(record: number, rows: NamingColumns, row: number): void {
    this.#start[record] = this.#takeRoom(this.#count[record] as number);
    this.#birth[record] = rows.birth[row] as number;
    this.#isResident[record] = rows.isResident[row] as number;
    this.#principal[record] = rows.principal[row] as number;
    const household = rows.household[row] as number;
    this.#household[record] = household;
    if (household === 0) return;
    this.#firstOfHousehold = roomFor(this.#firstOfHousehold, household + 1, NONE);
    this.#nextInHousehold[record] = this.#firstOfHousehold[household] as number;
    this.#firstOfHousehold[household] = record;
  }

  #chain(naming: number, record: number, identifier: number): void {
    this.#recordOf[naming] = record;
    this.#identifierOf[naming] = identifier;
    const first = this.#first[identifier] as number;
    this.#next[naming] = first;
    this.#previous[naming] = NONE;
    if (first !== NONE) this.#previous[first] = naming;
    this.#first[identifier] = naming;
    (this.#residents[identifier] as number) += this.#isResident[record] as number;
  }

  #remove(record: number): void {
    const count = this.#placed[record] as number;
    this.#count[record] = 0;
    if (count === 0) return;
    const start = this.#start[record] as number;
    for (let naming = start; naming < start + count; naming++) this.#unchain(naming, record);
    this.#placed[record] = 0;
    const room = this.#free.get(count);
    if (room === undefined) this.#free.set(count, [start]);
    else room.push(start);
    if (this.#household[record] !== 0) this.#leave(record, this.#household[record] as number);
  }

  #unchain(naming: number, record: number): void {
    const identifier = this.#identifierOf[naming] as number;
    const [previous, next] = [this.#previous[naming] as number, this.#next[naming] as number];
    if (previous === NONE) this.#first[identifier] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    (this.#residents[identifier] as number) -= this.#isResident[record] as number;
  }

  #leave(record: number, household: number): void {
    const after = this.#nextInHousehold[record] as number;
    let before = this.#firstOfHousehold[household] as number;
    if (before === record) this.#firstOfHousehold[household] = after;
    else {
      while (this.#nextInHousehold[before] !== record) before = this.#nextInHousehold[before] as number;
      this.#nextInHousehold[before] = after;
    }
    this.#household[record] = 0;
  }

  #takeRoom(count: number): number {
    const free = this.#free.get(count)?.pop();
    if (free !== undefined) return free;
    const start = this.#namings;
    this.#namings += count;
    this.#identifierOf = roomFor(this.#identifierOf, this.#namings, 0);
    this.#recordOf = roomFor(this.#recordOf, this.#namings, 0);
    this.#next = roomFor(this.#next, this.#namings, NONE);
    this.#previous = roomFor(this.#previous, this.#namings, NONE);
    return start;
  }

  /** The number of a new look, in which nothing but `identifier` was seen. */
  #newLook(identifier: number): number {
    if (this.#look === LAST_LOOK) {
      this.#seen.fill(0);
      this.#look = 0;
    }
    this.#look++;
    if (identifier < this.#seen.length) this.#seen[identifier] = this.#look;
    return this.#look;
  }

  #growTo(records: number, identifiers: number): void {
    this.#start = roomFor(this.#start, records, 0);
    this.#birth = roomFor(this.#birth, records, 0);
    this.#household = roomFor(this.#household, records, 0);
    this.#principal = roomFor(this.#principal, records, 0);
    this.#nextInHousehold = roomFor(this.#nextInHousehold, records, NONE);
    this.#count = bytesFor(this.#count, records);
    this.#placed = bytesFor(this.#placed, records);
    this.#isResident = bytesFor(this.#isResident, records);
    this.#first = roomFor(this.#first, identifiers, NONE);
    this.#residents = roomFor(this.#residents, identifiers, 0);
    this.#seen = roomFor(this.#seen, identifiers, 0);
  }
}

function greatest(column: Int32Array): number {
  return column.reduce((a, b) => Math.max(a, b), 0);
}

/** A column with room for `count`, `empty` where nothing is yet. */
export function roomFor(
  column: Int32Array<ArrayBuffer>,
  count: number,
  empty: number,
): Int32Array<ArrayBuffer> {
  if (count <= column.length) return column;
  const grown = new Int32Array(Math.max(count, column.length * 2));
  if (empty !== 0) grown.fill(empty, column.length);
  grown.set(column);
  return grown;
}

function bytesFor(column: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  if (count <= column.length) return column;
  const grown = new Uint8Array(Math.max(count, column.length * 2));
  grown.set(column);
  return grown;
}
