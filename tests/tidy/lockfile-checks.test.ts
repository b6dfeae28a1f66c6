import { expect, test } from 'vitest';
import { checkInstallScripts, checkLockfile } from './lockfile-checks.ts';

test('checkInstallScripts wants a decision, either one', () => {
  const lockfile = {
    packages: {
      '': {},
      'node_modules/pino': {},
      'node_modules/a': { hasInstallScript: true },
      'node_modules/a/node_modules/@b/c': { hasInstallScript: true },
    },
  };
  expect(checkInstallScripts(lockfile, { a: true, '@b/c': false })).toEqual([]);
  expect(checkInstallScripts(lockfile, { a: true })).toMatchObject([
    { what: expect.stringMatching(/^@b\/c /) },
  ]);
});

const integrity = `sha512-${'A'.repeat(86)}==`;
const sound = {
  lockfileVersion: 3,
  packages: {
    '': { dependencies: { pino: '10.4.0' }, devDependencies: {} },
    'node_modules/pino': { version: '10.4.0', integrity, dependencies: { 'on-exit': '^1.0.0' } },
    'node_modules/on-exit': { version: '1.0.0', integrity },
  },
};
const manifest = { dependencies: { pino: '10.4.0' } };
const withPino = (pino: object) => ({
  ...sound,
  packages: { ...sound.packages, 'node_modules/pino': { version: '10.4.0', integrity, ...pino } },
});

test('checkLockfile is content with registry versions and their digests', () => {
  expect(checkLockfile(sound, manifest)).toEqual([]);
});

test.each([
  ['no digest', withPino({ integrity: undefined }), manifest, 'has no SHA-512'],
  ['a weak digest', withPino({ integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }), manifest, 'has no SHA-512'],
  ['an address', withPino({ resolved: 'https://example.org/pino.tgz' }), manifest, 'where it comes from'],
  ['a link', withPino({ link: true }), manifest, 'where it comes from'],
  ['a git version', withPino({ version: 'git+ssh://x' }), manifest, 'has the version git+ssh://x'],
  ['a git dependency', withPino({ dependencies: { a: 'github:b/c' } }), manifest, 'wants a from github:b/c'],
  ['a folder', withPino({ dependencies: { a: 'file:../a' } }), manifest, 'wants a from file:../a'],
  ['an older lock', sound, { dependencies: { pino: '10.4.1' } }, 'package.json wants 10.4.1'],
  ['another installed', withPino({ version: '10.3.0' }), manifest, 'installed is 10.3.0'],
  ['a range', sound, { dependencies: { pino: '^10.4.0' } }, 'no exact version'],
  ['one not in package.json', sound, {}, 'no exact version'],
  ['one not in the lock', sound, { dependencies: { pino: '10.4.0', zod: '4.6.7' } }, 'wants 4.6.7'],
  ['an old format', { ...sound, lockfileVersion: 1 }, manifest, 'version 3'],
])('checkLockfile refuses %s', (_what, lockfile, wanted, found) => {
  const [first] = checkLockfile(lockfile, wanted);
  expect(first?.what).toContain(found);
});
