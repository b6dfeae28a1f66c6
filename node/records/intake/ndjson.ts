/**
 * NDJSON, one object a line, as rows of cells. The names are those of the CSV columns; null, "" and a missing
 * name mean unknown. An unknown name costs its row, as there is no header to refuse.
 */
import type { FieldError } from '../../../shared/errors.ts';
import type { Cell, Columns } from './columns.ts';
import type { Lines } from './lines.ts';
import { NOT_UTF8, type RawCells, type RawRow, WHOLE_ROW } from './raw-rows.ts';

/** The rows, batch by batch; blank lines are skipped. */
export async function* readNdjson(lines: AsyncIterable<Lines>, columns: Columns): AsyncGenerator<RawRow[]> {
  const names = Object.keys(columns);
  for await (const { first, texts, invalid } of lines) {
    const rows: RawRow[] = [];
    for (const [index, text] of texts.entries()) {
      const line = first + index;
      if (invalid.has(index)) rows.push({ line, problem: NOT_UTF8 });
      else if (text.trim() !== '') rows.push({ line, ...rowOf(text, names, columns) });
    }
    yield rows;
  }
}

function rowOf(text: string, names: readonly string[], columns: Columns): RawCells {
  const object = parseObject(text);
  if (object === undefined) return { problem: { field: WHOLE_ROW, reason: 'NOT_AN_OBJECT' } };
  for (const name in object) {
    if (!names.includes(name)) return { problem: unknownName(name) };
  }
  const cells: (Cell | undefined)[] = [];
  const warnings: FieldError[] = [];
  for (const name of names) {
    const value = object[name];
    const column = columns[name];
    const cell = cellOf(value, column?.json);
    if (cell === undefined && value !== undefined && value !== null) {
      const fault = { field: name, reason: EXPECTED[column?.json ?? 'text'] };
      if (!column?.dispensable) return { problem: fault };
      warnings.push(fault);
    }
    cells.push(cell);
  }
  return warnings.length > 0 ? { cells, warnings } : { cells };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const EXPECTED = {
  text: 'NOT_TEXT',
  number: 'NOT_A_NUMBER',
  list: 'NOT_TEXT_OR_LIST',
} as const;

function cellOf(value: unknown, json: keyof typeof EXPECTED | undefined): Cell | undefined {
  if (typeof value === 'string') return value;
  if (json === 'number' && typeof value === 'number') return String(value);
  if (json === 'list' && Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value;
  return undefined;
}

/** Repeated only if it looks like a name of ours and not like somebody's data. */
function unknownName(name: string): FieldError {
  const field = /^[A-Za-z][A-Za-z_-]{0,39}$/.test(name) ? name : WHOLE_ROW;
  return { field, reason: 'UNKNOWN_FIELD' };
}
