/**
 * All secrets of a development federation, made anew at each start and written where only we can read:
 * certificates, the OPRF key, the federation key, the provinces' opening keys, the hub's warrant key.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { type Peer, peerName } from '../../shared/grpc/peer.ts';
import { newKey } from '../../shared/ids.ts';
import { createDevelopmentPki, type PkiFiles } from '../pki/development.ts';

/** Paths, under the names of the programs' variables. */
export interface KeyFiles {
  tls(peer: Peer): PkiFiles;
  readonly oprfKeyFile: string;
  readonly federationKeyFile: string;
  readonly warrantKeyFile: string;
  readonly warrantPublicKeyFile: string;
  /** Private key of a province. */
  openingKeyFile(province: string): string;
  /** Public keys of all provinces. */
  readonly provinceKeysFile: string;
}

/** Makes `directory` and all keys of a hub and `provinces` in it. */
export async function createKeyFiles(directory: string, provinces: readonly string[]): Promise<KeyFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = (name: string) => join(directory, name);
  const write = (name: string, text: string) => writeFile(path(name), text, { mode: 0o600 });
  const peers: Peer[] = [{ kind: 'hub' }, ...provinces.map((province): Peer => ({ kind: 'node', province }))];
  const pki = await createDevelopmentPki(path('pki'), peers);

  await write('oprf.key', newHexKey());
  await write('federation.key', newHexKey());
  const warrant = await newSigningKey();
  await write('warrant.jwk', JSON.stringify(warrant.privateJwk));
  await write('warrant-public.jwk', JSON.stringify(warrant.publicJwk));
  const publicKeys: JWK[] = [];
  for (const province of provinces) {
    const { privateJwk, publicJwk } = await newSigningKey();
    await write(`opening-${province}.jwk`, JSON.stringify({ ...privateJwk, kid: province }));
    publicKeys.push({ ...publicJwk, kid: province });
  }
  await write('province-keys.jwks', JSON.stringify({ keys: publicKeys }));

  return {
    tls: (peer) => pki.get(peerName(peer)) as PkiFiles,
    oprfKeyFile: path('oprf.key'),
    federationKeyFile: path('federation.key'),
    warrantKeyFile: path('warrant.jwk'),
    warrantPublicKeyFile: path('warrant-public.jwk'),
    openingKeyFile: (province) => path(`opening-${province}.jwk`),
    provinceKeysFile: path('province-keys.jwks'),
  };
}

function newHexKey(): string {
  return `${Buffer.from(newKey(32)).toString('hex')}\n`;
}

async function newSigningKey(): Promise<{ privateJwk: JWK; publicJwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { privateJwk: await exportJWK(privateKey), publicJwk: await exportJWK(publicKey) };
}
