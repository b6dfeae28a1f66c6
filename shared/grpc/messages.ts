/**
 * Messages ↔ bytes, and what grpc-js must know of a method. grpc-js itself only ever sees bytes: so a
 * message may be encoded once for many calls, its size is known before it is sent, and a malformed one gets
 * an error of ours.
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import { AppError } from '../errors.ts';

/**
 * Longest message, both ways. Columns are meant to travel in messages of 64 KiB to 1 MiB, an answer longer
 * than that in fragments; 16 MiB leaves room for one batch of questions at its largest (a million
 * pseudonyms) and bounds what a peer can make the other hold: grpc-js reads up to 16 messages of a stream
 * ahead.
 */
export const MESSAGE_LIMIT = 16 * 1024 * 1024;

/**
 * HTTP/2 flow control, both ways. Its default of 64 KiB allows one such window a round trip: over 30 ms (Hà
 * Nội to HCMC and back) a question of 1 MiB took 0.81 s, with this window 0.04 s.
 */
export const FLOW_CONTROL_WINDOW = 4 * 1024 * 1024;

/** Metadata in which a caller may name its request (a UUID), so that both ends' logs can be joined. */
export const REQUEST_ID_KEY = 'truyvet-request-id';

/** A message to send: as plain fields, as a message, or already encoded. */
export type Outgoing<Desc extends DescMessage> = MessageInitShape<Desc> | Uint8Array;

/** `message` as bytes. Throws RESOURCE_EXHAUSTED / MESSAGE_TOO_LARGE beyond the limit. */
export function encode<Desc extends DescMessage>(schema: Desc, message: Outgoing<Desc>): Buffer {
  const bytes =
    message instanceof Uint8Array
      ? message
      : toBinary(schema, create(schema, message as MessageInitShape<Desc>));
  if (bytes.byteLength > MESSAGE_LIMIT) {
    const text = `${schema.name} of ${bytes.byteLength} bytes is larger than ${MESSAGE_LIMIT}`;
    throw new AppError('RESOURCE_EXHAUSTED', 'MESSAGE_TOO_LARGE', text);
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The message in `bytes`; its `bytes` fields are views, not copies. Throws INVALID_ARGUMENT /
 * MALFORMED_MESSAGE.
 */
export function decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', 'MALFORMED_MESSAGE', `not a ${schema.name}`, { cause });
  }
}

/** `truyvet.v1.TracingService.Trace`: the name in the auth table and in logs. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}.${method.name}`;
}

const passThrough = (bytes: Buffer): Buffer => bytes;

/** grpc-js's view of a method, with bytes for messages. */
export function methodDefinition(method: DescMethod): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: passThrough,
    requestDeserialize: passThrough,
    responseSerialize: passThrough,
    responseDeserialize: passThrough,
  };
}
