/**
 * The four kinds of call over a channel: how messages, cancellation and failures flow. Untyped; `client.ts`
 * gives the types. Every failure is an AppError that says whether the peer refused, was not reached, or did
 * not answer in time.
 */
import { setMaxListeners } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { type Client, type CallOptions as GrpcCallOptions, Metadata, type ServiceError } from '@grpc/grpc-js';
import { systemClock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { decode, encode, methodDefinition, type Outgoing, REQUEST_ID_KEY } from './messages.ts';
import { type Peer, peerName } from './peer.ts';
import { fromStatus } from './status.ts';
import { MessageReader, MessageWriter } from './streams.ts';
import type { TlsMaterial } from './tls.ts';

export type ChannelState = 'idle' | 'connecting' | 'ready' | 'failing' | 'closed';

/** One connection to one peer, made at once and made again whenever it breaks. */
export interface Channel extends AsyncDisposable {
  readonly peer: Peer;
  readonly state: ChannelState;
  /** For `createClient`: the connection that new calls take. */
  readonly grpc: Client;
  /** A call has begun on the connection that new calls take: it stays open until the call is over. */
  track(call: { once(event: 'status', listener: () => void): unknown }): void;
  /** Connects anew with another certificate for new calls; running ones finish on their connection. */
  useTls(tls: TlsMaterial): void;
  /** Leaves the connection, whose certificate is not to be trusted any more, and connects anew. */
  reconnect(): void;
  close(): void;
}

export interface CallOptions {
  /** How long to wait for the whole call, milliseconds. */
  readonly deadlineMs: number;
  /** Cancels the call, here and at the peer. */
  readonly signal: AbortSignal;
  /** A UUID that the peer logs; its own if absent. */
  readonly requestId?: string;
}

export type Sequence<Desc extends DescMessage> = AsyncIterable<Outgoing<Desc>> | Iterable<Outgoing<Desc>>;

/** What a client has under a method's name. */
type Call = (channel: Channel, method: DescMethod) => unknown;
export const CALL: Readonly<Record<DescMethod['methodKind'], Call>> = {
  unary: callUnary,
  server_streaming: callServerStream,
  client_streaming: callClientStream,
  bidi_streaming: callBidi,
};

function callUnary(channel: Channel, method: DescMethod) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return async (request: Outgoing<DescMessage>, options: CallOptions): Promise<unknown> => {
    const bytes = encode(method.input, request);
    return awaitAnswer(channel, method, options, (metadata, grpcOptions, done) =>
      channel.grpc.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        bytes,
        metadata,
        grpcOptions,
        done,
      ),
    );
  };
}

function callClientStream(channel: Channel, method: DescMethod) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return async (requests: Sequence<DescMessage>, options: CallOptions): Promise<unknown> => {
    let sender: RequestSender | undefined;
    try {
      return await awaitAnswer(channel, method, options, (metadata, grpcOptions, done) => {
        const call = channel.grpc.makeClientStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          metadata,
          grpcOptions,
          done,
        );
        sender = new RequestSender(call, method, requests);
        return call;
      });
    } catch (error) {
      throw sender?.failure ?? error;
    } finally {
      sender?.stop();
    }
  };
}

function callServerStream(channel: Channel, method: DescMethod) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return (request: Outgoing<DescMessage>, options: CallOptions) => {
    const bytes = encode(method.input, request);
    const [metadata, grpcOptions] = begin(channel, options);
    const call = channel.grpc.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      bytes,
      metadata,
      grpcOptions,
    );
    follow(channel, options.signal, call);
    return readAnswers(channel, method, call, (error) => error);
  };
}

function callBidi(channel: Channel, method: DescMethod) {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  return (requests: Sequence<DescMessage>, options: CallOptions) => {
    const [metadata, grpcOptions] = begin(channel, options);
    const call = channel.grpc.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
      grpcOptions,
    );
    follow(channel, options.signal, call);
    const sender = new RequestSender(call, method, requests);
    call.once('status', () => sender.stop());
    return readAnswers(channel, method, call, (error) => sender.failure ?? error);
  };
}

