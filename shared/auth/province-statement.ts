/**
 * What the federation CA says of a province: its public keys, as a compact JWS {alg: ES256, typ:
 * truyvet-province} under the key that signs the certificates. A hub that lacks that key cannot introduce a
 * province's keys, nor change them. Owns shape, signature and fingerprint; who believes which statement is
 * decided by its readers.
 */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { z } from 'zod';
import { AppError } from '../errors.ts';

const TYPE = 'truyvet-province';
/** A statement takes 700 characters; longer texts are refused unread. */
const MAX_JWS_CHARS = 4_096;

/** The public half of a 32-byte OKP key (RFC 8037), and nothing else: a private key is refused. */
const publicOkp = <Curve extends 'Ed25519' | 'X25519'>(crv: Curve) =>
  z.strictObject({
    kty: z.literal('OKP'),
    crv: z.literal(crv),
    x: z.string().refine(isKeyText, 'not 32 bytes in base64url'),
  });

const statementShape = z.strictObject({
  version: z.literal(1),
  province: z.string().regex(/^[0-9]{2}$/, 'not a two-digit code'),
  /** Verifies the province's openings. */
  opening: publicOkp('Ed25519'),
  /** The federation key is sealed to it. */
  enrolment: publicOkp('X25519'),
  /** SHA-256 of the SubjectPublicKeyInfo of its TLS key. */
  tls_spki_sha256: z.string().regex(/^[0-9a-f]{64}$/, 'not 64 hex digits'),
  /** Epoch seconds; of two statements of a province the later counts. */
  issued_at: z.int().min(0).max(0xffff_ffff),
  serial: z.string().regex(/^[0-9a-f]{16,40}$/, 'not a serial number in hex'),
});

/** The keys of one province, as the CA states them. */
export type ProvinceStatement = z.output<typeof statementShape>;
/** What a fingerprint covers: a statement, or the request that asks for one. */
export type ProvinceKeySet = Pick<
  ProvinceStatement,
  'province' | 'opening' | 'enrolment' | 'tls_spki_sha256'
>;

/** Shape of `ProvinceKeySet`, for requests. */
export const provinceKeySetShape = statementShape.omit({ version: true, issued_at: true, serial: true });

/** `statement` signed by the federation CA. Throws STATEMENT_MALFORMED for what no reader would accept. */
export function signProvinceStatement(statement: ProvinceStatement, caKey: KeyObject): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(parseStatement(statement))))
    .setProtectedHeader({ alg: 'ES256', typ: TYPE })
    .sign(caKey);
}

/**
 * The statement that `jws` carries, signed by the CA whose public key is given (`caPublicKey`). Throws
 * PERMISSION_DENIED STATEMENT_BAD_SIGNATURE, INVALID_ARGUMENT STATEMENT_MALFORMED.
 */
export async function verifyProvinceStatement(jws: string, caKey: KeyObject): Promise<ProvinceStatement> {
  if (jws.length > MAX_JWS_CHARS) throw malformed('too long');
  const verified = await compactVerify(jws, caKey, { algorithms: ['ES256'] }).catch((cause: unknown) => {
    throw badSignature('not signed by the federation CA', cause);
  });
  if (verified.protectedHeader.typ !== TYPE) throw badSignature('signed for another purpose');
  return parseStatement(parseJson(verified.payload));
}

/**
 * What people compare: `ABCD-EFGH-IJKL-MNOP`, 80 bits of SHA-256 over the province and its three public keys
 * in RFC 4648 base32. The same at the node that asks, at the hub, and at a province that approves.
 */
export function fingerprintOf({ province, tls_spki_sha256, opening, enrolment }: ProvinceKeySet): string {
  const text = JSON.stringify(['truyvet-fingerprint', province, tls_spki_sha256, opening.x, enrolment.x]);
  const digest = createHash('sha256').update(text).digest();
  const letters = Array.from({ length: 16 }, (_, i) => BASE32[bits5(digest, i * 5)]).join('');
  return (letters.match(/.{4}/g) as string[]).join('-');
}

/** Public key of the CA in a PEM certificate. Throws BAD_CA for anything but a CA on P-256. */
export function caPublicKey(certificatePem: string): KeyObject {
  const certificate = readCertificate(certificatePem);
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const isP256 = asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!certificate.ca || !isP256) throw new AppError('INVALID_ARGUMENT', 'BAD_CA', 'not a CA on P-256');
  return certificate.publicKey;
}

/** SHA-256 of a public key's SubjectPublicKeyInfo, 64 hex digits: `tls_spki_sha256`. */
export function spkiSha256(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Five bits of `bytes` from bit `at` on, the first one highest. */
function bits5(bytes: Uint8Array, at: number): number {
  const pair = ((bytes[at >> 3] as number) << 8) | (bytes[(at >> 3) + 1] as number);
  return (pair >> (11 - (at & 7))) & 31;
}

function isKeyText(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === text;
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new AppError('INVALID_ARGUMENT', 'BAD_CA', 'not a certificate in PEM');
  }
}

function parseStatement(value: unknown): ProvinceStatement {
  const parsed = statementShape.safeParse(value);
  if (parsed.success) return parsed.data;
  // An unrecognized key is the sender's text: it is not quoted.
  const fields = parsed.error.issues.map(({ path }) => path.join('.') || 'statement');
  throw malformed(`bad ${[...new Set(fields)].join(', ')}`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw malformed('not JSON');
  }
}

function malformed(problem: string): AppError {
  return new AppError('INVALID_ARGUMENT', 'STATEMENT_MALFORMED', `province statement: ${problem}`);
}

function badSignature(problem: string, cause?: unknown): AppError {
  return new AppError('PERMISSION_DENIED', 'STATEMENT_BAD_SIGNATURE', `province statement: ${problem}`, {
    cause,
  });
}
