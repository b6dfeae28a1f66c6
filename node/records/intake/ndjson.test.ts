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
    ['{"name":"x"', 'row: not a JSON object'],
    ['[1]', 'row: not a JSON object'],
    ['null', 'row: not a JSON object'],
    ['"x"', 'row: not a JSON object'],
    ['identifiers,name', 'row: not a JSON object'],
    ['{"name":"a\tb"}', 'row: not a JSON object'],
    ['['.repeat(60_000), 'row: not a JSON object'],
    ['{"pulse":1}', 'pulse: unknown name'],
    ['{"Lê Thị Lan":1}', 'row: unknown name'],
    ['{"__proto__":{"name":"x"}}', 'row: unknown name'],
    ['{"name":5}', 'name: must be text'],
    ['{"name":["x"]}', 'name: must be text'],
    ['{"name":true}', 'name: must be text'],
    ['{"rssi":{}}', 'rssi: must be a number'],
    ['{"identifiers":[1]}', 'identifiers: must be text or a list of texts'],
    ['{"identifiers":5}', 'identifiers: must be text or a list of texts'],
  ])('rejects only the row %j', async (text, problem) => {
    expect(await rowsOf(`${text}\n{"name":"x"}`)).toEqual([
      [1, problem],
      [2, [undefined, 'x', undefined]],
    ]);
  });

  it('rejects only the row that is not UTF-8', async () => {
    const text = Buffer.from('{"name":"#"}\n{"name":"x"}');
    text[text.indexOf('#')] = 0xe9;
    expect(await rowsOf(text)).toEqual([
      [1, 'row: not valid UTF-8'],
      [2, [undefined, 'x', undefined]],
    ]);
  });
});
