/**
 * CSV files that people open in a spreadsheet. Whatever a cell holds stays text there: names come from forms
 * and files of strangers, and spreadsheets run what begins like a formula. Knows no columns.
 * Source: RFC 4180; OWASP, CSV Injection.
 */

export type CsvCell = string | number | null;

/** Tells Excel that the file is UTF-8. */
const UTF8_MARK = '\ufeff';

/**
 * An answer that is a file of that name (ASCII) with these lines; it asks for more no faster than they are
 * taken. An error of `lines` breaks the answer off, so that half a file does not look like a whole one.
 */
export function csvResponse(lines: AsyncGenerator<string>, filename: string): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (sink) => sink.enqueue(encoder.encode(UTF8_MARK)),
    pull: async (sink) => {
      const { done, value } = await lines.next();
      if (done) sink.close();
      else sink.enqueue(encoder.encode(value));
    },
    cancel: async () => void (await lines.return(undefined)),
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${filename}"`,
    },
  });
}

/** The cells as one line with its end; every text is quoted, null is empty. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  return `"${harmless(cell).replaceAll('"', '""')}"`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** The full-width forms count in East Asian settings. */
const TRIGGER = '[=+\\-@\uff1d\uff0b\uff0d\uff20]';
/** At the beginning, and behind what another country's spreadsheet takes for the end of a cell. */
const FORMULA = new RegExp(`(^|[,;|"'])(\\s*)(?=${TRIGGER})`, 'g');

/** `text` without control characters, and with an apostrophe before all that could begin a formula. */
function harmless(text: string): string {
  return text.replace(CONTROL, ' ').replace(FORMULA, "$1$2'");
}