interface Cancellable {
  cancel(): void;
  once(event: 'status', listener: () => void): unknown;
}

/** Metadata and deadline of a call that starts now. */
function begin(
  channel: Channel,
  { deadlineMs, signal, requestId }: CallOptions,
): [Metadata, GrpcCallOptions] {
  if (channel.state === 'closed') {
    throw new AppError('UNAVAILABLE', 'CHANNEL_CLOSED', `${peerName(channel.peer)}: the channel is closed`);
  }
  if (signal.aborted) throw new AppError('CANCELLED', 'CANCELLED', 'cancelled before it was sent');
  const metadata = new Metadata();
  if (requestId !== undefined) metadata.set(REQUEST_ID_KEY, requestId);
  return [metadata, { deadline: systemClock.nowMs() + deadlineMs }];
}

function follow(channel: Channel, signal: AbortSignal, call: Cancellable): void {
  channel.track(call);
  const cancel = () => call.cancel();
  // One signal of a caller may end any number of calls.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', cancel);
  call.once('status', () => signal.removeEventListener('abort', cancel));
}

type Done = (error: ServiceError | null, answer?: Buffer) => void;
type Start = (metadata: Metadata, options: GrpcCallOptions, done: Done) => Cancellable;

function awaitAnswer(
  channel: Channel,
  method: DescMethod,
  options: CallOptions,
  start: Start,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done: Done = (error, answer) => {
      if (error !== null) return reject(fromStatus(error, peerName(channel.peer)));
      try {
        resolve(decodeAnswer(channel, method, answer as Buffer));
      } catch (malformed) {
        reject(malformed);
      }
    };
    const [metadata, grpcOptions] = begin(channel, options);
    follow(channel, options.signal, start(metadata, grpcOptions, done));
  });
}

function decodeAnswer(channel: Channel, method: DescMethod, bytes: Buffer): unknown {
  try {
    return decode(method.output, bytes);
  } catch (cause) {
    const message = `${peerName(channel.peer)}: not a ${method.output.name}`;
    throw new AppError('INTERNAL', 'MALFORMED_ANSWER', message, { cause });
  }
}

function readAnswers(
  channel: Channel,
  method: DescMethod,
  call: Readable & Cancellable,
  explain: (error: AppError) => Error,
): MessageReader<unknown> {
  return new MessageReader(call, {
    decode: (bytes) => {
      try {
        return decodeAnswer(channel, method, bytes);
      } catch (error) {
        call.cancel();
        throw error;
      }
    },
    failure: (error) => explain(fromStatus(error, peerName(channel.peer))),
    onReturn: () => call.cancel(),
  });
}

/** Sends a caller's requests as fast as the connection takes them, until they or the call end. */
class RequestSender {
  /**
   * What the caller's own iterable threw, or a request that could not be encoded: the cause of the
   * cancellation.
   */
  failure: Error | undefined;
  readonly #call: (Writable | Duplex) & Cancellable;
  readonly #method: DescMethod;
  readonly #requests: AsyncIterator<Outgoing<DescMessage>> | Iterator<Outgoing<DescMessage>>;
  readonly #writer: MessageWriter;

  constructor(call: (Writable | Duplex) & Cancellable, method: DescMethod, requests: Sequence<DescMessage>) {
    this.#call = call;
    this.#method = method;
    this.#requests =
      Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
    this.#writer = new MessageWriter(call);
    void this.#send();
  }

  /** The call is over: nothing more is sent, and the iterable is told so. */
  stop(): void {
    if (this.#writer.closed) return;
    this.#writer.close();
    void this.#leaveRequests();
  }

  async #send(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#requests.next();
        if (this.#writer.closed) return;
        if (done) break;
        const full = this.#writer.write(encode(this.#method.input, value));
        if (full !== undefined) await full;
      }
      this.#writer.close();
      this.#call.end();
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error('requests failed', { cause: error });
      this.#call.cancel();
    }
  }

  async #leaveRequests(): Promise<void> {
    try {
      await this.#requests.return?.();
    } catch {
      // The call is over; what an abandoned iterable still throws concerns nobody.
    }
  }
}
