/**
 * What open traces have asked this node, by token: so that a change of data can be told to the hub as the
 * questions whose answers it touches. Lives as long as the process: a restart begins a new incarnation, and
 * all is asked again. What a closed or expired trace has asked is let go. Columns, because one trace asks
 * about a hundred thousand tokens.
 */
import { Columns } from '../../../shared/trace/evidence.ts';
import { KeyTable } from '../../../shared/trace/key-table.ts';

/** A question whose answer no longer holds. */
export interface TouchedQuestion {
  readonly traceId: string;
  readonly seq: number;
}

/** A trace that asks; its number stands in the entries. */
interface AskingTrace {
  number: number;
  readonly id: string;
  readonly expiresAt: number;
  readonly seqs: Set<number>;
  /** Its entries. */
  size: number;
  /** Questions whose answers leave out an identifier that has no token yet, by its local id. */
  readonly leftOut: Map<number, Set<number>>;
}

/** A question as it is noted; tokens are packed. */
export interface NotedQuestion {
  readonly seq: number;
  readonly who: Uint8Array;
  readonly met: Uint8Array;
  readonly metFrom: ArrayLike<number>;
  readonly metUntil: ArrayLike<number>;
}

/** One question about one token. Windows are those of `met`; [0, 0) asks about identity. */
interface Entry {
  readonly trace: number;
  readonly seq: number;
  readonly from: number;
  readonly until: number;
}

const NONE = -1;

export class AskedQuestions {
  #tokens = new KeyTable();
  /** Entries of a token, chained through `next`. */
  #first = new Int32Array(1024).fill(NONE);
  #entries = newEntries();
  readonly #byId = new Map<string, AskingTrace>();
  #traces: (AskingTrace | undefined)[] = [];
  /** Entries of traces that are forgotten: they go when they are half of all. */
  #dead = 0;
  /** Union of all asked windows, to skip changes that no trace asks about. */
  #from = Number.POSITIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;

