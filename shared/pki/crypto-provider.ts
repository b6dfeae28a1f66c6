/**
 * The platform's WebCrypto for @peculiar/x509, set once before anything is made with it, and keys of ECDSA on
 * P-256 between its form and Node's.
 */
import 'reflect-metadata';
import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import { cryptoProvider } from '@peculiar/x509';

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

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
