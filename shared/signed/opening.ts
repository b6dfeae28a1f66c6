/**
 * Openings and warrants (SECURITY.md, What crosses a border) as compact JWS: a province signs what a trace
 * may ask, the hub countersigns with budgets, a node answers only under both. What they say is checked in
 * opening-shape.ts, the keys are read in opening-keys.ts, and whether an opening may be admitted is decided
 * in opening-rules.ts; this file signs and verifies.
 *
 *   Opening  {alg: EdDSA, kid: province, typ: truyvet-opening}   the province's words
 *   Warrant  {alg: EdDSA, kid: hub, typ: truyvet-warrant}        names the SHA-256 of exactly those words
 */
import { createHash, type KeyObject } from 'node:crypto';
import { CompactSign, compactVerify, errors } from 'jose';
import { AppError } from '../errors.ts';
import type { ProvinceKeys } from './opening-keys.ts';
import { type Opening, parseOpening, parseWarrant, type Warrant } from './opening-shape.ts';

export type { IndexCase, Opening, Warrant } from './opening-shape.ts';

/** An opening and its countersignature as they travel (proto truyvet.v1.Warrant). */
export interface WarrantPair {
  readonly opening: string;
  readonly countersignature: string;
}

/** Whose signatures count: pinned at enrolment. */
export interface WarrantKeys {
  readonly provinces: ProvinceKeys;
  readonly hub: KeyObject;
}

/** What a verified pair says. */
export interface VerifiedWarrant {
  readonly opening: Opening;
  readonly warrant: Warrant;
}

const HUB_KID = 'hub';
/** Longer texts are refused unread: those of all index cases take two thirds of it. */
const MAX_JWS_CHARS = 1 << 20;

/** `opening` signed by the key of its province. Throws OPENING_MALFORMED for what no node would accept. */
export function signOpening(opening: Opening, key: KeyObject): Promise<string> {
  return sign(parseOpening(opening), { kid: opening.province, typ: 'truyvet-opening' }, key);
}

/** `warrant` signed by the hub. Throws WARRANT_MALFORMED for what no node would accept. */
export function signWarrant(warrant: Warrant, hubKey: KeyObject): Promise<string> {
  return sign(parseWarrant(warrant), { kid: HUB_KID, typ: 'truyvet-warrant' }, hubKey);
}

/**
 * The opening that `jws` carries, signed by the province that it names and not expired at `now` (epoch
 * seconds). Throws PERMISSION_DENIED OPENING_UNKNOWN_PROVINCE, OPENING_BAD_SIGNATURE, OPENING_WRONG_PROVINCE,
 * OPENING_EXPIRED; INVALID_ARGUMENT OPENING_MALFORMED.
 */
export async function verifyOpening(jws: string, provinces: ProvinceKeys, now: number): Promise<Opening> {
  const { kid, typ } = readHeader(jws, 'OPENING');
  if (typ !== 'truyvet-opening') throw malformed('OPENING', 'not an opening');
  const key = provinces.get(kid);
  if (key === undefined)
    throw denied('OPENING_UNKNOWN_PROVINCE', 'opening: no key is pinned for its province');
  const opening = parseOpening(await verifiedPayload(jws, key, 'OPENING'));
  if (opening.province !== kid) throw denied('OPENING_WRONG_PROVINCE', 'opening: signed by another province');
  if (opening.expires_at <= now) throw denied('OPENING_EXPIRED', 'opening: expired');
  return opening;
}

/**
 * Both signatures of a pair, in force at `now` (epoch seconds), the countersignature over exactly this
 * opening. Throws what `verifyOpening` throws; PERMISSION_DENIED WARRANT_BAD_SIGNATURE, WARRANT_MISMATCH,
 * WARRANT_EXPIRED; INVALID_ARGUMENT WARRANT_MALFORMED.
 */
