/**
 * The hub's connection to one province's node, and whether it is there. Sessions report a broken call here
 * once; one watcher a province, not one a trace, finds out when the node is back.
 */
import type { Clock } from '../../shared/clock.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { type Channel, type Client, createChannel, createClient } from '../../shared/grpc/client.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';

export type LinkState = 'connecting' | 'up' | 'down';

const PROBE_MS = 100;

export class ProvinceLink implements AsyncDisposable {
  readonly province: string;
  readonly tracing: Client<typeof TracingService>;
  readonly #channel: Channel;
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #stopped = new AbortController();
  readonly #listeners = new Set<() => void>();
  #state: LinkState = 'connecting';
  #probing = false;

  constructor(options: { province: string; address: string; tls: TlsMaterial; clock: Clock }) {
    this.province = options.province;
    this.#clock = options.clock;
    this.#channel = createChannel({
      address: options.address,
      tls: options.tls,
      expectPeer: { kind: 'node', province: options.province },
    });
    this.tracing = createClient(TracingService, this.#channel);
    void this.#probe();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Calls `listener` after each change of state; returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A call failed because the node was not there: nobody waits for it until the connection is back. */
  reportFailure(): void {
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
