/**
 * CSV with a header (RFC 4180) as rows of cells, and what spreadsheets write for it: semicolons or tabs, a
 * first line `sep=;`, capitals in the header, empty columns and rows at the ends. Written by hand because a
 * bulk import needs what general parsers lack: the line where a row begins, a bad row that costs only itself,
 * rows before a fatal line kept, and errors that quote nothing. csv-parse is the yardstick in its tests.
 */
import { plainText } from '../../../shared/domain/plain-text.ts';
import type { Fault } from '../../../shared/errors.ts';
import type { Columns } from './columns.ts';
import { type Lines, LONGEST_ROW } from './lines.ts';
import { NOT_UTF8, type RawRow, WHOLE_ROW } from './raw-rows.ts';
import { unreadable } from './unreadable.ts';

/**
 * The rows after the header, batch by batch; blank lines and rows of empty cells are skipped. Throws
 * HEADER_MISSING, HEADER_INVALID (an unknown, repeated or missing column) before any row, QUOTE_NOT_CLOSED
 * after the rows before it.
 */
export async function* readCsv(lines: AsyncIterable<Lines>, columns: Columns): AsyncGenerator<RawRow[]> {
  const record = new CsvRecord();
  let separator: string | undefined;
  let header: Header | undefined;
  for await (const { first, texts, invalid } of lines) {
    const rows: RawRow[] = [];
    for (const [index, text] of texts.entries()) {
      const line = first + index;
      if (record.idle && text.trim() === '') continue;
      if (separator === undefined) {
        separator = stated(text);
        record.separator = separator ?? foundIn(text, columns);
        if (separator !== undefined) continue;
        separator = record.separator;
      }
      if (!record.feed(text, line, !invalid.has(index))) {
        if (record.length <= LONGEST_ROW) continue;
        yield rows;
        throw notClosed(record.line);
      }
      if (header === undefined) header = readHeader(record, columns);
      else if (record.fault !== undefined || !isBlank(record.cells)) rows.push(rowOf(record, header));
    }
    yield rows;
  }
  if (!record.idle) throw notClosed(record.line);
  if (header === undefined) throw unreadable(1, 'HEADER_MISSING', { reason: 'HEADER_EXPECTED' });
}

const SEPARATORS = [',', ';', '\t', '|'];

/** What a line `sep=;`, which Excel takes for an instruction, says. */
function stated(text: string): string | undefined {
  return /^\s*"?sep=([,;\t|])"?[,;\t|\s]*$/i.exec(text)?.[1];
}

/** That which parts the header into most names of columns; a comma if none does. */
function foundIn(header: string, columns: Columns): string {
  const known = (separator: string) =>
    header.split(separator).filter((name) => Object.hasOwn(columns, nameOf(name.replaceAll('"', '')))).length;
  return SEPARATORS.reduce((best, next) => (known(next) > known(best) ? next : best));
}

function nameOf(cell: string): string {
  return plainText(cell).toLowerCase();
}

/** The used range of a sheet goes on below its last row, as separators alone. */
function isBlank(cells: readonly string[]): boolean {
  return cells[0]?.trim() === '' && cells.every((cell) => cell.trim() === '');
}

/** For each column of the kind, its position in the file; -1 if the file lacks it. */
interface Header {
  readonly positions: readonly number[];
  readonly width: number;
}

function rowOf({ line, valid, cells, fault }: CsvRecord, { positions, width }: Header): RawRow {
  if (!valid) return { line, problem: NOT_UTF8 };
  if (fault !== undefined) return { line, problem: { ...fault, field: WHOLE_ROW } };
  if (cells.length !== width && !(cells.length > width && isBlank(cells.slice(width)))) {
    const params = { found: cells.length, expected: width };
    return { line, problem: { field: WHOLE_ROW, reason: 'CELL_COUNT', params } };
  }
  return { line, cells: positions.map((position) => cells[position]) };
}

