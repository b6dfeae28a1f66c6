import { describe, expect, it } from 'vitest';
import { identifierList, number, optional } from './columns.ts';
import { readLines } from './lines.ts';
import { readNdjson } from './ndjson.ts';

const COLUMNS = {
  identifiers: identifierList,
  name: optional((text) => ({ value: text })),
  rssi: number((text) => ({ value: Number(text) })),
};

async function rowsOf(text: string | Uint8Array): Promise<unknown[]> {
  const bytes = (async function* () {
    yield Buffer.from(text as string);
  })();
  const seen: unknown[] = [];
  for await (const rows of readNdjson(readLines(bytes), COLUMNS)) {
    for (const { line, cells, problem } of rows)
      seen.push([line, cells ?? `${problem?.field}: ${problem?.reason}`]);
  }
  return seen;
}

describe('ndjson', () => {
  it('reads texts, lists, numbers, null and missing names, and skips blank lines', async () => {
    const text =
      '{"identifiers":["x","y"],"rssi":-70}\n\n{"identifiers":"x y","name":null,"rssi":"-70"}\r\n{}';
    expect(await rowsOf(text)).toEqual([
      [1, [['x', 'y'], undefined, '-70']],
      [3, ['x y', undefined, '-70']],
      [4, [undefined, undefined, undefined]],
    ]);
  });

  it.each([
    ['{"name":"x"', 'row: NOT_AN_OBJECT'],
    ['[1]', 'row: NOT_AN_OBJECT'],
    ['null', 'row: NOT_AN_OBJECT'],
    ['"x"', 'row: NOT_AN_OBJECT'],
    ['identifiers,name', 'row: NOT_AN_OBJECT'],
    ['{"name":"a\tb"}', 'row: NOT_AN_OBJECT'],
    ['['.repeat(60_000), 'row: NOT_AN_OBJECT'],
    ['{"pulse":1}', 'pulse: UNKNOWN_FIELD'],
    ['{"Lê Thị Lan":1}', 'row: UNKNOWN_FIELD'],
    ['{"__proto__":{"name":"x"}}', 'row: UNKNOWN_FIELD'],
    ['{"name":5}', 'name: NOT_TEXT'],
    ['{"name":["x"]}', 'name: NOT_TEXT'],
    ['{"name":true}', 'name: NOT_TEXT'],
    ['{"identifiers":[1]}', 'identifiers: NOT_TEXT_OR_LIST'],
    ['{"identifiers":5}', 'identifiers: NOT_TEXT_OR_LIST'],
  ])('rejects only the row %j', async (text, problem) => {
    expect(await rowsOf(`${text}\n{"name":"x"}`)).toEqual([
      [1, problem],
      [2, [undefined, 'x', undefined]],
    ]);
  });

  it('rejects only the field that its row can do without', async () => {
    const bytes = (async function* () {
      yield Buffer.from('{"identifiers":"x","rssi":{}}\n{"identifiers":"x","rssi":null}\n');
    })();
    const rows: unknown[] = [];
    for await (const some of readNdjson(readLines(bytes), COLUMNS)) rows.push(...some);
    expect(rows).toEqual([
      {
        ...{ line: 1, cells: ['x', undefined, undefined] },
        warnings: [{ field: 'rssi', reason: 'NOT_A_NUMBER' }],
      },
      { line: 2, cells: ['x', undefined, undefined] },
    ]);
  });

  it('rejects only the row that is not UTF-8', async () => {
    const text = Buffer.from('{"name":"#"}\n{"name":"x"}');
    text[text.indexOf('#')] = 0xe9;
    expect(await rowsOf(text)).toEqual([
      [1, 'row: NOT_UTF8'],
      [2, [undefined, 'x', undefined]],
    ]);
  });
});
