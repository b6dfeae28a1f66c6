/**
 * Openings and countersignatures that our own code would not sign, by whoever's key: for attacks only.
 */
import { readFile } from 'node:fs/promises';
import { CompactSign } from 'jose';
import { type Opening, openingSha256, readAdmittedOpening } from '../../shared/signed/opening.ts';
import { loadPrivateKey } from '../../shared/signed/opening-keys.ts';

export interface Forgery {
  /** Fields of the opening to be other than they are. */
  readonly changes?: Partial<Opening> & Record<string, unknown>;
  /** Fields of its header, likewise. */
  readonly header?: object;
  readonly keyFile: string;
}

/** The opening in `jws` with changes, signed by the key in `keyFile`. */
export async function forgedOpening(jws: string, { changes, header, keyFile }: Forgery): Promise<string> {
  const opening = { ...readAdmittedOpening(jws), ...changes };
  const protectedHeader = { alg: 'EdDSA', kid: opening.province, typ: 'truyvet-opening', ...header };
  return sign(opening, protectedHeader, keyFile);
}

/** A hub's countersignature of exactly `jws`, whatever that is. */
export async function countersigned(
  jws: string,
  warrant: { trace_id: string; revision: number; expires_at: number },
  keyFile: string,
): Promise<{ opening: string; countersignature: string }> {
  const budget = { questions: 1_000, persons: 1_000_000 };
  const payload = { ...warrant, issued_at: 0, opening_sha256: openingSha256(jws), budget };
  const header = { alg: 'EdDSA', kid: 'hub', typ: 'truyvet-warrant' };
  return { opening: jws, countersignature: await sign(payload, header, keyFile) };
}

async function sign(payload: object, header: { alg: string }, keyFile: string): Promise<string> {
  const key = loadPrivateKey(await readFile(keyFile, 'utf8'));
  return new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader(header).sign(key);
}
