/**
 * Tags (SECURITY.md, What crosses a border): what a province says of birth year and sex of a record beside a
 * handle that it names. Two tags of one handle and one trace are equal if year and sex are; tags of different
 * handles or traces cannot be compared, and without the federation key none can be made or tried out.
 */
import { createCipheriv } from 'node:crypto';
import { AppError } from '../errors.ts';
import { PSEUDONYM_BYTES } from './trace-cipher.ts';
import { deriveTraceKey } from './trace-key.ts';

export const TAG_BYTES = 8;

/** As the wire has them: what a year and a sex are XORed as into the last three bytes of a token. */
export const SEX_NUMBER = { male: 1, female: 2, other: 3 } as const;

/** Birth years and sexes of records, row by row. */
export interface BirthColumns {
  readonly year: Uint16Array;
  /** Numbers of SEX_NUMBER. */
  readonly sex: Uint8Array;
}

export interface TagCipher {
  /**
   * 8 bytes a row, for the packed `tokens` of handles and the record that names each; the input is not
   * changed. Throws PSEUDONYM_COLUMN_LENGTH for columns that do not fit together.
   */
  tagsOf(tokens: Uint8Array, births: BirthColumns): Uint8Array;
}

/**
 * The tag cipher of one trace: the first 8 bytes of AES-128 of the handle's token, in whose last three bytes
 * year (high byte first) and sex are XORed. One block a naming; keep it for the life of the trace.
 * Throws BAD_FEDERATION_KEY, BAD_TRACE_ID.
 */
export function createTagCipher(federationKey: Uint8Array, traceId: string): TagCipher {
  const key = deriveTraceKey('truyvet/trace-tag/v1/', federationKey, traceId);
  // Each block is encrypted by itself on purpose: the same handle, year and sex must give the same tag.
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return { tagsOf: (tokens, births) => firstHalves(cipher.update(withBirths(tokens, births))) };
}

function withBirths(tokens: Uint8Array, { year, sex }: BirthColumns): Uint8Array {
  const rows = tokens.length / PSEUDONYM_BYTES;
  if (rows !== year.length || rows !== sex.length) {
    const message = 'tags: tokens, years and sexes are not of one length';
    throw new AppError('INVALID_ARGUMENT', 'PSEUDONYM_COLUMN_LENGTH', message);
  }
  const blocks = new Uint8Array(tokens);
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * PSEUDONYM_BYTES;
    blocks[end - 3]! ^= (year[row] as number) >> 8;
    blocks[end - 2]! ^= (year[row] as number) & 0xff;
    blocks[end - 1]! ^= sex[row] as number;
  }
  return blocks;
}

function firstHalves(blocks: Uint8Array): Uint8Array {
  const rows = blocks.length / PSEUDONYM_BYTES;
  const tags = new Uint8Array(rows * TAG_BYTES);
  for (let row = 0; row < rows; row++) {
    tags.set(blocks.subarray(row * PSEUDONYM_BYTES, row * PSEUDONYM_BYTES + TAG_BYTES), row * TAG_BYTES);
  }
  return tags;
}
