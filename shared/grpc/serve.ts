/**
 * Registers implementations with grpc-js: one function a kind of call, each no more than the way its
 * messages flow.
 */
import type { DescMethod } from '@bufbuild/protobuf';
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
  ServiceDefinition,
  StatusObject,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { AppError } from '../errors.ts';
import { decode, encode, methodDefinition, methodName, type Outgoing } from './messages.ts';
import { type CallRuntime, ServedCall } from './served-call.ts';
import type { AnyHandler, IncomingCall, ServiceImplementation } from './service.ts';
import { MessageReader, MessageWriter } from './streams.ts';

export interface Registration {
  readonly definition: ServiceDefinition;
  readonly implementation: Record<string, UntypedHandleCall>;
}

/**
 * What `Server.addService` takes. A method of the service without a handler is a programmer's mistake: it
 * throws.
 */
export function register(runtime: CallRuntime, { service, handlers }: ServiceImplementation): Registration {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const method of service.methods) {
    const handler = handlers[method.localName];
    if (handler === undefined) throw new Error(`no handler for ${methodName(method)}`);
    definition[method.name] = methodDefinition(method);
    implementation[method.name] = SERVE[method.methodKind](runtime, method, handler);
  }
  return { definition, implementation };
}

type Answer = Promise<Outgoing<DescMethod['output']>>;
type Answers = AsyncIterable<Outgoing<DescMethod['output']>>;
type Serve = (runtime: CallRuntime, method: DescMethod, handler: AnyHandler) => UntypedHandleCall;

const SERVE: Readonly<Record<DescMethod['methodKind'], Serve>> = {
  unary: serveUnary,
  server_streaming: serveServerStream,
  client_streaming: serveClientStream,
  bidi_streaming: serveBidi,
};

function serveUnary(runtime: CallRuntime, method: DescMethod, handler: AnyHandler) {
  const handle = handler as (request: unknown, context: IncomingCall) => Answer;
  const serve: handleUnaryCall<Buffer, Buffer> = (call, respond) => {
    const served = new ServedCall(runtime, methodName(method), call);
    const body = async (context: IncomingCall) => {
      const answer = await handle(decode(method.input, served.received(call.request)), context);
      respond(null, served.sent(encode(method.output, answer)));
    };
    void served.run(body, (status) => respond(status));
  };
  return serve;
}

function serveClientStream(runtime: CallRuntime, method: DescMethod, handler: AnyHandler) {
  const handle = handler as (requests: unknown, context: IncomingCall) => Answer;
  const serve: handleClientStreamingCall<Buffer, Buffer> = (call, respond) => {
    const served = new ServedCall(runtime, methodName(method), call);
    const requests = readRequests(call, method, served);
    const body = async (context: IncomingCall) => {
      const answer = await handle(requests, context);
      respond(null, served.sent(encode(method.output, answer)));
    };
    void served.run(body, (status) => respond(status));
  };
  return serve;
}

function serveServerStream(runtime: CallRuntime, method: DescMethod, handler: AnyHandler) {
  const handle = handler as (request: unknown, context: IncomingCall) => Answers;
  const serve: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    const served = new ServedCall(runtime, methodName(method), call);
    const body = (context: IncomingCall) => {
      const request = decode(method.input, served.received(call.request));
      return writeAnswers(call, method, served, handle(request, context));
    };
    void served.run(body, (status) => fail(call, status));
  };
  return serve;
}

function serveBidi(runtime: CallRuntime, method: DescMethod, handler: AnyHandler) {
  const handle = handler as (requests: unknown, context: IncomingCall) => Answers;
  const serve: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    const served = new ServedCall(runtime, methodName(method), call);
    const requests = readRequests(call, method, served);
    const body = (context: IncomingCall) => writeAnswers(call, method, served, handle(requests, context));
    void served.run(body, (status) => fail(call, status));
  };
  return serve;
}

type Reads = ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;
type Writes = ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>;

function readRequests(call: Reads, method: DescMethod, served: ServedCall) {
  return new MessageReader(call, {
    decode: (bytes) => decode(method.input, served.received(bytes)),
    failure: () => cancelled(served),
    onReturn: () => {},
  });
}

function cancelled(served: ServedCall): Error {
  const { reason } = served.signal;
  return reason instanceof Error
    ? reason
    : new AppError('CANCELLED', 'CANCELLED', 'the caller is gone or gave up');
}

async function writeAnswers(
  call: Writes,
  method: DescMethod,
  served: ServedCall,
  answers: Answers,
): Promise<void> {
  const writer = new MessageWriter(call);
  served.signal.addEventListener('abort', () => writer.close());
  for await (const answer of answers) {
    await writer.write(served.sent(encode(method.output, answer)));
    served.signal.throwIfAborted();
  }
  call.end();
}

// Answers already written go out before the status: grpc-js ends the stream behind them.
function fail(call: Writes, status: StatusObject): void {
  call.emit('error', Object.assign(new Error(status.details), status));
}
