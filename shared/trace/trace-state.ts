/**
 * The state of a trace: a pure fold over the answers held (README.md, How the hub assembles it). Same terms,
 * questions and answers, in whatever order and however often applied, give the same persons, contacts and
 * open questions.
 */

import { answerFault } from './answer-fault.ts';
import { Asked, questionsFor, type WantedWindow, widestFirst, withoutCovered } from './asked.ts';
import { type Charge, type ChargedAnswer, chargesOf } from './charges.ts';
import {
  indexWindows,
  labelWindow,
  type OnExposure,
  type Reached,
  reachContacts,
  type Windows,
} from './contacts.ts';
import { type Brought, Evidence, type NumberedQuestion } from './evidence.ts';
import {
  type AnswerVersion,
  isNewer,
  PROTOCOL,
  packedIndex,
  sameAnswer,
  type TraceAnswer,
  type TraceQuestion,
  type TraceTerms,
} from './messages.ts';
import { type Persons, resolvePersons } from './persons.ts';

interface HeldAnswer {
  readonly answer: TraceAnswer;
  readonly version: AnswerVersion;
}

interface LoggedQuestion extends NumberedQuestion {
  readonly question: TraceQuestion;
}

/** Everything that a result is made of, at one moment. */
export interface TraceView extends Reached {
  readonly evidence: Evidence;
  readonly persons: Persons;
  /** Persons that the index cases stand for. */
  readonly index: ReadonlyMap<number, Windows>;
}

export class TraceState {
  #terms: TraceTerms;
  /** Numbers every pseudonym seen; what it says is behind the answers held while `#isOutdated`. */
  #evidence = new Evidence();
  #isOutdated = false;
  #persons: Persons | undefined;
  readonly #log = new Map<number, LoggedQuestion>();
  readonly #answers = new Map<number, Map<number, HeldAnswer>>();
  readonly #asked = new Asked();
  #leftOut: ReadonlySet<number> = new Set();
  #revision = 0;

  constructor(terms: TraceTerms) {
    this.#terms = terms;
  }

  get terms(): TraceTerms {
    return this.#terms;
  }

  /** An amended opening: other index windows under the same rules; what was answered stays of use. */
  amend(terms: TraceTerms): void {
    this.#terms = terms;
    this.#revision++;
  }

  /** Grows whenever a view may have changed. */
  get revision(): number {
    return this.#revision;
  }

  /** Highest number in the log; 0 = empty. */
  get lastSeq(): number {
    return this.#log.size === 0 ? 0 : Math.max(...this.#log.keys());
  }

