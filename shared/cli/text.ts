/**
 * Text for a terminal: how wide it is, how it is cut and aligned. Pure. Widths are in cells; Vietnamese may
 * come composed (ế) or as letter and marks (e + ̂ + ́), and is one cell a letter either way.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\x1b\[\d*m/g;
const MARKS = /\p{M}/gu;

/** Cells that `text` takes; escape sequences and combining marks take none. */
export function widthOf(text: string): number {
  return [...text.replace(ESCAPES, '').replace(MARKS, '')].length;
}

/** `text` with spaces behind it, up to `width` cells. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** `text` with spaces before it, up to `width` cells. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

/** `text` if it fits into `width` cells; else its beginning and `…`, with colours ended. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  for (const part of text.match(PARTS) ?? []) {
    if (widthOf(cut + part) > width - 1) break;
    cut += part;
  }
  return `${cut}…${text.includes('\x1b') ? '\x1b[0m' : ''}`;
}

/** An escape sequence, or a letter with its marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const PARTS = /\x1b\[\d*m|[^\x1b]\p{M}*/gu;

/** What a terminal has unless it says more: some say 0, which is no width. */
export const DEFAULT_COLUMNS = 80;

/** Cells of a line on `out`; one is left free, because a full line moves the cursor on some terminals. */
export function lineWidth({ columns }: { readonly columns?: number | undefined }): number {
  return Math.max(1, (columns || DEFAULT_COLUMNS) - 1);
}
