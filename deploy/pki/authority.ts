/**
 * A certificate authority for development and tests: keys made on the spot, kept in memory, good for a
 * year. Real federations are certified by an authority of the national centre whose key never lies on a
 * program's machine.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { systemClock } from '../../shared/clock.ts';
import { type Peer, peerName, peerUri } from '../../shared/grpc/peer.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';
import { newKey } from '../../shared/ids.ts';

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface LeafOptions {
  /** Instants, ms since the epoch; from yesterday for a year unless told. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** Instead of the peer's own SAN URI. */
  readonly uri?: string;
}

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /**
   * Key and certificate of `peer`: its SAN URI, 127.0.0.1 and localhost, as server and as client. `ca` in
   * the result is this authority.
   */
  issue(peer: Peer, options?: LeafOptions): Promise<TlsMaterial>;
}

/** A new authority; two of the same name have nothing else in common. */
export async function createAuthority(name = 'Truy Vet development CA'): Promise<Authority> {
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const keys = await newKeyPair();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: `CN=${name}`,
    ...validity({}),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: certificate.toString('pem'),
    issue: (peer, options = {}) => issueLeaf({ certificate, keys, peer, options }),
  };
}

interface LeafRequest {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly peer: Peer;
  readonly options: LeafOptions;
}

async function issueLeaf({ certificate, keys, peer, options }: LeafRequest): Promise<TlsMaterial> {
  const own = await newKeyPair();
  const leaf = await X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: `CN=${peerName(peer)}`,
    issuer: certificate.subject,
    ...validity(options),
    publicKey: own.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
      new SubjectAlternativeNameExtension([
        { type: 'url', value: options.uri ?? peerUri(peer) },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
  return {
    ca: certificate.toString('pem'),
    cert: leaf.toString('pem'),
    key: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}

function validity({ notBeforeMs, notAfterMs }: LeafOptions): { notBefore: Date; notAfter: Date } {
  const nowMs = systemClock.nowMs();
  return {
    notBefore: new Date(notBeforeMs ?? nowMs - DAY_MS),
    notAfter: new Date(notAfterMs ?? nowMs + 365 * DAY_MS),
  };
}

async function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** 16 random bytes in hex, positive and without a leading zero byte (RFC 5280, 4.1.2.2). */
function newSerialNumber(): string {
  const bytes = newKey(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
