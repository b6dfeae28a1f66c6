/**
 * What the questions in the log of a trace cover: of whom it was asked who they are, and in which windows
 * whom they met.
 */
import type { KeyTable } from './key-table.ts';
import { MET_PER_QUESTION, type TraceQuestion, type TraceTerms, WHO_PER_QUESTION } from './messages.ts';

/** Whom an identifier met, to be asked. */
export interface WantedWindow {
  readonly identifier: number;
  readonly from: number;
  readonly until: number;
}

export class Asked {
  readonly #met = new Map<number, [from: number, until: number][]>();
  #who = new Uint8Array(1024);

  /** Notes a question, whose pseudonyms have these numbers. */
  note({ metFrom, metUntil }: TraceQuestion, numbers: { who: Int32Array; met: Int32Array }): void {
    for (const n of numbers.who) this.#markWho(n);
    numbers.met.forEach((n, i) => {
      const windows = this.#met.get(n) ?? [];
      windows.push([metFrom[i] as number, metUntil[i] as number]);
      this.#met.set(n, windows);
    });
  }

  /** Those of `count` identifiers of whom it was not asked who they are. */
  whoIsOpen(count: number): number[] {
    const who: number[] = [];
    for (let n = 0; n < count; n++) if (!this.#who[n]) who.push(n);
    return who;
  }

  /** Whether it was asked whom the identifier met in the window, or in a wider one. */
  covers(identifier: number, from: number, until: number): boolean {
    return (this.#met.get(identifier) ?? []).some(([f, u]) => f <= from && until <= u);
  }

  #markWho(identifier: number): void {
    if (identifier >= this.#who.length) {
      const grown = new Uint8Array(Math.max(identifier + 1, this.#who.length * 2));
      grown.set(this.#who);
      this.#who = grown;
    }
    this.#who[identifier] = 1;
  }
}

/**
 * Labels by width of their windows, widest first: a wider window makes the narrower ones of a person
 * needless.
 */
export function widestFirst<L extends { at: number }>(labels: readonly L[], { direction }: TraceTerms): L[] {
  return [...labels].sort((a, b) => (direction === 'forward' ? a.at - b.at : b.at - a.at));
}

/** Without windows that lie within an earlier one of the same identifier. */
export function withoutCovered(wanted: readonly WantedWindow[]): WantedWindow[] {
  const kept = new Map<number, WantedWindow[]>();
  return wanted.filter((want) => {
    const own = kept.get(want.identifier) ?? [];
    if (own.some(({ from, until }) => from <= want.from && want.until <= until)) return false;
    own.push(want);
    kept.set(want.identifier, own);
    return true;
  });
}

/** What is to be asked, as questions numbered on from `lastSeq`, each of a bounded size. */
export function questionsFor(
  keys: KeyTable,
  { who, met }: { readonly who: readonly number[]; readonly met: readonly WantedWindow[] },
  lastSeq: number,
): TraceQuestion[] {
  const parts = Math.max(Math.ceil(who.length / WHO_PER_QUESTION), Math.ceil(met.length / MET_PER_QUESTION));
  return Array.from({ length: parts }, (_, part) => {
    const ask = met.slice(part * MET_PER_QUESTION, (part + 1) * MET_PER_QUESTION);
    return {
      seq: lastSeq + 1 + part,
      who: keys.keysOf(who.slice(part * WHO_PER_QUESTION, (part + 1) * WHO_PER_QUESTION)),
      met: keys.keysOf(ask.map(({ identifier }) => identifier)),
      metFrom: Uint32Array.from(ask, ({ from }) => from),
      metUntil: Uint32Array.from(ask, ({ until }) => until),
    };
  });
}
