/**
 * The federation key on its way from one province to another (SECURITY.md, What crosses a border): signed by
 * the province that gives it, then encrypted to the enrolment key of the one that gets it. The hub that
 * relays a wrap cannot read it, put a key of its own in its place, hand it to another province, or pass an
 * old generation off as a new one. Pure: nothing is stored here, and who may give a key is told by the
 * caller.
 *
 *   JWE  {alg: ECDH-ES+A256KW, enc: A256GCM, typ: truyvet-key-wrap, kid: thumbprint of the enrolment key}
 *    └ JWS  {alg: EdDSA, kid: giving province, typ: truyvet-federation-key}  names both ends, generation
 */
import { hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import {
  CompactEncrypt,
  CompactSign,
  calculateJwkThumbprint,
  compactDecrypt,
  compactVerify,
  decodeProtectedHeader,
  errors,
  importJWK,
} from 'jose';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { FEDERATION_KEY_BYTES } from '../pseudonym/trace-key.ts';
import { loadPublicKey } from './opening-keys.ts';
import type { ProvinceStatement } from './province-statement.ts';

/** Generations are counted from 1; an opening without the field means it. */
export const FIRST_GENERATION = 1;
/** As the hub's integer column and the wire carry it. */
export const MAX_GENERATION = 0x7fff_ffff;

/** The public keys of a province that signs or receives: of a statement of the federation CA. */
export type KeyHolder = Pick<ProvinceStatement, 'province' | 'opening' | 'enrolment'>;

/** One generation of the key. */
export interface FederationKey {
  readonly generation: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /**
   * Epoch seconds from which openings use it although the hub says that some province lacks it: a hub cannot
   * hold a rotation back for ever.
   */
  readonly useFrom: number;
}

/** What a wrap says, once it has been opened and its signature found good. */
export interface ReceivedKey extends FederationKey {
  /** Province that signed it. */
  readonly from: string;
  readonly issuedAt: number;
}

const WRAP_TYPE = 'truyvet-key-wrap';
const KEY_TYPE = 'truyvet-federation-key';
const ALGORITHM = { alg: 'ECDH-ES+A256KW', enc: 'A256GCM' };
/** A wrap takes 1,100 characters; longer texts are refused unread. */
export const MAX_WRAP_CHARS = 4_096;

const instant = z.int().min(0).max(0xffff_ffff);
const province = z.string().regex(/^[0-9]{2}$/);
const payloadShape = z.strictObject({
  version: z.literal(1),
  generation: z.int().min(FIRST_GENERATION).max(MAX_GENERATION),
  /** 32 bytes, base64url. */
  key: z.string().refine((text) => bytesOf(text)?.length === FEDERATION_KEY_BYTES),
  use_from: instant,
  from: province,
  to: province,
  /** RFC 7638 thumbprint of the enrolment key that it is encrypted to. */
  recipient: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  issued_at: instant,
});

export interface WrapInput {
  readonly key: FederationKey;
  readonly from: { readonly province: string; readonly openingKey: KeyObject };
  readonly to: KeyHolder;
  /** Epoch seconds. */
  readonly issuedAt: number;
}

/** A generation of the key for one province, as a compact JWE. */
export async function wrapFederationKey({ key, from, to, issuedAt }: WrapInput): Promise<string> {
  const recipient = await recipientOf(to);
  const payload = payloadShape.parse({
    version: 1,
    generation: key.generation,
    key: Buffer.from(key.key).toString('base64url'),
    use_from: key.useFrom,
    from: from.province,
    to: to.province,
    recipient,
    issued_at: issuedAt,
  });
  const signed = await new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', kid: from.province, typ: KEY_TYPE })
    .sign(from.openingKey);
  return new CompactEncrypt(Buffer.from(signed))
    .setProtectedHeader({ ...ALGORITHM, typ: WRAP_TYPE, kid: recipient })
    .encrypt(await importJWK(to.enrolment, ALGORITHM.alg));
}

/** RFC 7638 thumbprint of a province's enrolment key: `kid` of the wraps that are for it. */
export function recipientOf({ enrolment }: Pick<KeyHolder, 'enrolment'>): Promise<string> {
  return calculateJwkThumbprint(enrolment);
}

/** What the outside of a wrap says, which anybody can write. Throws INVALID_ARGUMENT WRAP_MALFORMED. */
export function wrapRecipient(wrap: string): string {
  try {
    if (wrap.length > MAX_WRAP_CHARS || wrap.split('.').length !== 5) throw malformed('not a compact JWE');
    const { typ, alg, enc, kid } = decodeProtectedHeader(wrap);
    const isWrap = typ === WRAP_TYPE && alg === ALGORITHM.alg && enc === ALGORITHM.enc;
    if (isWrap && typeof kid === 'string' && /^[A-Za-z0-9_-]{43}$/.test(kid)) return kid;
  } catch {
    throw malformed('not a compact JWE');
  }
  throw malformed('not a wrapped federation key');
}

export interface Unwrapper {
  /** This province, as its own statement names it. */
  readonly me: KeyHolder;
  /** The private half of `me.enrolment`. */
  readonly enrolmentKey: KeyObject;
  /** The statement of a province whose keys are accepted; undefined for every other. */
  giver(province: string): KeyHolder | undefined;
}

/**
 * The key in `wrap`. Throws INVALID_ARGUMENT WRAP_MALFORMED; PERMISSION_DENIED WRAP_NOT_FOR_ME (encrypted to
 * another key), WRAP_UNKNOWN_GIVER (signed by a province that may not give keys), WRAP_BAD_SIGNATURE,
 * WRAP_REDIRECTED (made for another province or key, or signed in another's name). Whether the generation is
 * welcome is for `admitKey` to say.
 */
export async function unwrapFederationKey(wrap: string, unwrapper: Unwrapper): Promise<ReceivedKey> {
  const { me, enrolmentKey, giver } = unwrapper;
  const recipient = await recipientOf(me);
  if (wrapRecipient(wrap) !== recipient) throw denied('WRAP_NOT_FOR_ME', 'for another enrolment key');
  const signed = await decrypt(wrap, enrolmentKey);
  const kid = signerOf(signed);
  const signer = giver(kid);
  if (signer === undefined || signer.province !== kid)
    throw denied('WRAP_UNKNOWN_GIVER', 'signed by a province that may not give keys');
  const payload = await verifiedPayload(signed, signer);
  const { from, to, generation, use_from: useFrom, issued_at: issuedAt } = payload;
  if (from !== kid || to !== me.province || payload.recipient !== recipient)
    throw denied('WRAP_REDIRECTED', 'made for another province');
  return { from, generation, key: bytesOf(payload.key) as Uint8Array, useFrom, issuedAt };
}

/**
 * Whether a received generation is one that is `held` already, or `new`: later than all that are. Throws
 * PERMISSION_DENIED FEDERATION_KEY_CONFLICT if another key is held under its number: two provinces hold
 * different keys, and somebody must find out why; FEDERATION_KEY_OLD for an earlier one that is not held (any
 * more).
 */
export function admitKey(held: readonly FederationKey[], received: FederationKey): 'held' | 'new' {
  const same = held.find(({ generation }) => generation === received.generation);
  if (same && timingSafeEqual(same.key, received.key)) return 'held';
  if (same) {
    const message = `federation key: another key of generation ${received.generation} is held here`;
    const params = { generation: received.generation };
    throw new AppError('PERMISSION_DENIED', 'FEDERATION_KEY_CONFLICT', message, { params });
  }
  if (held.every(({ generation }) => generation < received.generation)) return 'new';
  throw denied('FEDERATION_KEY_OLD', 'an older generation than those that are held');
}

/**
 * 32 hex digits by which holders and the hub can tell that all hold the same key of a generation; the key
 * cannot be computed from them. **Source:** RFC 5869.
 */
export function checkValueOf({ generation, key }: Pick<FederationKey, 'generation' | 'key'>): string {
  const info = `truyvet/federation-key-check/v1/${generation}`;
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(), info, 16)).toString('hex');
}

