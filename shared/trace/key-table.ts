/**
 * Numbers 16-byte keys (pseudonyms, tokens) densely from 0, in typed arrays: a few tens of nanoseconds a
 * look-up and no object a key. Keys must be uniformly distributed, as the output of a cipher or an OPRF is:
 * the first word is used as the hash.
 */

export const KEY_BYTES = 16;
const WORDS = 4;

export class KeyTable {
  #words: Uint32Array;
  #slots: Int32Array;
  #size = 0;

  /** @param expected how many keys to make room for at once. */
  constructor(expected = 64) {
    const capacity = Math.max(64, expected);
    this.#words = new Uint32Array(capacity * WORDS);
    this.#slots = new Int32Array(powerOfTwo(capacity * 2)).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  /** Numbers of packed keys (n × 16 bytes), new keys numbered in order of first sight. */
  intern(keys: Uint8Array): Int32Array {
    const words = aligned(keys);
    const numbers = new Int32Array(words.length / WORDS);
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.#find(words, i * WORDS, true);
    return numbers;
  }

  /** Numbers of packed keys, -1 where a key is unknown. */
  lookup(keys: Uint8Array): Int32Array {
    const words = aligned(keys);
    const numbers = new Int32Array(words.length / WORDS);
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.#find(words, i * WORDS, false);
    return numbers;
  }

  /** The 16 bytes of one key, a copy. */
  keyOf(number: number): Uint8Array {
    return this.keysOf([number]);
  }

  /** The keys of `numbers`, packed, in their order. */
  keysOf(numbers: ArrayLike<number>): Uint8Array {
    const out = new Uint32Array(numbers.length * WORDS);
    for (let i = 0; i < numbers.length; i++) {
      const at = (numbers[i] as number) * WORDS;
      for (let w = 0; w < WORDS; w++) out[i * WORDS + w] = this.#words[at + w] as number;
    }
    return new Uint8Array(out.buffer);
  }

  #find(words: Uint32Array, at: number, add: boolean): number {
    const mask = this.#slots.length - 1;
    let slot = (words[at] as number) & mask;
    for (;;) {
      const number = this.#slots[slot] as number;
      if (number < 0) return add ? this.#insert(words, at, slot) : -1;
      const own = number * WORDS;
      if (
        this.#words[own] === words[at] &&
        this.#words[own + 1] === words[at + 1] &&
        this.#words[own + 2] === words[at + 2] &&
        this.#words[own + 3] === words[at + 3]
      ) {
        return number;
      }
      slot = (slot + 1) & mask;
    }
  }

  #insert(words: Uint32Array, at: number, slot: number): number {
    const number = this.#size++;
    if (this.#size * WORDS > this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    for (let w = 0; w < WORDS; w++) this.#words[number * WORDS + w] = words[at + w] as number;
    this.#slots[slot] = number;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot = (this.#words[number * WORDS] as number) & mask;
      while ((slots[slot] as number) >= 0) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}

function powerOfTwo(least: number): number {
  let size = 128;
  while (size < least) size *= 2;
  return size;
}

/** The bytes as words; copied when their offset does not allow a view. */
function aligned(keys: Uint8Array): Uint32Array {
  if (keys.length % KEY_BYTES !== 0)
    throw new RangeError(`keys: ${keys.length} bytes are not a multiple of 16`);
  // Not slice(): that of a Buffer is a view, with the same offset.
  const source = keys.byteOffset % 4 === 0 ? keys : new Uint8Array(keys);
  return new Uint32Array(source.buffer, source.byteOffset, source.length / 4);
}
