/**
 * All that the held answers say, in one place: which pseudonyms there are, which records name them, who knows
 * them, and which contact events were reported under each. The order in which answers are added changes the
 * numbering only.
 */
import { isNumber, kindOf, RESIDENT_FLAG } from './identifier-flags.ts';
import { KeyTable } from './key-table.ts';
import { PROTOCOL, type TraceAnswer } from './messages.ts';
import type { RecordRows } from './shared-handles.ts';

/** A question with its pseudonyms numbered. */
export interface NumberedQuestion {
  readonly who: Int32Array;
  readonly met: Int32Array;
}

/** Identifiers that one province was the first to name, and those that all others were. */
export interface Brought {
  readonly own: number;
  readonly rest: number;
}

/** Growable columns of whole numbers that share one length. */
export class Columns<Name extends string> {
  readonly data: Record<Name, Int32Array>;
  length = 0;
  readonly #names: readonly Name[];

  constructor(names: readonly Name[], capacity = 256) {
    this.#names = names;
    this.data = Object.fromEntries(names.map((name) => [name, new Int32Array(capacity)])) as Record<
      Name,
      Int32Array
    >;
  }

  /** Makes room for `more` rows; the caller writes into `data` and raises `length`. */
  reserve(more: number): void {
    const needed = this.length + more;
    for (const name of this.#names) {
      const column = this.data[name];
      if (needed <= column.length) return;
      const grown = new Int32Array(Math.max(needed, column.length * 2));
      grown.set(column);
      this.data[name] = grown;
    }
  }
}

export class Evidence {
  readonly keys = new KeyTable(1024);
  /** Records, each with the end of its members and the number of the province that reported it. */
  readonly records = new Columns(['until', 'tagged', 'province']);
  /** What the records name, one after the other; of handles of tagged records the two words of the tag. */
  readonly members = new Columns(['identifier', 'tagLow', 'tagHigh']);
  /** Contact events under the identifier that was asked about, chained through `next` from `firstEvent`. */
  readonly events = new Columns(['to', 'from', 'until', 'setting', 'province', 'next']);
  /** Provinces that know an identifier, chained through `next` from `firstKnown`; `resident` is 0 or 1. */
  readonly knowledge = new Columns(['province', 'resident', 'next']);
  /** Of each identifier the number of its kind; 0 = nobody has said. */
  kinds = new Uint8Array(1024);
  /** How many identifiers each province was the first to know, in the order in which answers were added. */
  readonly brought = new Map<number, number>();
  firstEvent = new Int32Array(1024).fill(-1);
  firstKnown = new Int32Array(1024).fill(-1);

  /** Numbers packed pseudonyms, new ones included. */
  number(pseudonyms: Uint8Array): Int32Array {
    const numbers = this.keys.intern(pseudonyms);
    this.#grow(this.keys.size);
    return numbers;
  }

  /** @param leftOut provinces that do not count. */
  broughtBy(province: number, leftOut: ReadonlySet<number>): Brought {
    let [own, rest] = [0, 0];
    for (const [code, count] of this.brought) {
      if (code === province) own = count;
      else if (!leftOut.has(code)) rest += count;
    }
    return { own, rest };
  }

  /** How many of packed pseudonyms nobody knows. */
  unknownAmong(pseudonyms: Uint8Array): number {
    let unknown = 0;
    for (const n of this.keys.lookup(pseudonyms)) if (n < 0 || (this.firstKnown[n] as number) < 0) unknown++;
    return unknown;
  }

  /** The records as persons are resolved from them. */
  recordRows(): RecordRows {
    return { length: this.records.length, ...this.records.data, ...this.members.data };
  }

  /**
   * Adds one province's answer to a question. Columns of the answer must have been checked (`answerFault`).
   */
  add(province: number, question: NumberedQuestion, answer: TraceAnswer): void {
    const named = this.number(answer.named);
    this.#addKnowledge(province, named, answer.namedFlags);
    this.#addKnowledge(province, pick(question.who, answer.known), answer.knownFlags);
    if (answer.protocol === PROTOCOL.records) this.#addRecords(province, question.who, named, answer);
    else {
      this.#addLinks(province, pick(question.who, answer.linkOf), pick(named, answer.linkTo));
      this.#addLinks(province, pick(named, answer.namedLinkOf), pick(named, answer.namedLinkTo));
    }
    this.#addEvents(province, question.met, named, answer);
  }