  /** Puts a question into the log: one that is about to be asked, or one read back after a restart. */
  log(question: TraceQuestion): void {
    if (this.#log.has(question.seq)) return;
    const who = this.#evidence.number(question.who);
    const met = this.#evidence.number(question.met);
    this.#log.set(question.seq, { question, who, met });
    this.#asked.note(question, { who, met });
  }

  /**
   * Applies one province's answer. Returns `applied`, or `ignored` if an answer of the same or a newer state
   * of that province's data is held, or throws RangeError if the answer does not fit its question.
   */
  apply(province: number, answer: TraceAnswer, version: AnswerVersion): 'applied' | 'ignored' {
    const logged = this.#log.get(answer.seq);
    if (!logged) throw new RangeError(`answer to question ${answer.seq}, which was not asked`);
    const fault = answerFault(answer, logged.who.length, logged.met.length);
    if (fault) throw new RangeError(fault);
    const held = this.#answers.get(province) ?? new Map<number, HeldAnswer>();
    const older = held.get(answer.seq);
    if (older && !isNewer(version, older.version)) return 'ignored';
    this.#answers.set(province, held);
    if (older && sameAnswer(older.answer, answer)) {
      // Asked again, and nothing has changed: all that was made of it stands.
      held.set(answer.seq, { answer: older.answer, version });
      return 'applied';
    }
    held.set(answer.seq, { answer, version });
    if (this.#leftOut.has(province)) return 'applied';
    this.#persons = undefined;
    this.#revision++;
    // Many are replaced together: evidence is made anew once, for whoever looks first.
    this.#isOutdated ||= older !== undefined;
    if (!this.#isOutdated) this.#add(province, logged, answer);
    return 'applied';
  }

  /** What could not be folded in is not held: it must be asked again, not taken for answered. */
  #add(province: number, logged: LoggedQuestion, answer: TraceAnswer): void {
    try {
      this.#evidence.add(province, logged, answer);
    } catch (error) {
      this.#answers.get(province)?.delete(answer.seq);
      this.#isOutdated = true;
      throw error;
    }
  }

  /** Version of the answer held, if any. */
  versionOf(province: number, seq: number): AnswerVersion | undefined {
    return this.#answers.get(province)?.get(seq)?.version;
  }

  /**
   * What the labels need and no question in the log covers yet, as questions numbered on from the log's last;
   * empty = nothing left to ask. The caller logs them.
   */
  nextQuestions(): TraceQuestion[] {
    this.#refresh();
    const index = new Set(this.#evidence.number(packedIndex(this.#terms)));
    const met = this.#metToAsk();
    const { keys, firstKnown } = this.#evidence;
    // Whom no answer that counts names any more, nobody need be asked about.
    const who = this.#asked
      .whoIsOpen(keys.size)
      .filter((n) => index.has(n) || (firstKnown[n] as number) >= 0);
    return questionsFor(keys, { who, met }, this.lastSeq);
  }

  /**
   * The province that is charged for more than it may be (charges.ts), of several the one of most names, of
   * equals the lower code. @param least that any may be charged for.
   */
  overspender(
    least: Charge,
    mostOf: (province: number) => Charge = () => least,
  ): (Charge & { readonly province: number }) | undefined {
    // Nobody can be charged for more than there is.
    if (this.#evidence.keys.size <= least.names && this.#log.size <= least.questions) return undefined;
    this.#refresh();
    const index = this.#evidence.number(packedIndex(this.#terms));
    const charges = chargesOf(this.#chargedAnswers(), this.#evidence.keys.size, index);
    return [...charges]
      .map(([province, charge]) => ({ province, ...charge }))
      .filter(({ province, names, questions }) => {
        const most = mostOf(province);
        return names > most.names || questions > most.questions;
      })
      .sort((a, b) => b.names - a.names || a.province - b.province)[0];
  }

  /** What a province was the first to name, and what all others were that count; near enough at any time. */
  broughtBy(province: number): Brought {
    return this.#evidence.broughtBy(province, this.#leftOut);
  }

  /** How many of packed pseudonyms no province knows yet. */
  unknownAmong(pseudonyms: Uint8Array): number {
    return this.#evidence.unknownAmong(pseudonyms);
  }

  #chargedAnswers(): ChargedAnswer[] {
    return [...this.#answers].flatMap(([province, held]) => {
      if (this.#leftOut.has(province)) return [];
      return [...held.values()].map(({ answer }) => {
        const { who, met } = this.#log.get(answer.seq) as LoggedQuestion;
        return { province, who, met, named: this.#evidence.number(answer.named), answer };
      });
    });
  }

  /**
   * Persons, labels and contacts as the answers held have them; `onExposure` hears of each exposure that
   * counts.
   */
  view(onExposure?: OnExposure): TraceView {
    return this.#viewUpTo(this.#terms.maxDegree, onExposure);
  }

  /** Numbers of packed pseudonyms in this trace; they last as long as this object. */
  number(pseudonyms: Uint8Array): Int32Array {
    return this.#evidence.number(pseudonyms);
  }

  /**
   * From now on the answers of these provinces are held and do not count, and those of all others do: as if
   * they had never answered.
   */
  leaveOut(provinces: ReadonlySet<number>): void {
    this.#leftOut = provinces;
    this.#isOutdated = true;
    this.#persons = undefined;
    this.#revision++;
  }

  /** The same trace as if the provinces for which `leaveOut` is true had never answered. */
  without(leaveOut: (province: number) => boolean): TraceState {
    const state = new TraceState(this.#terms);
    for (const { question } of this.#log.values()) state.log(question);
    for (const [province, held] of this.#answers) {
      if (leaveOut(province) || this.#leftOut.has(province)) continue;
      for (const { answer, version } of held.values()) state.apply(province, answer, version);
    }
    return state;
  }

  /** Whether the province has answered some question in links: who is one person may be more than it says. */
  answersInLinks(province: number): boolean {
    const held = this.#answers.get(province)?.values() ?? [];
    return [...held].some(({ answer }) => answer.protocol === PROTOCOL.links);
  }

  /** Whether there is an index person without any instant in which it counts: it gives no contacts. */
  hasEmptyWindow(): boolean {
    return [...this.#index().index.values()].some((windows) => windows.length === 0);
  }

  #viewUpTo(degree: number, onExposure?: OnExposure): TraceView {
    const { persons, index } = this.#index();
    const reach = { evidence: this.#evidence, persons, terms: this.#terms, index };
    return { ...reachContacts(reach, degree, onExposure), evidence: this.#evidence, persons, index };
  }

  #index(): Pick<TraceView, 'persons' | 'index'> {
    this.#refresh();
    const entries = this.#evidence.number(packedIndex(this.#terms));
    const persons = this.#resolvedPersons();
    const personOfEntry = Array.from(entries, (n) => persons.personOf[n] as number);
    return { persons, index: indexWindows(this.#terms, personOfEntry) };
  }

  #resolvedPersons(): Persons {
    const { keys, kinds } = this.#evidence;
    if (!this.#persons || this.#persons.personOf.length !== keys.size) {
      this.#persons = resolvePersons(keys.size, this.#evidence.recordRows(), kinds);
    }
    return this.#persons;
  }

  /** Windows not covered yet, for every identifier of every labelled person below the last degree. */
  #metToAsk(): WantedWindow[] {
    const { labels, persons, index } = this.#viewUpTo(this.#terms.maxDegree - 1);
    const wanted: WantedWindow[] = [];
    const want = (person: number, windows: Windows) => {
      for (let m = persons.start[person] as number; m < (persons.start[person + 1] as number); m++) {
        const identifier = persons.identifiers[m] as number;
        for (const [from, until] of windows) {
          if (!this.#asked.covers(identifier, from, until)) wanted.push({ identifier, from, until });
        }
      }
    };
    for (const [person, windows] of index) want(person, windows);
    for (const { person, at } of widestFirst(labels, this.#terms)) want(person, labelWindow(this.#terms, at));
    return withoutCovered(wanted);
  }

  /**
   * Evidence anew from the answers held if one of them was replaced. Numbers of the log's pseudonyms stay.
   */
  #refresh(): void {
    if (!this.#isOutdated) return;
    const { keys } = this.#evidence;
    const evidence = new Evidence();
    evidence.number(keys.keysOf(Array.from({ length: keys.size }, (_, n) => n)));
    for (const [province, held] of this.#answers) {
      if (this.#leftOut.has(province)) continue;
      for (const { answer } of held.values()) {
        evidence.add(province, this.#log.get(answer.seq) as LoggedQuestion, answer);
      }
    }
    this.#evidence = evidence;
    this.#isOutdated = false;
    this.#persons = undefined;
  }
}
