/**
 * The certificates of a development federation as files: one authority, one certificate a program. The
 * authority's key is thrown away: who needs another program makes another federation.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Peer, peerName } from '../../shared/grpc/peer.ts';
import { createAuthority } from './authority.ts';

/** Paths of PEM files, as TLS_CA_FILE, TLS_CERT_FILE and TLS_KEY_FILE want them. */
export interface PkiFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Makes `directory` and in it the certificates of `peers`; returns their files by `peerName` (`hub`,
 * `node/24`).
 */
export async function createDevelopmentPki(
  directory: string,
  peers: readonly Peer[],
): Promise<ReadonlyMap<string, PkiFiles>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authority = await createAuthority();
  const caFile = join(directory, 'ca.pem');
  await writeFile(caFile, authority.certificate);
  const files = new Map<string, PkiFiles>();
  for (const peer of peers) {
    const { cert, key } = await authority.issue(peer);
    const stem = join(directory, peerName(peer).replace('/', '-'));
    await writeFile(`${stem}.pem`, cert);
    await writeFile(`${stem}.key`, key, { mode: 0o600 });
    files.set(peerName(peer), { caFile, certFile: `${stem}.pem`, keyFile: `${stem}.key` });
  }
  return files;
}
