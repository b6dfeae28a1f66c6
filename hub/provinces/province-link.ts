/**
 * The hub's connection to one province's node, and whether it is there. Sessions report a broken call here
 * once; one watcher a province, not one a trace, finds out when the node is back.
 */
import type { Clock } from '../../shared/clock.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { type Channel, type Client, createChannel, createClient } from '../../shared/grpc/client.ts';
import type { PeerCheck } from '../../shared/grpc/peer.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';
import { FailureLog } from './failure-log.ts';

export type LinkState = 'connecting' | 'up' | 'down';

const PROBE_MS = 100;

export interface ProvinceLinkOptions {
  readonly province: string;
  /** `host:port` of the node's gRPC. */
  readonly address: string;
  readonly tls: TlsMaterial;
  readonly clock: Clock;
  /** What its certificate must be beside the province's. */
  readonly check?: PeerCheck;
}

/** What came before answers of this version of a node's data, or an earlier one, has its token. */
export interface ReportedTokens {
  readonly incarnation: number;
  readonly dataVersion: number;
  /** Identifiers that have none. */
  readonly pending: number;
}

export class ProvinceLink implements AsyncDisposable {
  readonly province: string;
  /** `host:port` of the node's gRPC. */
  readonly address: string;
  readonly tracing: Client<typeof TracingService>;
  /** What is said of it in the log. */
  readonly failures: FailureLog;
  readonly #channel: Channel;
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<() => void>();
  #state: LinkState = 'connecting';
  #probing = false;

  #revokedAtMs: number | undefined;
  /**
   * What a round waited for in vain, and what has not come since: no other trace waits for it either, or one
   * province that stalls would delay the traces of all.
   */
  readonly stalls = { answers: false, deliveries: false };
  /** Why it answers no question, as it has reported last; empty if it does. */
  refusal = '';
  /** How far its identifiers have their tokens, as it has reported last. */
  tokens: ReportedTokens = { incarnation: 0, dataVersion: 0, pending: 0 };

  constructor(options: ProvinceLinkOptions) {
    this.province = options.province;
    this.address = options.address;
    this.#clock = options.clock;
    this.failures = new FailureLog(options.province, options.clock);
    this.#channel = createChannel({
      address: options.address,
      tls: options.tls,
      expectPeer: { kind: 'node', province: options.province },
      check: options.check,
    });
    this.tracing = createClient(TracingService, this.#channel);
    void this.#probe();
  }

  /** Aborts when the link ends: calls over it end with it. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  /** The province was revoked: this link never comes up again. */
  get isRevoked(): boolean {
    return this.#revokedAtMs !== undefined;
  }

  /** When it was revoked, epoch milliseconds. */
  get revokedAtMs(): number | undefined {
    return this.#revokedAtMs;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** A round waited for these in vain. */
  gaveUp({ answers, deliveries }: ProvinceLink['stalls']): void {
    this.stalls.answers ||= answers;
    this.stalls.deliveries ||= deliveries;
  }

  /** Calls `listener` after each change of state; returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The hub's own certificate was renewed. */
  useTls(tls: TlsMaterial): void {
    this.#channel.useTls(tls);
  }

  /** Ends all calls and the connection, for good. */
  revoke(atMs: number): void {
    if (this.isRevoked) return;
    this.#revokedAtMs = atMs;
    this.#stopped.abort();
    this.#channel.close();
    this.#set('down');
  }

  /** A call failed because the node was not there: nobody waits for it until the connection is back. */
  reportFailure(): void {
    if (this.isRevoked) return;
    this.#set('down');
    void this.#probe();
  }

  async #probe(): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    // A call that failed on a connection that looks ready: leave the peer a moment, then try.
    if (this.#state === 'down') await this.#clock.sleep(PROBE_MS, this.#stopped.signal);
    while (!this.#stopped.signal.aborted && this.#channel.state !== 'ready') {
      if (this.#channel.state === 'failing') this.#set('down');
      await this.#clock.sleep(this.#state === 'connecting' ? 20 : PROBE_MS, this.#stopped.signal);
    }
    this.#probing = false;
    if (!this.#stopped.signal.aborted) this.#set('up');
  }

  #set(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    this.#channel.close();
  }
}
