/**
 * Who is at the other end: the name in a certificate's SAN URI (`truyvet://hub`, `truyvet://node/24`).
 * Certificates are the only source of that name; nothing that a peer says about itself counts.
 */
import { X509Certificate } from 'node:crypto';
import type { PeerCertificate } from 'node:tls';

/** `newcomer` has no certificate yet: only the enrolment listener lets such a one in. */
export type Peer =
  | { readonly kind: 'hub' }
  | { readonly kind: 'node'; readonly province: string }
  | { readonly kind: 'newcomer' };
export type PeerKind = Peer['kind'];

/**
 * Whether a peer may be connected to, beyond what TLS checks: undefined, or the reason (UPPER_SNAKE) why not.
 * Asked at every handshake, and again of open connections when its answer may have changed.
 */
export type PeerCheck = (peer: Peer, certificate: X509Certificate) => string | undefined;

/** `hub` or `node/24`: for logs and error messages. */
export function peerName(peer: Peer): string {
  return peer.kind === 'node' ? `node/${peer.province}` : peer.kind;
}

/** The SAN URI that a certificate of this peer carries. */
export function peerUri(peer: Peer): string {
  return `truyvet://${peerName(peer)}`;
}

const PEER_ENTRY = /^URI:truyvet:\/\/(?:(hub)|node\/(\d\d))$/;

/**
 * The peer named by a certificate's `subjectaltname` as Node prints it (`URI:truyvet://node/24,
 * DNS:localhost`); undefined unless it names exactly one. Node quotes entries that hold separators: such a
 * list is not read at all, so that no DNS name can smuggle in a URI.
 */
export function peerOf(subjectAltName: string | undefined): Peer | undefined {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return undefined;
  const entries = subjectAltName.split(', ').filter((entry) => entry.startsWith('URI:'));
  const [entry, ...others] = entries;
  const match = entry === undefined || others.length > 0 ? null : PEER_ENTRY.exec(entry);
  if (match === null) return undefined;
  return match[1] === undefined ? { kind: 'node', province: match[2] as string } : { kind: 'hub' };
}

/**
 * A `checkServerIdentity` that accepts the expected peer and nobody else. Host names do not matter: a
 * province may move its node to another address, not to another name.
 */
export function demandPeer(
  expected: Peer,
  check: PeerCheck = () => undefined,
): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (_host, certificate) => {
    const peer = peerOf(certificate.subjectaltname);
    if (peer !== undefined && peerName(peer) === peerName(expected)) {
      const refusal = check(peer, new X509Certificate(certificate.raw));
      return refusal === undefined ? undefined : new Error(`certificate refused: ${refusal}`);
    }
    const found = peer === undefined ? 'nobody' : peerName(peer);
    return new Error(`certificate names ${found}, expected ${peerName(expected)}`);
  };
}
