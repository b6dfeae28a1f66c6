/**
 * A server that goes away in the moment in which the driver asks it for its types: whoever waits hears of
 * it, and nobody else.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { openDatabase } from '../../shared/db/database.ts';

/** PostgreSQL's words: authentication is fine; ready for a query. */
const WELCOME = Buffer.from([...[0x52, 0, 0, 0, 8, 0, 0, 0, 0], ...[0x5a, 0, 0, 0, 5, 0x49]]);

/** PostgreSQL's words: starting up, no connections yet. */
const FIELDS = Buffer.from('SFATAL\0C57P03\0Mstarting up\0\0');
const TURNED_AWAY = Buffer.from([0x45, 0, 0, 0, FIELDS.length + 4, ...FIELDS]);

it('leaves no rejection to nobody', { timeout: 20_000 }, async () => {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (asked.length > 0) return socket.end(TURNED_AWAY);
      socket.write(WELCOME);
      socket.once('data', (bytes) => {
        asked.push(bytes.toString('latin1'));
        socket.resetAndDestroy();
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const { port } = server.address() as AddressInfo;
  const db = openDatabase(`postgres://somebody:x@127.0.0.1:${port}/none`, { max: 1, name: 'test' });
  try {
    await expect(db.sql`SELECT 1`).rejects.toMatchObject({ reason: 'DATABASE_UNAVAILABLE' });
  } finally {
    await db[Symbol.asyncDispose]();
    await new Promise((resolve) => server.close(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
  }
  expect(asked[0]).toContain('typarray');
  expect(unhandled).toEqual([]);
});
