/**
 * The federation CA: made once, kept in a directory that may lie on a machine without a network, and all that
 * it ever signs. Decides nothing by itself: somebody has compared the fingerprint before it is asked.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import { readCsr } from '../../shared/pki/csr.ts';
import { demandPrivate, writePrivately } from '../../shared/pki/identity.ts';
import { type CaKeys, issueCertificate, newSerialNumber, selfSignCa } from '../../shared/pki/issue.ts';
import type { OprfKeyCheck } from '../../shared/pseudonym/key-check.ts';
import { caPublicKey, publicOkp, spkiSha256 } from '../../shared/signed/ca-statement.ts';
import { verifyEnrolmentRequest } from '../../shared/signed/enrolment-request.ts';
import { signHubStatement } from '../../shared/signed/hub-statement.ts';
import { signOprfStatement } from '../../shared/signed/oprf-statement.ts';
import {
  fingerprintOf,
  fingerprintText,
  type ProvinceKeySet,
  signProvinceStatement,
  verifyProvinceStatement,
} from '../../shared/signed/province-statement.ts';

/** Files of a CA's directory. */
export const CA_FILES = { key: 'ca.key', certificate: 'ca.pem' } as const;

const DAY_MS = 86_400_000;
const CA_LIFE_MS = 10 * 365 * DAY_MS;
/** Clocks differ: a certificate is good a little before it was made. */
const SKEW_MS = 5 * 60_000;

/** What the CA is asked to sign, as a file that may travel by hand. */
const requestShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('joining'), request: z.string() }),
  z.strictObject({ kind: z.literal('renewal'), csr: z.string(), statement: z.string() }),
  z.strictObject({ kind: z.literal('hub'), csr: z.string(), warrant: publicOkp('Ed25519') }),
]);
export type CaRequest = z.output<typeof requestShape>;

const signedShape = z.strictObject({ certificate: z.string(), statement: z.string().optional() });
/** What it answers: the certificate (PEM), and a statement unless the old one goes on. */
export type SignedRequest = z.output<typeof signedShape>;

/** A request whose proofs hold, and what it would bind together. */
export interface ReadRequest {
  readonly kind: CaRequest['kind'];
  readonly peer: Peer;
  readonly tlsKey: KeyObject;
  readonly fingerprint: string;
  readonly keys?: ProvinceKeySet;
  readonly warrant?: z.output<ReturnType<typeof publicOkp<'Ed25519'>>>;
}

/** Makes a CA in a new directory. Throws ALREADY_EXISTS CA_EXISTS rather than write over one. */
export async function createCa(directory: string, nowMs: number): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, CA_FILES.key);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new AppError('ALREADY_EXISTS', 'CA_EXISTS', 'there is a CA in this directory already');
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const validity = { notBeforeMs: nowMs - SKEW_MS, notAfterMs: nowMs + CA_LIFE_MS };
  const certificate = await selfSignCa(key, 'Truy Vet federation CA', validity);
  await writePrivately(path, key.export({ type: 'pkcs8', format: 'pem' }) as string);
  await writePrivately(join(directory, CA_FILES.certificate), certificate);
  return certificate;
}

/** The CA in `directory`. Throws INVALID_CONFIG if its key may be read by others, BAD_CA. */
export async function loadCa(directory: string): Promise<CaKeys> {
  const path = join(directory, CA_FILES.key);
  await demandPrivate(path, CA_FILES.key);
  const certificate = await readFile(join(directory, CA_FILES.certificate), 'utf8').catch(() => '');
  const key = createPrivateKey(await readFile(path, 'utf8'));
  if (spkiSha256(caPublicKey(certificate)) !== spkiSha256(createPublicKey(key)))
    throw new AppError('INVALID_ARGUMENT', 'BAD_CA', 'key and certificate of the CA do not fit');
  return { certificate, key };
}

/**
 * A request as read from a file (parsed JSON), with its proofs checked; a renewal's against the CA's own
 * earlier statement. Throws REQUEST_MALFORMED, REQUEST_BAD_SIGNATURE, CSR_REFUSED, STATEMENT_BAD_SIGNATURE,
 * CSR_FOR_ANOTHER_KEY.
 */
export async function readCaRequest(value: unknown, caCertificate: string): Promise<ReadRequest> {
  const { data: request } = requestShape.safeParse(value);
  if (!request) throw new AppError('INVALID_ARGUMENT', 'REQUEST_MALFORMED', 'not a request for the CA');
  if (request.kind === 'joining') {
    const { keys, tlsKey } = await verifyEnrolmentRequest(request.request);
    const peer = { kind: 'node', province: keys.province } as const;
    return { kind: 'joining', peer, tlsKey, keys, fingerprint: fingerprintOf(keys) };
  }
  const csr = Buffer.from(request.csr, 'base64url');
  if (request.kind === 'hub') {
    const { warrant } = request;
    const tlsKey = await readCsr(csr, { kind: 'hub' });
    const fingerprint = fingerprintText(['truyvet-hub', spkiSha256(tlsKey), warrant.x]);
    return { kind: 'hub', peer: { kind: 'hub' }, tlsKey, warrant, fingerprint };
  }
  const statement = await verifyProvinceStatement(request.statement, caPublicKey(caCertificate));
  const peer = { kind: 'node', province: statement.province } as const;
  const tlsKey = await readCsr(csr, peer);
  demandKey(tlsKey, statement.tls_spki_sha256);
  return { kind: 'renewal', peer, tlsKey, fingerprint: fingerprintOf(statement) };
}

/** Throws PERMISSION_DENIED CSR_FOR_ANOTHER_KEY unless `key` is the one that the CA has stated. */
export function demandKey(key: KeyObject, statedSha256: string): void {
  if (spkiSha256(key) === statedSha256) return;
  throw new AppError('PERMISSION_DENIED', 'CSR_FOR_ANOTHER_KEY', 'a renewal is for the key that is enrolled');
}

/** Signs a request: whoever calls has compared its fingerprint. */
export async function signCaRequest(
  ca: CaKeys,
  { peer, tlsKey, keys, warrant }: ReadRequest,
  { nowMs, lifeMs }: { readonly nowMs: number; readonly lifeMs: number },
): Promise<SignedRequest> {
  const notBeforeMs = nowMs - Math.min(SKEW_MS, lifeMs / 10);
  const validity = { notBeforeMs, notAfterMs: nowMs + lifeMs };
  const { pem: certificate } = await issueCertificate(ca, { peer, publicKey: tlsKey, ...validity });
  const stamp = { version: 1, issued_at: Math.floor(nowMs / 1000), serial: newSerialNumber() } as const;
  if (keys) return { certificate, statement: await signProvinceStatement({ ...stamp, ...keys }, ca.key) };
  if (warrant) return { certificate, statement: await signHubStatement({ ...stamp, warrant }, ca.key) };
  return { certificate };
}

/** States a generation of the key service's key. Throws STATEMENT_MALFORMED. */
export function stateOprfKey({ key }: CaKeys, stated: OprfKeyCheck, nowMs: number): Promise<string> {
  const stamp = { version: 1, issued_at: Math.floor(nowMs / 1000), serial: newSerialNumber() } as const;
  return signOprfStatement({ ...stamp, ...stated }, key);
}

/** What came back from the CA, as read from a file (parsed JSON). Throws SIGNED_MALFORMED. */
export function readSigned(value: unknown): SignedRequest {
  const { data } = signedShape.safeParse(value);
  if (data) return data;
  throw new AppError('INVALID_ARGUMENT', 'SIGNED_MALFORMED', 'not what the CA has signed');
}
