/**
 * What command lines print: tables for people, and one line that changes in place while something is under
 * way.
 */
import { cutTo, lineWidth, padEnd, widthOf } from './text.ts';

/** Rows in aligned columns under `headings`; empty cells stay empty. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  const lines = all.map((row) =>
    row
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** Cells of what stands beside a bar. */
const BESIDE_BAR = 19;

/** `[#####     ]  50 %  12.0 MB`. `done` and `total` in bytes; an empty file is done. `room` in cells. */
export function formatBar(done: number, total: number, room = 49): string {
  const width = Math.max(1, Math.min(30, room - BESIDE_BAR));
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * width);
  const bar = '#'.repeat(filled) + ' '.repeat(width - filled);
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${(done / 1e6).toFixed(1)} MB`;
}

/** The stream that a status line is drawn on. */
export type StatusStream = Pick<NodeJS.WriteStream, 'write' | 'isTTY'> & { readonly columns?: number };

/**
 * One line that is drawn over itself on a terminal, cut to its width: a longer one would wrap and be drawn
 * below itself. Elsewhere nothing but its last text is printed.
 */
export class StatusLine {
  readonly #out: StatusStream;
  #last = '';

  constructor(out: StatusStream) {
    this.#out = out;
  }

  /** Cells that a text may have to be seen whole. */
  get width(): number {
    return lineWidth(this.#out);
  }

  show(text: string): void {
    if (text === this.#last) return;
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K${cutTo(text, this.width)}`);
    this.#last = text;
  }

  /** Leaves the last text standing. */
  end(): void {
    if (this.#last !== '') this.#out.write(this.#out.isTTY ? '\n' : `${this.#last}\n`);
    this.#last = '';
  }
}
