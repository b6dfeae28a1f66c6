/**
 * A certificate authority for development and tests: keys made on the spot, kept in memory, certificates good
 * for a year. Real federations have one whose key lies on a machine of the national centre (`truyvet-hub ca`)
 * and never sees the private keys that it certifies.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { systemClock } from '../../shared/clock.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';
import { type CaKeys, issueCertificate, selfSignCa, type Validity } from '../../shared/pki/issue.ts';

const DAY_MS = 86_400_000;

export interface LeafOptions extends Partial<Validity> {
  /** Instead of the peer's own SAN URI. */
  readonly uri?: string;
  /** Private key (PEM, P-256) to certify instead of a new one. */
  readonly key?: string;
}

export interface Authority extends CaKeys {
  /** Key and certificate of `peer`, as server and as client. `ca` in the result is this authority. */
  issue(peer: Peer, options?: LeafOptions): Promise<TlsMaterial>;
}

/** A new authority; two of the same name have nothing else in common. */
export async function createAuthority(name = 'Truy Vet development CA'): Promise<Authority> {
  const key = newP256Key();
  const ca = { key, certificate: await selfSignCa(key, name, validity({})) };
  return { ...ca, issue: (peer, options = {}) => issueLeaf(ca, peer, options) };
}

async function issueLeaf(ca: CaKeys, peer: Peer, options: LeafOptions): Promise<TlsMaterial> {
  const key = options.key ?? (newP256Key().export({ type: 'pkcs8', format: 'pem' }) as string);
  const request = { peer, publicKey: createPublicKey(key), uri: options.uri, ...validity(options) };
  const { pem } = await issueCertificate(ca, request);
  return { ca: ca.certificate, cert: pem, key };
}

function validity({ notBeforeMs, notAfterMs }: Partial<Validity>): Validity {
  const nowMs = systemClock.nowMs();
  return { notBeforeMs: notBeforeMs ?? nowMs - DAY_MS, notAfterMs: notAfterMs ?? nowMs + 365 * DAY_MS };
}

function newP256Key(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}
