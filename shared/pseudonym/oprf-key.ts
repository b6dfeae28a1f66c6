/**
 * The hub's OPRF key and the hashing of RFC 9497 that needs no curve. Pure; the key is made of the operator's
 * 32-byte seed, so any 32 random bytes are a good file.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';

/** A canonical, non-zero scalar of ristretto255, 32 bytes little-endian. Made only by this file. */
export type OprfKey = Uint8Array & { readonly [brand]: true };
declare const brand: unique symbol;

/** Bytes of an encoded element and of a scalar. */
export const ELEMENT_BYTES = 32;

/** Order of the group. **Source:** RFC 9496 section 4. */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** "OPRFV1-" ‖ mode 0 ‖ "-ristretto255-SHA512". **Source:** RFC 9497 section 3.1. */
const CONTEXT = Buffer.from('OPRFV1-\x00-ristretto255-SHA512', 'latin1');
const HASH_TO_GROUP_DST = Buffer.concat([Buffer.from('HashToGroup-'), CONTEXT]);
const DERIVE_KEY_DST = Buffer.concat([Buffer.from('DeriveKeyPair'), CONTEXT]);
/** Separates this use of the seed from any other; part of what a key generation means. */
const KEY_INFO = 'truyvet/oprf/v1';

/**
 * The key of a 32-byte seed: DeriveKeyPair(seed, info). Throws BAD_OPRF_KEY for a seed of another length.
 * **Source:** RFC 9497 section 3.2.1.
 */
export function deriveOprfKey(seed: Uint8Array, info: string | Uint8Array = KEY_INFO): OprfKey {
  if (seed.length !== 32) throw badKey('the seed is not 32 bytes');
  const infoBytes = Buffer.from(info);
  const input = Buffer.concat([seed, lengthPrefix(infoBytes.length), infoBytes]);
  for (let counter = 0; counter < 256; counter++) {
    const uniform = expandMessage(Buffer.concat([input, Uint8Array.of(counter)]), DERIVE_KEY_DST);
    const scalar = littleEndian(uniform) % GROUP_ORDER;
    if (scalar !== 0n) return oprfKeyOfScalar(scalarBytes(scalar));
  }
  throw badKey('no key can be derived');
}

/** A scalar as a key. Throws BAD_OPRF_KEY unless it is 32 bytes, canonical and not zero. */
export function oprfKeyOfScalar(bytes: Uint8Array): OprfKey {
  if (bytes.length !== ELEMENT_BYTES) throw badKey('not 32 bytes');
  const scalar = littleEndian(bytes);
  if (scalar === 0n || scalar >= GROUP_ORDER) throw badKey('not a canonical scalar');
  return Uint8Array.from(bytes) as OprfKey;
}

/**
 * The 64 uniform bytes that the group's map turns into the element of `input`. **Source:** RFC 9497 section
 * 4.1.
 */
export function uniformBytesOf(input: Uint8Array): Uint8Array {
  return expandMessage(input, HASH_TO_GROUP_DST);
}

/** I2OSP(length, 2). */
export function lengthPrefix(length: number): Uint8Array {
  return Uint8Array.of(length >> 8, length & 0xff);
}

/**
 * expand_message_xmd with SHA-512 for 64 bytes, which is exactly one block of output.
 * **Source:** RFC 9380 section 5.3.1.
 */
function expandMessage(message: Uint8Array, dst: Uint8Array): Uint8Array {
  const b0 = createHash('sha512')
    .update(ZERO_BLOCK)
    .update(message)
    .update(Uint8Array.of(0, 64, 0))
    .update(dst)
    .update(Uint8Array.of(dst.length))
    .digest();
  const b1 = createHash('sha512').update(b0).update(Uint8Array.of(1)).update(dst);
  return b1.update(Uint8Array.of(dst.length)).digest();
}

/** Z_pad: one input block of SHA-512. */
const ZERO_BLOCK = new Uint8Array(128);

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function scalarBytes(scalar: bigint): Uint8Array {
  return Buffer.from(scalar.toString(16).padStart(ELEMENT_BYTES * 2, '0'), 'hex').reverse();
}

function badKey(problem: string): AppError {
  return new AppError('INVALID_ARGUMENT', 'BAD_OPRF_KEY', `OPRF key: ${problem}`);
}
