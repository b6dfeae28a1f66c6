/**
 * Array types are known without asking the server: what is known is what the server says, and covers what the
 * schemas of node and hub have; the first that a connection is asked is what somebody waits for.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARRAY_TYPES } from '../../shared/db/array-types.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { createTestDatabase } from '../support/database.ts';

describe('array types', () => {
  it('are the server’s own', async () => {
    await using database = await createTestDatabase('empty');
    const rows = await database.db.sql<{ name: string; element: number; array: number }[]>`
      SELECT typname AS name, oid::int8 AS element, typarray::int8 AS array FROM pg_type
      WHERE typname = ANY (${Object.keys(ARRAY_TYPES)}::text[])`;
    expect(Object.fromEntries(rows.map(({ name, element, array }) => [name, [element, array]]))).toEqual(
      ARRAY_TYPES,
    );
  });

  it.each(['node', 'hub'] as const)('cover the columns of a %s', async (kind) => {
    await using database = await createTestDatabase(kind);
    const columns = await database.db.sql<{ column: string; type: number }[]>`
      SELECT attrelid::regclass || '.' || attname AS column, atttypid::int8 AS type
      FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
      WHERE typcategory = 'A' AND attnum > 0 AND attrelid::regclass::text NOT LIKE 'pg\\_%'
        AND attrelid::regclass::text NOT LIKE 'information\\_schema.%'`;
    const known: number[] = Object.values(ARRAY_TYPES).map(([, array]) => array);
    expect(columns.length).toBeGreaterThan(0);
    expect(columns.filter(({ type }) => !known.includes(type))).toEqual([]);
  });

  it('come back as they were sent', async () => {
    await using database = await createTestDatabase('empty');
    const { sql } = database.db;
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll('\0', '')),
      fc.constantFrom('', 'NULL', 'null', '{}', '"', '\\', '\\"', ',', ' ', '{a,"b"}', '\n', 'ễ'),
    );
    const lists = fc.record({
      texts: fc.array(fc.option(text), { maxLength: 8 }),
      bytes: fc.array(fc.uint8Array({ maxLength: 8 })),
      numbers: fc.array(fc.integer()),
      large: fc.array(fc.maxSafeInteger()),
      floats: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0)),
      bools: fc.array(fc.boolean()),
      uuids: fc.array(fc.uuid()),
    });
    await fc.assert(
      fc.asyncProperty(lists, async ({ texts, bytes, numbers, large, floats, bools, uuids }) => {
        const buffers = bytes.map((one) => Buffer.from(one));
        const [row] =
          await sql`SELECT ${texts as string[]}::text[] AS texts, ${sql.array(buffers)}::bytea[] AS bytes,
          ${numbers}::int4[] AS numbers, ${large}::int8[] AS large, ${floats}::float8[] AS floats,
          ${sql.array(bools)}::bool[] AS bools, ${uuids}::uuid[] AS uuids`;
        expect(row).toEqual({ texts, bytes: buffers, numbers, large, floats, bools, uuids });
      }),
    );
    const tables =
      await sql`SELECT '{{1,2},{3,4}}'::int4[] AS numbers, ${[['a', '"b'], ['c', 'd,']]}::text[] AS texts`;
    expect(tables).toEqual([
      {
        numbers: [
          [1, 2],
          [3, 4],
        ],
        texts: [
          ['a', '"b'],
          ['c', 'd,'],
        ],
      },
    ]);
  });
});

/** PostgreSQL's words: authentication is fine; ready for a query. */
const WELCOME = Buffer.from([...[0x52, 0, 0, 0, 8, 0, 0, 0, 0], ...[0x5a, 0, 0, 0, 5, 0x49]]);

/** PostgreSQL's words: starting up, no connections yet. */
const FIELDS = Buffer.from('SFATAL\0C57P03\0Mstarting up\0\0');
const TURNED_AWAY = Buffer.from([0x45, 0, 0, 0, FIELDS.length + 4, ...FIELDS]);

it('of a server that goes away at once, only who waits hears', { timeout: 20_000 }, async () => {
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
  expect(asked[0]).toContain('SELECT 1');
  expect(unhandled).toEqual([]);
});
