import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataKeys } from './data-keys.ts';
import { type ColumnSealer, INDEX_BYTES, SEAL_BYTES, type SealedColumn } from './sealer.ts';

const key = (byte: number) => Uint8Array.from({ length: 32 }, (_, i) => byte + i);
const ring = (current: number) => ({ current, keys: new Map([1, 2].map((n) => [n, key(n)])) });
const { sealer } = new DataKeys(ring(1));
const COLUMNS: readonly SealedColumn[] = [
  ...(['identifiers.value', 'people.name', 'people.born_on', 'people.address'] as const),
  ...(['households.name', 'places.name', 'break_glass.reason'] as const),
];
const sealOne = (by: ColumnSealer, column: SealedColumn, id: number, text: string) =>
  by.seal(column, [id], [text])[0] as Buffer;
const refusal = (column: SealedColumn, id: number, sealed: Uint8Array, by = sealer) => {
  try {
    return `opened as ${by.open(column, id, sealed)}`;
  } catch (error) {
    return error as Error & { reason: string };
  }
};

describe('sealing', () => {
  it('opens to the same text, in any column, row and generation', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    const id = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(fc.constantFrom(...COLUMNS), fc.array(fc.tuple(id, fc.option(text))), (column, rows) => {
        for (const current of [1, 2]) {
          const by = new DataKeys(ring(current)).sealer;
          const sealed = by.seal(
            column,
            rows.map(([id]) => id),
            rows.map(([, text]) => text),
          );
          const opened = sealed.map((value, i) => sealer.openOptional(column, rows[i]?.[0] as number, value));
          expect(opened).toEqual(rows.map(([, text]) => text));
          for (const [i, value] of sealed.entries()) {
            expect(value?.length).toBe(
              value === null ? undefined : Buffer.byteLength(rows[i]?.[1] ?? '') + SEAL_BYTES,
            );
          }
        }
      }),
    );
  });

  it('gives another sealed value every time', () => {
    const sealed = sealer.seal('people.name', Array(1000).fill(7), Array(1000).fill('An'));
    expect(new Set(sealed.map((value) => value?.toString('hex'))).size).toBe(1000);
  });

  it('refuses a value in another row, another column, under another key, or with any bit changed', () => {
    const text = 'phone:+84912345678';
    const sealed = sealOne(sealer, 'identifiers.value', 7, text);
    const stranger = new DataKeys({ current: 1, keys: new Map([[1, key(99)]]) }).sealer;
    const refusals = [
      refusal('identifiers.value', 8, sealed),
      refusal('identifiers.value', 7 + 2 ** 32, sealed),
      ...COLUMNS.slice(1).map((column) => refusal(column, 7, sealed)),
      refusal('identifiers.value', 7, sealed, stranger),
      ...Array.from({ length: sealed.length * 8 }, (_, bit) => {
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        return refusal('identifiers.value', 7, changed);
      }),
      ...Array.from({ length: sealed.length }, (_, n) =>
        refusal('identifiers.value', 7, sealed.subarray(0, n)),
      ),
      refusal('identifiers.value', 7, Buffer.concat([sealed, Buffer.of(0)])),
    ];
    for (const found of refusals) {
      expect(found).toMatchObject({ code: 'INTERNAL', reason: expect.stringMatching(/^(SEALED|KEY_GEN)/) });
      const told = `${(found as Error).message} ${(found as Error).cause}`;
      expect(told).not.toMatch(/84912|phone/);
    }
  });

  it('refuses a value that says to be of another generation than it is', () => {
    const sealed = sealOne(sealer, 'people.name', 1, 'An');
    sealed[2] = 2;
    expect(refusal('people.name', 1, sealed)).toMatchObject({ reason: 'SEALED_VALUE_REFUSED' });
    sealed[2] = 3;
    expect(refusal('people.name', 1, sealed)).toMatchObject({ reason: 'KEY_GENERATION_UNKNOWN' });
  });
});

describe('blind indexes', () => {
  it('are equal if and only if the values are, within a column and a generation', () => {
    const value = fc.string({ maxLength: 3 });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [one, other] = sealer.index('identifiers.value', [a, b]) as [string, string];
        expect(one.length).toBe(2 * INDEX_BYTES);
        expect(one === other).toBe(a === b);
        expect(sealer.index('households.name', [a])).not.toEqual([one]);
        expect(sealer.index('identifiers.value', [a], 2)).not.toEqual([one]);
      }),
    );
  });

  it('need the key', () => {
    const stranger = new DataKeys({ current: 1, keys: new Map([[1, key(99)]]) }).sealer;
    const of = (by: ColumnSealer) => by.index('identifiers.value', ['cmnd:012345678'])[0];
    expect(of(stranger)).not.toBe(of(sealer));
  });
});
