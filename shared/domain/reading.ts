/**
 * What reading a text gives: a value, or a reason why it is none. Bulk readers use it instead of exceptions.
 * A reason never repeats the text that was read: it may be personal.
 */
import { type Fault, type FieldError, invalidFields } from '../errors.ts';

export type Reading<T> =
  | { readonly value: T; readonly reason?: undefined }
  | (Fault & { readonly value?: undefined });

/** The value of a reading. Throws INVALID_FIELD naming `field` and the reason. */
export function expectValue<T>(reading: Reading<T>, field: string): T {
  if (reading.reason === undefined) return reading.value as T;
  throw invalidFields([faultIn(field, reading)]);
}

/** What is wrong with a field, of what was found wrong with its text. */
export function faultIn(field: string, { reason, params }: Fault): FieldError {
  return { field, reason, params } as FieldError;
}
