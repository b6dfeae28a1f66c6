/**
 * What the federation CA says of a province: its public keys, as a compact JWS {alg: ES256, typ:
 * truyvet-province} under the key that signs the certificates. A hub that lacks that key cannot introduce a
 * province's keys, nor change them. Owns shape and fingerprint; who believes which statement is decided by
 * its readers.
 */
import { createHash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  issuedAt,
  publicOkp,
  type StatementKind,
  serialNumber,
  signStatement,
  verifyStatement,
} from './ca-statement.ts';

const statementShape = z.strictObject({
  version: z.literal(1),
  province: z.string().regex(/^[0-9]{2}$/),
  /** Verifies the province's openings. */
  opening: publicOkp('Ed25519'),
  /** The federation key is sealed to it. */
  enrolment: publicOkp('X25519'),
  /** SHA-256 of the SubjectPublicKeyInfo of its TLS key. */
  tls_spki_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  issued_at: issuedAt,
  serial: serialNumber,
});

/** The keys of one province, as the CA states them. */
export type ProvinceStatement = z.output<typeof statementShape>;
/** What a fingerprint covers: a statement, or the request that asks for one. */
export type ProvinceKeySet = Pick<
  ProvinceStatement,
  'province' | 'opening' | 'enrolment' | 'tls_spki_sha256'
>;

const KIND: StatementKind<ProvinceStatement> = { type: 'truyvet-province', shape: statementShape };

/** `statement` signed by the federation CA. Throws STATEMENT_MALFORMED for what no reader would accept. */
export function signProvinceStatement(statement: ProvinceStatement, caKey: KeyObject): Promise<string> {
  return signStatement(KIND, statement, caKey);
}

/**
 * The statement that `jws` carries, signed by the CA whose public key is given (`caPublicKey`). Throws
 * PERMISSION_DENIED STATEMENT_BAD_SIGNATURE, INVALID_ARGUMENT STATEMENT_MALFORMED.
 */
export function verifyProvinceStatement(jws: string, caKey: KeyObject): Promise<ProvinceStatement> {
  return verifyStatement(KIND, jws, caKey);
}

/**
 * What people compare: `ABCD-EFGH-IJKL-MNOP`, 80 bits of SHA-256 over the province and its three public keys
 * in RFC 4648 base32. The same at the node that asks, at the hub, and at a province that approves.
 */
export function fingerprintOf({ province, tls_spki_sha256, opening, enrolment }: ProvinceKeySet): string {
  const parts = ['truyvet-fingerprint', province, tls_spki_sha256, opening.x, enrolment.x];
  return fingerprintText(parts);
}

/** The same form over any parts, of which the first says what they are. */
export function fingerprintText(parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  const letters = Array.from({ length: 16 }, (_, i) => BASE32[bits5(digest, i * 5)]).join('');
  return (letters.match(/.{4}/g) as string[]).join('-');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Five bits of `bytes` from bit `at` on, the first one highest. */
function bits5(bytes: Uint8Array, at: number): number {
  const pair = ((bytes[at >> 3] as number) << 8) | (bytes[(at >> 3) + 1] as number);
  return (pair >> (11 - (at & 7))) & 31;
}
