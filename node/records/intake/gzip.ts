/**
 * Gzipped uploads as they are unpacked, in constant memory. An upload may be of any size, but not pretend to
 * be small: what a few bytes may become is bounded. Knows no rows.
 */
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, invalidField } from '../../../shared/errors.ts';

/**
 * Bytes that may come out of one that came in, beyond what is free. Real files are packed 4 to 30 times, gzip
 * itself ends at 1,032.
 */
export const MOST_EXPANSION = 100;
const FREE_BYTES = 1024 * 1024;

/**
 * The bytes inside of `bytes`, which is ended whatever happens. Throws MALFORMED_GZIP and EXPANDS_TOO_MUCH,
 * after what was good before.
 */
export async function* unzipped(bytes: Readable): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip();
  bytes.once('error', (error) => unzip.destroy(error));
  let out = 0;
  try {
    for await (const chunk of bytes.pipe(unzip) as AsyncIterable<Buffer>) {
      out += chunk.length;
      if (out > FREE_BYTES + MOST_EXPANSION * unzip.bytesWritten) throw expandsTooMuch();
      yield chunk;
    }
  } catch (cause) {
    if (!(cause as NodeJS.ErrnoException).code?.startsWith('Z_')) throw cause;
    throw new AppError('INVALID_ARGUMENT', 'MALFORMED_GZIP', 'the body is not whole and valid gzip', {
      details: [{ field: 'body', reason: 'NOT_GZIP' }],
      cause,
    });
  } finally {
    bytes.destroy();
    unzip.destroy();
  }
}

function expandsTooMuch(): AppError {
  return invalidField('body', 'EXPANDS_BEYOND', { times: MOST_EXPANSION }, 'EXPANDS_TOO_MUCH');
}
