/**
 * Keys of one trace, derived from the federation key (SECURITY.md, What crosses a border): one for
 * pseudonyms, one for tags, which must not be the same. Does no I/O.
 */
import { hkdfSync } from 'node:crypto';
import { AppError } from '../errors.ts';
import { isTraceId } from '../ids.ts';

/** Bytes of the key that all nodes share. */
export const FEDERATION_KEY_BYTES = 32;

/** What a key is for; a change of the derivation takes a new version here. */
export type TraceKeyLabel = 'truyvet/trace-pseudonym/v1/' | 'truyvet/trace-tag/v1/';

/**
 * The first 16 bytes of HKDF-SHA256(federationKey, no salt, info = label ‖ the 16 bytes of `traceId`).
 * Throws BAD_FEDERATION_KEY, BAD_TRACE_ID. **Source:** RFC 5869; SECURITY.md, What crosses a border.
 */
export function deriveTraceKey(label: TraceKeyLabel, federationKey: Uint8Array, traceId: string): Uint8Array {
  if (federationKey.length !== FEDERATION_KEY_BYTES) {
    throw new AppError('INVALID_ARGUMENT', 'BAD_FEDERATION_KEY', 'federation key: not 32 bytes');
  }
  if (!isTraceId(traceId))
    throw new AppError('INVALID_ARGUMENT', 'BAD_TRACE_ID', 'trace id: not 32 hex digits');
  const info = Buffer.concat([Buffer.from(label), Buffer.from(traceId, 'hex')]);
  return new Uint8Array(hkdfSync('sha256', federationKey, new Uint8Array(), info, 16));
}
