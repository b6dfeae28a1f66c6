/**
 * The trace cipher against an independent formulation: HKDF spelled out with HMAC, AES-CBC of single blocks.
 */
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTraceCipher } from './trace-cipher.ts';

const federationKey = randomBytes(32);
const traceId = randomBytes(16).toString('hex');

/**
 * RFC 5869 by hand: extract with a salt of zeros, first block of expand; then CBC with a zero IV, block by
 * block.
 */
function pseudonymByHand(token: Uint8Array): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(federationKey).digest();
  const info = Buffer.concat([Buffer.from('truyvet/trace-pseudonym/v1/'), Buffer.from(traceId, 'hex')]);
  const expanded = createHmac('sha256', extracted).update(info).update(Buffer.of(1)).digest();
  const cbc = createCipheriv('aes-128-cbc', expanded.subarray(0, 16), Buffer.alloc(16));
  return Buffer.concat([cbc.update(token), cbc.final()]).subarray(0, 16);
}

describe('createTraceCipher', () => {
  const cipher = createTraceCipher(federationKey, traceId);

  it('is HKDF and one AES block a token, in the order of the column', () => {
    const tokens = randomBytes(16 * 100);
    const byHand = Array.from({ length: 100 }, (_, i) =>
      pseudonymByHand(tokens.subarray(i * 16, i * 16 + 16)),
    );
    expect(Buffer.from(cipher.pseudonymsOf(tokens)).equals(Buffer.concat(byHand))).toBe(true);
  });

  it('takes every pseudonym back to its token, call after call, and leaves its input alone', () => {
    for (const count of [0, 1, 2, 1_000, 70_001]) {
      const tokens = randomBytes(16 * count);
      const before = Uint8Array.from(tokens);
      const pseudonyms = cipher.pseudonymsOf(tokens);
      expect(pseudonyms).toHaveLength(16 * count);
      expect(Buffer.from(cipher.tokensOf(pseudonyms)).equals(before)).toBe(true);
      expect(tokens.equals(before)).toBe(true);
    }
  });

  it('reads a view at any offset', () => {
    const tokens = randomBytes(16 * 3 + 5).subarray(5);
    expect(Buffer.from(cipher.pseudonymsOf(tokens))).toEqual(
      Buffer.from(cipher.pseudonymsOf(Buffer.from(tokens))),
    );
  });

  it('gives a person other pseudonyms in another trace and in another federation', () => {
    const token = randomBytes(16);
    const ours = Buffer.from(cipher.pseudonymsOf(token)).toString('hex');
    const otherTrace = createTraceCipher(federationKey, randomBytes(16).toString('hex'));
    const otherFederation = createTraceCipher(randomBytes(32), traceId);
    expect(Buffer.from(otherTrace.pseudonymsOf(token)).toString('hex')).not.toBe(ours);
    expect(Buffer.from(otherFederation.pseudonymsOf(token)).toString('hex')).not.toBe(ours);
    expect(Buffer.from(createTraceCipher(federationKey, traceId).pseudonymsOf(token)).toString('hex')).toBe(
      ours,
    );
  });

  it.each([1, 15, 17, 31])('refuses a column of %i bytes, and works on', (length) => {
    const refusal = expect.objectContaining({ reason: 'PSEUDONYM_COLUMN_LENGTH' });
    expect(() => cipher.pseudonymsOf(new Uint8Array(length))).toThrow(refusal);
    expect(() => cipher.tokensOf(new Uint8Array(length))).toThrow(refusal);
    const token = randomBytes(16);
    expect(Buffer.from(cipher.pseudonymsOf(token))).toEqual(pseudonymByHand(token));
  });

  it.each([
    ['BAD_FEDERATION_KEY', randomBytes(31), traceId],
    ['BAD_FEDERATION_KEY', randomBytes(33), traceId],
    ['BAD_TRACE_ID', federationKey, traceId.slice(1)],
    ['BAD_TRACE_ID', federationKey, `${traceId.slice(1)}g`],
    ['BAD_TRACE_ID', federationKey, 'A'.repeat(32)],
  ])('%s', (reason, key, id) => {
    expect(() => createTraceCipher(key, id)).toThrow(expect.objectContaining({ reason }));
  });
});
