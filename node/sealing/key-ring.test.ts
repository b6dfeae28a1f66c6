import { describe, expect, it } from 'vitest';
import { formatKeyRing, newKeyRing, parseKeyRing, withNewGeneration } from './key-ring.ts';

const A = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const B = `${A.slice(2)}01`;

describe('a ring of data keys', () => {
  it('is read as it was written', () => {
    const ring = withNewGeneration(withNewGeneration(newKeyRing()));
    expect([...ring.keys.keys()]).toEqual([1, 2, 3]);
    const read = parseKeyRing(formatKeyRing(ring));
    expect(read.current).toBe(3);
    expect([...read.keys].map(([n, key]) => [n, Buffer.from(key).toString('hex')])).toEqual(
      [...ring.keys].map(([n, key]) => [n, Buffer.from(key).toString('hex')]),
    );
  });

  it('may lack old generations, and hold a later one than its current', () => {
    expect(parseKeyRing(`{"current": 4, "keys": {"4": "${A}", "5": "${B}"}}`).current).toBe(4);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', `current: 1`],
    ['JSON of another shape', `["${A}"]`],
    ['null', 'null'],
    ['no current', `{"keys": {"1": "${A}"}}`],
    ['a current without a key', `{"current": 2, "keys": {"1": "${A}"}}`],
    ['a current that is text', `{"current": "1", "keys": {"1": "${A}"}}`],
    ['generation 0', `{"current": 0, "keys": {"0": "${A}"}}`],
    ['generation 65536', `{"current": 1, "keys": {"1": "${A}", "65536": "${B}"}}`],
    ['a generation with a zero in front', `{"current": 1, "keys": {"1": "${A}", "02": "${B}"}}`],
    ['a short key', `{"current": 1, "keys": {"1": "${A.slice(2)}"}}`],
    ['a long key', `{"current": 1, "keys": {"1": "${A}00"}}`],
    ['a key that is no hex', `{"current": 1, "keys": {"1": "${A.slice(1)}x"}}`],
    ['a key with a line break', `{"current": 1, "keys": {"1": "${A}\\n"}}`],
    ['one key twice', `{"current": 1, "keys": {"1": "${A}", "2": "${A.toUpperCase()}"}}`],
    ['a key of zeros', `{"current": 1, "keys": {"1": "${'00'.repeat(32)}"}}`],
    ['a word too many', `{"current": 1, "keys": {"1": "${A}"}, "previous": 1}`],
    ['text after it', `{"current": 1, "keys": {"1": "${A}"}}}`],
  ])('is refused with %s, and nothing of it is quoted', (_, text) => {
    const error = refusalOf(text);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'DATA_KEYS_MALFORMED' });
    expect(`${error?.message} ${error?.cause}`).not.toMatch(/[0-9a-f]{8}/i);
  });
});

function refusalOf(text: string): Error | undefined {
  try {
    parseKeyRing(text);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