async function decrypt(wrap: string, enrolmentKey: KeyObject): Promise<string> {
  const allowed = {
    keyManagementAlgorithms: [ALGORITHM.alg],
    contentEncryptionAlgorithms: [ALGORITHM.enc],
  };
  try {
    const { plaintext } = await compactDecrypt(wrap, enrolmentKey, allowed);
    return new TextDecoder().decode(plaintext);
  } catch (cause) {
    if (cause instanceof errors.JWEDecryptionFailed)
      throw denied('WRAP_NOT_FOR_ME', 'not encrypted to this province, or altered');
    throw malformed('cannot be decrypted');
  }
}

function signerOf(signed: string): string {
  try {
    const { alg, kid, typ } = decodeProtectedHeader(signed);
    if (alg === 'EdDSA' && typ === KEY_TYPE && typeof kid === 'string') return kid;
  } catch {
    throw malformed('not a signed key');
  }
  throw malformed('signed for another purpose');
}

async function verifiedPayload(signed: string, signer: KeyHolder): Promise<z.output<typeof payloadShape>> {
  const key = loadPublicKey(signer.opening);
  const verified = await compactVerify(signed, key, { algorithms: ['EdDSA'] }).catch(() => {
    throw denied('WRAP_BAD_SIGNATURE', 'not signed by the province that it names');
  });
  const parsed = payloadShape.safeParse(jsonOf(verified.payload));
  if (parsed.success) return parsed.data;
  throw malformed('a field is missing or wrong');
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** Undefined unless `text` is the one base64url spelling of its bytes. */
function bytesOf(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

// Causes are left out: libraries may quote what they could not read, and here that is a key.
function malformed(problem: string): AppError {
  return new AppError('INVALID_ARGUMENT', 'WRAP_MALFORMED', `key wrap: ${problem}`);
}

type DeniedReason =
  | 'WRAP_NOT_FOR_ME'
  | 'WRAP_UNKNOWN_GIVER'
  | 'WRAP_REDIRECTED'
  | 'WRAP_BAD_SIGNATURE'
  | 'FEDERATION_KEY_OLD';

function denied(reason: DeniedReason, problem: string): AppError {
  return new AppError('PERMISSION_DENIED', reason, `key wrap: ${problem}`);
}
