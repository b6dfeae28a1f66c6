import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HmacKey } from './hmac-key.ts';

describe('HMAC-SHA256', () => {
  it.each([
    [
      '4.2',
      Buffer.alloc(20, 0x0b),
      'Hi There',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      '4.3',
      Buffer.from('Jefe'),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
  ])('gives the vectors of RFC 4231, %s', (_, key, text, expected) => {
    expect(new HmacKey(key).of(text)).toBe(expected);
  });

  it('is that of Node, text after text of any length', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary', minLength: 300, maxLength: 2_000 }),
    );
    fc.assert(
      fc.property(fc.array(text), (texts) => {
        const bytes = randomBytes(32);
        const key = new HmacKey(bytes);
        expect(texts.map((it) => key.of(it))).toEqual(
          texts.map((it) => createHmac('sha256', bytes).update(it, 'utf8').digest('hex')),
        );
      }),
    );
  });
});
