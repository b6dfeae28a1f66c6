/**
 * Questions and answers of a trace as the fold sees them: columns in typed arrays. Their wire form is in
 * `proto/truyvet/v1/tracing.proto`; mapping is done at the edges, so that this folder knows no protobuf.
 */
import type { Direction, RulePack } from '../domain/rule-pack.ts';

/** Most pseudonyms in one question: 1 MiB of `who`, and a bounded piece of work for a node. */
export const WHO_PER_QUESTION = 65_536;
/** Most windows in one question. */
export const MET_PER_QUESTION = 16_384;

/** One entry of the log of questions. Instants are epoch seconds; windows are half-open. */
export interface TraceQuestion {
  readonly seq: number;
  /** Packed pseudonyms (16 bytes each): who is linked to each, and is it a resident? */
  readonly who: Uint8Array;
  /** Packed pseudonyms: whom did each meet in its window? */
  readonly met: Uint8Array;
  readonly metFrom: Uint32Array;
  readonly metUntil: Uint32Array;
}

/**
 * One province's answer to one question; positions refer to the question's columns and to `named`. Of
 * protocol 2 it carries records, of protocol 1 links, which say of what they come from neither its other
 * identifiers nor birth year and sex.
 */
export interface TraceAnswer {
  readonly seq: number;
  readonly protocol: number;
  /** Packed pseudonyms that the answer names; the province knows all of them. */
  readonly named: Uint8Array;
  /** As identifier-flags.ts has them; in protocol 1 without the kind. */
  readonly namedFlags: Uint8Array;
  /** Positions in `who` that the province knows. */
  readonly known: Uint32Array;
  readonly knownFlags: Uint8Array;
  readonly records: AnswerRecords;
  /** Of protocol 1 alone. */
  readonly linkOf: Uint32Array;
  readonly linkTo: Uint32Array;
  /** Links among the named: what `who` would say of them, a round earlier. */
  readonly namedLinkOf: Uint32Array;
  readonly namedLinkTo: Uint32Array;
  readonly eventOf: Uint32Array;
  readonly eventTo: Uint32Array;
  readonly eventFrom: Uint32Array;
  readonly eventUntil: Uint32Array;
  /** Place kind 1 to 30, 254 encounter, 255 household (then without instants). */
  readonly eventSetting: Uint8Array;
}

/**
 * Of protocol 2 alone: the standing records that name a known position in `who`, and those that name what the
 * answer names (what `who` would say of it, a round earlier). Each with all that it names; those of one
 * identifier say nothing, and of those that are equal one suffices.
 */
export interface AnswerRecords {
  /** How many identifiers each names: 2 to MOST_IN_RECORD. */
  readonly size: Uint8Array;
  /** 1 if it has birth year and sex, else 0. */
  readonly tagged: Uint8Array;
  /** What each names, one after the other: positions in `who`, and beyond its end in `named`. */
  readonly members: Uint32Array;
  /** 8 bytes for each handle in `members` of a record that is tagged, in their order. */
  readonly tags: Uint8Array;
}

/** Most identifiers of one record. */
export const MOST_IN_RECORD = 255;
/** Bytes of a tag. */
export const TAG_BYTES = 8;

/**
 * What answers say, by the step of the protocol that is the first to do so. 2026-11-23: 1, links. 2026-11-28:
 * 2, records.
 */
export const PROTOCOL = { links: 1, records: 2 } as const;

export const NO_RECORDS: AnswerRecords = {
  size: new Uint8Array(),
  tagged: new Uint8Array(),
  members: new Uint32Array(),
  tags: new Uint8Array(),
};

/** Whether two answers to one question say the same, column by column. */
export function sameAnswer({ records: a, ...x }: TraceAnswer, { records: b, ...y }: TraceAnswer): boolean {
  return sameColumns(x, y) && sameColumns(a, b);
}

type ColumnsOf<T> = { readonly [name in keyof T]: number | Uint8Array | Uint32Array };

function sameColumns<T extends ColumnsOf<T>>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((column) => {
    const [left, right] = [a[column], b[column]];
    if (typeof left === 'number' || typeof right === 'number') return left === right;
    return left.length === right.length && left.every((value, i) => value === right[i]);
  });
}

/** Answers of one life of a node order by version; those of a later life always win. */
export interface AnswerVersion {
  readonly incarnation: number;
  readonly dataVersion: number;
}

export function isNewer(a: AnswerVersion, b: AnswerVersion): boolean {
  return a.incarnation !== b.incarnation ? a.incarnation > b.incarnation : a.dataVersion > b.dataVersion;
}

/** What a trace starts from: the opening and the rules that it keeps. */
export interface TraceTerms {
  readonly direction: Direction;
  readonly maxDegree: number;
  readonly asOf: number;
  readonly rules: RulePack;
  readonly index: readonly IndexWindow[];
}

/**
 * One identifier of an index case and the window in which the case counts (empty if from >= until). A case
 * has an entry for each identifier that it names.
 */
export interface IndexWindow {
  readonly pseudonym: Uint8Array;
  readonly from: number;
  readonly until: number;
}

/** The pseudonyms of a trace's index, packed in their order. */
export function packedIndex(terms: TraceTerms): Uint8Array {
  const packed = new Uint8Array(terms.index.length * 16);
  for (const [i, { pseudonym }] of terms.index.entries()) packed.set(pseudonym, i * 16);
  return packed;
}
