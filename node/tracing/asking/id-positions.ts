/**
 * Positions by local id, for as long as one answer is built: an open-addressing table in one typed array, as
 * a Map of numbers costs several times as much where two are looked up for each identifier of a record.
 */

const EMPTY = 0;
const GOLDEN = 0x9e3779b1;

export class IdPositions {
  /** Id + 1 and position, side by side; EMPTY where there is none. */
  #slots: Int32Array;
  #shift: number;
  #count = 0;

  /** @param expected how many ids to make room for at once. */
  constructor(expected = 32) {
    const bits = Math.max(6, 33 - Math.clz32(Math.max(1, expected)));
    this.#slots = new Int32Array(2 << bits);
    this.#shift = 32 - bits;
  }

  /** The position of `id`, -1 if it has none. */
  get(id: number): number {
    const slot = this.#slotOf(id);
    return this.#slots[slot] === EMPTY ? -1 : (this.#slots[slot + 1] as number);
  }

  /** Gives `id` its position unless it has one; the position that it has. */
  add(id: number, position: number): number {
    const slot = this.#slotOf(id);
    if (this.#slots[slot] !== EMPTY) return this.#slots[slot + 1] as number;
    this.#slots[slot] = id + 1;
    this.#slots[slot + 1] = position;
    this.#count++;
    if (this.#count * 4 > this.#slots.length) this.#grow();
    return position;
  }

  #slotOf(id: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (Math.imul(id, GOLDEN) >>> this.#shift) << 1;
    while (slots[slot] !== EMPTY && slots[slot] !== id + 1) slot = (slot + 2) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#shift--;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] === EMPTY) continue;
      const slot = this.#slotOf((old[at] as number) - 1);
      this.#slots[slot] = old[at] as number;
      this.#slots[slot + 1] = old[at + 1] as number;
    }
  }
}
