import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AppError } from '../../../shared/errors.ts';
import { key, optional } from './columns.ts';
import { readCsv } from './csv.ts';
import { LONGEST_ROW, readLines } from './lines.ts';
import type { RawRow } from './raw-rows.ts';

const any = (text: string) => ({ value: text });
const COLUMNS = { a: key(any), b: optional(any), c: optional(any) };

/** Rows as `line:a|b|c` or `line:!reason`; an error at the end as its reason word, line and fault. */
async function rowsOf(text: string | Uint8Array): Promise<string[]> {
  const seen: string[] = [];
  const bytes = (async function* () {
    yield Buffer.from(text as string);
  })();
  try {
    for await (const rows of readCsv(readLines(bytes), COLUMNS)) for (const row of rows) seen.push(show(row));
  } catch (error) {
    const { reason, details } = error as AppError;
    const said = details.map((one) => `${one.field}: ${one.reason} ${JSON.stringify(one.params ?? {})}`);
    seen.push(`${reason} ${said}`);
  }
  return seen;
}

function show({ line, cells, problem }: RawRow): string {
  if (cells === undefined)
    return `${line}:!${problem.field}: ${problem.reason} ${JSON.stringify(problem.params ?? {})}`;
  return `${line}:${cells.map((cell) => cell ?? '∅').join('|')}`;
}

const NOT_CLOSED = `QUOTE_OPEN {"most":${LONGEST_ROW}}`;

