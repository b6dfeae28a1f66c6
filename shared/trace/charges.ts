/**
 * Who pays for the names in a trace. Every name is asked about everywhere, at the cost of the trace's budget:
 * a province that invents names could spend all of it. So each is charged to a province, and one that is
 * charged for too many does not count any more. A pure function of the log and the answers held.
 *
 *   index person ──named by A──▶ x ──named by B──▶ y
 *
 * x begins a chain that A brought in, y stands in it. Whoever lies, A (about x) or B (about y), it looks the
 * same; so A pays for what others name in its chains up to FAN_OUT names for each name of its own in them,
 * which invented people cannot spare it and real ones hardly need, and B for the rest.
 */
import { disjointSets, join, rootOf } from './disjoint-sets.ts';
import type { TraceAnswer } from './messages.ts';

/** An answer that counts; pseudonyms by their numbers. */
export interface ChargedAnswer {
  readonly province: number;
  readonly who: Int32Array;
  readonly met: Int32Array;
  readonly named: Int32Array;
  readonly answer: TraceAnswer;
}

/** Names of others in its chains that a province pays for, for each name of its own in them. */
export const FAN_OUT = 200;

const NOBODY = -1;
const NOT_YET = -1;

/** Names, and questions that ask about somebody whom the province was the first to name. */
export interface Charge {
  names: number;
  questions: number;
}

/**
 * What each province pays for. Of two provinces that name somebody the one pays that answered the lower
 * question, of one question the lower code, whichever answer came first.
 * @param count of numbers. @param index those of the index: nobody pays for them.
 */
export function chargesOf(
  answers: readonly ChargedAnswer[],
  count: number,
  index: Int32Array,
): ReadonlyMap<number, Charge> {
  const chains = new Chains(count, index);
  const inOrder = [...answers].sort(bySeqAndProvince);
  // Mostly once: somebody may have been asked about before the answer that names him now was there.
  for (let before = -1; before !== chains.brought; ) {
    before = chains.brought;
    for (const answer of inOrder) chains.add(answer);
  }
  return chains.charges(inOrder);
}

function bySeqAndProvince(a: ChargedAnswer, b: ChargedAnswer): number {
  return a.answer.seq - b.answer.seq || a.province - b.province;
}

class Chains {
  /** Of each identifier the province that brought in its chain; of the index NOBODY. */
  readonly #bringer: Int32Array;
  /** Who was the first to name it. */
  readonly #namer: Int32Array;
  /** When it was brought in: the index at once. */
  readonly #order: Int32Array;
  brought = 0;
  /** Names by bringer, and by who named them. */
  readonly #names = new Map<number, Map<number, number>>();

  constructor(count: number, index: Int32Array) {
    this.#bringer = new Int32Array(count).fill(NOBODY);
    this.#namer = new Int32Array(count).fill(NOBODY);
    this.#order = new Int32Array(count).fill(NOT_YET);
    for (const n of index) this.#order[n] = 0;
  }

  add(answer: ChargedAnswer): void {
    const { province, who, met, named } = answer;
    const first = who.length + met.length;
    const sets = reachOf(answer, first);
    const parents = this.#parentsOf(sets, answer);
    for (let i = 0; i < named.length; i++) {
      const n = named[i] as number;
      const parent = parents[rootOf(sets, first + i)] as number;
      // What hangs on nobody who is named now costs nothing more: it is in no chain.
      if (this.#order[n] !== NOT_YET || parent === NOBODY) continue;
      const bringer = this.#bringer[parent] as number;
      this.#bringer[n] = bringer === NOBODY ? province : bringer;
      this.#namer[n] = province;
      this.#order[n] = ++this.brought;
      this.#count(this.#bringer[n] as number, province);
    }
  }

  /** Of each set of the answer the identifier asked about that was brought in first, by the set's root. */
  #parentsOf(sets: Int32Array, { who, met }: ChargedAnswer): Int32Array {
    const parents = new Int32Array(sets.length).fill(NOBODY);
    for (let i = 0; i < who.length + met.length; i++) {
      const n = (i < who.length ? who[i] : met[i - who.length]) as number;
      const root = rootOf(sets, i);
      const before = parents[root] as number;
      const order = this.#order[n] as number;
      if (order !== NOT_YET && (before === NOBODY || order < (this.#order[before] as number)))
        parents[root] = n;
    }
    return parents;
  }

  #count(bringer: number, namer: number): void {
    const named = this.#names.get(bringer) ?? new Map<number, number>();
    this.#names.set(bringer, named.set(namer, (named.get(namer) ?? 0) + 1));
  }

  charges(answers: readonly ChargedAnswer[]): ReadonlyMap<number, Charge> {
    const charges = new Map<number, Charge>();
    const chargeOf = (province: number) => {
      const charge = charges.get(province) ?? { names: 0, questions: 0 };
      charges.set(province, charge);
      return charge;
    };
    this.#eachAsking(answers, (province) => chargeOf(province).questions++);
    const charge = (province: number, names: number) => {
      if (names > 0) chargeOf(province).names += names;
    };
    for (const [bringer, named] of this.#names) {
      const own = named.get(bringer) ?? 0;
      charge(bringer, own);
      for (const [namer, names] of named) {
        if (namer === bringer) continue;
        const spared = Math.min(names, own * FAN_OUT);
        charge(bringer, spared);
        charge(namer, names - spared);
      }
    }
    return charges;
  }

  /** Of each question every province that was the first to name somebody in it. */
  #eachAsking(answers: readonly ChargedAnswer[], visit: (province: number) => void): void {
    let last = -1;
    for (const { who, met, answer } of answers) {
      if (answer.seq === last) continue;
      last = answer.seq;
      const namers = new Set<number>();
      for (const column of [who, met]) for (const n of column) namers.add(this.#namer[n] as number);
      namers.delete(NOBODY);
      for (const province of namers) visit(province);
    }
  }
}

/** Sets of what an answer joins: positions of `who`, then of `met`, and from `first` on of `named`. */
function reachOf({ who, named, answer }: ChargedAnswer, first: number): Int32Array {
  const sets = disjointSets(first + named.length);
  const { linkOf, linkTo, namedLinkOf, namedLinkTo, eventOf, eventTo } = answer;
  for (let i = 0; i < eventOf.length; i++)
    join(sets, who.length + (eventOf[i] as number), first + (eventTo[i] as number));
  for (let i = 0; i < linkOf.length; i++) join(sets, linkOf[i] as number, first + (linkTo[i] as number));
  for (let i = 0; i < namedLinkOf.length; i++)
    join(sets, first + (namedLinkOf[i] as number), first + (namedLinkTo[i] as number));
  const { size, members } = answer.records;
  const nodeOf = (position: number) => (position < who.length ? position : first + position - who.length);
  let m = 0;
  for (const length of size) {
    const one = nodeOf(members[m++] as number);
    for (const end = m + length - 1; m < end; m++) join(sets, one, nodeOf(members[m] as number));
  }
  return sets;
}
