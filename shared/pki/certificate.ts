/**
 * What a certificate must be before anybody of the federation uses it: of the pinned CA, for this name alone,
 * for this key, in force. TLS itself checks the chain again at every handshake.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { AppError, listed } from '../errors.ts';
import { type Peer, peerUri } from '../grpc/peer.ts';
import { spkiSha256 } from '../signed/ca-statement.ts';

/** What is expected of a certificate. */
export interface CertificateTerms {
  /** PEM of the federation CA. */
  readonly ca: string;
  readonly peer: Peer;
  /** The only key that it may be for. */
  readonly publicKey: KeyObject;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** Clocks of CA and program may differ by this much. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** The certificate in `pem`. Throws PERMISSION_DENIED BAD_CERTIFICATE with what is wrong with it. */
export function checkCertificate(pem: string, terms: CertificateTerms): X509Certificate {
  const certificate = readCertificate(pem);
  const ca = readCertificate(terms.ca);
  if (!certificate.checkIssued(ca) || !certificate.verify(ca.publicKey)) throw bad('NOT_OF_CA');
  if (certificate.ca) throw bad('IS_A_CA');
  // Exactly one name: a second one would let its holder act for somebody else.
  if (certificate.subjectAltName !== `URI:${peerUri(terms.peer)}`) throw bad('OTHER_NAME');
  if (spkiSha256(certificate.publicKey) !== spkiSha256(terms.publicKey)) throw bad('OTHER_KEY');
  const { notBeforeMs, notAfterMs } = validityOf(certificate);
  if (notAfterMs <= terms.nowMs) throw bad('EXPIRED');
  if (notBeforeMs > terms.nowMs + CLOCK_TOLERANCE_MS) throw bad('NOT_YET_VALID');
  return certificate;
}

/** The certificate in `pem`, unchecked. Throws BAD_CERTIFICATE if it is none. */
export function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw bad('NOT_PEM');
  }
}

/** From when until when, epoch milliseconds. */
export function validityOf({ validFrom, validTo }: X509Certificate) {
  return { notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo) };
}

/** Serial number in lower-case hex without leading zeros, as certificates are listed by. */
export function serialOf(certificate: X509Certificate): string {
  return certificate.serialNumber.toLowerCase().replace(/^0+(?=.)/, '');
}

/** SHA-256 of the certificate itself, 64 hex digits: what an invitation pins. */
export function certificateSha256(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

type Flaw = 'NOT_OF_CA' | 'IS_A_CA' | 'OTHER_NAME' | 'OTHER_KEY' | 'EXPIRED' | 'NOT_YET_VALID' | 'NOT_PEM';

function bad(reason: Flaw): AppError {
  const details = [{ field: 'certificate', reason }];
  return new AppError('PERMISSION_DENIED', 'BAD_CERTIFICATE', listed(details), { details });
}
