/**
 * Finds the federation CA that an invitation names: the hub's enrolment listener shows it in its chain, and
 * only a certificate with the very digest of the invitation is taken. Nothing is sent but the handshake.
 */
import type { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { systemClock } from '../../../shared/clock.ts';
import { AppError } from '../../../shared/errors.ts';
import { TLS_TERMS } from '../../../shared/grpc/tls.ts';
import { certificateSha256 } from '../../../shared/pki/certificate.ts';

const HANDSHAKE_MS = 10_000;

/**
 * The CA's certificate (PEM) as the listener at `address` shows it. Throws UNAVAILABLE HUB_UNREACHABLE;
 * PERMISSION_DENIED CA_NOT_PINNED if none in the chain has the digest `sha256` (64 hex digits): then
 * somebody else is at that address.
 */
export async function fetchPinnedCa(address: string, sha256: string): Promise<string> {
  const socket = await shakeHands(address);
  try {
    for (let at = socket.getPeerX509Certificate(), steps = 0; at && steps < 5; at = issuerOf(at), steps++)
      if (certificateSha256(at) === sha256) return at.toString();
  } finally {
    socket.destroy();
  }
  throw new AppError('PERMISSION_DENIED', 'CA_NOT_PINNED', 'not the federation of the invitation');
}

/** Undefined at the end of the chain. */
function issuerOf(certificate: X509Certificate): X509Certificate | undefined {
  const { issuerCertificate } = certificate;
  return issuerCertificate?.fingerprint256 === certificate.fingerprint256 ? undefined : issuerCertificate;
}

async function shakeHands(address: string): Promise<TLSSocket> {
  const { hostname, port } = new URL(`tcp://${address}`);
  // Not trusted here: what is taken from it must have the pinned digest.
  const socket = connect({
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), servername: 'hub' },
    ...{ rejectUnauthorized: false, ALPNProtocols: ['h2'], ...TLS_TERMS },
  });
  const patience = new AbortController();
  const late = systemClock.sleep(HANDSHAKE_MS, patience.signal).then(() => 'late');
  const shaken = new Promise<string>((resolve) => {
    socket.once('secureConnect', () => resolve('shaken'));
    socket.on('error', () => resolve('failed'));
  });
  const outcome = await Promise.race([shaken, late]);
  patience.abort();
  if (outcome === 'shaken') return socket;
  socket.destroy();
  throw new AppError('UNAVAILABLE', 'HUB_UNREACHABLE', `${address}: the hub cannot be reached`);
}
