/**
 * Answers as they were encoded by each step of the protocol: what the hub has stored, and what nodes of an
 * earlier step send, must be read as it was meant. Bytes of a step that was released never change here.
 */
import { describe, expect, it } from 'vitest';
import {
  AnswerAssembler,
  decodeAnswer,
  encodeAnswer,
  fragmentsOf,
} from '../../shared/grpc/trace-messages.ts';
import { answerFault } from '../../shared/trace/answer-fault.ts';
import { NO_RECORDS, type TraceAnswer } from '../../shared/trace/messages.ts';

const NONE = new Uint32Array();
const NO_EVENTS = {
  ...{ eventOf: NONE, eventTo: NONE, eventFrom: NONE, eventUntil: NONE, eventSetting: new Uint8Array() },
};
const named = Uint8Array.from({ length: 32 }, (_, i) => i);
const header = { incarnation: 3, dataVersion: 5, dataAt: 9, pendingIdentifiers: 0 };

/** Asked who 0 is: beside it a cccd, and beside that a resident. */
const LINKS: TraceAnswer = {
  ...{ seq: 7, protocol: 1, named, namedFlags: Uint8Array.of(1, 2) },
  ...{ known: Uint32Array.of(0), knownFlags: Uint8Array.of(0), records: NO_RECORDS },
  ...{ linkOf: Uint32Array.of(0), linkTo: Uint32Array.of(0) },
  ...{ namedLinkOf: Uint32Array.of(0), namedLinkTo: Uint32Array.of(1) },
  ...NO_EVENTS,
};
const LINKS_BYTES = [
  '08071003180520092a20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f320201023a040000',
  '00004201004a0400000000520400000000820104000000008a010401000000',
].join('');

/** Asked who 0 is, a resident's phone: in a record with a cccd and an app, in another with the app alone. */
const RECORDS: TraceAnswer = {
  ...{ seq: 7, protocol: 2, named, namedFlags: Uint8Array.of(5, 24) },
  ...{ known: Uint32Array.of(0), knownFlags: Uint8Array.of(22) },
  records: {
    size: Uint8Array.of(3, 2),
    tagged: Uint8Array.of(1, 0),
    members: Uint32Array.of(0, 1, 2, 0, 2),
    tags: Uint8Array.from({ length: 16 }, (_, i) => 100 + i),
  },
  ...{ linkOf: NONE, linkTo: NONE, namedLinkOf: NONE, namedLinkTo: NONE },
  ...NO_EVENTS,
};
const RECORDS_BYTES = [
  '08071003180520092a20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f320205183a040000',
  '00004201169001029a01020302a201020100aa01140000000001000000020000000000000002000000b20110646566676869',
  '6a6b6c6d6e6f70717273',
].join('');

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** With plain columns, for comparing. */
function plain({ records, ...answer }: TraceAnswer) {
  const columns = (of: object) =>
    Object.fromEntries(
      Object.entries(of).map(([name, value]) => [name, typeof value === 'number' ? value : [...value]]),
    );
  return { ...columns(answer), records: columns(records) };
}

function read(bytes: string) {
  const { answer, header: said } = decodeAnswer(Buffer.from(bytes, 'hex'));
  expect(answerFault(answer, 1, 0)).toBeUndefined();
  return { answer: plain(answer), said };
}

describe('an answer', () => {
  it('of protocol 1 is links, and nothing of what came later', () => {
    const { answer, said } = read(LINKS_BYTES);
    expect(answer).toEqual(plain(LINKS));
    expect(said).toEqual(header);
  });

  it('of protocol 2 is records', () => {
    expect(hex(encodeAnswer(RECORDS, header))).toBe(RECORDS_BYTES);
    const { answer, said } = read(RECORDS_BYTES);
    expect(answer).toEqual(plain(RECORDS));
    expect(said).toEqual(header);
  });

  it('in fragments is put together again', () => {
    const tags = new Uint8Array(3 * 1024 * 1024);
    const body = encodeAnswer({ ...RECORDS, records: { ...RECORDS.records, tags } }, header);
    const assembler = new AnswerAssembler();
    const whole = [...fragmentsOf(7, body)].flatMap(({ message }) => {
      return assembler.add(message.value as Parameters<AnswerAssembler['add']>[0]) ?? [];
    });
    expect(whole.map(hex)).toEqual([hex(body)]);
  });

  it.each(['9a0103', 'aa010102', 'ffff'])('%s is malformed', (bytes) => {
    expect(() => decodeAnswer(Buffer.from(bytes, 'hex'))).toThrow();
  });
});
