/**
 * A node's identity: the directory that enrolment leaves behind, and what a node makes of it at start. Owns
 * its files' names, their rights and every check that they fit together; who may join is decided elsewhere.
 *
 *   tls.key tls.pem ca.pem           mutual TLS: own key and certificate, the pinned federation CA
 *   opening.jwk enrolment.jwk        private: signs openings; opens what is sealed to this province
 *   hub.json                         where the hub is, and its warrant key as the CA states it
 *   statement.jws                    this province's keys as the CA states them
 *   federation-keys.json             keys that all nodes share, by generation (node/federation/keys); a node
 *                                    that has not got any yet has no such file
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { AppError, type FieldError, invalidField, listed } from '../errors.ts';
import type { TlsMaterial } from '../grpc/tls.ts';
import { newId } from '../ids.ts';
import { caPublicKey, spkiSha256 } from '../signed/ca-statement.ts';
import { verifyHubStatement } from '../signed/hub-statement.ts';
import { loadPrivateKey, loadPublicKey } from '../signed/opening-keys.ts';
import { type ProvinceStatement, verifyProvinceStatement } from '../signed/province-statement.ts';
import { checkCertificate } from './certificate.ts';

/** Names of the files. */
export const IDENTITY_FILES = {
  tlsKey: 'tls.key',
  tlsCertificate: 'tls.pem',
  ca: 'ca.pem',
  openingKey: 'opening.jwk',
  enrolmentKey: 'enrolment.jwk',
  hub: 'hub.json',
  statement: 'statement.jws',
  federationKeys: 'federation-keys.json',
} as const;

export type IdentityFile = keyof typeof IDENTITY_FILES;

/** Files that nobody but their owner may read; of the federation key its feature sees to that. */
const SECRET: readonly IdentityFile[] = ['tlsKey', 'openingKey', 'enrolmentKey'];

const hubShape = z.strictObject({
  /** `host:port` of the hub's gRPC. */
  address: z.string().min(1),
  /** Its warrant key as the CA states it (shared/signed/hub-statement.ts). */
  statement: z.string(),
  /** Its key service's keys as the CA states them (shared/signed/oprf-statement.ts). */
  oprf_statements: z.array(z.string()).default([]),
});

/** What a node is and whom it trusts; everything checked. */
export interface Identity {
  readonly directory: string;
  readonly province: string;
  readonly tls: TlsMaterial;
  /** Signs the openings of this province. */
  readonly openingKey: KeyObject;
  /** Opens what is sealed to this province. */
  readonly enrolmentKey: KeyObject;
  /** Verifies what the CA states of other provinces. */
  readonly caKey: KeyObject;
  /** Where the hub is, unless the operator says otherwise. */
  readonly hubAddress: string;
  /** Verifies the hub's countersignatures and rule packs. */
  readonly warrantKey: KeyObject;
  /** What the CA states of the key service's keys; checked by whoever pins them. */
  readonly oprfStatements: readonly string[];
  /** Own statement, parsed and as signed. */
  readonly statement: ProvinceStatement;
  readonly statementJws: string;
}

/**
 * The identity in `directory`. Throws INVALID_CONFIG if a file is missing, readable by others, or does not
 * fit the others; the message names the file and never its content.
 */
export async function loadIdentity(directory: string, nowMs: number): Promise<Identity> {
  const text = await readAll(directory);
  return explained(directory, async () => {
    const caKey = caPublicKey(text.ca);
    const statement = await verifyProvinceStatement(text.statement.trim(), caKey);
    const openingKey = loadPrivateKey(text.openingKey);
    if (publicX(openingKey) !== statement.opening.x) throw unfit('openingKey');
    const enrolmentKey = readEnrolmentKey(text.enrolmentKey);
    if (publicX(enrolmentKey) !== statement.enrolment.x) throw unfit('enrolmentKey');
    const tls = { ca: text.ca, cert: text.tlsCertificate, key: text.tlsKey };
    checkOwnCertificate(tls, statement, nowMs);
    const hub = hubShape.parse(JSON.parse(text.hub));
    const { warrant } = await verifyHubStatement(hub.statement, caKey);
    return {
      ...{ directory, province: statement.province, tls, openingKey, enrolmentKey, caKey },
      statement,
      statementJws: text.statement.trim(),
      hubAddress: hub.address,
      warrantKey: loadPublicKey(warrant),
      oprfStatements: hub.oprf_statements,
    };
  });
}

