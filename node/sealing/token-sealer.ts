/**
 * Seals tokens for the disk of this node, by the million: a memory of ten million is read at every start.
 *
 *   sealed = AES-256(key, token) ‖ first 8 bytes of CBC-MAC(other key, that block, row id ‖ generation)
 *
 * A token is one block and looks random: sealed it says only whether it is the same, within this node, where
 * each row has another. The CBC-MAC is over two blocks always, for which it is a PRF. It binds the token to
 * its row and to the generation of the key service's key. Pure computing; does no I/O.
 * **Source:** FIPS 197; Bellare, Kilian, Rogaway, "The Security of the Cipher Block Chaining Message
 * Authentication Code", theorem 3.1.
 */
import { type Cipher, createCipheriv, createDecipheriv, type Decipher, hkdfSync } from 'node:crypto';
import { refusedValue } from './sealer.ts';

const TOKEN_BYTES = 16;
const CHECK_BYTES = 8;
/** Of a sealed token. */
export const SEALED_TOKEN_BYTES = TOKEN_BYTES + CHECK_BYTES;

/** Whose tokens: ids of their rows, and of which generation each is. */
export interface TokenRows {
  readonly ids: ArrayLike<number>;
  readonly generations: ArrayLike<number>;
}

export class TokenSealer {
  readonly #seal: Cipher;
  readonly #unseal: Decipher;
  readonly #mac: Cipher;

  /** `secret`: 32 bytes that no other node has. */
  constructor(secret: Uint8Array) {
    const key = derive(secret, 'seal');
    // Without padding all work block by block and keep nothing back.
    this.#seal = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    this.#unseal = createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    this.#mac = createCipheriv('aes-256-ecb', derive(secret, 'check'), null).setAutoPadding(false);
  }

  /** Packed tokens of 16 bytes as packed sealed ones of 24. */
  seal(rows: TokenRows, tokens: Uint8Array): Buffer {
    const blocks = this.#seal.update(tokens);
    const checks = this.#checksOf(rows, blocks);
    const sealed = Buffer.alloc(rows.ids.length * SEALED_TOKEN_BYTES);
    for (let row = 0; row < rows.ids.length; row++) {
      const at = row * SEALED_TOKEN_BYTES;
      blocks.copy(sealed, at, row * TOKEN_BYTES, (row + 1) * TOKEN_BYTES);
      checks.copy(sealed, at + TOKEN_BYTES, row * TOKEN_BYTES, row * TOKEN_BYTES + CHECK_BYTES);
    }
    return sealed;
  }

  /**
   * What `seal` was given. Throws INTERNAL SEALED_VALUE_REFUSED if one was changed or belongs to another row:
   * a node that left it out would answer as if nobody were there.
   */
  open(rows: TokenRows, sealed: Uint8Array): Buffer {
    const packed = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (packed.length !== rows.ids.length * SEALED_TOKEN_BYTES) throw refusedValue('identifiers.token');
    const blocks = Buffer.alloc(rows.ids.length * TOKEN_BYTES);
    for (let row = 0; row < rows.ids.length; row++) {
      const at = row * SEALED_TOKEN_BYTES;
      packed.copy(blocks, row * TOKEN_BYTES, at, at + TOKEN_BYTES);
    }
    const checks = this.#checksOf(rows, blocks);
    for (let row = 0; row < rows.ids.length; row++) {
      const end = (row + 1) * SEALED_TOKEN_BYTES;
      const check = checks.subarray(row * TOKEN_BYTES, row * TOKEN_BYTES + CHECK_BYTES);
      if (packed.compare(check, 0, CHECK_BYTES, end - CHECK_BYTES, end) !== 0)
        throw refusedValue('identifiers.token');
    }
    return this.#unseal.update(blocks);
  }

  /** 16 bytes a row, of which the first 8 count. */
  #checksOf({ ids, generations }: TokenRows, blocks: Uint8Array): Buffer {
    const chained = this.#mac.update(blocks);
    for (let row = 0; row < ids.length; row++) {
      const at = row * TOKEN_BYTES;
      chained.writeInt32BE(chained.readInt32BE(at) ^ (ids[row] as number), at);
      chained.writeInt32BE(chained.readInt32BE(at + 4) ^ (generations[row] as number), at + 4);
    }
    return this.#mac.update(chained);
  }
}

function derive(secret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `truyvet token at rest v1 ${purpose}`, 32));
}
