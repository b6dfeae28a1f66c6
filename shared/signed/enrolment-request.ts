/**
 * What a newcomer asks the federation for, as a compact JWS {alg: EdDSA, typ: truyvet-enrolment} under the
 * opening key that it brings: so it holds that key, and by the PKCS#10 request inside, its TLS key. Owns
 * shape and proofs; whether the newcomer is invited is decided elsewhere.
 */
import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { readCsr } from '../pki/csr.ts';
import { publicOkp, spkiSha256 } from './ca-statement.ts';
import { loadPublicKey } from './opening-keys.ts';
import type { ProvinceKeySet } from './province-statement.ts';

const TYPE = 'truyvet-enrolment';
/** A request takes 1,300 characters. */
const MAX_JWS_CHARS = 8_192;

const requestShape = z.strictObject({
  version: z.literal(1),
  /** Id of the invitation that it answers. */
  invitation: z.uuid(),
  province: z.string().regex(/^[0-9]{2}$/),
  /** `host:port` at which the hub reaches the node's gRPC. */
  address: z.string().regex(/^[^\s@/]{1,255}:\d{1,5}$/),
  /** PKCS#10, DER in base64url. */
  csr: z.string().max(4_096),
  opening: publicOkp('Ed25519'),
  enrolment: publicOkp('X25519'),
});

export type EnrolmentRequest = z.output<typeof requestShape>;

/** A request whose proofs hold. */
export interface VerifiedRequest {
  readonly request: EnrolmentRequest;
  /** What its fingerprint covers. */
  readonly keys: ProvinceKeySet;
  /** For its certificate. */
  readonly tlsKey: KeyObject;
}

/** `request` signed with the opening key that it names. */
export function signEnrolmentRequest(request: EnrolmentRequest, openingKey: KeyObject): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(request)))
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE })
    .sign(openingKey);
}

/**
 * The request in `jws`, once its sender has shown to hold both signing keys. Throws INVALID_ARGUMENT
 * REQUEST_MALFORMED, CSR_REFUSED; PERMISSION_DENIED REQUEST_BAD_SIGNATURE.
 */
export async function verifyEnrolmentRequest(jws: string): Promise<VerifiedRequest> {
  const request = read(jws);
  const verified = compactVerify(jws, loadPublicKey(request.opening), { algorithms: ['EdDSA'] });
  const { typ } = await verified.then(
    ({ protectedHeader }) => protectedHeader,
    () => ({ typ: undefined }),
  );
  if (typ !== TYPE) {
    throw new AppError(
      'PERMISSION_DENIED',
      'REQUEST_BAD_SIGNATURE',
      'request: not signed by its opening key',
    );
  }
  const { province, opening, enrolment } = request;
  const tlsKey = await readCsr(Buffer.from(request.csr, 'base64url'), { kind: 'node', province });
  const keys = { province, opening, enrolment, tls_spki_sha256: spkiSha256(tlsKey) };
  return { request, keys, tlsKey };
}

function read(jws: string): EnrolmentRequest {
  try {
    if (jws.length > MAX_JWS_CHARS) throw new Error('too long');
    decodeProtectedHeader(jws);
    return requestShape.parse(JSON.parse(Buffer.from(jws.split('.')[1] as string, 'base64url').toString()));
  } catch {
    throw new AppError('INVALID_ARGUMENT', 'REQUEST_MALFORMED', 'request: not an enrolment request');
  }
}
