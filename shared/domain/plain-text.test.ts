import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

describe('plain text', () => {
  it.each<[what: string, text: string, plain: string]>([
    ['is what it was', 'HO 12', 'HO 12'],
    ['keeps capitals', 'ho 12', 'ho 12'],
    ['without spaces around', '  HO 12 ', 'HO 12'],
    ['with one of two spaces', 'HO  12', 'HO 12'],
    ['without a zero-width space', 'HO 12\u200b', 'HO 12'],
    ['without a zero-width space inside', 'H\u200bO 12', 'HO 12'],
    ['with a no-break space made a space', 'HO\u00a012', 'HO 12'],
    ['with a narrow no-break space made one', 'HO\u202f12', 'HO 12'],
    ['with an ideographic space made one', 'HO\u300012', 'HO 12'],
    ['with tab and line end made one', 'HO\t\r\n12', 'HO 12'],
    ['with the next-line sign and paragraph sign made one', 'HO\u0085\u202912', 'HO 12'],
    ['without a byte order mark', '\ufeffHO 12', 'HO 12'],
    ['without marks of direction', '\u202eHO 12\u202c\u200f', 'HO 12'],
    ['without isolates', '\u2066HO 12\u2069', 'HO 12'],
    ['without a soft hyphen', 'HO\u00ad 12', 'HO 12'],
    ['without joiners', 'HO\u200d\u200c 12', 'HO 12'],
    ['without a selector of variants', 'HO\ufe0f 12', 'HO 12'],
    ['without an empty Hangul letter', 'HO\u3164 12', 'HO 12'],
    ['with an empty Braille letter made a space', 'HO\u280012', 'HO 12'],
    ['with spaces around an invisible made one', 'HO \u200b 12', 'HO 12'],
    ['composed', 'Nguye\u0302\u0303n', 'Nguyễn'],
    ['composed whatever stands between letter and mark', 'a\u200b\u0301', 'á'],
    ['nothing of nothing seen', '\u200b\u00a0\ufeff', ''],
  ])('%s', (_, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('is the same when read again, and has no invisible character', () => {
    const piece = fc.constantFrom(
      'H',
      'ễ',
      'e\u0302',
      '\u0301',
      ' ',
      '\u00a0',
      '\u200b',
      '\u202e',
      '\t',
      '\ufeff',
    );
    const text = fc.oneof(
      fc.array(piece).map((all) => all.join('')),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(text, (typed) => {
        const plain = plainText(typed);
        expect(plainText(plain)).toBe(plain);
        expect(plain).not.toMatch(/\p{Default_Ignorable_Code_Point}|[^\S ]| {2}|^ | $/u);
        expect(plain).toBe(plain.normalize('NFC'));
      }),
      { numRuns: 2000 },
    );
  });
});