  /** How much is kept: traces, and entries of theirs (some twenty bytes each). */
  get figures(): { readonly traces: number; readonly entries: number } {
    return { traces: this.#byId.size, entries: this.#entries.length };
  }

  /** Notes a question; the same question again is noted once. */
  note(trace: { id: string; expiresAt: number }, question: NotedQuestion): void {
    const { number: asking, seqs } = this.#traceOf(trace);
    const { seq, metFrom, metUntil } = question;
    if (seqs.has(seq)) return;
    seqs.add(seq);
    for (const token of this.#number(question.who))
      this.#add(token, { trace: asking, seq, from: 0, until: 0 });
    for (const [i, token] of this.#number(question.met).entries()) {
      const from = metFrom[i] as number;
      const until = metUntil[i] as number;
      this.#add(token, { trace: asking, seq, from, until });
    }
  }

  /**
   * Notes what the answer to a question names: its identity is part of the answer. Returns whether all of it
   * had been noted before.
   */
  noteNamed(trace: { id: string; expiresAt: number }, seq: number, tokens: Uint8Array): boolean {
    const { number: asking } = this.#traceOf(trace);
    let allNoted = true;
    for (const token of this.#number(tokens)) {
      if (this.#isNoted(token, asking, seq)) continue;
      allNoted = false;
      this.#add(token, { trace: asking, seq, from: 0, until: 0 });
    }
    return allNoted;
  }

  /** Notes identifiers (local ids) that the answer to a question leaves out because they have no token. */
  noteLeftOut(trace: { id: string; expiresAt: number }, seq: number, ids: Iterable<number>): void {
    const { leftOut } = this.#traceOf(trace);
    for (const id of ids) leftOut.set(id, (leftOut.get(id) ?? new Set()).add(seq));
  }

  /** Questions whose answers left out these identifiers, which have their tokens now; each told once. */
  touchedByTokens(ids: readonly number[]): TouchedQuestion[] {
    const touched: TouchedQuestion[] = [];
    for (const { id: traceId, leftOut } of this.#byId.values()) {
      if (leftOut.size === 0) continue;
      const seqs = new Set(ids.flatMap((id) => [...(leftOut.get(id) ?? [])]));
      for (const id of ids) leftOut.delete(id);
      for (const seq of seqs) touched.push({ traceId, seq });
    }
    return touched;
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
    return this.#collect(tokens, (window, i) => {
      return window.from < (until[i] as number) && window.until > (from[i] as number);
    });
  }

  /** At most `limit` of the traces that are kept; each in its turn. */
  nextTraces(limit: number): string[] {
    const next = [...this.#byId.values()].slice(0, limit);
    for (const trace of next) {
      this.#byId.delete(trace.id);
      this.#byId.set(trace.id, trace);
    }
    return next.map(({ id }) => id);
  }

  /** Forgets traces that have expired. */
  forgetExpired(now: number): void {
    this.forget([...this.#byId.values()].filter(({ expiresAt }) => expiresAt <= now).map(({ id }) => id));
  }

  /** Forgets traces that are over. One that asks again is noted anew. */
  forget(ids: readonly string[]): void {
    for (const id of ids) {
      const trace = this.#byId.get(id);
      if (!trace) continue;
      this.#byId.delete(id);
      this.#traces[trace.number] = undefined;
      this.#dead += trace.size;
    }
    // Not at every closing: all that stays is entered anew.
    if (this.#dead > 0 && this.#dead * 2 >= this.#entries.length) this.#rebuild();
  }

  #rebuild(): void {
    const [tokens, first, entries, traces] = [this.#tokens, this.#first, this.#entries, this.#traces];
    this.#tokens = new KeyTable();
    this.#first = new Int32Array(1024).fill(NONE);
    this.#entries = newEntries();
    this.#dead = 0;
    [this.#from, this.#until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    this.#traces = [];
    const numberOf = new Map<AskingTrace | undefined, number>();
    for (const trace of this.#byId.values()) {
      Object.assign(trace, { number: this.#traces.length, size: 0 });
      numberOf.set(trace, trace.number);
      this.#traces.push(trace);
    }
    for (let token = 0; token < tokens.size; token++) {
      for (let e = first[token] as number; e !== NONE; e = entries.data.next[e] as number) {
        const entry = entryAt(entries, e);
        const trace = numberOf.get(traces[entry.trace]);
        if (trace !== undefined)
          this.#add(this.#number(tokens.keyOf(token))[0] as number, { ...entry, trace });
      }
    }
  }

  #traceOf({ id, expiresAt }: { id: string; expiresAt: number }): AskingTrace {
    let trace = this.#byId.get(id);
    if (!trace) {
      trace = { number: this.#traces.length, id, expiresAt, seqs: new Set(), size: 0, leftOut: new Map() };
      this.#traces.push(trace);
      this.#byId.set(id, trace);
    }
    return trace;
  }

  #number(tokens: Uint8Array): Int32Array {
    const numbers = this.#tokens.intern(tokens);
    if (this.#tokens.size > this.#first.length) {
      const grown = new Int32Array(Math.max(this.#tokens.size, this.#first.length * 2)).fill(NONE);
      grown.set(this.#first);
      this.#first = grown;
    }
    return numbers;
  }

  #add(token: number, { trace, seq, from, until }: Entry): void {
    this.#entries.reserve(1);
    const e = this.#entries.length++;
    const { data } = this.#entries;
    data.trace[e] = trace;
    data.seq[e] = seq;
    data.from[e] = from;
    data.until[e] = until;
    data.next[e] = this.#first[token] as number;
    this.#first[token] = e;
    (this.#traces[trace] as AskingTrace).size++;
    // [0, 0) asks about identity, at any time.
    if (until === 0) return;
    this.#from = Math.min(this.#from, from);
    this.#until = Math.max(this.#until, until);
  }

  #isNoted(token: number, asking: number, asked: number): boolean {
    const { trace, seq, until, next } = this.#entries.data;
    for (let e = this.#first[token] as number; e !== NONE; e = next[e] as number) {
      if (trace[e] === asking && seq[e] === asked && until[e] === 0) return true;
    }
    return false;
  }

  #collect(tokens: Uint8Array, counts: (window: Entry, i: number) => boolean): TouchedQuestion[] {
    const touched = new Map<string, TouchedQuestion>();
    for (const [i, token] of this.#tokens.lookup(tokens).entries()) {
      if (token < 0) continue;
      for (let e = this.#first[token] as number; e !== NONE; e = this.#entries.data.next[e] as number) {
        const entry = entryAt(this.#entries, e);
        const traceId = this.#traces[entry.trace]?.id;
        if (traceId === undefined || !counts(entry, i)) continue;
        touched.set(`${traceId} ${entry.seq}`, { traceId, seq: entry.seq });
      }
    }
    return [...touched.values()];
  }
}

type Entries = Columns<keyof Entry | 'next'>;

function newEntries(): Entries {
  return new Columns(['trace', 'seq', 'from', 'until', 'next']);
}

function entryAt({ data }: Entries, e: number): Entry {
  return {
    trace: data.trace[e] as number,
    seq: data.seq[e] as number,
    // Stored in signed columns: instants after 2038 come back as unsigned.
    from: (data.from[e] as number) >>> 0,
    until: (data.until[e] as number) >>> 0,
  };
}
