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

/** One province's answer to one question; positions refer to the question's columns and to `named`. */
export interface TraceAnswer {
  readonly seq: number;
  /** Packed pseudonyms that the answer names; the province knows all of them. */
  readonly named: Uint8Array;
  /** Bit 0: cccd, bit 1: resident of the province. */
  readonly namedFlags: Uint8Array;
  /** Positions in `who` that the province knows. */
  readonly known: Uint32Array;
  /** Bit 0: cccd, bit 1: resident of the province. */
  readonly knownFlags: Uint8Array;
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

/** Whether two answers to one question say the same, column by column. */
export function sameAnswer(a: TraceAnswer, b: TraceAnswer): boolean {
  return (Object.keys(a) as (keyof TraceAnswer)[]).every((column) => {
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
 * One index case: its first identifier's pseudonym and the window in which it counts (empty if from >=
 * until).
 */
export interface IndexWindow {
  readonly pseudonym: Uint8Array;
  readonly from: number;
  readonly until: number;
}

export const CCCD_FLAG = 1;
export const RESIDENT_FLAG = 2;

/** The pseudonyms of a trace's index cases, packed in their order. */
export function packedIndex(terms: TraceTerms): Uint8Array {
  const packed = new Uint8Array(terms.index.length * 16);
  for (const [i, { pseudonym }] of terms.index.entries()) packed.set(pseudonym, i * 16);
  return packed;
}