/**
 * Key and certificate of a running node, for LiveTls: `first`, how they are read anew from its directory
 * (INVALID_CONFIG), and whether they fit its identity (BAD_CERTIFICATE). The CA stays the pinned one.
 */
export function ownTls({ directory, tls, statement }: Identity, clock: Pick<Clock, 'nowMs'>) {
  const path = (file: IdentityFile) => join(directory, IDENTITY_FILES[file]);
  return {
    first: tls,
    async read(): Promise<TlsMaterial> {
      await demandPrivate(path('tlsKey'), IDENTITY_FILES.tlsKey);
      const key = await readFile(path('tlsKey'), 'utf8');
      return { ca: tls.ca, cert: await readFile(path('tlsCertificate'), 'utf8'), key };
    },
    check: (read: TlsMaterial) => checkOwnCertificate(read, statement, clock.nowMs()),
  };
}

/** Throws BAD_CERTIFICATE unless `tls` is a certificate of the province, for its key, in force. */
export function checkOwnCertificate(tls: TlsMaterial, statement: ProvinceStatement, nowMs: number): void {
  const peer = { kind: 'node', province: statement.province } as const;
  const publicKey = createPublicKey(tls.key);
  if (spkiSha256(publicKey) !== statement.tls_spki_sha256) throw unfit('tlsKey');
  checkCertificate(tls.cert, { ca: tls.ca, peer, publicKey, nowMs });
}

/** Writes a file of an identity as one step: a crash leaves the old one or the new one. */
export async function writeIdentityFile(directory: string, file: IdentityFile, text: string): Promise<void> {
  await writePrivately(join(directory, IDENTITY_FILES[file]), text);
}

/** Makes the directory of an identity, for its owner alone. */
export async function makeIdentityDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

/** Writes a file (0600) that is there whole or not at all. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const temporary = `${path}.${newId().slice(0, 8)}`;
  await writeFile(temporary, text.endsWith('\n') ? text : `${text}\n`, { mode: 0o600, flush: true });
  await rename(temporary, path);
}

/** A private X25519 key from its JWK. Throws BAD_KEY; the message never quotes it. */
export function readEnrolmentKey(text: string): KeyObject {
  try {
    const jwk = JSON.parse(text);
    if (jwk.kty === 'OKP' && jwk.crv === 'X25519' && typeof jwk.d === 'string')
      return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    // The platform's message may quote the key.
  }
  throw invalidField('enrolment_key', 'KEY_NOT_X25519', undefined, 'BAD_KEY');
}

/** Throws INVALID_CONFIG if the file may be read by anybody but its owner, or is not there. */
export async function demandPrivate(path: string, name: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw badConfig([{ field: name, reason: 'FILE_UNREADABLE' }]);
  if ((found.mode & 0o077) !== 0) throw badConfig([{ field: name, reason: 'FILE_SHARED' }]);
}

/** Files that every identity has; the federation key comes later, and is read by its own feature. */
type Texts = Record<Exclude<IdentityFile, 'federationKeys'>, string>;

async function readAll(directory: string): Promise<Texts> {
  const problems: FieldError[] = [];
  const texts: Partial<Texts> = {};
  for (const [file, name] of Object.entries(IDENTITY_FILES) as [IdentityFile, string][]) {
    if (file === 'federationKeys') continue;
    const path = join(directory, name);
    try {
      if (SECRET.includes(file)) await demandPrivate(path, name);
      texts[file] = await readFile(path, 'utf8');
    } catch (error) {
      const found = error instanceof AppError ? error.details : [];
      problems.push(...(found.length > 0 ? found : [{ field: name, reason: 'FILE_UNREADABLE' } as const]));
    }
  }
  if (problems.length > 0) throw badConfig(problems);
  return texts as Texts;
}

async function explained<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.details.length > 0) throw badConfig(error.details);
    throw badConfig([{ field: directory, reason: 'FILE_WRONG' }], error);
  }
}

function publicX(key: KeyObject): string | undefined {
  return createPublicKey(key).export({ format: 'jwk' }).x;
}

function unfit(file: IdentityFile): AppError {
  const params = { file: IDENTITY_FILES.statement };
  return badConfig([{ field: IDENTITY_FILES[file], reason: 'KEY_OF_ANOTHER', params }]);
}

function badConfig(details: readonly FieldError[], cause?: unknown): AppError {
  return new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', `IDENTITY_DIR: ${listed(details)}`, {
    ...{ cause, details },
  });
}
