/**
 * How one cell of an import is read: text in, value or reason out. A kind of import is a table of columns;
 * readers, header checks and documentation follow from it. Pure; a reason never repeats the cell.
 */

import { readIdentifier } from '../../../shared/domain/identifier.ts';
import { plainText } from '../../../shared/domain/plain-text.ts';
import type { Reading } from '../../../shared/domain/reading.ts';
import type { Fault } from '../../../shared/errors.ts';

/** A cell as the file has it: text, or in NDJSON a list of texts where the column takes one. */
export type Cell = string | readonly string[];

/** A value, or why a cell has none; of a list with several items, which one (from 0) is to blame. */
export type CellReading<T> = Reading<T> & { readonly item?: number };

export interface Column<T> {
  /** Part of the key: the column must be there and no cell of it empty. */
  readonly required: boolean;
  /** A wrong cell costs itself, with a warning, and not its row: the rest is worth having without it. */
  readonly dispensable: boolean;
  /** What JSON may hold besides text and null. */
  readonly json: 'text' | 'number' | 'list';
  /** Cells are trimmed and not empty. */
  readonly read: (cell: Cell) => CellReading<T>;
}

export type Columns = Readonly<Record<string, Column<unknown>>>;

/** A row read by its columns; what may be empty is null then. */
export type RowOf<C extends Columns> = { -readonly [K in keyof C]: C[K] extends Column<infer T> ? T : never };

type ReadText<T> = (text: string) => Reading<T>;

/** A column of the key. */
export function key<T>(read: ReadText<T>): Column<T> {
  return { required: true, dispensable: false, json: 'text', read: read as Column<T>['read'] };
}

/** A column that may be missing or empty: null. What is there must be right, or the row means another. */
export function optional<T>(read: ReadText<T>): Column<T | null> {
  return { required: false, dispensable: false, json: 'text', read: read as Column<T>['read'] };
}

/** An optional column without which the row is as good as new. */
export function dispensable<T>(read: ReadText<T>): Column<T | null> {
  return { ...optional(read), dispensable: true };
}

/** The same, and its cell may be a JSON number. */
export function number<T>(read: ReadText<T>): Column<T | null> {
  return { ...dispensable(read), json: 'number' };
}

const MOST_IDENTIFIERS = 20;

const TOO_MANY_IDENTIFIERS: Fault = { reason: 'TOO_MANY', params: { most: MOST_IDENTIFIERS } };

function ofItem({ reason, params }: Fault, item: number): CellReading<never> {
  return { reason, params, item } as CellReading<never>;
}

/** One or more identifiers, separated by spaces or as a JSON list: canonical, each once, in order. */
export const identifierList: Column<readonly string[]> = {
  required: true,
  dispensable: false,
  json: 'list',
  read: (cell) => {
    const items = typeof cell === 'string' ? separated(cell) : cell;
    const found = new Set<string>();
    for (const item of items) {
      const reading = readIdentifier(item);
      if (reading.reason !== undefined)
        return items.length > 1 ? ofItem(reading, items.indexOf(item)) : reading;
      found.add(reading.value);
    }
    if (found.size > MOST_IDENTIFIERS) return TOO_MANY_IDENTIFIERS;
    return { value: [...found] };
  },
};

const BEGUN = /(?:^phone:.*|:)$/i;
const PART_OF_NUMBER = /^[\d().-]+$/;

/**
 * The identifiers of a cell. A space inside of one is not the end of it: `phone:0912 345 678` and
 * `cccd: 001090123456` are what they are in JSON.
 */
function separated(cell: string): readonly string[] {
  const words = cell.split(/\s+/);
  if (words.length === 1) return words;
  const items: string[] = [];
  for (const word of words) {
    const last = items.at(-1);
    if (last === undefined || word.includes(':') || !BEGUN.test(last)) items.push(word);
    else if (last.endsWith(':') || PART_OF_NUMBER.test(word)) items[items.length - 1] = `${last} ${word}`;
    else items.push(word);
  }
  return items;
}

const NOTHING_SEEN: Fault = { reason: 'EMPTY' };
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** Text of at most `longest` characters in its one spelling: one name typed on two systems is one text. */
export function textUpTo(longest: number): ReadText<string> {
  // Made once: a file may have a million bad rows.
  const tooLong: Fault = { reason: 'TOO_LONG', params: { most: longest } };
  return (cell) => {
    const text = plainText(cell);
    if (text.length > longest) return tooLong;
    if (text === '') return NOTHING_SEEN;
    return UNPRINTABLE.test(text) ? { reason: 'UNPRINTABLE' } : { value: text };
  };
}

const WORDS_OF_SEX = { male: 'male m nam', female: 'female f nữ nu', other: 'other khác khac' };
const SEXES: ReadonlyMap<string, string> = new Map(
  Object.entries(WORDS_OF_SEX).flatMap(([sex, words]) => words.split(' ').map((word) => [word, sex])),
);

const NO_SEX: Fault = { reason: 'NOT_ONE_OF', params: { values: [...SEXES.keys()].join(', ') } };

/** `male`, `female`, `other`, their first letters or the Vietnamese words, in any case. */
export function readSex(text: string): Reading<string> {
  const sex = SEXES.get(plainText(text).toLowerCase());
  return sex === undefined ? NO_SEX : { value: sex };
}

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): ReadText<number> {
  return numberLike(/^[+-]?\d{1,15}$/, { reason: 'NOT_AN_INTEGER' }, { least, most });
}

/** A decimal number from `least` to `most`. */
export function decimal(least: number, most: number): ReadText<number> {
  return numberLike(
    /^[+-]?\d{1,15}(\.\d{1,20})?([eE][+-]?\d{1,3})?$/,
    { reason: 'NOT_A_NUMBER' },
    { least, most },
  );
}

function numberLike(
  form: RegExp,
  notOne: Fault,
  params: { readonly least: number; readonly most: number },
): ReadText<number> {
  const outside: Fault = { reason: 'OUT_OF_BOUNDS', params };
  return (text) => {
    if (!form.test(text)) return notOne;
    const value = Number(text);
    return value >= params.least && value <= params.most ? { value } : outside;
  };
}
