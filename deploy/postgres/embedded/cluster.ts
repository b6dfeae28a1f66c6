/**
 * Makes a database cluster with initdb: whole or not at all, with a password of its own, so that other users
 * of the machine cannot connect.
 */
import { spawn } from 'node:child_process';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../shared/errors.ts';
import { newKey } from '../../../shared/ids.ts';
import { type Account, SPAWN_ENVIRONMENT } from './account.ts';

/** The superuser of the cluster. */
export const CLUSTER_USER = 'truyvet';

/** In the data directory, readable by its owner only. */
const PASSWORD_FILE = 'launcher-password';

/**
 * Makes a cluster in `dataDir` if that is empty, and returns the superuser's password. Throws
 * FAILED_PRECONDITION/DATA_DIRECTORY_NOT_OURS if the directory holds anything that was not made here.
 */
export async function ensureCluster(
  installation: string,
  account: Account,
  dataDir: string,
): Promise<string> {
  const known = await readFile(join(dataDir, PASSWORD_FILE), 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  if ((await readdir(dataDir)).length > 0) {
    const message = `${dataDir} is neither empty nor a database of ours`;
    throw new AppError('FAILED_PRECONDITION', 'DATA_DIRECTORY_NOT_OURS', message, {
      params: { directory: dataDir },
    });
  }
  // Made beside and moved into place when finished: a crash leaves an empty data directory.
  const unfinished = `${dataDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  try {
    return await makeCluster(installation, account, unfinished, dataDir);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function makeCluster(installation: string, account: Account, unfinished: string, dataDir: string) {
  const data = join(unfinished, 'data');
  const passwordFile = join(unfinished, PASSWORD_FILE);
  const password = Buffer.from(newKey(24)).toString('base64url');
  await mkdir(data, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of [unfinished, data, passwordFile]) {
    if (account.owner !== undefined) await chown(path, account.owner, account.owner);
  }
  await runInitdb(join(installation, 'bin', 'initdb'), account, [
    `--pgdata=${data}`,
    `--pwfile=${passwordFile}`,
    `--username=${CLUSTER_USER}`,
    '--auth=scram-sha-256',
    // Guessing 192 random bits is hopeless without thousands of rounds, which each connection would pay for.
    '--set=scram_iterations=1',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
    '--lc-messages=C',
    '--no-sync',
    '--no-instructions',
  ]);
  await rename(passwordFile, join(data, PASSWORD_FILE));
  await rename(data, dataDir);
  return password;
}

function runInitdb(program: string, account: Account, words: readonly string[]): Promise<void> {
  const [command = '', ...rest] = [...account.prefix, program, ...words];
  const child = spawn(command, rest, {
    cwd: '/',
    env: SPAWN_ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(account.uid === undefined ? {} : { uid: account.uid, gid: account.uid }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(initdbFailed(output))));
  });
}

function initdbFailed(output: string): AppError {
  return new AppError('UNAVAILABLE', 'EMBEDDED_POSTGRES_FAILED', 'initdb failed', {
    cause: new Error(output),
  });
}
