/**
 * Uploads that are not what they look like: small files that unpack to large ones, lines and values without
 * end. Nothing is held in memory, and nothing is half done but whole rows that were good.
 */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MOST_EXPANSION } from '../../node/records/intake/gzip.ts';
import { createIntake, type Intake } from '../integration/imports-fixture.ts';

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake();
});
afterEach(() => intake[Symbol.asyncDispose]());

async function post(kind: string, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const response = await intake.app().request(`/v1/imports/${kind}`, {
    method: 'POST',
    body: body as string,
    headers: { 'content-type': 'text/csv', ...headers },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const GZIP = { 'content-encoding': 'gzip' };
const MIB = 1024 * 1024;

/** Bytes that the process holds more than before `work`, at its end. */
async function heldBy(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage();
  await work();
  const after = process.memoryUsage();
  return after.arrayBuffers - before.arrayBuffers;
}

describe('a small gzip that unpacks to much', () => {
  const header = 'place,kind\n';
  const row = 'P1,cafe\n';

  test('of rows is cut off with an error, and the rows before it are kept and counted', async () => {
    const bomb = gzipSync(header + row.repeat((64 * MIB) / row.length), { level: 9 });
    expect(bomb.length).toBeLessThan(MIB / 4);
    const { status, body } = await post('places', bomb, GZIP);
    expect([status, body.reason]).toEqual([413, 'EXPANDS_TOO_MUCH']);
    const errors = body.errors as { reason: string; params: { accepted: number } }[];
    const kept = errors.find(({ reason }) => reason === 'ROWS_KEPT')?.params.accepted ?? 0;
    expect(kept).toBeGreaterThan(0);
    expect(kept * row.length).toBeLessThan(MIB + MOST_EXPANSION * bomb.length + MIB);
    expect(await intake.db.sql`SELECT place FROM places`).toEqual([{ place: 'P1' }]);
  });

  test.each([
    ['one endless line', Buffer.alloc(200 * MIB, 'a'), 'LINE_TOO_LONG'],
    ['empty lines', Buffer.alloc(200 * MIB, '\n'), 'EXPANDS_TOO_MUCH'],
    ['zeros', Buffer.alloc(200 * MIB), 'LINE_TOO_LONG'],
    [
      'a quote that never closes',
      Buffer.concat([Buffer.from('place,kind\n"'), Buffer.alloc(MIB, 'a\n')]),
      'QUOTE_NOT_CLOSED',
    ],
  ])('of %s is refused, and nothing of it is held', async (_, content, reason) => {
    const bomb = gzipSync(content);
    const held = await heldBy(async () => {
      const { status, body } = await post('places', bomb, GZIP);
      expect([body.reason, status]).toEqual([reason, reason === 'EXPANDS_TOO_MUCH' ? 413 : 400]);
    });
    expect(held).toBeLessThan(32 * MIB);
    expect(await intake.db.sql`SELECT place FROM places`).toEqual([]);
  });

  test('inside of a gzip is not unpacked twice', async () => {
    const nested = gzipSync(gzipSync(Buffer.alloc(10 * MIB)));
    expect((await post('places', nested, GZIP)).status).toBe(400);
  });
});

test('a real file that packs well is taken', async () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => `P${i},cafe\n`).join('');
  const packed = gzipSync(`place,kind\n${rows}`, { level: 9 });
  expect((await post('places', packed, GZIP)).body).toEqual({
    accepted: 40_000,
    rejected: 0,
    errors: [],
    warnings: [],
  });
});

test('NDJSON that is deep, wide or poisoned costs only its own line', async () => {
  const good = '{"place":"P1","kind":"cafe"}';
  const bad = [
    '['.repeat(60_000),
    `${'{"place":'.repeat(6_000)}1${'}'.repeat(6_000)}`,
    `{"place":"P2","kind":"cafe","__proto__":{"kind":"bar"}}`,
    `{"place":{"toString":"x"},"kind":"cafe"}`,
    `{"place":"P3","kind":${'9'.repeat(30_000)}}`,
    '{"place":"P4\\u0000","kind":"cafe"}',
    '{"place":"\\ud800","kind":"cafe"}',
    'null',
    '[]',
    '"P5"',
  ];
  const ndjson = { 'content-type': 'application/x-ndjson' };
  const { status, body } = await post('places', [good, ...bad].join('\n'), ndjson);
  expect(status).toBe(200);
  expect(body).toMatchObject({ accepted: 1, rejected: bad.length });
  expect(JSON.stringify(body).length).toBeLessThan(5_000);
  expect(await intake.db.sql`SELECT place FROM places`).toEqual([{ place: 'P1' }]);
});
