/**
 * Requests for a certificate (PKCS#10): what a node sends, and the strict reading of whoever signs. Of a
 * request only the key is used; one that asks for anything but its own name is refused, so that nobody who
 * looks at it is misled.
 * Source: RFC 2986 (PKCS#10), RFC 5280.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Pkcs10CertificateRequest } from '@peculiar/x509';
import { type AppError, type Fault, invalidFields } from '../errors.ts';
import { type Peer, peerName, peerUri } from '../grpc/peer.ts';
import { isP256 } from '../signed/ca-statement.ts';
import { loadX509, SIGNING, webKeyPair } from './crypto-provider.ts';

/** A request takes some 300 bytes. */
const MAX_BYTES = 2_048;

/** A request (DER) for a certificate of `peer` for this private key, signed with it. */
export async function createCsr(key: KeyObject, peer: Peer): Promise<Buffer> {
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } = await loadX509();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${peerName(peer)}`,
    keys: await webKeyPair(key),
    signingAlgorithm: SIGNING,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: peerUri(peer) }])],
  });
  return Buffer.from(request.rawData);
}

/**
 * The public key of a request by `peer`, whose private half the sender has shown to hold. Throws
 * INVALID_ARGUMENT CSR_REFUSED with what is wrong with it.
 */
export async function readCsr(der: Uint8Array, peer: Peer): Promise<KeyObject> {
  if (der.length > MAX_BYTES) throw refused({ reason: 'TOO_MANY_BYTES', params: { most: MAX_BYTES } });
  const x509 = await loadX509();
  const request = parsed(x509, der);
  const publicKey = publicKeyOf(request);
  if (!isP256(publicKey)) throw refused({ reason: 'KEY_NOT_P256' });
  if (!(await request.verify().catch(() => false))) throw refused({ reason: 'NOT_SELF_SIGNED' });
  if (request.subject !== `CN=${peerName(peer)}`) throw refused({ reason: 'OTHER_SUBJECT' });
  const [extension, ...others] = request.extensions;
  const names = extension instanceof x509.SubjectAlternativeNameExtension ? extension.names.toJSON() : [];
  const asksForItself = names.length === 1 && names[0]?.type === 'url' && names[0].value === peerUri(peer);
  if (others.length > 0 || !asksForItself) throw refused({ reason: 'ASKS_FOR_MORE' });
  return publicKey;
}

function parsed(
  { Pkcs10CertificateRequest: Request }: typeof import('@peculiar/x509'),
  der: Uint8Array,
): Pkcs10CertificateRequest {
  try {
    return new Request(new Uint8Array(der));
  } catch {
    throw refused({ reason: 'NOT_PKCS10' });
  }
}

function publicKeyOf(request: Pkcs10CertificateRequest): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  } catch {
    throw refused({ reason: 'KEY_UNREADABLE' });
  }
}

function refused(problem: Fault): AppError {
  return invalidFields([{ ...problem, field: 'csr' }], 'CSR_REFUSED');
}
