/**
 * The house style as a test: every file of this checkout against the rules in import-rules.ts and
 * code-rules.ts. What the checks themselves can and cannot see is tested in checks.test.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../shared/package-root.ts';
import {
  checkBytes,
  checkCitations,
  checkDefaultExports,
  checkDependencies,
  checkFileLines,
  checkFunctionLines,
  checkHeaders,
  checkLineLength,
  checkLinks,
  checkNames,
  checkText,
  checkUses,
} from './file-checks.ts';
import {
  checkCycles,
  checkFeatures,
  checkImports,
  checkPackages,
  checkShared,
  checkTargets,
  checkUnused,
} from './import-checks.ts';
import { checkInstallScripts, checkLockfile } from './lockfile-checks.ts';
import { describeProblems, type Problem } from './problem.ts';
import { listFiles, readSources } from './source.ts';
import { checkTables, tableUses } from './table-checks.ts';

const paths = listFiles(packageRoot);
const sources = readSources(packageRoot);
const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const { dependencies, devDependencies, allowScripts } = manifest;
const lockfile = JSON.parse(read('package-lock.json'));

function expectNone(problems: readonly Problem[]): void {
  if (problems.length > 0) expect.fail(`${problems.length} to put right\n${describeProblems(problems)}`);
}

test('there is something to check', () => {
  expect(sources.filter(({ imports }) => imports.length > 0).length).toBeGreaterThan(10);
});

describe('who imports whom', () => {
  test('rooms and layers', () => expectNone(checkImports(sources)));
  test('features', () => expectNone(checkFeatures(sources)));
  test('what is shared is used by a program', () => expectNone(checkShared(sources)));
  test('no cycles', () => expectNone(checkCycles(sources)));
  test('every import leads to a file', () => expectNone(checkTargets(sources, new Set(paths))));
  test('programs use all runtime dependencies, and no others', () => {
    expectNone(checkPackages(sources, Object.keys(dependencies)));
    expectNone(checkUnused(sources, Object.keys(dependencies)));
  });
});

describe('whose tables', () => {
  test('are read from the SQL', () => expect(tableUses(sources).length).toBeGreaterThan(100));
  test('a table is written by its owner, and read by others for a reason', () =>
    expectNone(checkTables(sources)));
});

describe('files', () => {
  test('time, randomness and environment come in by their doors', () => expectNone(checkUses(sources)));
  test('no file is too long', () => expectNone(checkFileLines(sources)));
  test('no function is too long', () => expectNone(checkFunctionLines(sources)));
  test('no line is too long', () => expectNone(checkLineLength(sources)));
  test('no file is too large', () => expectNone(checkBytes(sources)));
  test('every file says what it owns', () => expectNone(checkHeaders(sources)));
  test('no default exports', () => expectNone(checkDefaultExports(sources)));
  test('names say something', () => expectNone(checkNames(paths)));
  test('no machine paths, registry hosts or stray characters', () => expectNone(checkText(sources)));
  test('code cites pages that are there', () => expectNone(checkCitations(sources, new Set(paths))));
  test('documents link to what is there', () => expectNone(checkLinks(sources, new Set(paths))));
  test('every dependency has its sentence', () => {
    const names = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    expectNone(checkDependencies(read('README.md'), names));
  });
  test('no package runs a script at install unless we said so', () =>
    expectNone(checkInstallScripts(lockfile, allowScripts)));
  test('what is installed comes from the registry, byte for byte, as package.json says', () =>
    expectNone(checkLockfile(lockfile, manifest)));
});
