/**
 * The four kinds of import as tables of columns (README.md, Import files), and how a row is read by them.
 * Pure: what only the database knows (an unknown place) is decided where the rows are stored.
 */

import { readIdentifier } from '../../../shared/domain/identifier.ts';
import { readBirthday, readInstant } from '../../../shared/domain/instant.ts';
import { placeKindNumber } from '../../../shared/domain/place-kind.ts';
import { faultIn, type Reading } from '../../../shared/domain/reading.ts';
import type { FieldError } from '../../../shared/errors.ts';
import { provinceOf, readProvince, readWard } from '../../../shared/gazetteer.ts';
import { namesSeveralCccd } from '../people/rules.ts';
import { type Bounds, outside } from './bounds.ts';
import {
  type Cell,
  type Columns,
  decimal,
  dispensable,
  identifierList,
  key,
  number,
  optional,
  type RowOf,
  readSex,
  textUpTo,
  wholeNumber,
} from './columns.ts';

/** Largest value of a PostgreSQL integer. */
const LARGEST_INTEGER = 2_147_483_647;

const PERSONS = {
  identifiers: identifierList,
  record: optional(textUpTo(200)),
  name: dispensable(textUpTo(200)),
  // Of JSON a year may be a number.
  born_on: number(readBirthday),
  sex: dispensable(readSex),
  province: dispensable(readProvince),
  ward: optional(readWard),
  address: dispensable(textUpTo(500)),
  household: dispensable(textUpTo(200)),
} satisfies Columns;

const PLACES = {
  place: key(textUpTo(200)),
  name: dispensable(textUpTo(200)),
  kind: optional(readPlaceKind),
  ward: optional(readWard),
  capacity: number(wholeNumber(1, LARGEST_INTEGER)),
  latitude: number(decimal(-90, 90)),
  longitude: number(decimal(-180, 180)),
} satisfies Columns;

const CHECK_INS = {
  identifier: key(readIdentifier),
  place: key(textUpTo(200)),
  in_at: key(readInstant),
  out_at: optional(readInstant),
  // Checked and not kept: it is no residence, nothing asks for it, and who lives where records say.
  home_province: dispensable(readProvince),
} satisfies Columns;

const ENCOUNTERS = {
  identifier_a: key(readIdentifier),
  identifier_b: key(readIdentifier),
  from: key(readInstant),
  until: key(readInstant),
  rssi: number(wholeNumber(-200, 127)),
} satisfies Columns;

export type PersonRow = RowOf<typeof PERSONS>;
export type PlaceRow = RowOf<typeof PLACES>;
export type CheckInRow = RowOf<typeof CHECK_INS>;
export type EncounterRow = RowOf<typeof ENCOUNTERS>;

/** The kinds of import by their name in the path, and their rows. */
export interface Rows {
  persons: PersonRow;
  places: PlaceRow;
  'check-ins': CheckInRow;
  encounters: EncounterRow;
}

export type ImportKind = keyof Rows;

export const IMPORT_KINDS: readonly ImportKind[] = ['persons', 'places', 'check-ins', 'encounters'];

/** What rows are judged against besides themselves. */
export interface RowFacts {
  /** The date in Vietnam, `YYYY-MM-DD`. */
  readonly today: string;
  /** Whose node it is, two digits. */
  readonly province: string;
  readonly bounds: Bounds;
}

type Warn = (warning: FieldError) => void;

export interface RowKind<Row> {
  readonly columns: Columns;
  /**
   * What is wrong between the fields of a row whose fields are right. What costs only a field is taken from
   * the row and told to `warn`.
   */
  readonly check: (row: Row, facts: RowFacts, warn: Warn) => FieldError | undefined;
}

const BORN_IN_FUTURE: FieldError = { field: 'born_on', reason: 'IN_FUTURE' };
const OUT_BEFORE_IN: FieldError = { field: 'out_at', reason: 'BEFORE_FIELD', params: { other: 'in_at' } };
const UNTIL_BEFORE_FROM: FieldError = { field: 'until', reason: 'BEFORE_FIELD', params: { other: 'from' } };
const SEVERAL_CCCD: FieldError = { field: 'identifiers', reason: 'SEVERAL_CCCD' };