  #addKnowledge(province: number, identifiers: Int32Array, flags: Uint8Array): void {
    this.knowledge.reserve(identifiers.length);
    const { province: source, resident, next } = this.knowledge.data;
    let brought = this.brought.get(province) ?? 0;
    for (let i = 0; i < identifiers.length; i++) {
      const identifier = identifiers[i] as number;
      const [kind, before] = [kindOf(flags[i] as number), this.kinds[identifier] as number];
      // Should provinces contradict each other, the first kind in order counts, whoever answered first.
      if (kind !== 0 && (before === 0 || kind < before)) this.kinds[identifier] = kind;
      const row = this.knowledge.length++;
      source[row] = province;
      resident[row] = (flags[i] as number) & RESIDENT_FLAG ? 1 : 0;
      next[row] = this.firstKnown[identifier] as number;
      if ((next[row] as number) < 0) brought++;
      this.firstKnown[identifier] = row;
    }
    this.brought.set(province, brought);
  }

  #addRecords(
    province: number,
    who: Int32Array,
    named: Int32Array,
    { records, ...answer }: TraceAnswer,
  ): void {
    const { size, members } = records;
    this.records.reserve(size.length);
    this.members.reserve(members.length);
    const isNumberAt = numbersAt(who.length, answer);
    const tags = wordsOf(records.tags);
    const { until, tagged, province: source } = this.records.data;
    const { identifier, tagLow, tagHigh } = this.members.data;
    let [m, t] = [0, 0];
    for (let i = 0; i < size.length; i++) {
      const isTagged = records.tagged[i] === 1;
      for (const end = m + (size[i] as number); m < end; m++) {
        const position = members[m] as number;
        const row = this.members.length++;
        identifier[row] = (position < who.length ? who[position] : named[position - who.length]) as number;
        const hasTag = isTagged && !isNumberAt[position];
        tagLow[row] = hasTag ? (tags[t++] as number) : 0;
        tagHigh[row] = hasTag ? (tags[t++] as number) : 0;
      }
      const row = this.records.length++;
      until[row] = this.members.length;
      tagged[row] = isTagged ? 1 : 0;
      source[row] = province;
    }
  }

  /** Pairs of protocol 1: records of two identifiers, of whom birth year and sex are not known. */
  #addLinks(province: number, of: Int32Array, to: Int32Array): void {
    this.records.reserve(of.length);
    this.members.reserve(of.length * 2);
    const { until, tagged, province: source } = this.records.data;
    const { identifier, tagLow, tagHigh } = this.members.data;
    for (let i = 0; i < of.length; i++) {
      for (const n of [of[i], to[i]]) {
        const row = this.members.length++;
        identifier[row] = n as number;
        tagLow[row] = 0;
        tagHigh[row] = 0;
      }
      const row = this.records.length++;
      until[row] = this.members.length;
      tagged[row] = 0;
      source[row] = province;
    }
  }

  #addEvents(province: number, met: Int32Array, named: Int32Array, answer: TraceAnswer): void {
    const { eventOf, eventTo, eventFrom, eventUntil, eventSetting } = answer;
    this.events.reserve(eventOf.length);
    const { to, from, until, setting, province: source, next } = this.events.data;
    for (let i = 0; i < eventOf.length; i++) {
      const row = this.events.length++;
      const of = met[eventOf[i] as number] as number;
      to[row] = named[eventTo[i] as number] as number;
      from[row] = eventFrom[i] as number;
      until[row] = eventUntil[i] as number;
      setting[row] = eventSetting[i] as number;
      source[row] = province;
      next[row] = this.firstEvent[of] as number;
      this.firstEvent[of] = row;
    }
  }

  #grow(count: number): void {
    if (count <= this.kinds.length) return;
    const capacity = Math.max(count, this.kinds.length * 2);
    const kinds = new Uint8Array(capacity);
    kinds.set(this.kinds);
    this.kinds = kinds;
    this.firstEvent = grownChain(this.firstEvent, capacity);
    this.firstKnown = grownChain(this.firstKnown, capacity);
  }
}

/** Of each position of `who` and then `named` 1 if the answer says that a number stands there. */
function numbersAt(
  whoCount: number,
  { known, knownFlags, namedFlags }: Pick<TraceAnswer, 'known' | 'knownFlags' | 'namedFlags'>,
): Uint8Array {
  const numbers = new Uint8Array(whoCount + namedFlags.length);
  for (let i = 0; i < known.length; i++) {
    if (isNumber(kindOf(knownFlags[i] as number))) numbers[known[i] as number] = 1;
  }
  for (let i = 0; i < namedFlags.length; i++) {
    if (isNumber(kindOf(namedFlags[i] as number))) numbers[whoCount + i] = 1;
  }
  return numbers;
}

/** Tags as words; a copy, for views into a message need not be aligned. */
function wordsOf(tags: Uint8Array): Int32Array {
  return new Int32Array(new Uint8Array(tags).buffer);
}

/** The numbers at `positions`. */
function pick(numbers: Int32Array, positions: Uint32Array): Int32Array {
  const picked = new Int32Array(positions.length);
  for (let i = 0; i < positions.length; i++) picked[i] = numbers[positions[i] as number] as number;
  return picked;
}

function grownChain(heads: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity).fill(-1);
  grown.set(heads);
  return grown;
}
