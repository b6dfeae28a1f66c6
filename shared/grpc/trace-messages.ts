/**
 * Questions and answers of a trace between typed columns (`shared/trace`) and packed bytes (proto). Both
 * programs use it: the hub to ask, the node to answer.
 */
import { createHash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AppError, type Fault, invalidFields } from '../errors.ts';
import {
  type Answer,
  AnswerSchema,
  type Question,
  QuestionSchema,
  type TraceResponse,
} from '../gen/truyvet/v1/tracing_pb.ts';
import { type AnswerVersion, PROTOCOL, type TraceAnswer, type TraceQuestion } from '../trace/messages.ts';

/** Size of a fragment of an encoded answer; see MESSAGE_LIMIT for why answers are not sent in one piece. */
const FRAGMENT_BYTES = 1024 * 1024;
/** Longest answer that is put together from fragments: 10⁷ contact events. */
const ANSWER_LIMIT_BYTES = 256 * 1024 * 1024;

/** Highest number of a question or delivery: what both programs' databases can store. */
export const SEQ_LIMIT = 2 ** 31 - 1;
/** Traces that one report of a node asks about at most, whether they are closed. */
export const ASKED_AT_ONCE = 100;

/** A question's wire form, also what the hub's log stores. */
export function encodeQuestion(question: TraceQuestion): Uint8Array {
  return toBinary(
    QuestionSchema,
    create(QuestionSchema, {
      seq: question.seq,
      who: question.who,
      met: question.met,
      metFrom: packUint32(question.metFrom),
      metUntil: packUint32(question.metUntil),
    }),
  );
}

/**
 * SHA-256 of an encoded question: what hub and nodes write into their logs of it, and what a number of a
 * trace's log stands for.
 */
export function questionSha256(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest();
}

/** The inverse of `encodeQuestion`. Throws INVALID_ARGUMENT MALFORMED_QUESTION. */
export function decodeQuestion(body: Uint8Array): TraceQuestion {
  return questionFromWire(fromBinary(QuestionSchema, body));
}

/** A question off the wire. Throws INVALID_ARGUMENT MALFORMED_QUESTION if its columns do not fit together. */
export function questionFromWire(question: Question): TraceQuestion {
  const metFrom = unpackUint32(question.metFrom, 'met_from');
  const metUntil = unpackUint32(question.metUntil, 'met_until');
  const rows = question.met.length / 16;
  if (question.seq < 1 || question.seq > SEQ_LIMIT)
    throw malformed('seq', { reason: 'OUT_OF_BOUNDS', params: { least: 1, most: SEQ_LIMIT } });
  if (question.who.length % 16 !== 0)
    throw malformed('who', { reason: 'NOT_MULTIPLE', params: { bytes: 16 } });
  if (rows !== metFrom.length || rows !== metUntil.length)
    throw malformed('met', { reason: 'LENGTHS_DIFFER' });
  return { seq: question.seq, who: question.who, met: question.met, metFrom, metUntil };
}

/** What an answer carries besides its columns. */
export interface AnswerHeader extends AnswerVersion {
  /** Newest data that the node had received, epoch seconds; 0 = none. */
  readonly dataAt: number;
  /** Identifiers that the node held without a token, and that the answer leaves out. */
  readonly pendingIdentifiers: number;
}

/** An answer's wire form, also what the hub stores. */
export function encodeAnswer(answer: TraceAnswer, header: AnswerHeader): Uint8Array {
  return toBinary(
    AnswerSchema,
    create(AnswerSchema, {
      seq: answer.seq,
      protocol: answer.protocol,
      incarnation: BigInt(header.incarnation),
      dataVersion: BigInt(header.dataVersion),
      dataAt: header.dataAt,
      pendingIdentifiers: header.pendingIdentifiers,
      named: answer.named,
      namedFlags: answer.namedFlags,
      known: packUint32(answer.known),
      knownFlags: answer.knownFlags,
      linkOf: packUint32(answer.linkOf),
      linkTo: packUint32(answer.linkTo),
      eventOf: packUint32(answer.eventOf),
      eventTo: packUint32(answer.eventTo),
      eventFrom: packUint32(answer.eventFrom),
      eventUntil: packUint32(answer.eventUntil),
      eventSetting: answer.eventSetting,
      namedLinkOf: packUint32(answer.namedLinkOf),
      namedLinkTo: packUint32(answer.namedLinkTo),
      recordSize: answer.records.size,
      recordTagged: answer.records.tagged,
      recordMembers: packUint32(answer.records.members),
      recordTags: answer.records.tags,
    }),
  );
}

