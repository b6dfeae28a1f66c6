/**
 * The error of a file that cannot be read on from some line. Rows before it were read and are kept.
 */
import { AppError } from '../../../shared/errors.ts';

/** Why reading ends; the `reason` word of the error. */
export type UnreadableReason =
  | 'ENCODING'
  | 'LINE_TOO_LONG'
  | 'QUOTE_NOT_CLOSED'
  | 'HEADER_MISSING'
  | 'HEADER_INVALID';

/** INVALID_ARGUMENT with the line in its details. */
export function unreadable(line: number, code: UnreadableReason, reason: string): AppError {
  return new AppError('INVALID_ARGUMENT', code, `line ${line}: ${reason}`, {
    details: [{ field: `line ${line}`, reason }],
  });
}
