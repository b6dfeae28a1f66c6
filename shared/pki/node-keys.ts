/**
 * The three private keys of a node, made where they stay: TLS (P-256), opening (Ed25519), enrolment (X25519).
 * Nothing here lets them out but as files of the identity directory.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spkiSha256 } from '../signed/ca-statement.ts';
import type { ProvinceKeySet } from '../signed/province-statement.ts';
import { demandPrivate, IDENTITY_FILES, type IdentityFile, writeIdentityFile } from './identity.ts';

export interface NodeKeys {
  readonly tls: KeyObject;
  readonly opening: KeyObject;
  readonly enrolment: KeyObject;
}

/** The keys in `directory`; those that are missing are made and written, those that are there are kept. */
export async function keepNodeKeys(directory: string): Promise<NodeKeys> {
  return {
    tls: await keep(directory, 'tlsKey', {
      make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      toText: (key) => key.export({ type: 'pkcs8', format: 'pem' }) as string,
      fromText: (text) => createPrivateKey(text),
    }),
    opening: await keep(
      directory,
      'openingKey',
      jwkKey(() => generateKeyPairSync('ed25519').privateKey),
    ),
    enrolment: await keep(
      directory,
      'enrolmentKey',
      jwkKey(() => generateKeyPairSync('x25519').privateKey),
    ),
  };
}

/** Their public halves, as a statement or a fingerprint covers them. */
export function publicKeysOf(province: string, { tls, opening, enrolment }: NodeKeys): ProvinceKeySet {
  return {
    province,
    opening: { kty: 'OKP', crv: 'Ed25519', x: publicX(opening) },
    enrolment: { kty: 'OKP', crv: 'X25519', x: publicX(enrolment) },
    tls_spki_sha256: spkiSha256(createPublicKey(tls)),
  };
}

interface KeyFile {
  make(): KeyObject;
  toText(key: KeyObject): string;
  fromText(text: string): KeyObject;
}

async function keep(directory: string, file: IdentityFile, { make, toText, fromText }: KeyFile) {
  const path = join(directory, IDENTITY_FILES[file]);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) {
    await demandPrivate(path, IDENTITY_FILES[file]);
    return fromText(text);
  }
  const key = make();
  await writeIdentityFile(directory, file, toText(key));
  return key;
}

function jwkKey(make: () => KeyObject): KeyFile {
  return {
    make,
    toText: (key) => JSON.stringify(key.export({ format: 'jwk' })),
    fromText: (text) => createPrivateKey({ key: JSON.parse(text), format: 'jwk' }),
  };
}

function publicX(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x as string;
}
