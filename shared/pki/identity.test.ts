/** What stops a start: identity files missing, readable by others, or not fitting each other and the CA. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createKeyFiles, type KeyFiles } from '../../deploy/federation/key-files.ts';
import { systemClock } from '../clock.ts';
import { IDENTITY_FILES, type IdentityFile, loadIdentity } from './identity.ts';

const parent = await mkdtemp(join(tmpdir(), 'identity-'));
let made = 0;
let keys: KeyFiles;
let directory: string;

beforeEach(async () => {
  const to = { hubAddress: '127.0.0.1:1', provinces: ['24', '79'] };
  keys = await createKeyFiles(join(parent, String(made++)), to);
  directory = keys.identityDir('24');
});
afterAll(() => rm(parent, { recursive: true }));

const load = () => loadIdentity(directory, systemClock.nowMs());
const path = (file: IdentityFile, of = directory) => join(of, IDENTITY_FILES[file]);

test('what enrolment leaves is an identity', async () => {
  expect(await load()).toMatchObject({ province: '24', hubAddress: '127.0.0.1:1' });
});

test.each<IdentityFile>(['tlsKey', 'openingKey', 'enrolmentKey'])('%s that others may read', async (file) => {
  for (const mode of [0o640, 0o604, 0o622]) {
    await chmod(path(file), mode);
    await expect(load()).rejects.toMatchObject({
      reason: 'INVALID_CONFIG',
      message: `IDENTITY_DIR: ${IDENTITY_FILES[file]}: others may read or change the file: chmod 600`,
    });
  }
});

test.each<IdentityFile>(['tlsKey', 'tlsCertificate', 'ca', 'openingKey', 'enrolmentKey', 'hub', 'statement'])(
  '%s missing, or of somebody else',
  async (file) => {
    const own = await readFile(path(file), 'utf8');
    await rm(path(file));
    await expect(load()).rejects.toMatchObject({
      message: `IDENTITY_DIR: ${IDENTITY_FILES[file]}: the file cannot be read`,
    });
    // Another federation's: the same names, another CA.
    const to = { hubAddress: '127.0.0.1:1', provinces: ['24'] };
    const others = await createKeyFiles(join(parent, String(made++)), to);
    await writeFile(path(file), await readFile(path(file, others.identityDir('24')), 'utf8'), {
      mode: 0o600,
    });
    await expect(load()).rejects.toMatchObject({ reason: 'INVALID_CONFIG' });
    await writeFile(path(file), own, { mode: 0o600 });
    await expect(load()).resolves.toBeDefined();
  },
);

test('a certificate and a statement of another province of the same federation', async () => {
  for (const file of ['tlsCertificate', 'statement'] as const) {
    const own = await readFile(path(file), 'utf8');
    await writeFile(path(file), await readFile(path(file, keys.identityDir('79')), 'utf8'));
    await expect(load()).rejects.toMatchObject({ reason: 'INVALID_CONFIG' });
    await writeFile(path(file), own);
  }
});

test('a certificate that has expired', async () => {
  const later = loadIdentity(directory, systemClock.nowMs() + 400 * 86_400_000);
  await expect(later).rejects.toMatchObject({ message: 'IDENTITY_DIR: certificate: expired' });
});
