/**
 * Gzipped uploads as they are unpacked, in constant memory. An upload may be of any size, but not pretend to
 * be small: what a few bytes may become is bounded. Knows no rows.
 */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError, invalidField } from '../../../shared/errors.ts';

/**
 * Bytes that may come out of one that came in, beyond what is free. Real files are packed 4 to 30 times, gzip
 * itself ends at 1,032.
 */
export const MOST_EXPANSION = 100;
const FREE_BYTES = 1024 * 1024;

/**
 * The bytes of `bytes`, unpacked if they are gzip: a browser sends a packed file as it lies on the disk and
 * says nothing of it. No text begins like gzip. Throws as `unzipped`.
 */
export async function* unzippedIfGzip(bytes: Readable): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]() as AsyncIterableIterator<Uint8Array>;
  const read: Uint8Array[] = [];
  let ended = false;
  while (!ended && read.reduce((sum, { length }) => sum + length, 0) < GZIP_MAGIC.length) {
    const { done = false, value } = await chunks.next();
    if (done) ended = true;
    else read.push(value);
  }
  const whole = (async function* () {
    try {
      yield* read;
      if (!ended) yield* chunks;
    } finally {
      bytes.destroy();
    }
  })();
  const head = Buffer.concat(read).subarray(0, GZIP_MAGIC.length);
  yield* GZIP_MAGIC.equals(head) ? unzipped(Readable.from(whole)) : whole;
}

/** Source: RFC 1952, 2.3.1. */
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

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
