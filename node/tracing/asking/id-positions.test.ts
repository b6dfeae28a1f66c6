import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdPositions } from './id-positions.ts';

test('gives what a Map gives that is never overwritten, however many there are', () => {
  const id = fc.oneof(fc.nat(50), fc.nat(2 ** 31 - 2), fc.constantFrom(0, 2 ** 31 - 2));
  fc.assert(
    fc.property(fc.array(id, { maxLength: 500 }), fc.nat(40), (ids, expected) => {
      const positions = new IdPositions(expected);
      const known = new Map<number, number>();
      for (const [position, one] of ids.entries()) {
        expect(positions.get(one)).toBe(known.get(one) ?? -1);
        if (!known.has(one)) known.set(one, position);
        expect(positions.add(one, position)).toBe(known.get(one));
      }
      for (const [one, position] of known) expect(positions.get(one)).toBe(position);
    }),
  );
});

test('a position may be 0, and so may an id', () => {
  const positions = new IdPositions();
  expect([positions.get(0), positions.add(0, 0), positions.get(0), positions.add(0, 7)]).toEqual([
    -1, 0, 0, 0,
  ]);
});
