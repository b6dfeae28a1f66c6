/**
 * What command lines print: tables for people, and one line that changes in place while something is under
 * way.
 */

/** Rows in aligned columns under `headings`; empty cells stay empty. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** `[#####     ]  50 %  12.0 MB`. `done` and `total` in bytes; an empty file is done. */
export function formatBar(done: number, total: number, width = 30): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * width);
  const bar = '#'.repeat(filled) + ' '.repeat(width - filled);
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${(done / 1e6).toFixed(1)} MB`;
}

/** The stream that a status line is drawn on. */
export type StatusStream = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

/** One line that is drawn over itself on a terminal; elsewhere nothing but its last text is printed. */
export class StatusLine {
  readonly #out: StatusStream;
  #last = '';

  constructor(out: StatusStream) {
    this.#out = out;
  }

  show(text: string): void {
    if (text === this.#last) return;
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${text}`);
    this.#last = text;
  }

  /** Leaves the last text standing. */
  end(): void {
    if (this.#last !== '') this.#out.write(this.#out.isTTY ? '\n' : `${this.#last}\n`);
    this.#last = '';
  }
}
