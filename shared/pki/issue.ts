/**
 * Makes X.509 certificates: that of a federation CA, and those that it signs. A certificate says nothing that
 * its asker chose but the key: name, uses and validity are decided here.
 * Source: RFC 5280 (profile), RFC 9525 and SPIFFE (the name is a SAN URI).
 */
import type { KeyObject, webcrypto } from 'node:crypto';
import { type Peer, peerName, peerUri } from '../grpc/peer.ts';
import { newKey } from '../ids.ts';
import { loadX509, SIGNING, webKeyPair, webPublicKey } from './crypto-provider.ts';

/** A CA's certificate (PEM) and the private key that belongs to it. */
export interface CaKeys {
  readonly certificate: string;
  readonly key: KeyObject;
}

/** Instants, ms since the epoch. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A certificate as it is handed out: PEM, and its serial number in lower-case hex. */
export interface IssuedCertificate extends Validity {
  readonly pem: string;
  readonly serial: string;
}

/** The self-signed certificate of a CA with this private key (P-256), in PEM. Signs leaves only. */
export async function selfSignCa(key: KeyObject, name: string, validity: Validity): Promise<string> {
  const x509 = await loadX509();
  const keys = await webKeyPair(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: `CN=${name}`,
    ...datesOf(validity),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

export interface LeafRequest extends Validity {
  readonly peer: Peer;
  /** P-256; whether its owner holds the private half has been checked. */
  readonly publicKey: KeyObject;
  /** Instead of the peer's own SAN URI: for tests of those who check. */
  readonly uri?: string | undefined;
}

/** A certificate of `peer`, as server and as client. */
export async function issueCertificate(ca: CaKeys, request: LeafRequest): Promise<IssuedCertificate> {
  const { peer, publicKey, notBeforeMs, notAfterMs, uri = peerUri(peer) } = request;
  const x509 = await loadX509();
  const keys = await webKeyPair(ca.key);
  const issuer = new x509.X509Certificate(ca.certificate);
  const serial = newSerialNumber();
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: `CN=${peerName(peer)}`,
    issuer: issuer.subject,
    ...datesOf(request),
    publicKey: await webPublicKey(publicKey),
    signingKey: keys.privateKey as webcrypto.CryptoKey,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }]),
    ],
  });
  return { pem: leaf.toString('pem'), serial, notBeforeMs, notAfterMs };
}

/** 16 random bytes in hex, positive and without a leading zero byte (RFC 5280, 4.1.2.2). */
export function newSerialNumber(): string {
  const bytes = newKey(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function datesOf({ notBeforeMs, notAfterMs }: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(notBeforeMs), notAfter: new Date(notAfterMs) };
}
