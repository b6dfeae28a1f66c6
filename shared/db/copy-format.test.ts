import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BinaryRowReader, type CopyType, NULL_BOOL, NULL_INT, textRows } from './copy-format.ts';

const TYPES = ['int2', 'int4', 'int8', 'bool', 'bytea16'] as const satisfies readonly CopyType[];
type Row = readonly [number | null, number | null, number | null, boolean | null, Uint8Array | null];

describe('binary rows', () => {
  test('read the same wherever the chunks end', () => {
    fc.assert(
      fc.property(
        fc.array(row(), { maxLength: 40 }),
        fc.array(fc.nat(400), { maxLength: 30 }),
        (rows, cuts) => {
          const reader = new BinaryRowReader(TYPES);
          for (const chunk of cut(encode(rows), cuts)) reader.push(chunk);
          const { rows: count, columns } = reader.finish();
          expect(count).toBe(rows.length);
          expect([...columns[0]]).toEqual(rows.map((r) => r[0] ?? NULL_INT));
          expect([...columns[1]]).toEqual(rows.map((r) => r[1] ?? NULL_INT));
          expect([...columns[2]]).toEqual(rows.map((r) => r[2] ?? Number.NaN));
          expect([...columns[3]]).toEqual(rows.map((r) => (r[3] === null ? NULL_BOOL : Number(r[3]))));
          expect(Buffer.from(columns[4])).toEqual(Buffer.concat(rows.map((r) => r[4] ?? Buffer.alloc(16))));
        },
      ),
    );
  });

  test('byte by byte, across a growing of the columns', () => {
    const rows = Array.from({ length: 3000 }, (_, i): Row => [i % 9, 1 - i, i * 2 ** 33, i % 2 === 0, null]);
    const reader = new BinaryRowReader(TYPES);
    for (const byte of encode(rows)) reader.push(Buffer.of(byte));
    const { columns } = reader.finish();
    expect([...columns[1]]).toEqual(rows.map((r) => r[1]));
    expect([...columns[2]]).toEqual(rows.map((r) => r[2]));
  });

  test('do not keep what the chunks lie in', () => {
    const bytes = encode([[1, 2, 3, true, Buffer.alloc(16, 7)]]);
    const [head = bytes, tail = bytes] = cut(bytes, [40]);
    const reader = new BinaryRowReader(TYPES);
    const reused = Buffer.from(head);
    reader.push(reused);
    reused.fill(0xff);
    reader.push(tail);
    expect(reader.finish().columns[4]).toEqual(new Uint8Array(16).fill(7));
  });

  test.each([
    ['another format', Buffer.from('1\t2\n3\t4\n5\t6\n7\t8\n9\t10\n'), 'not the binary COPY format'],
    ['fewer columns', encodeRows(Array.from({ length: 20 }, () => [int(4, 1)])), 'COPY gives 1 columns'],
    [
      'another type',
      encodeRows([[int(4, 1), int(4, 1), int(4, 1), int(1, 1), Buffer.alloc(16)]]),
      'not int2',
    ],
    ['an early end', encode([[1, 2, 3, true, null]]).subarray(0, -1), 'without a trailer'],
  ])('refuse %s', (_name, bytes, message) => {
    const reader = new BinaryRowReader(TYPES);
    expect(() => {
      reader.push(bytes);
      reader.finish();
    }).toThrow(message);
  });
});

describe('text rows', () => {
  test('escape what the format means something by, and write NULLs', () => {
    const columns = [
      ['a\tb', 'c\\N', 'd\r\ne', null],
      Int32Array.of(1, NULL_INT, -3, 4),
      Float64Array.of(Number.NaN, 2 ** 52, 3, 4),
      [true, false, undefined, Buffer.from('beef', 'hex')],
    ];
    const text = Buffer.concat([...textRows(columns, 4)]).toString();
    expect(text).toBe(
      'a\\tb\t1\t\\N\tt\nc\\\\N\t\\N\t4503599627370496\tf\nd\\r\\ne\t-3\t3\t\\N\n\\N\t4\t4\t\\\\xbeef\n',
    );
  });

  test('come in pieces', () => {
    const pieces = [...textRows([Array.from({ length: 10_000 }, () => 'x'.repeat(20))], 10_000)];
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).length).toBe(210_000);
  });
});

function row(): fc.Arbitrary<Row> {
  const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 });
  return fc.tuple(
    orNull(fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })),
    orNull(fc.integer({ min: NULL_INT + 1 })),
    orNull(fc.maxSafeInteger()),
    orNull(fc.boolean()),
    orNull(fc.uint8Array({ minLength: 16, maxLength: 16 })),
  );
}

function encode(rows: readonly Row[]): Buffer {
  return encodeRows(
    rows.map(([a, b, c, d, e]) => [
      a === null ? null : int(2, a),
      b === null ? null : int(4, b),
      c === null ? null : int(8, c),
      d === null ? null : int(1, Number(d)),
      e,
    ]),
  );
}

function encodeRows(rows: readonly (readonly (Uint8Array | null)[])[]): Buffer {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  const fields = rows.flatMap((values) => [
    int(2, values.length),
    ...values.flatMap((value) => (value === null ? [int(4, -1)] : [int(4, value.length), value])),
  ]);
  return Buffer.concat([header, ...fields, int(2, -1)]);
}

function int(bytes: 1 | 2 | 4 | 8, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigInt64BE(BigInt(value));
  else buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(at)];
}
