/**
 * Handlers of a service, typed by its descriptor. A handler decodes nothing, names nobody and maps no
 * errors: the server's wrapper (`served-call.ts`) has done or does all that.
 */
import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import type { Outgoing } from './messages.ts';
import type { Peer } from './peer.ts';

/** What a handler knows of the call that it serves. */
export interface IncomingCall {
  /** Named by the peer's certificate; the auth table let it in. */
  readonly peer: Peer;
  /**
   * Aborts when the caller cancels, vanishes, or its deadline passes, and when the server is forced to
   * stop.
   */
  readonly signal: AbortSignal;
  /** Milliseconds that the caller was still willing to wait when the call arrived. */
  readonly deadlineMs: number;
  /** Of the caller if it sent one, else new; in the log, and in the error of an internal failure. */
  readonly requestId: string;
  /** Full name, `truyvet.v1.TracingService.Trace`. */
  readonly method: string;
}

type Many<Desc extends DescMessage> = AsyncIterable<Outgoing<Desc>>;

/**
 * The handler that fits a method: one message or a stream in, one or a stream out. A stream of requests
 * that a broken connection cut off throws; one that its caller cancels may merely end, because Node's
 * HTTP/2 half-closes what it resets: where completeness matters, the last message must say that it is the
 * last.
 */
export type Handler<Method extends DescMethod> = Method extends {
  methodKind: infer Kind;
  input: infer In extends DescMessage;
  output: infer Out extends DescMessage;
}
  ? Kind extends 'unary'
    ? (request: MessageShape<In>, call: IncomingCall) => Promise<Outgoing<Out>>
    : Kind extends 'server_streaming'
      ? (request: MessageShape<In>, call: IncomingCall) => Many<Out>
      : Kind extends 'client_streaming'
        ? (requests: AsyncIterable<MessageShape<In>>, call: IncomingCall) => Promise<Outgoing<Out>>
        : (requests: AsyncIterable<MessageShape<In>>, call: IncomingCall) => Many<Out>
  : never;

export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service['method']]: Handler<Service['method'][Name]>;
};

/** A handler whose types have been checked by `implement` and are no longer known. */
export type AnyHandler = (request: never, call: IncomingCall) => unknown;

export interface ServiceImplementation {
  readonly service: DescService;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
}

/** `handlers` for every method of `service`, under their local names (`trace`, `assign`). */
export function implement<Service extends DescService>(
  service: Service,
  handlers: Handlers<Service>,
): ServiceImplementation {
  return { service, handlers: handlers as unknown as Record<string, AnyHandler> };
}