function readHeader({ line, valid, cells, fault }: CsvRecord, columns: Columns): Header {
  if (!valid) throw unreadable(line, 'HEADER_INVALID', NOT_UTF8);
  if (fault !== undefined) throw unreadable(line, 'HEADER_INVALID', fault);
  const names = cells.map(nameOf);
  // As far as columns have names: behind the last one there may be empty ones.
  while (names.at(-1) === '') names.pop();
  const known = Object.keys(columns);
  if (!names.some((name) => known.includes(name))) {
    const params = { known: known.join(', ') };
    throw unreadable(line, 'HEADER_INVALID', { reason: 'NO_KNOWN_COLUMN', params });
  }
  for (const [position, name] of names.entries()) {
    const isKnown = known.includes(name);
    if (isKnown && names.indexOf(name) === position) continue;
    const params = { column: describe(name, position) };
    const reason = isKnown ? 'COLUMN_REPEATED' : 'COLUMN_UNKNOWN';
    throw unreadable(line, 'HEADER_INVALID', { reason, params });
  }
  const missing = known.filter((name) => columns[name]?.required && !names.includes(name));
  if (missing.length > 0) {
    const params = { column: missing.join(', ') };
    throw unreadable(line, 'HEADER_INVALID', { reason: 'COLUMN_MISSING', params });
  }
  return { positions: known.map((name) => names.indexOf(name)), width: names.length };
}

/** By its name only if that looks like one: a line of data taken for a header holds somebody's data. */
function describe(name: string, position: number): string {
  return /^[A-Za-z][A-Za-z_-]{0,39}$/.test(name) ? name : `${position + 1}`;
}

function notClosed(line: number): Error {
  return unreadable(line, 'QUOTE_NOT_CLOSED', { reason: 'QUOTE_OPEN', params: { most: LONGEST_ROW } });
}

/** One record at a time, fed line by line. */
class CsvRecord {
  separator = ',';
  /** Where it began. */
  line = 0;
  valid = true;
  cells: string[] = [];
  /** Why it cannot be split into cells. */
  fault: Fault | undefined;
  /** Characters so far. */
  length = 0;
  /** Text of the quoted cell that has not ended yet. */
  #open: string | undefined;

  /** Whether the next line begins a record. */
  get idle(): boolean {
    return this.#open === undefined;
  }

  /** Takes the next line; true if the record is complete with it (or faulty). */
  feed(text: string, line: number, valid: boolean): boolean {
    if (this.#open === undefined) {
      this.line = line;
      this.valid = valid;
      this.fault = undefined;
      this.length = text.length;
      if (!text.includes('"')) {
        this.cells = text.split(this.separator);
        return true;
      }
      this.cells = [];
    } else {
      this.valid &&= valid;
      this.length += text.length + 1;
      this.#open += '\n';
    }
    this.#split(text);
    return this.#open === undefined;
  }

  #split(text: string): void {
    let at = 0;
    for (;;) {
      if (this.#open === undefined && text[at] === '"') {
        this.#open = '';
        at++;
      }
      at = this.#open === undefined ? this.#plain(text, at) : this.#quoted(text, at);
      if (at < 0 || at === text.length) return;
      if (text[at] !== this.separator) {
        this.fault = { reason: 'TEXT_AFTER_QUOTE' };
        return;
      }
      at++;
    }
  }

  /** Takes the cell at `start`; the position after it, -1 if it is faulty. */
  #plain(text: string, start: number): number {
    const next = text.indexOf(this.separator, start);
    const end = next < 0 ? text.length : next;
    const cell = text.slice(start, end);
    this.cells.push(cell);
    if (!cell.includes('"')) return end;
    this.fault = { reason: 'QUOTE_INSIDE' };
    return -1;
  }

  /** Goes on inside a quoted cell; the position after its closing quote, -1 if the line ends before it. */
  #quoted(text: string, start: number): number {
    let at = start;
    for (;;) {
      const quote = text.indexOf('"', at);
      this.#open += text.slice(at, quote < 0 ? text.length : quote);
      if (quote < 0) return -1;
      if (text[quote + 1] !== '"') {
        this.cells.push(this.#open as string);
        this.#open = undefined;
        return quote + 1;
      }
      this.#open += '"';
      at = quote + 2;
    }
  }
}
