/**
 * The only door to randomness: ids, keys and nonces.
 */
import { randomBytes, randomUUID } from 'node:crypto';

/** A new random 128-bit trace id as 32 lower-case hex digits. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** A new random id for rows and requests, a lower-case UUID. */
export function newId(): string {
  return randomUUID();
}

/** `length` random bytes. */
export function newKey(length: number): Uint8Array {
  return randomBytes(length);
}

const TRACE_ID = /^[0-9a-f]{32}$/;

/** Whether `text` has the form of a trace id. */
export function isTraceId(text: string): boolean {
  return TRACE_ID.test(text);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether `text` is a lower-case UUID. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** `ms` spread over 75 to 125 percent, so that many programs do not call at the same moment. */
export function jitteredMs(ms: number): number {
  return Math.round(ms * (0.75 + Math.random() / 2));
}
