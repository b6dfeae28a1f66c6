/**
 * Seals single values of a column, and makes the blind indexes by which equal values are found again. Pure
 * computing: which keys there are is told by data-keys.ts, what is stored by the queries of each feature.
 *
 *   sealed = version (1) ‖ key generation (2, big-endian) ‖ nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)
 *   AAD    = the first three bytes ‖ row id (8, big-endian) ‖ name of the column
 *   index  = first 16 bytes of HMAC-SHA256(column's index key, value)
 *
 * Sources: AES-GCM, NIST SP 800-38D; HKDF-SHA256, RFC 5869; HMAC, RFC 2104, truncated by its section 5.
 *
 * Limits. Nonces are random: SP 800-38D, 8.3, allows 2^32 seals under one key, and each column of each
 * generation has a key of its own, so rotate before one column has been written four thousand million times.
 * A sealed value has the length of its text and 31 bytes. Whoever changes the database can put an older
 * sealed value of the same row and column back, and can remove rows; nothing else opens. What else a row says
 * is bound by whoever seals it (sealed-person.ts, bound-text.ts), an index by `openIndexed`. Blind indexes
 * tell a reader without keys that two values are equal only within one column and generation, and there each
 * value stands once; two dumps of one database show which rows are the same. With the keys, identifiers can
 * be guessed. Two different values share an index with a probability of 2^-128 a pair.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { AppError } from '../../shared/errors.ts';
import { newKey } from '../../shared/ids.ts';
import type { HmacKey } from './hmac-key.ts';

/** Columns that are sealed, by table. Renaming one makes its values unreadable. */
export type SealedColumn =
  | 'identifiers.value'
  | 'people.name'
  | 'people.born_on'
  | 'people.address'
  | 'records.person'
  | 'record_versions.person'
  | 'record_secret.value'
  | 'households.name'
  | 'places.name'
  | 'break_glass.reason'
  | 'calls.note'
  | 'follow_up_log.reason';

/** Columns that have a blind index. */
export type IndexedColumn = 'identifiers.value' | 'households.name';

/** A row of a table with a blind index, and the generation that both are under. */
export interface IndexedRow {
  readonly id: number;
  readonly sealed: Uint8Array;
  readonly index: Uint8Array;
  readonly generation: number;
}

/** Keys of one column in one generation. */
export interface ColumnKeys {
  readonly seal: KeyObject;
  readonly index: HmacKey;
}

/** Keys by generation; throws KEY_GENERATION_UNKNOWN for one that there is none of. */
export type KeysOf = (generation: number, column: SealedColumn) => ColumnKeys;

const VERSION = 1;
const HEADER_BYTES = 3;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
/** Of a blind index. */
export const INDEX_BYTES = 16;
/** By which a sealed value is longer than its text in UTF-8. */
export const SEAL_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;
/** Two bytes. */
export const LAST_GENERATION = 0xffff;

/** Seals under one generation; opens what any generation has sealed. Never changes. */
export class ColumnSealer {
  /** Under which it seals. */
  readonly generation: number;
  /** Under which rows may be indexed, the current one first. */
  readonly live: readonly number[];
  readonly #keysOf: KeysOf;

  constructor(keysOf: KeysOf, generation: number, live: readonly number[]) {
    this.generation = generation;
    this.live = [generation, ...live.filter((other) => other !== generation)];
    this.#keysOf = keysOf;
  }

  /** `texts[i]` sealed for the row `ids[i]` of the column's table; null stays null. */
  seal(column: SealedColumn, ids: readonly number[], texts: readonly (string | null)[]): (Buffer | null)[] {
    const { seal: key } = this.#keysOf(this.generation, column);
    // One draw for all: each costs more than it gives.
    const nonces = newKey(NONCE_BYTES * texts.length);
    const header = Buffer.of(VERSION, this.generation >> 8, this.generation & 0xff);
    const aad = new RowBinding(column, header);
    return texts.map((text, i) => {
      if (text === null) return null;
      const nonce = nonces.subarray(i * NONCE_BYTES, (i + 1) * NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(aad.of(ids[i] as number));
      const body = cipher.update(text, 'utf8');
      cipher.final();
      return Buffer.concat([header, nonce, body, cipher.getAuthTag()]);
    });
  }

  /**
   * The text that was sealed for this row of this column. Throws INTERNAL SEALED_VALUE_REFUSED if it was
   * changed or belongs elsewhere, KEY_GENERATION_UNKNOWN without its key; neither tells the value.
   */
  open(column: SealedColumn, id: number, sealed: Uint8Array): string {
    if (sealed.length < SEAL_BYTES || sealed[0] !== VERSION) throw refusedValue(column);
    const generation = ((sealed[1] as number) << 8) | (sealed[2] as number);
    const { seal: key } = this.#keysOf(generation, column);
    const nonce = sealed.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
    const bodyEnd = sealed.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(new RowBinding(column, sealed.subarray(0, HEADER_BYTES)).of(id));
      decipher.setAuthTag(sealed.subarray(bodyEnd));
      const text = decipher.update(sealed.subarray(HEADER_BYTES + NONCE_BYTES, bodyEnd));
      decipher.final();
      return text.toString('utf8');
    } catch {
      throw refusedValue(column);
    }
  }

  /** Like `open`; null stays null. */
  openOptional(column: SealedColumn, id: number, sealed: Uint8Array | null): string | null {
    return sealed === null ? null : this.open(column, id, sealed);
  }

  /**
   * Like `open`, of a column that has a blind index. Throws SEALED_VALUE_REFUSED too if the row is found by
   * the index of another value.
   */
  openIndexed(column: IndexedColumn, { id, sealed, index, generation }: IndexedRow): string {
    const text = this.open(column, id, sealed);
    const [own] = this.index(column, [text], generation);
    if (own !== Buffer.from(index).toString('hex')) throw refusedValue(column);
    return text;
  }

  /** Blind indexes of `texts` in hex, under the current generation unless told. */
  index(column: IndexedColumn, texts: readonly string[], generation = this.generation): string[] {
    const { index } = this.#keysOf(generation, column);
    return texts.map((text) => index.of(text).slice(0, 2 * INDEX_BYTES));
  }
}

/** The authenticated data of one row after the other, in one buffer: `setAAD` takes a copy. */
class RowBinding {
  readonly #bytes: Buffer;

  constructor(column: SealedColumn, header: Uint8Array) {
    this.#bytes = Buffer.concat([header, Buffer.alloc(8), Buffer.from(column)]);
  }

  of(id: number): Buffer {
    this.#bytes.writeUInt32BE(Math.floor(id / 2 ** 32), HEADER_BYTES);
    this.#bytes.writeUInt32BE(id % 2 ** 32, HEADER_BYTES + 4);
    return this.#bytes;
  }
}

/** A value does not open, or was sealed for another row than it is in. */
export function refusedValue(column: SealedColumn | 'identifiers.token'): AppError {
  return new AppError(
    'INTERNAL',
    'SEALED_VALUE_REFUSED',
    `a value of ${column} was changed or does not belong to its row`,
    { params: { column } },
  );
}
