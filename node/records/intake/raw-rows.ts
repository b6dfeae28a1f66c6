/**
 * What the readers of both formats give: cells in the order of the kind's columns, or why a row has none.
 */
import type { FieldError } from '../../../shared/errors.ts';
import type { Cell } from './columns.ts';

/** A row of the file; `line` is where it begins, from 1. Without cells if it cannot be read at all. */
export type RawRow = { readonly line: number } & RawCells;

export type RawCells =
  | {
      readonly cells: readonly (Cell | undefined)[];
      /** Of cells that are left out because they could not be read. */
      readonly warnings?: readonly FieldError[];
      readonly problem?: undefined;
    }
  | { readonly cells?: undefined; readonly warnings?: undefined; readonly problem: FieldError };

/** `field` of a problem that concerns the row and no column of it. */
export const WHOLE_ROW = 'row';

export const NOT_UTF8: FieldError = { field: WHOLE_ROW, reason: 'NOT_UTF8' };
