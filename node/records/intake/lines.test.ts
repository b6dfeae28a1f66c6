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

describe('lines', () => {
  it.each<[string, (string | Uint8Array)[], string[]]>([
    ['nothing', [], []],
    ['one line without an end', ['a'], ['1:a']],
    ['LF and CR LF, mixed', ['a\nb\r\nc\n'], ['1:a', '2:b', '3:c']],
    ['blank lines are lines', ['a\n\n\nb\n'], ['1:a', '2:', '3:', '4:b']],
    ['a byte order mark', [new Uint8Array([0xef, 0xbb]), new Uint8Array([0xbf, 0x61])], ['1:a']],
    ['a mark only', [new Uint8Array([0xef, 0xbb, 0xbf])], []],
    ['UTF-16, little endian', [new Uint8Array([0xff, 0xfe, 0x61, 0])], ['line 1: UTF16 {}']],
    ['UTF-16, big endian', [new Uint8Array([0xfe, 0xff, 0, 0x61])], ['line 1: UTF16 {}']],
    ['UTF-16 in two bytes', [new Uint8Array([0xff, 0xfe])], ['line 1: UTF16 {}']],
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
