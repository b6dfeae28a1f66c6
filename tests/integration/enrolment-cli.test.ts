/** The CA on the command line: made once, signs only under the fingerprint compared, key kept shut. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runAsProcess } from '../support/command-line.ts';
import { command, run } from '../support/operator.ts';

let directory: string;
const path = (...names: string[]) => join(directory, ...names);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ca-cli-'));
  await run('hub', ['ca', 'create', '--dir', path('ca')]);
});
afterEach(() => rm(directory, { recursive: true }));

test('a CA is not written over, and its key is for its owner alone', async () => {
  const before = await readFile(path('ca', 'ca.key'), 'utf8');
  const again = await runAsProcess('hub', ['ca', 'create', '--dir', path('ca')]);
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining('CA_EXISTS') });
  expect(await readFile(path('ca', 'ca.key'), 'utf8')).toBe(before);
  expect((await stat(path('ca', 'ca.key'))).mode & 0o777).toBe(0o600);
  await chmod(path('ca', 'ca.key'), 0o644);
  const shown = await command('hub', ['ca', 'issue-hub', '--ca-dir', path('ca'), '--dir', path('hub')]).ended;
  expect(shown).toMatchObject({
    code: 2,
    err: expect.stringContaining('ca.key: người khác đọc hoặc sửa được tệp'),
  });
}, 60_000);

test('the hub is certified by file, and only under the fingerprint that was compared', async () => {
  const request = await run('hub', ['ca', 'request-hub', '--dir', path('hub')]);
  await writeFile(path('request.json'), request);
  const sign = ['ca', 'sign', '--ca-dir', path('ca'), path('request.json')];
  const unsigned = await command('hub', sign).ended;
  expect(unsigned).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('FINGERPRINT_MISMATCH'),
  });
  const fingerprint = /([A-Z2-7]{4}-){3}[A-Z2-7]{4}/.exec(unsigned.err)?.[0] as string;
  await writeFile(path('signed.json'), await run('hub', [...sign, '--fingerprint', fingerprint]));
  const install = [
    'ca',
    'install-hub',
    '--dir',
    path('hub'),
    '--ca',
    path('ca', 'ca.pem'),
    path('signed.json'),
  ];
  await run('hub', install);
  for (const name of ['tls.key', 'warrant.jwk'])
    expect((await stat(path('hub', name))).mode & 0o777).toBe(0o600);
  expect(await readFile(path('hub', 'ca.pem'), 'utf8')).toBe(await readFile(path('ca', 'ca.pem'), 'utf8'));
  // Signed for other keys: not taken over.
  await run('hub', ['ca', 'request-hub', '--dir', path('other')]);
  const foreign = await command('hub', install.with(3, path('other'))).ended;
  expect(foreign).toMatchObject({ code: 2, err: expect.stringContaining('BAD_CERTIFICATE') });
}, 60_000);