export const ROW_KINDS: { readonly [K in ImportKind]: RowKind<Rows[K]> } = {
  persons: {
    columns: PERSONS,
    check: checkPerson,
  },
  places: { columns: PLACES, check: (row, { province }) => wardElsewhere(row.ward, province) },
  'check-ins': {
    columns: CHECK_INS,
    check: checkCheckIn,
  },
  encounters: { columns: ENCOUNTERS, check: checkEncounter },
};

export type RowReading<Row> =
  | { readonly row: Row; readonly warnings: readonly FieldError[]; readonly problem?: undefined }
  | { readonly row?: undefined; readonly warnings?: undefined; readonly problem: FieldError };

/** Shared by all the rows that have none: no list is made for them. */
const NONE: readonly FieldError[] = [];

/**
 * The row in `cells` (in the order of the kind's columns; undefined or blank = empty) and what it had to do
 * without, or its first problem.
 */
export function readRow<Row>(
  kind: RowKind<Row>,
  cells: readonly (Cell | undefined)[],
  facts: RowFacts,
): RowReading<Row> {
  const row: Record<string, unknown> = {};
  let warnings = NONE;
  const warn: Warn = (warning) => {
    warnings = [...warnings, warning];
  };
  let index = 0;
  for (const field in kind.columns) {
    const column = kind.columns[field] as Columns[string];
    const cell = trimmed(cells[index++]);
    row[field] = null;
    if (cell === undefined) {
      if (column.required) return { problem: { field, reason: 'REQUIRED' } };
      continue;
    }
    const reading = column.read(cell);
    if (reading.reason === undefined) {
      row[field] = reading.value;
      continue;
    }
    const fault = faultIn(reading.item === undefined ? field : `${field}[${reading.item}]`, reading);
    if (!column.dispensable) return { problem: fault };
    warn(fault);
  }
  const problem = kind.check(row as Row, facts, warn);
  return problem === undefined ? { row: row as Row, warnings } : { problem };
}

function trimmed(cell: Cell | undefined): Cell | undefined {
  if (typeof cell === 'string') return cell.trim() || undefined;
  return cell?.length === 0 ? undefined : cell;
}

function readPlaceKind(text: string): Reading<number> {
  const value = placeKindNumber(text);
  if (value !== undefined) return { value };
  // Only what looks like a kind is repeated: in a shifted row it may be somebody's name.
  return { reason: 'UNKNOWN_PLACE_KIND', params: { kind: /^[a-z_]{1,30}$/.test(text) ? text : '…' } };
}

function checkPerson(row: PersonRow, { today }: RowFacts, warn: Warn): FieldError | undefined {
  if (namesSeveralCccd(row.identifiers)) return SEVERAL_CCCD;
  // Of a month or a year only those that have not begun lie ahead.
  if (row.born_on !== null && row.born_on > today.slice(0, row.born_on.length)) {
    warn(BORN_IN_FUTURE);
    row.born_on = null;
  }
  return wardElsewhere(row.ward, row.province);
}

/** Who lives in one province and in a ward of another stands at no desk of either. */
function wardElsewhere(ward: string | null, province: string | null): FieldError | undefined {
  if (ward === null || province === null) return undefined;
  const found = provinceOf(ward) as string;
  if (found === province) return undefined;
  return { field: 'ward', reason: 'WARD_ELSEWHERE', params: { found, expected: province } };
}

function checkCheckIn({ in_at, out_at }: CheckInRow, { bounds }: RowFacts): FieldError | undefined {
  if (out_at !== null && out_at < in_at) return OUT_BEFORE_IN;
  const found = outside(in_at, bounds);
  if (found !== undefined) return faultIn('in_at', found);
  return out_at !== null && out_at >= bounds.end ? faultIn('out_at', bounds.faults.tooLate) : undefined;
}

function checkEncounter(row: EncounterRow, { bounds }: RowFacts): FieldError | undefined {
  if (row.identifier_a === row.identifier_b)
    return { field: 'identifier_b', reason: 'SAME_AS_FIELD', params: { other: 'identifier_a' } };
  if (row.until < row.from) return UNTIL_BEFORE_FROM;
  const found = outside(row.from, bounds);
  if (found !== undefined) return faultIn('from', found);
  if (row.until >= bounds.end) return faultIn('until', bounds.faults.tooLate);
  return row.until - row.from > bounds.longestSeconds ? faultIn('until', bounds.faults.tooLong) : undefined;
}
