/**
 * The records of an answer: those that name what is asked about, and what `who` would say next of all that
 * the answer names. Pure but for the records that it reads; local ids in, handles for the tag cipher out.
 */
import type { BirthColumns } from '../../../shared/pseudonym/tag-cipher.ts';
import { CCCD, isNumber } from '../../../shared/trace/identifier-flags.ts';
import type { AnswerRecords } from '../../../shared/trace/messages.ts';
import { IdPositions } from './id-positions.ts';
import type { NamedIdentifiers } from './named-identifiers.ts';

/** Standing records by the local ids of what they name. */
export interface StandingRecords {
  /** Whether the identifier has a token. */
  has(id: number): boolean;
  /** Number of the kind, as KIND_NUMBER. */
  kindOf(id: number): number;
  /**
   * Visits each standing record that names `id`: all that it names, and its birth year and sex as
   * `year * 4 + sex` (SEX_NUMBER), 0 = it has not both.
   */
  eachRecord(id: number, visit: (identifiers: Int32Array, birth: number) => void): void;
}

/** Records whose tags are still to be made: of `handles` (local ids) with `births`, in their order. */
export interface UntaggedRecords extends Omit<AnswerRecords, 'tags'> {
  readonly handles: readonly number[];
  readonly births: BirthColumns;
}

/** `who` as local ids, -1 where the node does not hold one; all that the records name is put into `named`. */
export function recordsOf(
  records: StandingRecords,
  who: Int32Array,
  named: NamedIdentifiers,
): UntaggedRecords {
  const said = new SaidRecords(records, who, named);
  for (let position = 0; position < who.length; position++) said.say(who[position] as number, position);
  for (let i = 0; i < named.ids.length; i++) said.say(named.ids[i] as number, who.length + i);
  return said.columns();
}

/** Behind every position. */
const NOWHERE = 0x7fff_ffff;

interface SaidRecord {
  readonly identifiers: Int32Array;
  readonly birth: number;
}

class SaidRecords {
  readonly #records: StandingRecords;
  readonly #whoCount: number;
  readonly #named: NamedIdentifiers;
  /** First position in `who` of each identifier. */
  readonly #asked: IdPositions;
  readonly #size: number[] = [];
  readonly #tagged: number[] = [];
  readonly #members: number[] = [];
  readonly #handles: number[] = [];
  readonly #births: number[] = [];

  constructor(records: StandingRecords, who: Int32Array, named: NamedIdentifiers) {
    this.#records = records;
    this.#whoCount = who.length;
    this.#named = named;
    this.#asked = new IdPositions(who.length);
    for (let position = 0; position < who.length; position++)
      if ((who[position] as number) >= 0) this.#asked.add(who[position] as number, position);
  }

  /**
   * Says the records of the identifier at `position`, but for those that name one at an earlier position,
   * which were said there: each once, without a memory of all.
   */
  say(id: number, position: number): void {
    if (id < 0 || this.#positionOf(id) < position) return;
    const found: SaidRecord[] = [];
    this.#records.eachRecord(id, (named, birth) => {
      const identifiers = this.#toSay(named, position);
      if (identifiers !== undefined) found.push({ identifiers, birth: this.#comparable(identifiers, birth) });
    });
    if (found.length === 1) this.#add(found[0] as SaidRecord);
    else for (const record of withoutEquals(found)) this.#add(record);
  }

  /**
   * Those that have a token, unless it is one alone or the record was said before. A case of before may name
   * several cccd: it links nobody, as the class that it made would fall apart, and the hub takes none.
   */
  #toSay(identifiers: Int32Array, position: number): Int32Array | undefined {
    let held = 0;
    let cccds = 0;
    for (const one of identifiers) {
      if (!this.#records.has(one)) {
        this.#named.leftOut.add(one);
        continue;
      }
      if (this.#positionOf(one) < position) return undefined;
      if (this.#records.kindOf(one) === CCCD) cccds++;
      held++;
    }
    if (held < 2 || cccds > 1) return undefined;
    return held === identifiers.length ? identifiers : identifiers.filter((one) => this.#records.has(one));
  }

  /** Birth year and sex, if there is a handle to which they make a tag. */
  #comparable(identifiers: Int32Array, birth: number): number {
    return birth !== 0 && identifiers.some((one) => this.#isHandle(one)) ? birth : 0;
  }

  columns(): UntaggedRecords {
    const births = Uint16Array.from(this.#births);
    return {
      size: Uint8Array.from(this.#size),
      tagged: Uint8Array.from(this.#tagged),
      members: Uint32Array.from(this.#members),
      handles: this.#handles,
      births: {
        year: births.map((birth) => birth >> 2),
        sex: Uint8Array.from(births.map((birth) => birth & 3)),
      },
    };
  }

  #add({ identifiers, birth }: SaidRecord): void {
    this.#size.push(identifiers.length);
    this.#tagged.push(birth === 0 ? 0 : 1);
    for (const one of identifiers) {
      const asked = this.#asked.get(one);
      this.#members.push(asked >= 0 ? asked : this.#whoCount + this.#named.positionOf(one));
      if (birth === 0 || !this.#isHandle(one)) continue;
      this.#handles.push(one);
      this.#births.push(birth);
    }
  }

  /** Where it stands; behind all if nowhere yet. */
  #positionOf(id: number): number {
    const asked = this.#asked.get(id);
    if (asked >= 0) return asked;
    const named = this.#named.find(id);
    return named >= 0 ? this.#whoCount + named : NOWHERE;
  }

  #isHandle(id: number): boolean {
    return !isNumber(this.#records.kindOf(id));
  }
}

/** Records that name the same, and agree in birth year and sex, are one row. */
function withoutEquals(records: readonly SaidRecord[]): Iterable<SaidRecord> {
  const keyOf = ({ identifiers, birth }: SaidRecord) => `${birth} ${identifiers.toSorted()}`;
  return new Map(records.map((record) => [keyOf(record), record])).values();
}
