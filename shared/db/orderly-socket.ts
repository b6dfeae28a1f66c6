/**
 * Sockets whose end the driver always understands. After a reset, postgres.js 3.4.9 rejects what was under
 * way and then leaves unanswered, for ever, what was sent to the dead connection in between: it clears up
 * only when a close is reported as being without an error. Source: porsager/postgres pull request 1215.
 */
import { Socket } from 'node:net';
import type postgres from 'postgres';

class OrderlySocket extends Socket {
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    return event === 'close' ? super.emit('close', false) : super.emit(event, ...values);
  }
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
  options.socket = () => new OrderlySocket().setNoDelay().connect(port, host);
}
