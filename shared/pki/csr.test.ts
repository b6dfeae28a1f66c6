/** Requests for a certificate that ask for more than their sender may have. */
import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  type Extension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { spkiSha256 } from '../signed/ca-statement.ts';
import { createCsr, readCsr } from './csr.ts';

const NODE = { kind: 'node', province: '24' } as const;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const own = { type: 'url', value: 'truyvet://node/24' } as const;

interface Asked {
  readonly algorithm?: EcKeyGenParams | RsaHashedKeyGenParams;
  readonly name?: string;
  readonly extensions?: Extension[];
}
type EcKeyGenParams = { name: 'ECDSA'; namedCurve: string };
type RsaHashedKeyGenParams = {
  name: 'RSASSA-PKCS1-v1_5';
  modulusLength: number;
  publicExponent: Uint8Array;
  hash: string;
};

/** A request as an attacker would make it, with a key of its own. */
async function requestFor({ algorithm = P256, name = 'CN=node/24', extensions = [san(own)] }: Asked) {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const signingAlgorithm = { hash: 'SHA-256', ...algorithm };
  const made = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm, extensions });
  return Buffer.from(made.rawData);
}

const P256: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };
const RSA = (modulusLength: number): RsaHashedKeyGenParams => ({
  ...{ name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
});
const san = (...names: { type: 'url' | 'dns'; value: string }[]) =>
  new SubjectAlternativeNameExtension(names);

describe('a certificate request', () => {
  it('gives its key', async () => {
    const read: KeyObject = await readCsr(await createCsr(privateKey, NODE), NODE);
    expect(spkiSha256(read)).toBe(spkiSha256(publicKey));
    await expect(readCsr(await requestFor({}), NODE)).resolves.toBeDefined();
  });

  it.each<[string, Asked]>([
    ['another subject', { name: 'CN=hub' }],
    ['two subjects', { name: 'CN=node/24, CN=hub' }],
    ['no name', { extensions: [] }],
    ['the name of the hub', { extensions: [san({ type: 'url', value: 'truyvet://hub' })] }],
    ['the name of another province', { extensions: [san({ type: 'url', value: 'truyvet://node/79' })] }],
    ['a second name', { extensions: [san(own, { type: 'url', value: 'truyvet://node/79' })] }],
    ['a host name', { extensions: [san(own, { type: 'dns', value: 'hub' })] }],
    ['CA:TRUE', { extensions: [san(own), new BasicConstraintsExtension(true, 1, true)] }],
    ['CA:FALSE, unasked', { extensions: [san(own), new BasicConstraintsExtension(false)] }],
    ['a key of RSA, 1024 bits', { algorithm: RSA(1024) }],
    ['a key of RSA, 3072 bits', { algorithm: RSA(3072) }],
    ['a key on P-384', { algorithm: { name: 'ECDSA', namedCurve: 'P-384' } }],
  ])('is refused with %s', async (_what, asked) => {
    const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT', reason: 'CSR_REFUSED' });
    await expect(readCsr(await requestFor(asked), NODE)).rejects.toEqual(refusal);
  });

  it('is refused when it is for another peer, altered, cut, empty or too long', async () => {
    const good = await createCsr(privateKey, NODE);
    const refusal = { reason: 'CSR_REFUSED' };
    await expect(readCsr(good, { kind: 'node', province: '79' })).rejects.toMatchObject(refusal);
    await expect(readCsr(good, { kind: 'hub' })).rejects.toMatchObject(refusal);
    for (const bytes of [altered(good), good.subarray(0, 100), Buffer.alloc(0), Buffer.alloc(9_000, 0x30)])
      await expect(readCsr(bytes, NODE)).rejects.toMatchObject(refusal);
  });
});

/** The last byte of the signature is another. */
function altered(der: Buffer): Buffer {
  const copy = Buffer.from(der);
  copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1;
  return copy;
}
