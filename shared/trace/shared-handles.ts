/**
 * Which handles are shared (README.md, Who is one person): those that two opposed records name. Decided by a
 * few counters a handle, in one pass over the records, never by comparing them in pairs.
 *
 * Why the counters are the pairwise definition. All numbers of one record are tied with each other, so a
 * record with a number has exactly one *tie* (class of tied numbers), and "no number of one is tied to a
 * number of the other" says: their ties differ, or one has none. Of the records that name a handle h and
 * something beside it:
 *   (a) two different cccd: some two have a cccd and different ties. Iff records with a cccd have two ties.
 *   (b) both tagged (birth year and sex), differently. Let the tagged have two tags or more, else there is
 *       no pair. One without a number is opposed to any of another tag. If all have numbers and one tie,
 *       there is no pair; if they have two ties, there is one that differs in both: were there none, let R
 *       be of (tie 1, tag 1), S of another tie, so of tag 1, U of another tag, so of tie 1: S and U differ in
 *       both. Iff there are two tags, and a tagged record without a number or two ties among the tagged.
 *   (c) not both tagged, different numbers of one kind: numbers of different ties are different. Iff for
 *       some kind there are two ties, and an untagged record: it is opposed to one of another tie than its
 *       own, whether that is tagged or not.
 * "Two" is told by the first that was seen and a bit that says whether any other was.
 */
import { disjointSets, join, rootOf } from './disjoint-sets.ts';
import { CCCD, isNumber, LAST_NUMBER } from './identifier-flags.ts';

/** Records as columns. A record's members are `identifier[until[r - 1]] … identifier[until[r] - 1]`. */
export interface RecordRows {
  readonly length: number;
  readonly until: Int32Array;
  /** 1 if it has birth year and sex; then each of its handles has a tag, in two words. */
  readonly tagged: Int32Array;
  readonly identifier: Int32Array;
  readonly tagLow: Int32Array;
  readonly tagHigh: Int32Array;
}

/** Of each of `kinds.length` identifiers 1 if it is a shared handle; undefined if none is. */
export function findSharedHandles(
  records: RecordRows,
  kinds: Uint8Array,
  count: number,
): Uint8Array | undefined {
  const counters = new Counters(records, kinds, count);
  const ties = tiesOf(records, kinds, count);
  for (let r = 0; r < records.length; r++) counters.add(r, ties);
  return counters.shared;
}

/** Numbers that are the same, or that records link through numbers alone. */
function tiesOf({ length, until, identifier }: RecordRows, kinds: Uint8Array, count: number): Int32Array {
  const ties = disjointSets(count);
  let m = 0;
  for (let r = 0; r < length; r++) {
    let before = -1;
    for (; m < (until[r] as number); m++) {
      const n = identifier[m] as number;
      if (!isNumber(kinds[n] as number)) continue;
      if (before >= 0) join(ties, before, n);
      before = n;
    }
  }
  return ties;
}

// Of each handle eight words: the first tie seen with a number of each kind and among the tagged (0 = none,
// else its number plus one), the first tag, and bits.
const WORDS = 8;
const TAGGED_TIE = LAST_NUMBER;
const TAG_LOW = 5;
const TAG_HIGH = 6;
const BITS = 7;
/** Bits 0 to 4: another tie than the first; bits 5 to 8: an untagged record with a number of the kind. */
const UNTAGGED = 5;
const HAS_TAG = 1 << 9;
const TWO_TAGS = 1 << 10;
const TAGGED_WITHOUT_NUMBER = 1 << 11;
const TWO_TAGGED_TIES = 1 << TAGGED_TIE;
const TWO_CCCD = 1 << (CCCD - 1);
const KINDS = (1 << LAST_NUMBER) - 1;

class Counters {
  readonly #records: RecordRows;
  readonly #kinds: Uint8Array;
  readonly #words: Int32Array;
  readonly #shared: Uint8Array;
  #any = false;
  /** Of the record at hand: its tie plus one (0 = none), bits of the kinds of its numbers, whether tagged. */
  #tie = 0;
  #named = 0;
  #isTagged = false;

  constructor(records: RecordRows, kinds: Uint8Array, count: number) {
    this.#records = records;
    this.#kinds = kinds;
    this.#words = new Int32Array(count * WORDS);
    this.#shared = new Uint8Array(count);
  }

  get shared(): Uint8Array | undefined {
    return this.#any ? this.#shared : undefined;
  }

  /** Counts record `r` at each of its handles; one that names nothing beside a handle is opposed to none. */
  add(r: number, ties: Int32Array): void {
    const { identifier, until, tagged } = this.#records;
    const [first, end] = [r === 0 ? 0 : (until[r - 1] as number), until[r] as number];
    if (end - first < 2) return;
    this.#tie = 0;
    this.#named = 0;
    this.#isTagged = tagged[r] === 1;
    for (let m = first; m < end; m++) {
      const n = identifier[m] as number;
      const kind = this.#kinds[n] as number;
      if (!isNumber(kind)) continue;
      this.#tie = rootOf(ties, n) + 1;
      this.#named |= 1 << (kind - 1);
    }
    for (let m = first; m < end; m++) {
      const n = identifier[m] as number;
      if (!isNumber(this.#kinds[n] as number) && !this.#shared[n]) this.#count(n, m);
    }
  }

  /** Counts the record at hand at its handle `n`, which it names as member `m`. */
  #count(n: number, m: number): void {
    const words = this.#words;
    const at = n * WORDS;
    let bits = words[at + BITS] as number;
    for (let kind = 0; kind < LAST_NUMBER; kind++) {
      if (this.#named & (1 << kind)) bits |= this.#isOther(at + kind) << kind;
    }
    if (this.#isTagged) bits |= this.#tagBits(at, m, bits) | this.#tiesOfTagged(at);
    else bits |= this.#named << UNTAGGED;
    words[at + BITS] = bits;
    if (!isOpposed(bits)) return;
    this.#shared[n] = 1;
    this.#any = true;
  }

  #tagBits(at: number, m: number, bits: number): number {
    const words = this.#words;
    const low = this.#records.tagLow[m] as number;
    const high = this.#records.tagHigh[m] as number;
    if (bits & HAS_TAG) return words[at + TAG_LOW] === low && words[at + TAG_HIGH] === high ? 0 : TWO_TAGS;
    words[at + TAG_LOW] = low;
    words[at + TAG_HIGH] = high;
    return HAS_TAG;
  }

  #tiesOfTagged(at: number): number {
    return this.#tie === 0 ? TAGGED_WITHOUT_NUMBER : this.#isOther(at + TAGGED_TIE) << TAGGED_TIE;
  }

  /** 1 if another tie than that of the record at hand was seen first; the first is kept. */
  #isOther(word: number): number {
    const first = this.#words[word] as number;
    if (first === 0) this.#words[word] = this.#tie;
    return first !== 0 && first !== this.#tie ? 1 : 0;
  }
}

/** (a), (b) and (c) above, of the bits of a handle. */
function isOpposed(bits: number): boolean {
  if (bits & TWO_CCCD) return true;
  if (bits & TWO_TAGS && bits & (TAGGED_WITHOUT_NUMBER | TWO_TAGGED_TIES)) return true;
  return (bits & (bits >> UNTAGGED) & KINDS) !== 0;
}
