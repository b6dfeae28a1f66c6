/**
 * All that the held answers say, in one place: which pseudonyms there are, what links them, who knows them,
 * and which contact events were reported under each. The order in which answers are added changes the
 * numbering only.
 */
import { KeyTable } from './key-table.ts';
import { CCCD_FLAG, RESIDENT_FLAG, type TraceAnswer } from './messages.ts';

/** A question with its pseudonyms numbered. */
export interface NumberedQuestion {
  readonly who: Int32Array;
  readonly met: Int32Array;
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
  /** Direct links between identifiers, with the number of the province that reported each. */
  readonly links = new Columns(['a', 'b', 'province']);
  /** Contact events under the identifier that was asked about, chained through `next` from `firstEvent`. */
  readonly events = new Columns(['to', 'from', 'until', 'setting', 'province', 'next']);
  /** Provinces that know an identifier, chained through `next` from `firstKnown`; `resident` is 0 or 1. */
  readonly knowledge = new Columns(['province', 'resident', 'next']);
  isCccd = new Uint8Array(1024);
  firstEvent = new Int32Array(1024).fill(-1);
  firstKnown = new Int32Array(1024).fill(-1);

  /** Numbers packed pseudonyms, new ones included. */
  number(pseudonyms: Uint8Array): Int32Array {
    const numbers = this.keys.intern(pseudonyms);
    this.#grow(this.keys.size);
    return numbers;
  }

  /**
   * Adds one province's answer to a question. Columns of the answer must have been checked (`checkAnswer`).
   */
  add(province: number, question: NumberedQuestion, answer: TraceAnswer): void {
    const named = this.number(answer.named);
    this.#addKnowledge(province, named, answer.namedFlags);
    this.#addKnowledge(province, pick(question.who, answer.known), answer.knownFlags);
    this.#addLinks(province, pick(question.who, answer.linkOf), pick(named, answer.linkTo));
    this.#addLinks(province, pick(named, answer.namedLinkOf), pick(named, answer.namedLinkTo));
    this.#addEvents(province, question.met, named, answer);
  }

  #addKnowledge(province: number, identifiers: Int32Array, flags: Uint8Array): void {
    this.knowledge.reserve(identifiers.length);
    const { province: source, resident, next } = this.knowledge.data;
    for (let i = 0; i < identifiers.length; i++) {
      const identifier = identifiers[i] as number;
      if ((flags[i] as number) & CCCD_FLAG) this.isCccd[identifier] = 1;
      const row = this.knowledge.length++;
      source[row] = province;
      resident[row] = (flags[i] as number) & RESIDENT_FLAG ? 1 : 0;
      next[row] = this.firstKnown[identifier] as number;
      this.firstKnown[identifier] = row;
    }
  }

  #addLinks(province: number, of: Int32Array, to: Int32Array): void {
    this.links.reserve(of.length);
    const { a, b, province: source } = this.links.data;
    for (let i = 0; i < of.length; i++) {
      const row = this.links.length++;
      a[row] = of[i] as number;
      b[row] = to[i] as number;
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
    if (count <= this.isCccd.length) return;
    const capacity = Math.max(count, this.isCccd.length * 2);
    const isCccd = new Uint8Array(capacity);
    isCccd.set(this.isCccd);
    this.isCccd = isCccd;
    this.firstEvent = grownChain(this.firstEvent, capacity);
    this.firstKnown = grownChain(this.firstKnown, capacity);
  }
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

/**
 * Why an answer cannot be one to a question of `whoCount` and `metCount` rows: the first fault as text, or
 * undefined. A faulty (or lying) node must not be able to break the fold.
 */
export function answerFault(answer: TraceAnswer, whoCount: number, metCount: number): string | undefined {
  const namedCount = answer.named.length / 16;
  if (!Number.isInteger(namedCount)) return 'named: not a multiple of 16 bytes';
  if (answer.namedFlags.length !== namedCount) return 'named_flags: wrong length';
  if (answer.knownFlags.length !== answer.known.length) return 'known_flags: wrong length';
  if (answer.linkTo.length !== answer.linkOf.length) return 'link_to: wrong length';
  if (answer.namedLinkTo.length !== answer.namedLinkOf.length) return 'named_link_to: wrong length';
  const events = answer.eventOf.length;
  for (const column of ['eventTo', 'eventFrom', 'eventUntil', 'eventSetting'] as const) {
    if (answer[column].length !== events) return `${column}: wrong length`;
  }
  if (outside(answer.known, whoCount)) return 'known: position outside the question';
  if (outside(answer.linkOf, whoCount)) return 'link_of: position outside the question';
  if (outside(answer.linkTo, namedCount)) return 'link_to: position outside named';
  if (outside(answer.namedLinkOf, namedCount)) return 'named_link_of: position outside named';
  if (outside(answer.namedLinkTo, namedCount)) return 'named_link_to: position outside named';
  if (outside(answer.eventOf, metCount)) return 'event_of: position outside the question';
  if (outside(answer.eventTo, namedCount)) return 'event_to: position outside named';
  for (let i = 0; i < events; i++) {
    const setting = answer.eventSetting[i] as number;
    if (setting === 255) continue;
    if (setting !== 254 && (setting < 1 || setting > 30)) return 'event_setting: unknown';
    if ((answer.eventFrom[i] as number) >= (answer.eventUntil[i] as number))
      return 'event_until: not after from';
  }
  return undefined;
}

function outside(positions: Uint32Array, count: number): boolean {
  for (let i = 0; i < positions.length; i++) if ((positions[i] as number) >= count) return true;
  return false;
}
