/**
 * The error of a file that cannot be read on from some line. Rows before it were read and are kept.
 */
import { faultIn } from '../../../shared/domain/reading.ts';
import { type AppError, type Fault, invalidFields } from '../../../shared/errors.ts';

/** Why reading ends; the `reason` word of the error. */
export type UnreadableReason =
  | 'ENCODING'
  | 'LINE_TOO_LONG'
  | 'QUOTE_NOT_CLOSED'
  | 'HEADER_MISSING'
  | 'HEADER_INVALID';

/** INVALID_ARGUMENT with the line in its details. */
export function unreadable(line: number, code: UnreadableReason, found: Fault): AppError {
  return invalidFields([faultIn(`line ${line}`, found)], code);
}