/** The inverse of `encodeAnswer`. Throws INVALID_ARGUMENT MALFORMED_ANSWER. */
export function decodeAnswer(body: Uint8Array): { answer: TraceAnswer; header: AnswerHeader } {
  let wire: Answer;
  try {
    wire = fromBinary(AnswerSchema, body);
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'MALFORMED_ANSWER', 'answer: not an Answer', { cause });
  }
  const answer: TraceAnswer = {
    seq: wire.seq,
    protocol: wire.protocol || PROTOCOL.links,
    named: wire.named,
    namedFlags: wire.namedFlags,
    known: unpackUint32(wire.known, 'known'),
    knownFlags: wire.knownFlags,
    linkOf: unpackUint32(wire.linkOf, 'link_of'),
    linkTo: unpackUint32(wire.linkTo, 'link_to'),
    eventOf: unpackUint32(wire.eventOf, 'event_of'),
    eventTo: unpackUint32(wire.eventTo, 'event_to'),
    eventFrom: unpackUint32(wire.eventFrom, 'event_from'),
    eventUntil: unpackUint32(wire.eventUntil, 'event_until'),
    eventSetting: wire.eventSetting,
    namedLinkOf: unpackUint32(wire.namedLinkOf, 'named_link_of'),
    namedLinkTo: unpackUint32(wire.namedLinkTo, 'named_link_to'),
    records: {
      size: wire.recordSize,
      tagged: wire.recordTagged,
      members: unpackUint32(wire.recordMembers, 'record_members'),
      tags: wire.recordTags,
    },
  };
  const header = {
    incarnation: Number(wire.incarnation),
    dataVersion: Number(wire.dataVersion),
    dataAt: wire.dataAt,
    pendingIdentifiers: wire.pendingIdentifiers,
  };
  return { answer, header };
}

/** An encoded answer as fragments for the wire, at least one. */
export function* fragmentsOf(seq: number, body: Uint8Array) {
  for (let at = 0; at === 0 || at < body.length; at += FRAGMENT_BYTES) {
    const bytes = body.subarray(at, at + FRAGMENT_BYTES);
    const last = at + FRAGMENT_BYTES >= body.length;
    yield { message: { case: 'fragment' as const, value: { seq, bytes, last } } };
  }
}

/** Puts answers together from their fragments; one per stream. */
export class AnswerAssembler {
  readonly #parts = new Map<number, { chunks: Uint8Array[]; length: number }>();

  /** Bytes of answers that are not whole yet. */
  get length(): number {
    let length = 0;
    for (const part of this.#parts.values()) length += part.length;
    return length;
  }

  /**
   * The encoded answer that `fragment` completes, else undefined. Throws RESOURCE_EXHAUSTED ANSWER_TOO_LARGE.
   */
  add(fragment: Extract<TraceResponse['message'], { case: 'fragment' }>['value']): Uint8Array | undefined {
    const part = this.#parts.get(fragment.seq) ?? { chunks: [], length: 0 };
    part.chunks.push(fragment.bytes);
    part.length += fragment.bytes.length;
    if (part.length > ANSWER_LIMIT_BYTES) {
      throw new AppError('RESOURCE_EXHAUSTED', 'ANSWER_TOO_LARGE', 'answer: longer than can be taken');
    }
    this.#parts.set(fragment.seq, part);
    if (!fragment.last) return undefined;
    this.#parts.delete(fragment.seq);
    return part.chunks.length === 1 ? part.chunks[0] : Buffer.concat(part.chunks, part.length);
  }
}

/** Little-endian bytes of whole numbers; every platform that Node runs on is little-endian. */
export function packUint32(column: Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** Most answers of most provinces have mostly empty columns. */
const NOTHING = new Uint32Array();

/** The numbers in little-endian bytes, a copy (views into a message need not be aligned). */
export function unpackUint32(bytes: Uint8Array, field: string): Uint32Array {
  if (bytes.length % 4 !== 0) throw malformed(field, { reason: 'NOT_MULTIPLE', params: { bytes: 4 } });
  if (bytes.length === 0) return NOTHING;
  const copy = new Uint8Array(bytes);
  return new Uint32Array(copy.buffer);
}

function malformed(field: string, found: Fault): AppError {
  return invalidFields([{ ...found, field }], 'MALFORMED_COLUMNS');
}
