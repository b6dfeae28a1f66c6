/**
 * The second lock (SECURITY.md, What crosses a border): tokens ↔ pseudonyms of one trace, whole columns at a
 * time. AES in ECB mode is right here and only here: each token is one block, and the same token must give
 * the same pseudonym in a trace. Holds the derived trace key, never the federation key; does no I/O.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { AppError } from '../errors.ts';
import { deriveTraceKey } from './trace-key.ts';

/** Bytes of a token and of a pseudonym: one AES block. */
export const PSEUDONYM_BYTES = 16;

/**
 * Both directions of one trace's permutation, over packed columns of n × 16 bytes; the input is not changed.
 */
export interface TraceCipher {
  /** Pseudonyms in the order of `tokens`. Throws PSEUDONYM_COLUMN_LENGTH for a column that is not whole. */
  pseudonymsOf(tokens: Uint8Array): Uint8Array;
  /** Tokens in the order of `pseudonyms`. Throws PSEUDONYM_COLUMN_LENGTH for a column that is not whole. */
  tokensOf(pseudonyms: Uint8Array): Uint8Array;
}

/**
 * The cipher of one trace: AES-128 under the first 16 bytes of HKDF-SHA256(federationKey, no salt,
 * info = label ‖ the 16 bytes of `traceId`). Keep it for the life of the trace: the key is derived once.
 * Throws BAD_FEDERATION_KEY, BAD_TRACE_ID. **Source:** RFC 5869; SECURITY.md, What crosses a border.
 */
export function createTraceCipher(federationKey: Uint8Array, traceId: string): TraceCipher {
  const key = deriveTraceKey('truyvet/trace-pseudonym/v1/', federationKey, traceId);
  // Without padding both work block by block and keep nothing back, so one object each serves for ever.
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return {
    pseudonymsOf: (tokens) => cipher.update(wholeBlocks(tokens)),
    tokensOf: (pseudonyms) => decipher.update(wholeBlocks(pseudonyms)),
  };
}

function wholeBlocks(column: Uint8Array): Uint8Array {
  if (column.length % PSEUDONYM_BYTES === 0) return column;
  throw new AppError(
    'INVALID_ARGUMENT',
    'PSEUDONYM_COLUMN_LENGTH',
    'column: not a whole number of 16-byte values',
  );
}
