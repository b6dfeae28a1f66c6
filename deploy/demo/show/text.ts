/**
 * Text of the demo: coloured, drawn as a bar, numbers and times in words. Pure; widths are those of
 * shared/cli/text.ts.
 */
import { padEnd, padStart, widthOf } from '../../../shared/cli/text.ts';

/** Colours, or the same text if there are none. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
}

/** Writes escape sequences if `color`. */
export function styleOf(color: boolean): Style {
  const sgr = (code: number) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  return { bold: sgr(1), dim: sgr(2), good: sgr(32), warning: sgr(33) };
}

/** `fraction` (0 to 1) of `width` cells. */
export function bar(fraction: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** `12,345`. */
export function count(number: number): string {
  return number.toLocaleString('en-US');
}

/** `0.84 s`, `12.3 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** Seconds as `20′` or `7 h 05′`; what is under a minute is `0′`. */
export function minutes(total: number): string {
  const whole = Math.floor(total / 60);
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  return hours === 0 ? `${rest}′` : `${hours} h ${String(rest).padStart(2, '0')}′`;
}

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Title, rule and rows, aligned; `footer` stands below a second rule. Lines have no trailing spaces. */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  footer?: readonly string[],
): string[] {
  const all = [columns.map(({ title }) => title), ...rows, ...(footer ? [footer] : [])];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => widthOf(row[index] ?? ''))));
  const line = (row: readonly string[]) =>
    columns
      .map(({ align }, index) => (align === 'left' ? padEnd : padStart)(row[index] ?? '', widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [line(all[0] ?? []), rule, ...rows.map(line), ...(footer ? [rule, line(footer)] : [])];
}