export async function verifyWarrant(
  pair: WarrantPair,
  keys: WarrantKeys,
  now: number,
): Promise<VerifiedWarrant> {
  const { kid, typ } = readHeader(pair.countersignature, 'WARRANT');
  if (typ !== 'truyvet-warrant' || kid !== HUB_KID)
    throw malformed('WARRANT', 'not a countersignature of the hub');
  const warrant = parseWarrant(await verifiedPayload(pair.countersignature, keys.hub, 'WARRANT'));
  if (warrant.opening_sha256 !== openingSha256(pair.opening)) {
    throw denied('WARRANT_MISMATCH', 'warrant: countersigns another opening');
  }
  const opening = await verifyOpening(pair.opening, keys.provinces, now);
  if (warrant.trace_id !== opening.trace_id || warrant.revision !== opening.revision) {
    throw denied('WARRANT_MISMATCH', 'warrant: names another trace or revision');
  }
  if (warrant.expires_at <= now) throw denied('WARRANT_EXPIRED', 'warrant: expired');
  return { opening, warrant };
}

/** SHA-256 of the exact text of an opening, 64 hex digits: `Warrant.opening_sha256`. */
export function openingSha256(jws: string): string {
  return createHash('sha256').update(jws).digest('hex');
}

/**
 * What an opening says, without its signature being checked: only for text that was verified before it was
 * stored. Throws OPENING_MALFORMED.
 */
export function readAdmittedOpening(jws: string): Opening {
  readHeader(jws, 'OPENING');
  return parseOpening(parseJson(Buffer.from(jws.split('.')[1] as string, 'base64url'), 'OPENING'));
}

type What = 'OPENING' | 'WARRANT';

function sign(payload: object, header: { kid: string; typ: string }, key: KeyObject): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', ...header })
    .sign(key);
}

/**
 * The protected header, once the text is known to be the only spelling of itself: base64url leaves spare bits
 * in a last character, and a second text with the same signature would pass for a second opening.
 */
function readHeader(jws: string, what: What): { kid: string; typ: string } {
  const parts = jws.length > MAX_JWS_CHARS ? [] : jws.split('.');
  const bytes = parts.map((part) => Buffer.from(part, 'base64url'));
  const canonical = parts.length === 3 && bytes.every((b, i) => b.toString('base64url') === parts[i]);
  if (!canonical) throw malformed(what, 'not a compact JWS');
  const header = parseJson(bytes[0] as Buffer, what);
  const { alg, kid, typ, ...more } = Object(header) as Record<string, unknown>;
  if (alg !== 'EdDSA') throw malformed(what, 'signature algorithm is not EdDSA');
  if (Object.keys(more).length > 0) throw malformed(what, 'header with unknown fields');
  if (typeof kid !== 'string' || typeof typ !== 'string') throw malformed(what, 'header without kid or typ');
  return { kid, typ };
}

async function verifiedPayload(jws: string, key: KeyObject, what: What): Promise<unknown> {
  try {
    const { payload } = await compactVerify(jws, key, { algorithms: ['EdDSA'] });
    return parseJson(payload, what);
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) {
      throw new AppError(
        'PERMISSION_DENIED',
        `${what}_BAD_SIGNATURE`,
        `${what.toLowerCase()}: bad signature`,
      );
    }
    if (cause instanceof errors.JOSEError) throw malformed(what, 'not an acceptable JWS', cause);
    throw cause;
  }
}

function parseJson(bytes: Uint8Array, what: What): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw malformed(what, 'not JSON');
  }
}

function malformed(what: What, problem: string, cause?: unknown): AppError {
  return new AppError('INVALID_ARGUMENT', `${what}_MALFORMED`, `${what.toLowerCase()}: ${problem}`, {
    cause,
  });
}

type DeniedReason =
  | 'OPENING_UNKNOWN_PROVINCE'
  | 'OPENING_WRONG_PROVINCE'
  | 'OPENING_EXPIRED'
  | 'WARRANT_MISMATCH'
  | 'WARRANT_EXPIRED';

function denied(reason: DeniedReason, message: string): AppError {
  return new AppError('PERMISSION_DENIED', reason, message);
}
