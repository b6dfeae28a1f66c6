/**
 * A port that leads to another one, and can be shut: a database that is away for a while, seen from one
 * program.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface TcpGate extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections; new ones are refused. */
  shut(): Promise<void>;
  /** Lets connections through again. */
  open(): Promise<void>;
}

/** A gate on 127.0.0.1, open, before `target`. */
export async function createTcpGate(target: { host: string; port: number }): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  const pass = (near: Socket) => {
    const far = connect({ ...target, noDelay: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  };
  const gate: TcpGate = {
    get port() {
      return port;
    },
    async open() {
      server = createServer({ noDelay: true }, pass).listen(port, '127.0.0.1');
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    },
    async shut() {
      const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
      for (const socket of sockets) socket.destroy();
      await closed;
      server = undefined;
    },
    [Symbol.asyncDispose]: () => gate.shut(),
  };
  await gate.open();
  return gate;
}
