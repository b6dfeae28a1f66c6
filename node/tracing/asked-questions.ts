/**
 * What open traces have asked this node, by token: so that a change of data can be told to the hub as the
 * questions whose answers it touches. Lives as long as the process: a restart begins a new incarnation, and
 * all is asked again.
 */
import { KeyTable } from '../../shared/trace/key-table.ts';

/** A question whose answer no longer holds. */
export interface TouchedQuestion {
  readonly traceId: string;
  readonly seq: number;
}

interface AskedTrace {
  readonly id: string;
  readonly seqs: Set<number>;
  /** Tokens that an answer has named, by question. */
  readonly named: Map<number, Set<number>>;
  readonly expiresAt: number;
}

/** One question about one token; entries of a token are chained. */
interface Entry {
  readonly trace: AskedTrace;
  readonly seq: number;
  readonly kind: typeof WHO | typeof MET;
  readonly from: number;
  readonly until: number;
  readonly next: number;
}

const WHO = 0;
const MET = 1;

export class AskedQuestions {
  #tokens = new KeyTable();
  #first = new Int32Array(1024).fill(-1);
  #entries: Entry[] = [];
  readonly #traces = new Map<string, AskedTrace>();
  /** Union of all asked windows, to skip changes that no trace asks about. */
  #from = Number.POSITIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;

  /** Notes a question; the same question again is noted once. Tokens are packed. */
  note(
    trace: { id: string; expiresAt: number },
    question: {
      seq: number;
      who: Uint8Array;
      met: Uint8Array;
      metFrom: ArrayLike<number>;
      metUntil: ArrayLike<number>;
    },
  ): void {
    const asked = this.#traceOf(trace);
    if (asked.seqs.has(question.seq)) return;
    asked.seqs.add(question.seq);
    const { seq } = question;
    for (const number of this.#number(question.who)) {
      this.#add(number, { trace: asked, seq, kind: WHO, from: 0, until: 0 });
    }
    this.#number(question.met).forEach((number, i) => {
      const from = question.metFrom[i] as number;
      const until = question.metUntil[i] as number;
      this.#from = Math.min(this.#from, from);
      this.#until = Math.max(this.#until, until);
      this.#add(number, { trace: asked, seq, kind: MET, from, until });
    });
  }

  /**
   * Notes what the answer to a question names: its identity is part of the answer. Returns whether all of it
   * had been noted before.
   */
  noteNamed(trace: { id: string; expiresAt: number }, seq: number, tokens: Uint8Array): boolean {
    const asked = this.#traceOf(trace);
    const named = asked.named.get(seq) ?? new Set<number>();
    asked.named.set(seq, named);
    const before = named.size;
    for (const number of this.#number(tokens)) {
      if (named.has(number)) continue;
      named.add(number);
      this.#add(number, { trace: asked, seq, kind: WHO, from: 0, until: 0 });
    }
    return named.size === before;
  }

  #traceOf(trace: { id: string; expiresAt: number }): AskedTrace {
    let asked = this.#traces.get(trace.id);
    if (!asked) {
      asked = { id: trace.id, expiresAt: trace.expiresAt, seqs: new Set(), named: new Map() };
      this.#traces.set(trace.id, asked);
    }
    return asked;
  }

  /** Whether any open trace has asked whom somebody met in a window that overlaps [from, until). */
  asksAbout(from: number, until: number): boolean {
    return from < this.#until && until > this.#from;
  }

  /** Questions of any kind about these packed tokens. */
  touchedByIdentity(tokens: Uint8Array): TouchedQuestion[] {
    return this.#collect(tokens, () => true);
  }

  /** Questions about whom these packed tokens met in a window that overlaps [from[i], until[i]). */
  touchedByEvents(tokens: Uint8Array, from: ArrayLike<number>, until: ArrayLike<number>): TouchedQuestion[] {
    return this.#collect(
      tokens,
      (entry, i) =>
        entry.kind === MET && entry.from < (until[i] as number) && entry.until > (from[i] as number),
    );
  }

  /** Forgets traces that have expired. */
  forgetExpired(now: number): void {
    const expired = [...this.#traces.values()].filter(({ expiresAt }) => expiresAt <= now);
    if (expired.length === 0) return;
    for (const { id } of expired) this.#traces.delete(id);
    const left = this.#entriesByToken().filter(({ entry }) => entry.trace.expiresAt > now);
    // Numbers change below; an answer built at this moment notes its names once more.
    for (const { named } of this.#traces.values()) named.clear();
    this.#tokens = new KeyTable();
    this.#first.fill(-1);
    this.#entries = [];
    for (const { token, entry } of left) this.#add(this.#number(token)[0] as number, entry);
  }

  #entriesByToken(): { token: Uint8Array; entry: Entry }[] {
    const all: { token: Uint8Array; entry: Entry }[] = [];
    for (let number = 0; number < this.#tokens.size; number++) {
      for (let e = this.#first[number] as number; e >= 0; e = this.#entries[e]!.next) {
        all.push({ token: this.#tokens.keyOf(number), entry: this.#entries[e]! });
      }
    }
    return all;
  }

  #number(tokens: Uint8Array): Int32Array {
    const numbers = this.#tokens.intern(tokens);
    if (this.#tokens.size > this.#first.length) {
      const grown = new Int32Array(Math.max(this.#tokens.size, this.#first.length * 2)).fill(-1);
      grown.set(this.#first);
      this.#first = grown;
    }
    return numbers;
  }

  #add(number: number, entry: Omit<Entry, 'next'>): void {
    const { trace, seq, kind, from, until } = entry;
    this.#entries.push({ trace, seq, kind, from, until, next: this.#first[number] as number });
    this.#first[number] = this.#entries.length - 1;
  }

  #collect(tokens: Uint8Array, counts: (entry: Entry, i: number) => boolean): TouchedQuestion[] {
    const touched = new Map<string, TouchedQuestion>();
    this.#tokens.lookup(tokens).forEach((number, i) => {
      if (number < 0) return;
      for (let e = this.#first[number] as number; e >= 0; e = this.#entries[e]!.next) {
        const entry = this.#entries[e]!;
        if (!counts(entry, i)) continue;
        touched.set(`${entry.trace.id} ${entry.seq}`, { traceId: entry.trace.id, seq: entry.seq });
      }
    });
    return [...touched.values()];
  }
}
