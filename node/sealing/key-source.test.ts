import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeError } from '../../shared/log.ts';
import { parseKeySource } from './key-config.ts';
import { formatKeyRing, newKeyRing } from './key-ring.ts';
import { createKeyRingFile, readKeyRing, rotateKeyRingFile } from './key-source.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truyvet-keys-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const SECRET = 'geheim-4711';
const RING = formatKeyRing(newKeyRing());
const told = (error: unknown) =>
  JSON.stringify([describeError(error), (error as Error).message, String(error)]);

describe('a file', () => {
  it('is created for its owner alone, once', async () => {
    const file = join(directory, 'keys.json');
    const ring = await createKeyRingFile(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readKeyRing({ file })).toEqual(ring);
    await expect(createKeyRingFile(file)).rejects.toMatchObject({ reason: 'DATA_KEYS_EXIST' });
    expect(await readKeyRing({ file })).toEqual(ring);
  });

  it('gets a generation more, whole or not at all, and stays its owner’s alone', async () => {
    const file = join(directory, 'keys.json');
    const before = await createKeyRingFile(file);
    await chmod(file, 0o644);
    const after = await rotateKeyRingFile(file);
    expect([after.current, after.keys.get(1)]).toEqual([2, before.keys.get(1)]);
    expect(await readKeyRing({ file })).toEqual(after);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(['keys.json']);
    await writeFile(file, 'spoilt');
    await expect(rotateKeyRingFile(file)).rejects.toMatchObject({ reason: 'DATA_KEYS_MALFORMED' });
    expect(await readFile(file, 'utf8')).toBe('spoilt');
  });

  it('that is not there is said to be missing', async () => {
    await expect(readKeyRing({ file: join(directory, 'none') })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'DATA_KEYS_UNREADABLE',
      message: expect.stringContaining('ENOENT'),
    });
  });
});

describe('a command', () => {
  const script = async (text: string) => {
    const file = join(directory, 'kms');
    await writeFile(file, `#!/bin/sh\n${text}\n`, { mode: 0o700 });
    return { command: [file, SECRET] };
  };

  it('gives the ring by its standard output, and gets its arguments as they are', async () => {
    await writeFile(join(directory, 'ring'), RING);
    const source = await script(`test "$1" = '${SECRET}' && cat ${directory}/ring`);
    expect(formatKeyRing(await readKeyRing(source))).toBe(RING);
    const quoted = { command: ['/bin/echo', '$(cat /etc/passwd)', '; true'] };
    await expect(readKeyRing(quoted)).rejects.toMatchObject({ reason: 'DATA_KEYS_MALFORMED' });
  });

  it.each([
    ['fails', `echo ${SECRET} >&2; echo ${SECRET}; exit 3`, 'DATA_KEYS_COMMAND_FAILED', 'ended with 3'],
    ['is killed', 'kill -9 $$', 'DATA_KEYS_COMMAND_FAILED', 'took too long|ended with'],
    ['prints junk', `echo ${SECRET}`, 'DATA_KEYS_MALFORMED', 'not valid JSON'],
    ['prints nothing', 'exit 0', 'DATA_KEYS_MALFORMED', 'not valid JSON'],
    [
      'prints without end',
      `yes ${SECRET}`,
      'DATA_KEYS_COMMAND_FAILED',
      'took too long or said too much|MAXBUFFER',
    ],
  ])('that %s is a clear error without its words', async (_, text, reason, message) => {
    const error = await readKeyRing(await script(text)).catch((error) => error);
    expect(error).toMatchObject({ reason, message: expect.stringMatching(message) });
    expect(told(error)).not.toContain(SECRET);
  });

  it('that is not there is a clear error', async () => {
    const error = await readKeyRing({ command: [join(directory, 'none'), SECRET] }).catch((error) => error);
    expect(error).toMatchObject({
      reason: 'DATA_KEYS_COMMAND_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
    expect(told(error)).not.toContain(SECRET);
  });

  it('that is slow is ended', async () => {
    const source = await script(`sleep 600; echo ${SECRET}`);
    const error = await readKeyRing(source, 50).catch((error) => error);
    expect(error).toMatchObject({
      reason: 'DATA_KEYS_COMMAND_FAILED',
      message: expect.stringContaining('too long'),
    });
  });
});

describe('the variables', () => {
  it.each([
    [{ DATA_KEYS_FILE: '/etc/truyvet/keys.json' }, { file: '/etc/truyvet/keys.json' }],
    [{ DATA_KEYS_COMMAND: ' /usr/bin/kms  read ring ' }, { command: ['/usr/bin/kms', 'read', 'ring'] }],
  ])('%j', (env, source) => {
    expect(parseKeySource(env)).toEqual(source);
  });

  it.each([
    {},
    { DATA_KEYS_FILE: '/a', DATA_KEYS_COMMAND: '/b' },
    { DATA_KEYS_COMMAND: 'kms read' },
    { DATA_KEYS_COMMAND: '' },
    { DATA_KEYS_FILE: '' },
  ])('%j is refused', (env) => {
    expect(() => parseKeySource(env)).toThrow(/DATA_KEYS_/);
  });
});
