/**
 * All secrets of a development federation, made anew at each start and written where only we can read: the
 * hub's keys, and for every province an identity directory as enrolment would leave it, from the same
 * functions. The CA's key is written nowhere.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { createKeyRingFile } from '../../node/sealing/key-source.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import type { Peer } from '../../shared/grpc/peer.ts';
import { newKey } from '../../shared/ids.ts';
import { IDENTITY_FILES, makeIdentityDirectory, writeIdentityFile } from '../../shared/pki/identity.ts';
import { newSerialNumber } from '../../shared/pki/issue.ts';
import { keepNodeKeys, publicKeysOf } from '../../shared/pki/node-keys.ts';
import { CHECK_INPUT, checkOf } from '../../shared/pseudonym/key-check.ts';
import { oprfReady, tokensUnderKey } from '../../shared/pseudonym/oprf.ts';
import { deriveOprfKey } from '../../shared/pseudonym/oprf-key.ts';
import { signHubStatement } from '../../shared/signed/hub-statement.ts';
import { signOprfStatement } from '../../shared/signed/oprf-statement.ts';
import { signProvinceStatement } from '../../shared/signed/province-statement.ts';
import { type Authority, createAuthority } from '../pki/authority.ts';
import { type KeyHoldingProvince, writeFederationKeys } from './federation-key-files.ts';

/** Paths of PEM files, as TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE want them. */
export interface PkiFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Paths, under the names of the programs' variables. */
export interface KeyFiles {
  tls(peer: Peer): PkiFiles;
  /** IDENTITY_DIR of a province's node. */
  identityDir(province: string): string;
  readonly oprfKeyFile: string;
  /** What the CA states of it. */
  readonly oprfStatementsFile: string;
  /** A line for each of the two files: a key of this generation. */
  nextOprfKey(generation: number): Promise<{ readonly key: string; readonly statement: string }>;
  readonly warrantKeyFile: string;
  /** Private key of a province. */
  openingKeyFile(province: string): string;
  /** What the CA states of a province. */
  statement(province: string): string;
  /** Data keys of a province's database. */
  dataKeysFile(province: string): string;
}

/** Makes `directory` and all keys of a hub at `hubAddress` (its gRPC) and `provinces` in it. */
export async function createKeyFiles(
  directory: string,
  { hubAddress, provinces }: { hubAddress: string; provinces: readonly string[] },
): Promise<KeyFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = (name: string) => join(directory, name);
  const authority = await createAuthority();
  const hub = await writeHubKeys(directory, authority);
  const shared = {
    hub: JSON.stringify({
      address: hubAddress,
      statement: hub.statement,
      oprf_statements: [hub.oprfStatement],
    }),
  };
  const identityDir = (province: string) => path(`node-${province}`);
  const statements = new Map<string, string>();
  const holders: KeyHoldingProvince[] = [];
  for (const province of provinces) {
    const identity = await writeIdentity(identityDir(province), { authority, province, shared });
    statements.set(province, identity.statement);
    holders.push(identity);
    await createKeyRingFile(path(`data-keys-${province}.json`));
  }
  await writeFederationKeys(holders);
  const of = (stem: string) => ({
    ...{ caFile: join(stem, IDENTITY_FILES.ca), certFile: join(stem, IDENTITY_FILES.tlsCertificate) },
    keyFile: join(stem, IDENTITY_FILES.tlsKey),
  });
  return {
    tls: (peer) => of(peer.kind === 'node' ? identityDir(peer.province) : path('hub')),
    identityDir,
    oprfKeyFile: path('hub/oprf.key'),
    oprfStatementsFile: path('hub/oprf.jws'),
    nextOprfKey: (generation) => makeOprfKey(generation, authority),
    warrantKeyFile: path('hub/warrant.jwk'),
    openingKeyFile: (province) => join(identityDir(province), IDENTITY_FILES.openingKey),
    statement: (province) => statements.get(province) as string,
    dataKeysFile: (province) => path(`data-keys-${province}.json`),
  };
}

/** The hub's own keys below `directory`; returns what the CA states of it. */
async function writeHubKeys(directory: string, authority: Authority): Promise<HubStatements> {
  const hub = join(directory, 'hub');
  await mkdir(hub, { mode: 0o700 });
  const write = (name: string, text: string) => writeFile(join(hub, name), text, { mode: 0o600 });
  const tls = await authority.issue({ kind: 'hub' });
  await write(IDENTITY_FILES.ca, tls.ca);
  await write(IDENTITY_FILES.tlsCertificate, tls.cert);
  await write(IDENTITY_FILES.tlsKey, tls.key);
  const { key: oprfKey, statement: oprfStatement } = await makeOprfKey(1, authority);
  await write('oprf.key', `${oprfKey}\n`);
  await write('oprf.jws', `${oprfStatement}\n`);
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  await write('warrant.jwk', JSON.stringify(await exportJWK(privateKey)));
  const warrant = { kty: 'OKP', crv: 'Ed25519', x: (await exportJWK(publicKey)).x as string } as const;
  return { statement: await signHubStatement({ ...stamp(), warrant }, authority.key), oprfStatement };
}

/** What the CA states of the hub, and of the first generation of its OPRF key. */
interface HubStatements {
  readonly statement: string;
  readonly oprfStatement: string;
}

async function makeOprfKey(generation: number, authority: Authority) {
  await oprfReady();
  const key = newHexKey();
  const check = checkOf(tokensUnderKey(deriveOprfKey(Buffer.from(key, 'hex')), [CHECK_INPUT]));
  return { key, statement: await signOprfStatement({ ...stamp(), generation, check }, authority.key) };
}

interface IdentityParts {
  readonly authority: Authority;
  readonly province: string;
  /** What is the same in all provinces. */
  readonly shared: { readonly hub: string };
}

async function writeIdentity(directory: string, { authority, province, shared }: IdentityParts) {
  await makeIdentityDirectory(directory);
  const keys = await keepNodeKeys(directory);
  const publicKeys = publicKeysOf(province, keys);
  const pem = keys.tls.export({ type: 'pkcs8', format: 'pem' }) as string;
  const tls = await authority.issue({ kind: 'node', province }, { key: pem });
  const statement = await signProvinceStatement({ ...stamp(), ...publicKeys }, authority.key);
  await writeIdentityFile(directory, 'ca', tls.ca);
  await writeIdentityFile(directory, 'tlsCertificate', tls.cert);
  await writeIdentityFile(directory, 'statement', statement);
  await writeIdentityFile(directory, 'hub', shared.hub);
  return { statement, directory, holder: publicKeys, openingKey: keys.opening };
}

function stamp() {
  return { version: 1, issued_at: nowSeconds(systemClock), serial: newSerialNumber() } as const;
}

function newHexKey(): string {
  return Buffer.from(newKey(32)).toString('hex');
}
