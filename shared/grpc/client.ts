/**
 * Channels to peers and typed clients over them. A channel is one connection to one peer, mutual TLS 1.3,
 * made at once and made again whenever it breaks. Every call has a deadline and a signal. A failed province
 * is data, so nothing is retried here.
 */
import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import { connectivityState, credentials, Client as GrpcClient } from '@grpc/grpc-js';
import { systemClock } from '../clock.ts';
import { CALL, type CallOptions, type Channel, type ChannelState, type Sequence } from './calls.ts';
import { FLOW_CONTROL_WINDOW, MESSAGE_LIMIT, type Outgoing } from './messages.ts';
import { demandPeer, type Peer, type PeerCheck, peerName } from './peer.ts';
import { type ClientTls, secureContext } from './tls.ts';

export type { CallOptions, Channel, ChannelState };

export interface ChannelOptions {
  /** `host:port`. */
  readonly address: string;
  /** Without certificate and key: a newcomer's. */
  readonly tls: ClientTls;
  /** The only peer that is talked to at that address. */
  readonly expectPeer: Peer;
  /** What else its certificate must be. */
  readonly check?: PeerCheck | undefined;
  /**
   * How soon a silent peer counts as dead: a ping after `timeMs` of silence, its answer within `timeoutMs`.
   */
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number };
}

// A busy peer may stop for a second (a large answer being encoded, a full disk); a dead one is found within
// six.
const KEEPALIVE = { timeMs: 2_000, timeoutMs: 4_000 };
const NEVER_MS = 2 ** 31 - 1;
/** How long a connection with a new certificate may take before it is used whether it stands or not. */
const SWAP_MS = 10_000;

/** Opens a channel; a peer that is not there yet is no error, only a state. */
export function createChannel(options: ChannelOptions): Channel {
  let { tls } = options;
  let current = new Connection(options, tls);
  let closed = false;
  // Asking also connects; after close() it would bring grpc-js's channel back to life.
  const stateOf = () => (closed ? 'closed' : STATES[current.grpc.getChannel().getConnectivityState(true)]);
  const close = () => {
    closed = true;
    current.grpc.close();
  };
  stateOf();
  return {
    peer: options.expectPeer,
    get grpc() {
      return current.grpc;
    },
    get state() {
      return stateOf();
    },
    track: (call) => current.track(call),
    useTls: (other) => {
      tls = other;
      const next = new Connection(options, tls);
      // The old connection serves until the new one stands, or the peer is away and neither does.
      next.grpc.waitForReady(systemClock.nowMs() + SWAP_MS, () => {
        if (closed) return next.grpc.close();
        current.leave();
        current = next;
      });
    },
    reconnect: () => {
      if (closed) return;
      current.grpc.close();
      current = new Connection(options, tls);
      stateOf();
    },
    close,
    [Symbol.asyncDispose]: async () => close(),
  };
}

/** One connection under one certificate, and how many calls still run on it. */
class Connection {
  readonly grpc: GrpcClient;
  #calls = 0;
  #left = false;

  constructor(options: ChannelOptions, tls: ClientTls) {
    this.grpc = connect(options, tls);
  }

  track(call: { once(event: 'status', listener: () => void): unknown }): void {
    this.#calls++;
    call.once('status', () => {
      this.#calls--;
      if (this.#left && this.#calls === 0) this.grpc.close();
    });
  }

  /** Ends with its last call: one that was told to close fails its keepalive, and its calls with it. */
  leave(): void {
    this.#left = true;
    if (this.#calls === 0) this.grpc.close();
  }
}

function connect({ address, expectPeer, check, keepalive = KEEPALIVE }: ChannelOptions, tls: ClientTls) {
  const identity = { checkServerIdentity: demandPeer(expectPeer, check) };
  return new GrpcClient(address, credentials.createFromSecureContext(secureContext(tls), identity), {
    'grpc.max_receive_message_length': MESSAGE_LIMIT,
    'grpc.max_send_message_length': MESSAGE_LIMIT,
    // TLS wants a name, and an address is none. Who the server is decides demandPeer.
    'grpc.ssl_target_name_override': peerName(expectPeer).replace('/', '-'),
    'grpc.keepalive_time_ms': keepalive.timeMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.client_idle_timeout_ms': NEVER_MS,
    'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    // Who retries what is decided where it is known to be idempotent; no proxy may stand in between.
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
  });
}

const STATES: Readonly<Record<connectivityState, ChannelState>> = {
  [connectivityState.IDLE]: 'idle',
  [connectivityState.CONNECTING]: 'connecting',
  [connectivityState.READY]: 'ready',
  [connectivityState.TRANSIENT_FAILURE]: 'failing',
  [connectivityState.SHUTDOWN]: 'closed',
};

/**
 * A method as its caller sees it. Calls start at once; leaving a stream of answers early cancels the call.
 */
export type ClientMethod<Method extends DescMethod> = Method extends {
  methodKind: infer Kind;
  input: infer In extends DescMessage;
  output: infer Out extends DescMessage;
}
  ? Kind extends 'unary'
    ? (request: Outgoing<In>, options: CallOptions) => Promise<MessageShape<Out>>
    : Kind extends 'server_streaming'
      ? (request: Outgoing<In>, options: CallOptions) => AsyncIterableIterator<MessageShape<Out>>
      : Kind extends 'client_streaming'
        ? (requests: Sequence<In>, options: CallOptions) => Promise<MessageShape<Out>>
        : (requests: Sequence<In>, options: CallOptions) => AsyncIterableIterator<MessageShape<Out>>
  : never;

export type Client<Service extends DescService> = {
  readonly [Name in keyof Service['method']]: ClientMethod<Service['method'][Name]>;
};

/**
 * The methods of `service` at the channel's peer. All failures are AppErrors: with the reason that the peer
 * sent, else UNAVAILABLE / PEER_UNREACHABLE, DEADLINE_EXCEEDED, CANCELLED, RESOURCE_EXHAUSTED /
 * MESSAGE_TOO_LARGE …
 */
export function createClient<Service extends DescService>(
  service: Service,
  channel: Channel,
): Client<Service> {
  const methods = service.methods.map((method) => [
    method.localName,
    CALL[method.methodKind](channel, method),
  ]);
  return Object.fromEntries(methods) as Client<Service>;
}