describe('csv', () => {
  it.each([
    ['rows', 'a,b,c\n1,2,3\n4,,6', ['2:1|2|3', '3:4||6']],
    ['any order of columns, some missing', 'c,a\n3,1\n', ['2:1|∅|3']],
    ['blank lines', '\n a , b \n\n1,2\n  \n3,4\n', ['4:1|2|∅', '6:3|4|∅']],
    ['CR LF after LF', 'a,b\r\n1,2\n3,4\r\n', ['2:1|2|∅', '3:3|4|∅']],
    ['quotes', 'a,b\n"x, ""y""",2\n', ['2:x, "y"|2|∅']],
    ['a quoted line break', 'a,b\n"x\ny",2\n3,4', ['2:x\ny|2|∅', '4:3|4|∅']],
    ['a quoted header', '"a","b"\n1,2', ['2:1|2|∅']],
    ['an empty quoted cell at the end', 'a,b\n1,""\n', ['2:1||∅']],
    ['a comma at the end', 'a,b\n"1",\n', ['2:1||∅']],
    ['semicolons', 'a;b;c\n1;"x;y";3,5\n', ['2:1|x;y|3,5']],
    ['tabs', 'a\tb\n1\t2,5\n', ['2:1|2,5|∅']],
    ['bars', 'a|b\n1|2\n', ['2:1|2|∅']],
    ['what the first line says', 'sep=;\na;b\n1;2,5\n', ['3:1|2,5|∅']],
    ['the same in quotes', '"sep=\t"\r\na\tb\r\n1\t2\r\n', ['3:1|2|∅']],
    ['the same with separators behind', 'SEP=,,,\na,b,c\n1,2,3\n', ['3:1|2|3']],
    ['a column alone', 'a\n1;2\n', ['2:1;2|∅|∅']],
    ['quoted names between semicolons', '"a";"b"\n1;2\n', ['2:1|2|∅']],
    ['capitals in the header', 'A, B ,\u200bC\n1,2,3\n', ['2:1|2|3']],
    ['empty columns at the end', 'a,b,,\n1,2,,\n3,4,, \n', ['2:1|2|∅', '3:3|4|∅']],
    ['rows that have more empty cells', 'a,b\n1,2,,\n', ['2:1|2|∅']],
    ['rows of separators alone', 'a,b\n1,2\n,\n , \n"",""\n3,4\n', ['2:1|2|∅', '6:3|4|∅']],
    ['rows of other separators alone', 'a;b\n1;2\n;\n;;;\n', ['2:1|2|∅']],
    ['CR alone', 'a,b\r1,2\r"x\ny",4\r', ['2:1|2|∅', '3:x\ny|4|∅']],
    ['a blank line inside quotes', 'a,b\n"x\n\ny",2\n', ['2:x\n\ny|2|∅']],
  ])('reads %s', async (_, text, expected) => {
    expect(await rowsOf(text)).toEqual(expected);
  });

  it.each([
    ['too few fields', 'a,b\n1\n3,4', ['2:!row: CELL_COUNT {"found":1,"expected":2}', '3:3|4|∅']],
    ['too many fields', 'a,b\n1,2,3\n3,4', ['2:!row: CELL_COUNT {"found":3,"expected":2}', '3:3|4|∅']],
    [
      'a value in a column without a name',
      'a,b,\n1,2,3\n3,4,',
      ['2:!row: CELL_COUNT {"found":3,"expected":2}', '3:3|4|∅'],
    ],
    ['an empty cell and a fault', 'a,b\n,""x\n3,4', ['2:!row: TEXT_AFTER_QUOTE {}', '3:3|4|∅']],
    ['a quote inside a field', 'a,b\n1,x"y"\n3,4', ['2:!row: QUOTE_INSIDE {}', '3:3|4|∅']],
    ['text after a quote', 'a,b\n"1"x,2\n3,4', ['2:!row: TEXT_AFTER_QUOTE {}', '3:3|4|∅']],
    ['text after a quote, lines later', 'a,b\n"1\n"x,2\n3,4', ['2:!row: TEXT_AFTER_QUOTE {}', '4:3|4|∅']],
  ])('rejects only the row with %s', async (_, text, expected) => {
    expect(await rowsOf(text)).toEqual(expected);
  });

  it('rejects only the row that is not UTF-8, however many lines it has', async () => {
    const text = Buffer.from('a,b\n1,2\n"x\ny#",2\n3,4\n');
    text[text.indexOf('#')] = 0xff;
    expect(await rowsOf(text)).toEqual(['2:1|2|∅', '3:!row: NOT_UTF8 {}', '5:3|4|∅']);
  });

  it.each([
    ['an empty file', '', 'HEADER_MISSING line 1: HEADER_EXPECTED {}'],
    ['an unknown column', 'a,b,pulse\n1,2,3', 'HEADER_INVALID line 1: COLUMN_UNKNOWN {"column":"pulse"}'],
    ['a column without a name', 'a,,b\n1,2,3', 'HEADER_INVALID line 1: COLUMN_UNKNOWN {"column":"2"}'],
    [
      'one column twice but for capitals',
      'a,b,A\n1,2,3',
      'HEADER_INVALID line 1: COLUMN_REPEATED {"column":"a"}',
    ],
    [
      'a first line about separators and nothing else',
      'sep=;\n',
      'HEADER_MISSING line 1: HEADER_EXPECTED {}',
    ],
    ['a repeated column', '\na,b,a\n1,2,3', 'HEADER_INVALID line 2: COLUMN_REPEATED {"column":"a"}'],
    ['a missing column', 'b,c\n1,2', 'HEADER_INVALID line 1: COLUMN_MISSING {"column":"a"}'],
    ['a bad quote in the header', 'a,b"\n1,2', 'HEADER_INVALID line 1: QUOTE_INSIDE {}'],
    [
      'no header, without quoting the data',
      'cccd:001,Lan\n',
      'HEADER_INVALID line 1: NO_KNOWN_COLUMN {"known":"a, b, c"}',
    ],
    [
      'a shifted header, without quoting data',
      'a,Lê Thị Lan\n',
      'HEADER_INVALID line 1: COLUMN_UNKNOWN {"column":"2"}',
    ],
  ])('refuses %s', async (_, text, expected) => {
    expect(await rowsOf(text)).toEqual([expected]);
  });

  it('refuses a header that is not UTF-8', async () => {
    expect(await rowsOf(Uint8Array.from([0x61, 0xff]))).toEqual(['HEADER_INVALID line 1: NOT_UTF8 {}']);
  });

  it('ends at a quote that is never closed and keeps the rows before it', async () => {
    const error = `QUOTE_NOT_CLOSED line 3: ${NOT_CLOSED}`;
    expect(await rowsOf('a,b\n1,2\n3,"4\n5,6\n')).toEqual(['2:1|2|∅', error]);
    expect(await rowsOf(`a,b\n1,2\n3,"4\n${'5,6\n'.repeat(LONGEST_ROW / 4)}"\n7,8\n`)).toEqual([
      '2:1|2|∅',
      error,
    ]);
  });

  it('survives a line of quotes', async () => {
    const cells = 15_000;
    const expected = [`2:!row: CELL_COUNT {"found":${cells + 1},"expected":2}`];
    expect(await rowsOf(`a,b\n${'"x",'.repeat(cells)}\n`)).toEqual(expected);
  });

  it('reads what csv-parse reads', async () => {
    const cell = fc.oneof(
      fc.stringMatching(/^[a-z"' ,\r\n]{0,6}$/),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    );
    const quoted = cell.map((text) => `"${text.replaceAll('\r', '').replaceAll('"', '""')}"`);
    const plain = fc.stringMatching(/^[a-zữ ]{1,5}$/);
    const row = fc.tuple(fc.oneof(quoted, plain), fc.oneof(quoted, plain), fc.oneof(quoted, plain));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), async (rows, end) => {
        const text = `a,b,c${end}${rows.map((cells) => cells.join(',') + end).join('')}`;
        const expected = (
          parse(text, { columns: ['a', 'b', 'c'], from_line: 2 }) as { a: string; b: string; c: string }[]
        )
          .map(({ a, b, c }) => [a, b, c])
          .filter((cells) => cells.some((text) => text.trim() !== ''))
          .map((cells) => cells.join('|'));
        const seen = (await rowsOf(text)).map((line) => line.replace(/^\d+:/, ''));
        expect(seen).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
