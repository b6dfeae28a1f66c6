/**
 * Tags against an independent formulation (HKDF by HMAC, one block of AES-CBC), and a fixed vector: what a
 * change of the derivation would break between provinces.
 */
import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTagCipher, SEX_NUMBER } from './tag-cipher.ts';

const federationKey = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const traceId = '000102030405060708090a0b0c0d0e0f';
const token = Buffer.from('f0e1d2c3b4a5968778695a4b3c2d1e0f', 'hex');

interface Birth {
  readonly year: number;
  readonly sex: keyof typeof SEX_NUMBER;
}

function tagByHand(handle: Uint8Array, { year, sex }: Birth): string {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(federationKey).digest();
  const info = Buffer.concat([Buffer.from('truyvet/trace-tag/v1/'), Buffer.from(traceId, 'hex')]);
  const expanded = createHmac('sha256', extracted).update(info).update(Buffer.of(1)).digest();
  const birth = Buffer.alloc(16);
  birth.writeUIntBE(year * 256 + SEX_NUMBER[sex], 13, 3);
  const block = Buffer.from(handle.map((byte, i) => byte ^ (birth[i] as number)));
  const cbc = createCipheriv('aes-128-cbc', expanded.subarray(0, 16), Buffer.alloc(16));
  return Buffer.concat([cbc.update(block), cbc.final()]).toString('hex', 0, 8);
}

const births = (...rows: Birth[]) => ({
  year: Uint16Array.from(rows, ({ year }) => year),
  sex: Uint8Array.from(rows, ({ sex }) => SEX_NUMBER[sex]),
});
const AN = { year: 1985, sex: 'female' } as const;

function tagOf(handle: Uint8Array, birth: Birth, cipher = createTagCipher(federationKey, traceId)): string {
  return Buffer.from(cipher.tagsOf(handle, births(birth))).toString('hex');
}

describe('createTagCipher', () => {
  it('is HKDF and half an AES block a naming, in the order of the columns', () => {
    const tokens = randomBytes(16 * 90);
    const rows = Array.from({ length: 90 }, (_, i) => ({
      year: 1920 + i,
      sex: (['male', 'female', 'other'] as const)[i % 3] as 'male',
    }));
    const tags = createTagCipher(federationKey, traceId).tagsOf(tokens, births(...rows));
    const byHand = rows.map((row, i) => tagByHand(tokens.subarray(i * 16, i * 16 + 16), row));
    expect(Buffer.from(tags).toString('hex')).toBe(byHand.join(''));
  });

  it('gives what it always gave', () => {
    expect(tagOf(token, AN)).toBe('affcdb6c293413bd');
    expect(tagOf(token, { year: 2013, sex: 'male' })).toBe('a8da3a6d1c8e5f15');
  });

  it('differs by year, by sex, by handle, by trace and by federation, and leaves its input alone', () => {
    const other = Buffer.from(token).fill(0xf1, 0, 1);
    const tags = [
      tagOf(token, AN),
      tagOf(token, { ...AN, year: 1986 }),
      tagOf(token, { ...AN, sex: 'male' }),
      tagOf(other, AN),
      tagOf(token, AN, createTagCipher(federationKey, randomBytes(16).toString('hex'))),
      tagOf(token, AN, createTagCipher(randomBytes(32), traceId)),
    ];
    expect(new Set(tags).size).toBe(tags.length);
    expect(token.toString('hex')).toBe('f0e1d2c3b4a5968778695a4b3c2d1e0f');
  });

  it('refuses columns that do not fit together, and works on', () => {
    const cipher = createTagCipher(federationKey, traceId);
    const refusal = expect.objectContaining({ reason: 'PSEUDONYM_COLUMN_LENGTH' });
    expect(() => cipher.tagsOf(new Uint8Array(15), births(AN))).toThrow(refusal);
    expect(() => cipher.tagsOf(token, births())).toThrow(refusal);
    expect(() => cipher.tagsOf(token, { ...births(AN), sex: new Uint8Array(2) })).toThrow(refusal);
    expect(tagOf(token, AN, cipher)).toBe(tagByHand(token, AN));
  });

  it.each([
    ['BAD_FEDERATION_KEY', randomBytes(31), traceId],
    ['BAD_TRACE_ID', federationKey, 'A'.repeat(32)],
  ])('%s', (reason, key, id) => {
    expect(() => createTagCipher(key, id)).toThrow(expect.objectContaining({ reason }));
  });
});
