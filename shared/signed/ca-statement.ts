/**
 * What the federation CA states, as a compact JWS {alg: ES256, typ} under the key that signs the
 * certificates. Owns signature, type and strictness; what a statement says is its own file's business.
 */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import { z } from 'zod';
import { AppError, type FieldError, invalidFields } from '../errors.ts';
import { fault, shapeErrors } from '../shape-errors.ts';

/** Statements take less than 1,000 characters; longer texts are refused unread. */
const MAX_JWS_CHARS = 4_096;

/** One kind of statement: its JWS type, and what it may say. */
export interface StatementKind<T> {
  readonly type: 'truyvet-province' | 'truyvet-hub' | 'truyvet-oprf';
  readonly shape: z.ZodType<T>;
}

/** The public half of a 32-byte OKP key (RFC 8037), and nothing else: a private key is refused. */
export const publicOkp = <Curve extends 'Ed25519' | 'X25519'>(crv: Curve) =>
  z.strictObject({
    kty: z.literal('OKP'),
    crv: z.literal(crv),
    x: z.string().refine(isKeyText, fault({ reason: 'NOT_BASE64URL', params: { bytes: 32 } })),
  });

/** Whole epoch seconds; of two statements about the same the later counts. */
export const issuedAt = z.int().min(0).max(0xffff_ffff);
/** Of the statement, and of the certificate made with it. */
export const serialNumber = z.string().regex(/^[0-9a-f]{16,40}$/, fault({ reason: 'NOT_A_SERIAL' }));

/** `statement` signed by the CA. Throws STATEMENT_MALFORMED for what no reader would accept. */
export function signStatement<T extends object>(
  kind: StatementKind<T>,
  statement: T,
  caKey: KeyObject,
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(parse(kind, statement))))
    .setProtectedHeader({ alg: 'ES256', typ: kind.type })
    .sign(caKey);
}

/**
 * The statement that `jws` carries, signed by the CA whose public key is given (`caPublicKey`). Throws
 * PERMISSION_DENIED STATEMENT_BAD_SIGNATURE, INVALID_ARGUMENT STATEMENT_MALFORMED.
 */
export async function verifyStatement<T>(kind: StatementKind<T>, jws: string, caKey: KeyObject): Promise<T> {
  if (jws.length > MAX_JWS_CHARS)
    throw malformed({ field: 'statement', reason: 'TOO_LONG', params: { most: MAX_JWS_CHARS } });
  const verified = await compactVerify(jws, caKey, { algorithms: ['ES256'] }).catch((cause: unknown) => {
    throw badSignature('not signed by the federation CA', cause);
  });
  if (verified.protectedHeader.typ !== kind.type) throw badSignature('signed for another purpose');
  return parse(kind, parseJson(verified.payload));
}

/** Public key of the CA in a PEM certificate. Throws BAD_CA for anything but a CA on P-256. */
export function caPublicKey(certificatePem: string): KeyObject {
  const certificate = readCertificate(certificatePem);
  if (!certificate.ca || !isP256(certificate.publicKey))
    throw new AppError('INVALID_ARGUMENT', 'BAD_CA', 'not a CA on P-256', {
      details: [{ field: 'ca', reason: 'KEY_NOT_P256' }],
    });
  return certificate.publicKey;
}

/** Whether a key is one of ECDSA on P-256, the only kind that certificates of the federation carry. */
export function isP256({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** SHA-256 of a public key's SubjectPublicKeyInfo, 64 hex digits. */
export function spkiSha256(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function isKeyText(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === text;
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new AppError('INVALID_ARGUMENT', 'BAD_CA', 'not a certificate in PEM', {
      details: [{ field: 'ca', reason: 'NOT_PEM' }],
    });
  }
}

function parse<T>({ shape }: StatementKind<T>, value: unknown): T {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  // An unknown field is the sender's text: it is not quoted.
  throw malformed(...shapeErrors(parsed.error, 'statement', /(?!)/));
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw malformed({ field: 'statement', reason: 'NOT_JSON' });
  }
}

function malformed(...details: readonly FieldError[]): AppError {
  return invalidFields(details, 'STATEMENT_MALFORMED');
}

function badSignature(problem: string, cause?: unknown): AppError {
  return new AppError('PERMISSION_DENIED', 'STATEMENT_BAD_SIGNATURE', `statement of the CA: ${problem}`, {
    cause,
  });
}
