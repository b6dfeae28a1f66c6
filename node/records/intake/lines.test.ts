import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../shared/errors.ts';
import { LONGEST_ROW, readLines } from './lines.ts';

/** All lines as `number:text`, invalid ones with `!`; line and fault of the error that ended it, if any. */
async function linesOf(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const seen: string[] = [];
  const bytes = (async function* () {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  })();
  try {
    for await (const { first, texts, invalid } of readLines(bytes)) {
      for (const [index, text] of texts.entries()) {
        seen.push(`${first + index}:${invalid.has(index) ? '!' : ''}${text}`);
      }
    }
  } catch (error) {
    const { details } = error as AppError;
    seen.push(...details.map((one) => `${one.field}: ${one.reason} ${JSON.stringify(one.params ?? {})}`));
  }
  return seen;
}

const utf16 = (text: string) => Buffer.from(text, 'utf16le');

describe('lines', () => {
  it.each<[string, (string | Uint8Array)[], string[]]>([
    ['nothing', [], []],
    ['one line without an end', ['a'], ['1:a']],
    ['LF and CR LF, mixed', ['a\nb\r\nc\n'], ['1:a', '2:b', '3:c']],
    ['blank lines are lines', ['a\n\n\nb\n'], ['1:a', '2:', '3:', '4:b']],
    ['a byte order mark', [new Uint8Array([0xef, 0xbb]), new Uint8Array([0xbf, 0x61])], ['1:a']],
    ['a mark only', [new Uint8Array([0xef, 0xbb, 0xbf])], []],
    ['UTF-16, little endian', [utf16('\ufeffa,ữ\r\nb')], ['1:a,ữ', '2:b']],
    ['UTF-16, big endian', [utf16('\ufeffa,ữ\nb').swap16()], ['1:a,ữ', '2:b']],
    ['UTF-16 without its mark', [utf16('a,ữ\nb\n')], ['1:a,ữ', '2:b']],
    ['UTF-16, big endian, without its mark', [utf16('a\n').swap16()], ['1:a']],
    ['UTF-16 in two bytes', [new Uint8Array([0xff, 0xfe])], []],
    ['UTF-16 with half a character', [utf16('a\nb\ud83dc\nd')], ['1:a', '2:!b\ufffdc', '3:d']],
    [
      'UTF-16 that ends in the middle',
      [utf16('a\nb\n'), new Uint8Array([0x63])],
      ['1:a', '2:b', '3:!\ufffd'],
    ],
    ['UTF-16 cut within a character', [utf16('a😀').subarray(0, 5), utf16('a😀').subarray(5)], ['1:a😀']],
    ['CR alone', ['a\rb\r\rc'], ['1:a', '2:b', '3:', '4:c']],
    ['CR alone, cut at every place', [...'a\rb\r'], ['1:a', '2:b']],
    ['CR alone in UTF-16', [utf16('\ufeffa\rb\r')], ['1:a', '2:b']],
    ['a CR inside of lines that end otherwise', ['a\nb\rc\n'], ['1:a', '2:b\rc']],
    ['a workbook', ['PK\u0003\u0004\u0014', 'rest'], ['line 1: FILE_WORKBOOK {}']],
    ['an old workbook', [new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1])], ['line 1: FILE_WORKBOOK {}']],
    ['a page', ['\ufeff\n  <!DOCTYPE html><table>'], ['line 1: FILE_HTML {}']],
    ['a table of a page', ['<table><tr><td>identifiers'], ['line 1: FILE_HTML {}']],
    ['a PDF', ['%PDF-1.7'], ['line 1: FILE_PDF {}']],
    ['a letter cut in two', [Buffer.from('ữ\n').subarray(0, 2), Buffer.from('ữ\n').subarray(2)], ['1:ữ']],
    [
      'a stray byte spoils its line',
      ['a\n', new Uint8Array([0x62, 0xff, 0x0a]), 'c'],
      ['1:a', '2:!b\ufffd', '3:c'],
    ],
    ['TCVN3 or Windows-1258', [new Uint8Array([0x4e, 0xe7, 0x0a]), 'b'], ['1:!N\ufffd', '2:b']],
    ['a real U+FFFD is valid', ['\ufffd\n'], ['1:\ufffd']],
    ['an overlong form is not', [new Uint8Array([0xc0, 0x80])], ['1:!\ufffd\ufffd']],
  ])('%s', async (_, chunks, expected) => {
    expect(await linesOf(...chunks)).toEqual(expected);
  });

  it('keeps the lines before one that is too long', async () => {
    const long = 'x'.repeat(LONGEST_ROW + 1);
    const message = `line 3: TOO_MANY_BYTES {"most":${LONGEST_ROW}}`;
    expect(await linesOf(`a\nb\n${long}\nc\n`)).toEqual(['1:a', '2:b', message]);
    expect(await linesOf('a\n', 'b\n', long)).toEqual(['1:a', '2:b', message]);
    expect(await linesOf(`a\nb\n${'ữ'.repeat(LONGEST_ROW / 3 + 1)}\n`)).toEqual(['1:a', '2:b', message]);
    expect(await linesOf('x'.repeat(LONGEST_ROW))).toHaveLength(1);
  });

  it('stops reading an endless line', async () => {
    let given = 0;
    const endless = (async function* () {
      for (;;) {
        given++;
        yield Buffer.alloc(1000, 'x');
      }
    })();
    const reading = (async () => {
      for await (const _ of readLines(endless)) expect.fail('a line');
    })();
    await expect(reading).rejects.toMatchObject({ reason: 'LINE_TOO_LONG' });
    expect(given).toBe(Math.floor(LONGEST_ROW / 1000) + 1);
  });

  it('does not depend on the sizes of chunks', async () => {
    const bytes = fc.array(fc.constantFrom(0x61, 0x0a, 0x0d, 0xc3, 0xa9, 0xff, 0xef, 0xbb, 0xbf), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(bytes, fc.array(fc.nat(40)), async (all, cuts) => {
        const whole = Uint8Array.from(all);
        const ends = [...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const chunks = ends.map((end, i) => whole.slice(i === 0 ? 0 : ends[i - 1], end));
        expect(await linesOf(...chunks)).toEqual(await linesOf(whole));
      }),
      { numRuns: 1000 },
    );
  });
});
