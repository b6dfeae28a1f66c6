/**
 * Ports for programs that keep them over restarts. They lie below the range from which the kernel takes
 * ports for outgoing connections (32768 and up), so that nobody takes one while its program is down.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { AppError } from '../../shared/errors.ts';
import { newKey } from '../../shared/ids.ts';

const LOWEST = 10_240;
const COUNT = 32_768 - LOWEST;

/** `count` different ports of 127.0.0.1 that nothing listens on. Throws NO_FREE_PORTS. */
export async function takePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  const start = Buffer.from(newKey(4)).readUInt32LE() % COUNT;
  try {
    for (let step = 0; step < COUNT && ports.length < count; step++) {
      const port = LOWEST + ((start + step) % COUNT);
      const server = await tryListen(port);
      if (server === undefined) continue;
      held.push(server);
      ports.push(port);
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
  if (ports.length < count) {
    throw new AppError('UNAVAILABLE', 'NO_FREE_PORTS', `no ${count} free ports`, { params: { count } });
  }
  return ports;
}

async function tryListen(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
