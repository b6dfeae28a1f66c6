/**
 * What reading a text gives: a value, or a reason why it is none. Bulk readers use it instead of exceptions.
 * A reason never repeats the text that was read: it may be personal.
 */
import { invalidField } from '../errors.ts';

export type Reading<T> =
  | { readonly value: T; readonly reason?: undefined }
  | { readonly value?: undefined; readonly reason: string };

/** The value of a reading. Throws INVALID_FIELD naming `field` and the reason. */
export function expectValue<T>(reading: Reading<T>, field: string): T {
  if (reading.reason === undefined) return reading.value as T;
  throw invalidField(field, reading.reason);
}
