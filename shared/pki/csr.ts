/**
 * Requests for a certificate (PKCS#10): what a node sends, and the strict reading of whoever signs. Of a
 * request only the key is used; one that asks for anything but its own name is refused, so that nobody who
 * looks at it is misled.
 * Source: RFC 2986 (PKCS#10), RFC 5280.
 */
import 'reflect-metadata';
import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { AppError } from '../errors.ts';
import { type Peer, peerName, peerUri } from '../grpc/peer.ts';
import { isP256 } from '../signed/ca-statement.ts';
import { SIGNING, webKeyPair } from './crypto-provider.ts';

/** A request takes some 300 bytes. */
const MAX_BYTES = 2_048;

/** A request (DER) for a certificate of `peer` for this private key, signed with it. */
export async function createCsr(key: KeyObject, peer: Peer): Promise<Buffer> {
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
  const request = parsed(der);
  const publicKey = publicKeyOf(request);
  if (!isP256(publicKey)) throw refused('its key is not ECDSA on P-256');
  if (!(await request.verify().catch(() => false))) throw refused('not signed with its own key');
  if (request.subject !== `CN=${peerName(peer)}`) throw refused('its subject is another');
  const [extension, ...others] = request.extensions;
  const names = extension instanceof SubjectAlternativeNameExtension ? extension.names.toJSON() : [];
  const asksForItself = names.length === 1 && names[0]?.type === 'url' && names[0].value === peerUri(peer);
  if (others.length > 0 || !asksForItself) throw refused('it asks for more than its own name');
  return publicKey;
}

function parsed(der: Uint8Array): Pkcs10CertificateRequest {
  try {
    if (der.length > MAX_BYTES) throw refused('too long');
    return new Pkcs10CertificateRequest(new Uint8Array(der));
  } catch {
    throw refused('not a PKCS#10 request');
  }
}

function publicKeyOf(request: Pkcs10CertificateRequest): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  } catch {
    throw refused('its key cannot be read');
  }
}

function refused(problem: string): AppError {
  return new AppError('INVALID_ARGUMENT', 'CSR_REFUSED', `certificate request: ${problem}`);
}
