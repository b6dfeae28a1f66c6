/** Statements of the federation CA: round trip, refusals as a table, a fixed fingerprint. */
import { generateKeyPairSync } from 'node:crypto';
import { CompactSign } from 'jose';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { caPublicKey, spkiSha256 } from './ca-statement.ts';
import {
  fingerprintOf,
  type ProvinceStatement,
  signProvinceStatement,
  verifyProvinceStatement,
} from './province-statement.ts';

const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
const statement: ProvinceStatement = {
  version: 1,
  province: '24',
  opening: { kty: 'OKP', crv: 'Ed25519', x: key(1) },
  enrolment: { kty: 'OKP', crv: 'X25519', x: key(2) },
  tls_spki_sha256: '3'.repeat(64),
  issued_at: 1_800_000_000,
  serial: '4'.repeat(32),
};

describe('a province statement', () => {
  it('says what was signed', async () => {
    const jws = await signProvinceStatement(statement, ca.privateKey);
    expect(await verifyProvinceStatement(jws, ca.publicKey)).toEqual(statement);
  });

  it('is refused under another CA', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jws = await signProvinceStatement(statement, other.privateKey);
    await expect(verifyProvinceStatement(jws, ca.publicKey)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      reason: 'STATEMENT_BAD_SIGNATURE',
    });
  });

  it.each([
    ['another type', { alg: 'ES256', typ: 'truyvet-hub' }, statement, 'STATEMENT_BAD_SIGNATURE'],
    ['no type', { alg: 'ES256' }, statement, 'STATEMENT_BAD_SIGNATURE'],
    ['another version', header(), { ...statement, version: 2 }, 'STATEMENT_MALFORMED'],
    ['an unknown field', header(), { ...statement, note: 'x' }, 'STATEMENT_MALFORMED'],
    ['a province with a letter', header(), { ...statement, province: '2x' }, 'STATEMENT_MALFORMED'],
    ['a time before 1970', header(), { ...statement, issued_at: -1 }, 'STATEMENT_MALFORMED'],
    ['a short digest', header(), { ...statement, tls_spki_sha256: '33' }, 'STATEMENT_MALFORMED'],
    ['keys swapped', header(), { ...statement, opening: statement.enrolment }, 'STATEMENT_MALFORMED'],
    ['a private key', header(), withOpening({ d: key(9) }), 'STATEMENT_MALFORMED'],
    ['a short key', header(), withOpening({ x: key(1).slice(2) }), 'STATEMENT_MALFORMED'],
    [
      'a second spelling of a key',
      header(),
      withOpening({ x: `${key(1).slice(0, -1)}F` }),
      'STATEMENT_MALFORMED',
    ],
  ])('is refused with %s', async (_name, protectedHeader, payload, reason) => {
    const jws = await new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader(protectedHeader)
      .sign(ca.privateKey);
    await expect(verifyProvinceStatement(jws, ca.publicKey)).rejects.toMatchObject({ reason });
  });

  it('is not made of what no reader would accept', () => {
    expect(() => signProvinceStatement({ ...statement, province: '2' }, ca.privateKey)).toThrow(
      expect.objectContaining({ reason: 'STATEMENT_MALFORMED' }),
    );
  });

  it('is refused unread when it is too long', async () => {
    await expect(verifyProvinceStatement('a'.repeat(5_000), ca.publicKey)).rejects.toMatchObject({
      reason: 'STATEMENT_MALFORMED',
    });
  });
});

describe('a fingerprint', () => {
  it('is the same on every machine (checked against another base32)', () => {
    expect(fingerprintOf(statement)).toBe('CL3O-W4CJ-RC64-LE7K');
  });

  it.each([
    ['province', { province: '79' }],
    ['TLS key', { tls_spki_sha256: '4'.repeat(64) }],
    ['opening key', withOpening({ x: key(7) })],
    ['enrolment key', { enrolment: { ...statement.enrolment, x: key(7) } }],
  ])('changes with the %s', (_name, change) => {
    expect(fingerprintOf({ ...statement, ...change })).not.toBe(fingerprintOf(statement));
  });

  it('does not change with time and serial number', () => {
    const later = { ...statement, issued_at: 1, serial: '5'.repeat(32) };
    expect(fingerprintOf(later)).toBe(fingerprintOf(statement));
  });
});

describe('the key of a CA', () => {
  it('is read from its certificate, and from no other', async () => {
    const authority = await createAuthority();
    const read = caPublicKey(authority.certificate);
    expect(spkiSha256(read)).toMatch(/^[0-9a-f]{64}$/);
    const leaf = await authority.issue({ kind: 'hub' });
    const refusal = expect.objectContaining({ reason: 'BAD_CA' });
    expect(() => caPublicKey(leaf.cert)).toThrow(refusal);
    expect(() => caPublicKey('no certificate')).toThrow(refusal);
  });
});

function header() {
  return { alg: 'ES256', typ: 'truyvet-province' };
}

function withOpening(change: object): ProvinceStatement {
  return { ...statement, opening: { ...statement.opening, ...change } };
}
