/**
 * Sockets under which the driver comes out of every end of a connection. Of postgres.js 3.4.9:
 *
 * - After a reset it leaves unanswered, for ever, what was sent to the dead connection in between: it clears
 *   up only when a close is reported as being without an error (porsager/postgres pull request 1215).
 * - An end while it starts leaves the statement unanswered, and it connects again without a pause (1193).
 * - An end between a statement and its flush cancels the flush, and no later one is ever planned: what goes
 *   out on the next connections stays in its buffer until that is full (LanternOps/breeze pull request 3224).
 */
import { Socket } from 'node:net';
import type postgres from 'postgres';

class OrderlySocket extends Socket {
  readonly #address: { readonly port: number; readonly host: string };
  #begun = false;
  #failed = false;

  constructor(address: { port: number; host: string }) {
    super();
    this.#address = address;
    this.setNoDelay();
    // The driver flushes in the turn in which it is given the socket, or never.
    setImmediate(() => setImmediate(() => this.#begun || this.destroyed || super.emit('close', false)));
  }

  /** Connects when the driver begins; until then a buffer that does not flush costs no connection. */
  override write(data: Uint8Array, ...rest: never[]): boolean {
    if (this.#begun) return super.write(data, ...rest);
    this.#begun = true;
    this.connect(this.#address);
    return super.write(data.subarray(beginningOfStartup(data)), ...rest);
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'error') this.#failed = true;
    if (event !== 'close') return super.emit(event, ...values);
    if (!this.#failed)
      super.emit('error', Object.assign(new Error('the connection ended'), { code: CLOSED }));
    return super.emit('close', false);
  }
}

/** As the driver names an end that was not asked for. */
const CLOSED = 'CONNECTION_CLOSED';
/** "Message Formats" in chapter 54 of the manual: Int32 of the length, Int32 of the version 3.0. */
const VERSION = 0x0003_0000;

/** Where the last message begins in what the driver flushes first: remains of earlier ones come before. */
function beginningOfStartup(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = data.length - 8; at > 0; at--)
    if (view.getUint32(at) === data.length - at && view.getUint32(at + 4) === VERSION) return at;
  return 0;
}

/** What the driver reads of its options when it connects. */
interface SocketOptions {
  ssl: unknown;
  path: unknown;
  host: string[];
  port: number[];
  socket?: () => Socket;
}

/**
 * Lets `client` open such sockets; not with TLS, a Unix socket or several hosts, which the driver opens by
 * itself.
 */
export function useOrderlySockets(client: postgres.Sql): void {
  const options = client.options as unknown as SocketOptions;
  const [host, port] = [options.host[0], options.port[0]];
  if (options.ssl || options.path || options.host.length > 1 || !host || !port) return;
  options.socket = () => new OrderlySocket({ port, host });
}
