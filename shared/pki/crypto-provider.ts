/**
 * @peculiar/x509 with the platform's WebCrypto, loaded when something is made with it, and keys of ECDSA on
 * P-256 between its form and Node's.
 */
import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto';

/**
 * The library. With its 150 modules of ASN.1 it would be a sixth of what a program loads, and most lives of a
 * program make no certificate.
 */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { cryptoProvider } = x509;
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  return x509;
}

/** How certificates and requests of the federation are signed. */
export const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A private key with its public half, as WebCrypto wants them. */
export async function webKeyPair(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  return { privateKey: await webPrivateKey(key), publicKey: await webPublicKey(createPublicKey(key)) };
}

/** A public key on P-256. */
export function webPublicKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const spki = key.export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', spki, SIGNING, true, ['verify']);
}

function webPrivateKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, SIGNING, false, ['sign']);
}
