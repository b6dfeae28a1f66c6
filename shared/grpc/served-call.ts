/**
 * The one wrapper round every handler: names the peer, demands a deadline and a row in the auth table,
 * turns what is thrown into a status, logs one event a call (ids, codes and sizes, never content), and
 * never rejects: grpc-js lets a rejected async handler end the process.
 */
import type { Metadata, ServerUnaryCall, StatusObject } from '@grpc/grpc-js';
import type { Clock } from '../clock.ts';
import { AppError, type ErrorCode, toAppError } from '../errors.ts';
import { isUuid, newId } from '../ids.ts';
import type { Logger } from '../log.ts';
import { type AuthTable, HEARTBEATS, WITHOUT_DEADLINE } from './auth-table.ts';
import { REQUEST_ID_KEY } from './messages.ts';
import { type Peer, peerName, peerOf } from './peer.ts';
import type { IncomingCall } from './service.ts';
import { toStatus } from './status.ts';

/** What calls of all kinds have in common. */
export interface AnyCall
  extends Pick<
    ServerUnaryCall<unknown, unknown>,
    'cancelled' | 'metadata' | 'getDeadline' | 'getAuthContext'
  > {
  once(event: 'cancelled', listener: () => void): unknown;
}

/** What all calls of one server share. */
export interface CallRuntime {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly auth: AuthTable;
  /** Calls being served: aborted when the server is forced to stop. */
  readonly active: Set<ServedCall>;
  readonly onCall: (event: CallEvent) => void;
  /** Whether callers have no certificate: each counts as a newcomer. */
  readonly newcomers: boolean;
  /** Set once the server is to stop: calls that come then are refused. */
  stopping: boolean;
}

