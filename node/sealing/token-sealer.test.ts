import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SEALED_TOKEN_BYTES, TokenSealer } from './token-sealer.ts';

const secret = (byte: number) => new Uint8Array(32).fill(byte);
const sealer = new TokenSealer(secret(1));
const REFUSED = expect.objectContaining({ reason: 'SEALED_VALUE_REFUSED' });

const tokens = fc
  .array(
    fc.record({
      id: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      generation: fc.integer({ min: 0, max: 9 }),
      token: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((rows) => ({
    rows: { ids: rows.map(({ id }) => id), generations: rows.map(({ generation }) => generation) },
    packed: Buffer.concat(rows.map(({ token }) => token)),
  }));

it('opens what it has sealed, and another node opens nothing of it', () => {
  fc.assert(
    fc.property(tokens, ({ rows, packed }) => {
      const sealed = sealer.seal(rows, packed);
      expect(sealer.open(rows, sealed)).toEqual(packed);
      expect(new TokenSealer(secret(1)).seal(rows, packed)).toEqual(sealed);
      expect(() => new TokenSealer(secret(2)).open(rows, sealed)).toThrow(REFUSED);
    }),
  );
});

it('shows one token at two nodes as bytes that have nothing in common', () => {
  const rows = { ids: [1], generations: [1] };
  const token = Buffer.alloc(16, 7);
  const [one, other] = [sealer.seal(rows, token), new TokenSealer(secret(2)).seal(rows, token)];
  for (let at = 0; at < SEALED_TOKEN_BYTES - 4; at++)
    expect(other.includes(one.subarray(at, at + 4))).toBe(false);
  expect(one.includes(token.subarray(0, 4))).toBe(false);
});

it('notices every changed bit, another row, and another generation', () => {
  const rows = { ids: [5, 6], generations: [1, 1] };
  const sealed = sealer.seal(rows, Buffer.alloc(32, 3));
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(() => sealer.open(rows, changed)).toThrow(REFUSED);
  }
  const swapped = Buffer.concat([sealed.subarray(24), sealed.subarray(0, 24)]);
  expect(() => sealer.open(rows, swapped)).toThrow(REFUSED);
  expect(() => sealer.open({ ids: [5, 7], generations: [1, 1] }, sealed)).toThrow(REFUSED);
  expect(() => sealer.open({ ids: [5, 6], generations: [1, 2] }, sealed)).toThrow(REFUSED);
  expect(() => sealer.open(rows, sealed.subarray(1))).toThrow(REFUSED);
  // What of one row is shifted by the difference of two rows fits neither.
  const shifted = Buffer.from(sealed.subarray(0, 24));
  shifted.writeInt32BE(shifted.readInt32BE(0) ^ 5 ^ 6, 0);
  expect(() => sealer.open({ ids: [6], generations: [1] }, shifted)).toThrow(REFUSED);
});

it('opens two hundred thousand in well under a second', () => {
  const ids = Int32Array.from({ length: 200_000 }, (_, i) => i + 1);
  const rows = { ids, generations: new Int32Array(ids.length).fill(1) };
  const sealed = sealer.seal(rows, Buffer.alloc(ids.length * 16, 9));
  const began = performance.now();
  sealer.open(rows, sealed);
  expect(performance.now() - began).toBeLessThan(1_000);
});
