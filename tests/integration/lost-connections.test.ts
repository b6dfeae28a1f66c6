/**
 * What becomes of a pool whose connection ends at the worst moments of the driver: between a statement and
 * its flush, and while a connection starts.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../shared/db/database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase('empty');
});
afterAll(() => database[Symbol.asyncDispose]());

/** Of this process, to the tests' cluster. */
function socketsToDatabase(): Socket[] {
  const port = Number(new URL(database.url).port);
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles();
  return handles.filter((one): one is Socket => one instanceof Socket && one.remotePort === port);
}

/** Ends the socket, and has the driver plan the flush of a statement just before it hears of the end. */
function failsAsEnds(socket: Socket, statement: () => Promise<unknown>): Promise<unknown> {
  const emit = socket.emit.bind(socket) as Socket['emit'];
  return new Promise((resolve) => {
    socket.emit = (event: string | symbol, ...values: unknown[]) => {
      if (event !== 'close') return emit(event, ...values);
      statement().then(
        () => resolve('answered'),
        (error: { code: string }) => resolve(error.code),
      );
      // The driver hands a statement to its connection a few turns of promises later, and flushes after them.
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => emit(event, ...values));
      return true;
    };
    socket.destroy();
  });
}

test.each([1, 2, 5, 20])('a pool goes on after %i ends between a statement and its flush', async (times) => {
  const before = new Set(socketsToDatabase());
  await using pool = openDatabase(database.url, { max: 1, name: 'ends' });
  for (let i = 0; i < times; i++) {
    expect(await pool.sql`SELECT ${i}::int AS n`).toEqual([{ n: i }]);
    const [socket] = socketsToDatabase().filter((one) => !before.has(one) && !one.destroyed);
    expect(await failsAsEnds(socket as Socket, () => pool.sql`SELECT 'lost'`)).toBe('UNAVAILABLE');
  }
  expect(await pool.sql`SELECT 1 AS n`).toEqual([{ n: 1 }]);
});

test('a server that hangs up on whoever begins is UNAVAILABLE, and not asked again and again', async () => {
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    socket.once('data', () => socket.end());
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await using pool = openDatabase(`postgres://a:b@127.0.0.1:${port}/c`, { max: 1, name: 'ends' });
    await expect(pool.sql`SELECT 1`).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(connections).toBe(1);
  } finally {
    server.close();
  }
});