/** One finished call, for logs and metrics. */
export interface CallEvent {
  readonly method: string;
  /** `hub`, `node/24`, or `nobody`. */
  readonly peer: string;
  readonly requestId: string;
  readonly code: ErrorCode | 'OK';
  /** Reason of the failure; empty if OK. */
  readonly reason: string;
  readonly durationMs: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * The caller's clock rings first: its cancellation may arrive just before the deadline that it stands for.
 */
const DEADLINE_SLACK_MS = 50;
const NEWCOMER: Peer = { kind: 'newcomer' };

export class ServedCall {
  readonly requestId: string;
  readonly #runtime: CallRuntime;
  readonly #call: AnyCall;
  readonly #method: string;
  readonly #startedAtMs: number;
  readonly #abort = new AbortController();
  #peer: Peer | undefined;
  #finished = false;
  #messagesIn = 0;
  #messagesOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(runtime: CallRuntime, method: string, call: AnyCall) {
    this.#runtime = runtime;
    this.#call = call;
    this.#method = method;
    this.#startedAtMs = runtime.clock.nowMs();
    this.requestId = requestIdOf(call.metadata);
    call.once('cancelled', () => this.abort(this.#whyCancelled()));
    runtime.active.add(this);
  }

  /** Counts a message received; returns it. */
  received(bytes: Buffer): Buffer {
    this.#messagesIn++;
    this.#bytesIn += bytes.length;
    return bytes;
  }

  /** Counts a message sent; returns it. */
  sent(bytes: Buffer): Buffer {
    this.#messagesOut++;
    this.#bytesOut += bytes.length;
    return bytes;
  }

  /** Whether it was meant to last, and nobody waits for its end. */
  get endless(): boolean {
    return WITHOUT_DEADLINE.has(this.#method);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Stops the handler through its signal. A call that is over is not touched. */
  abort(why: AppError): void {
    if (!this.#finished && !this.#abort.signal.aborted) this.#abort.abort(why);
  }

  /**
   * Admits the call and runs `body`; hands the status of a failure to `refuse`. Never rejects. A call that
   * its peer has given up is not answered, only logged.
   */
  async run(
    body: (context: IncomingCall) => Promise<void>,
    refuse: (status: StatusObject) => void,
  ): Promise<void> {
    try {
      await body(this.admit());
      this.finish();
    } catch (thrown) {
      this.finish(thrown);
      if (!this.#call.cancelled) refuse(toStatus(this.#outcome(thrown), this.requestId));
    }
  }

  /**
   * The context of a call that may be served; throws AppError UNAVAILABLE, UNAUTHENTICATED,
   * PERMISSION_DENIED, INVALID_ARGUMENT.
   */
  admit(): IncomingCall {
    if (this.#runtime.stopping) throw shuttingDown();
    const peer = this.#runtime.newcomers ? NEWCOMER : this.#certifiedPeer();
    if (peer === undefined) {
      throw new AppError(
        'UNAUTHENTICATED',
        'PEER_UNNAMED',
        'the certificate names no program of the federation',
      );
    }
    this.#peer = peer;
    if (!this.#runtime.auth[this.#method]?.includes(peer.kind)) {
      throw new AppError(
        'PERMISSION_DENIED',
        'PEER_NOT_ALLOWED',
        `${peerName(peer)} may not call ${this.#method}`,
      );
    }
    const deadlineMs = Number(this.#call.getDeadline()) - this.#startedAtMs;
    if (!Number.isFinite(deadlineMs) && !WITHOUT_DEADLINE.has(this.#method)) {
      throw new AppError('INVALID_ARGUMENT', 'DEADLINE_REQUIRED', `${this.#method} needs a deadline`);
    }
    return { peer, signal: this.signal, deadlineMs, requestId: this.requestId, method: this.#method };
  }

  #certifiedPeer(): Peer | undefined {
    return peerOf(this.#call.getAuthContext().sslPeerCertificate?.subjectaltname);
  }

  /** Logs the call, once. */
  finish(thrown?: unknown): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#runtime.active.delete(this);
    const failure = thrown === undefined ? undefined : this.#outcome(thrown);
    const event = this.#event(failure);
    this.#runtime.logger[levelOf(event)](
      { ...logFields(event), ...(failure && { err: failure }) },
      'grpc call',
    );
    this.#runtime.onCall(event);
  }

  /**
   * What went wrong: a handler that stumbled because its call was aborted failed of that, not of its
   * stumbling.
   */
  #outcome(thrown: unknown): AppError {
    return this.signal.aborted ? (this.signal.reason as AppError) : toAppError(thrown);
  }

  #whyCancelled(): AppError {
    const late = this.#runtime.clock.nowMs() >= Number(this.#call.getDeadline()) - DEADLINE_SLACK_MS;
    return late
      ? new AppError(
          'DEADLINE_EXCEEDED',
          'DEADLINE_EXCEEDED',
          'the deadline passed before the answer was complete',
        )
      : new AppError('CANCELLED', 'CANCELLED', 'the caller is gone or gave up');
  }

  #event(failure: AppError | undefined): CallEvent {
    return {
      method: this.#method,
      peer: this.#peer === undefined ? 'nobody' : peerName(this.#peer),
      requestId: this.requestId,
      code: failure?.code ?? 'OK',
      reason: failure?.reason ?? '',
      durationMs: this.#runtime.clock.nowMs() - this.#startedAtMs,
      messagesIn: this.#messagesIn,
      messagesOut: this.#messagesOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
    };
  }
}

/** What callers of a stopping server are told. */
export function shuttingDown(): AppError {
  return new AppError('UNAVAILABLE', 'SHUTTING_DOWN', 'the server is stopping');
}

function requestIdOf(metadata: Metadata): string {
  const sent = metadata.get(REQUEST_ID_KEY)[0];
  return typeof sent === 'string' && isUuid(sent) ? sent : newId();
}

function levelOf({ code, method }: CallEvent): 'debug' | 'info' | 'warn' | 'error' {
  if (code === 'OK') return HEARTBEATS.has(method) ? 'debug' : 'info';
  return code === 'INTERNAL' ? 'error' : 'warn';
}

function logFields({
  requestId,
  durationMs,
  messagesIn,
  messagesOut,
  bytesIn,
  bytesOut,
  ...event
}: CallEvent) {
  return {
    ...event,
    ...{ request_id: requestId, ms: durationMs, messages_in: messagesIn, messages_out: messagesOut },
    ...{ bytes_in: bytesIn, bytes_out: bytesOut },
  };
}
