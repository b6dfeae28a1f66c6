/**
 * A province's word that another one's keys are its own: given by people who compared fingerprints, signed by
 * the approving province's opening key, relayed by the hub. The federation key goes only where such words
 * lead (node/federation/keys/rules.ts). Pure: signs and verifies.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { KeyHolder } from './federation-key.ts';
import { loadPublicKey } from './opening-keys.ts';

const TYPE = 'truyvet-key-approval';
/** An approval takes 400 characters; longer texts are refused unread. */
export const MAX_APPROVAL_CHARS = 2_048;

const province = z.string().regex(/^[0-9]{2}$/);
const approvalShape = z.strictObject({
  version: z.literal(1),
  from: province,
  to: province,
  /** `keysSha256` of the approved province. */
  keys_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  issued_at: z.int().min(0).max(0xffff_ffff),
});

/** Who vouches for whose keys, since when (epoch seconds). */
export type KeyApproval = z.output<typeof approvalShape>;

/**
 * SHA-256 of what the federation key depends on in a statement: province, opening key, enrolment key. Not of
 * its text: a renewed certificate or a statement issued again asks nobody to compare fingerprints anew.
 */
export function keysSha256({ province: code, opening, enrolment }: KeyHolder): string {
  const text = JSON.stringify(['truyvet-keys', code, opening.x, enrolment.x]);
  return createHash('sha256').update(text).digest('hex');
}

/** The approval of `to` by `from`, as a compact JWS. */
export function signApproval(
  from: { readonly province: string; readonly openingKey: KeyObject },
  to: KeyHolder,
  issuedAt: number,
): Promise<string> {
  const approval: KeyApproval = {
    version: 1,
    from: from.province,
    to: to.province,
    keys_sha256: keysSha256(to),
    issued_at: issuedAt,
  };
  return new CompactSign(Buffer.from(JSON.stringify(approvalShape.parse(approval))))
    .setProtectedHeader({ alg: 'EdDSA', kid: from.province, typ: TYPE })
    .sign(from.openingKey);
}

/**
 * The approval that `jws` carries, signed by `from`. Throws INVALID_ARGUMENT APPROVAL_MALFORMED,
 * PERMISSION_DENIED APPROVAL_BAD_SIGNATURE. Whether it speaks of the keys that the approved province has now
 * is for the reader to compare.
 */
export async function verifyApproval(jws: string, from: KeyHolder): Promise<KeyApproval> {
  if (jws.length > MAX_APPROVAL_CHARS) throw malformed();
  const key = loadPublicKey(from.opening);
  const verified = await compactVerify(jws, key, { algorithms: ['EdDSA'] }).catch(() => {
    throw badSignature('not signed by the province that it names');
  });
  const { typ, kid } = verified.protectedHeader;
  if (typ !== TYPE || kid !== from.province) throw badSignature('signed for another purpose');
  const parsed = approvalShape.safeParse(jsonOf(verified.payload));
  if (!parsed.success) throw malformed();
  if (parsed.data.from !== from.province) throw badSignature('signed in the name of another province');
  return parsed.data;
}

/**
 * Of whom an approval speaks, its signature not checked: for the hub, which only relays. Throws
 * APPROVAL_MALFORMED.
 */
export function approvedProvince(jws: string): string {
  return readApproval(jws).to;
}

/** Who an approval says has given it, its signature not checked; undefined for what is none. */
export function approvedBy(jws: string): string | undefined {
  try {
    return readApproval(jws).from;
  } catch {
    return undefined;
  }
}

function readApproval(jws: string): KeyApproval {
  const [header, payload, signature, ...more] = jws.length > MAX_APPROVAL_CHARS ? [] : jws.split('.');
  if (!header || !payload || !signature || more.length > 0) throw malformed();
  const parsed = approvalShape.safeParse(jsonOf(Buffer.from(payload, 'base64url')));
  if (parsed.success) return parsed.data;
  throw malformed();
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function malformed(): AppError {
  return new AppError('INVALID_ARGUMENT', 'APPROVAL_MALFORMED', 'key approval: malformed');
}

function badSignature(problem: string): AppError {
  return new AppError('PERMISSION_DENIED', 'APPROVAL_BAD_SIGNATURE', `key approval: ${problem}`);
}
