/**
 * The tidy checks against snippets that they must refuse, each beside one that they must let pass: a check
 * that cannot fail would only look like one.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LIMITS } from './code-rules.ts';
import {
  checkAllowed,
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
import { matchesAny } from './glob.ts';
import {
  checkCycles,
  checkFeatures,
  checkImports,
  checkPackages,
  checkShared,
  checkTargets,
  checkUnused,
} from './import-checks.ts';
import { describeProblems } from './problem.ts';
import { listFiles, parseSource } from './source.ts';

/** A file that imports one thing, by the specifier that its author would write. */
const importing = (path: string, specifier: string) =>
  parseSource(path, `// A file.\nimport { x } from '${specifier}';\nexport const y = x;\n`);

describe('checkImports refuses', () => {
  test.each([
    ['node/app.ts', '../hub/app.ts', 'node imports hub'],
    ['hub/traces/rounds.ts', '../../node/tracing/openings/rules.ts', 'hub imports node'],
    ['shared/log.ts', '../node/config.ts', 'shared imports a program'],
    ['shared/grpc/server.ts', '../../tests/support/world.ts', 'shared imports a program'],
    ['node/main.ts', '../deploy/federation/ports.ts', 'a program imports wiring or tests'],
    ['shared/trace/fold.ts', '../clock.ts', 'the trace leaves its room'],
    ['shared/trace/fold.ts', 'node:fs', 'the trace leaves its room'],
    ['shared/domain/stay.ts', 'pino', 'the trace leaves its room'],
    ['node/casework/cases/rules.ts', './queries.ts', 'a rule does something'],
    ['hub/provinces/rules.ts', '../../shared/clock.ts', 'a rule does something'],
    ['node/casework/cases/operations.ts', '../../../shared/gen/truyvet/v1/common_pb.ts', 'protobuf inside'],
    ['hub/traces/state.ts', '@bufbuild/protobuf', 'protobuf inside'],
    ['node/tracing/asking/grpc.ts', '@grpc/grpc-js', 'grpc-js outside its adapter'],
    ['hub/app.ts', 'grpc-health-check', 'grpc-js outside its adapter'],
    ['node/casework/cases/operations.ts', 'drizzle-orm/postgres-js', 'drizzle outside queries'],
    ['node/casework/cases/operations.ts', 'hono', 'Hono outside handlers'],
    ['node/context.ts', '@hono/zod-openapi', 'Hono outside handlers'],
    ['hub/main.ts', 'pino', 'a second logger'],
    ['node/casework/cases/operations.ts', './grpc.ts', 'a handler imported'],
    ['node/casework/cases/operations.ts', './http.ts', 'routes served past the list'],
    ['node/app.ts', './casework/cases/http.ts', 'routes served past the list'],
    ['hub/app.ts', '../shared/http/audit.ts', 'routes served past the list'],
    ['node/rooms.ts', './casework/cases/operations.ts', 'the list of rooms builds something'],
    ['hub/app.ts', '@hono/zod-openapi', 'Hono outside handlers'],
    ['hub/main.ts', './traces/grpc.ts', 'a handler imported'],
    ['node/casework/cases/http.ts', './queries.ts', 'a handler reads the database'],
    ['node/casework/cases/grpc.ts', './tables.ts', 'a handler reads the database'],
    ['node/casework/cases/queries.ts', './operations.ts', 'a query calls back'],
    ['node/casework/cases/operations.ts', '../../app.ts', 'app.ts imported from below'],
  ])('%s importing %s', (path, specifier, rule) => {
    const problems = checkImports([importing(path, specifier)]);
    expect(problems.map(({ what }) => what.split(':')[0])).toContain(rule);
    expect(problems[0]).toMatchObject({ path, line: 2, why: expect.stringMatching(/\w{3}/) });
  });

  test('imports of types, exports from and import()', () => {
    const text =
      "import type { A } from '../hub/a.ts';\nexport { b } from '../hub/a.ts';\nimport('../hub/a.ts');\n";
    expect(checkImports([parseSource('node/x.ts', text)]).map(({ line }) => line)).toEqual([1, 2, 3]);
  });
});

describe('checkImports lets pass', () => {
  test.each([
    ['shared/trace/fold.ts', '../domain/interval.ts'],
    ['shared/trace/fold.test.ts', 'vitest'],
    ['node/casework/cases/rules.ts', '../../../shared/domain/interval.ts'],
    ['node/tracing/asking/messages.ts', '../../../shared/gen/truyvet/v1/tracing_pb.ts'],
    ['hub/provinces/client.ts', '../../shared/gen/truyvet/v1/tracing_pb.ts'],
    ['shared/grpc/server.ts', '@grpc/grpc-js'],
    ['node/casework/cases/tables.ts', 'drizzle-orm/pg-core'],
    ['node/casework/cases/queries.ts', 'drizzle-orm'],
    ['hub/traces/http.ts', 'hono'],
    ['node/rooms.ts', './casework/cases/http.ts'],
    ['node/app.ts', './tracing/asking/grpc.ts'],
    ['node/main.ts', './app.ts'],
    ['node/casework/cases/operations.ts', './queries.ts'],
    ['tests/federation/world.ts', '../../hub/app.ts'],
  ])('%s importing %s', (path, specifier) => {
    expect(describeProblems(checkImports([importing(path, specifier)]))).toBe('');
  });

  test('an import that is only text', () => {
    const text = '// import x from "../hub/a.ts"\nexport const a = "import x from \'../hub/a.ts\'";\n';
    expect(checkImports([parseSource('node/x.ts', text)])).toEqual([]);
  });
});

describe('checkFeatures', () => {
  test.each([
    ['node/tracing/asking/operations.ts', '../../records/people/queries.ts'],
    ['node/tracing/asking/operations.ts', '../../records/people/messages.ts'],
    ['hub/db/migrations.ts', '../traces/operations.ts'],
  ])('refuses %s importing %s', (path, specifier) => {
    expect(checkFeatures([importing(path, specifier)])).toMatchObject([{ path, line: 2 }]);
  });

  test.each([
    ['node/tracing/asking/operations.ts', '../../records/people/operations.ts'],
    ['node/tracing/asking/operations.ts', '../../records/people/rules.ts'],
    ['node/tracing/asking/operations.ts', './messages.ts'],
    ['node/tracing/asking/queries.ts', '../../casework/cases/tables.ts'],
    ['node/tracing/asking/operations.ts', '../../context.ts'],
    ['node/tracing/asking/operations.test.ts', '../../records/people/queries.ts'],
    ['node/app.ts', './records/people/http.ts'],
  ])('lets %s import %s', (path, specifier) => {
    expect(checkFeatures([importing(path, specifier)])).toEqual([]);
  });
});

describe('checkCycles', () => {
  test('reports a cycle once, with its way and its line', () => {
    const files = [importing('a.ts', './b.ts'), importing('b.ts', './c.ts'), importing('c.ts', './a.ts')];
    expect(checkCycles(files)).toMatchObject([
      { path: 'a.ts', line: 2, what: 'import cycle: a.ts → b.ts → c.ts → a.ts' },
    ]);
  });

  test('sees a cycle that is entered from outside, and a file that imports itself', () => {
    const files = [importing('main.ts', './a.ts'), importing('a.ts', './a.ts')];
    expect(checkCycles(files).map(({ what }) => what)).toEqual(['import cycle: a.ts → a.ts']);
  });

  test('lets two ways to one file pass', () => {
    const both = parseSource('a.ts', "import './b.ts';\nimport './c.ts';\n");
    expect(checkCycles([both, importing('b.ts', './c.ts'), parseSource('c.ts', '')])).toEqual([]);
  });
});

test('checkTargets reports imports that lead nowhere', () => {
  const paths = new Set(['shared/a.ts', 'shared/b.ts']);
  expect(
    checkTargets([importing('shared/a.ts', './b.ts'), importing('shared/a.ts', 'node:fs')], paths),
  ).toEqual([]);
  expect(checkTargets([importing('shared/a.ts', './b.js')], paths)).toMatchObject([{ line: 2 }]);
});

test('checkPackages keeps development dependencies out of the programs', () => {
  expect(checkPackages([importing('node/app.ts', 'vite')], ['pino'])).toMatchObject([{ line: 2 }]);
  expect(
    checkPackages([importing('node/app.ts', 'pino/file'), importing('tests/a.ts', 'vite')], ['pino']),
  ).toEqual([]);
});

test('checkUnused wants each runtime dependency named by a program', () => {
  const sources = [
    importing('node/app.ts', 'pino'),
    parseSource('shared/docs.ts', "const path = require.resolve('swagger-ui-dist/package.json');\n"),
    importing('tests/a.ts', 'zod'),
  ];
  const unused = checkUnused(sources, ['pino', 'swagger-ui-dist', 'zod']);
  expect(unused.map(({ what }) => what)).toEqual(['zod is not used']);
});

describe('checkUses', () => {
  const found = (path: string, code: string) => checkUses([parseSource(path, code)]).map(({ what }) => what);

  test.each([
    ['const t = Date.now();', 'time: uses Date.now'],
    ['const t = new Date();', 'time: uses new Date()'],
    ['setTimeout(() => {}, 5);', 'time: uses setTimeout'],
    ['const wait = promisify(setTimeout);', 'time: uses setTimeout'],
    ["import { setTimeout } from 'node:timers/promises';", 'time: uses setTimeout'],
    ['fetch(url, { signal: AbortSignal.timeout(5) });', 'time: uses AbortSignal.timeout'],
    ['const r = Math.random();', 'randomness: uses Math.random'],
    ["import { randomBytes } from 'node:crypto';", 'randomness: uses randomBytes'],
    ['const home = process.env.HOME;', 'environment: uses process.env'],
    ["const home = process['env'].HOME;", 'environment: uses process.env'],
    ['const { scope } = decide(caller, act, now);', 'access by hand: uses decide'],
    ['await recordAct(tx, entry, now);', 'access by hand: uses recordAct'],
  ])('refuses %s', (code, what) => {
    expect(found('node/casework/cases/operations.ts', code)).toContain(what);
  });

  test.each([
    ['shared/clock.ts', 'Date.now(); new Date(); setTimeout(f, 1);'],
    ['node/main.ts', 'start(process.env);'],
    ['deploy/demo/main.ts', 'start(process.env); Date.now();'],
    ['hub/app.ts', 'new Date(0); clock.setTimeout(5); const a: ReturnType<typeof setTimeout> = b;'],
    ['hub/app.ts', '// Date.now()\nexport const text = "Math.random()";'],
  ])('lets %s say %s', (path, code) => {
    expect(found(path, code).filter((what) => !what.startsWith('the allowance'))).toEqual([]);
  });
});

describe('sizes', () => {
  const lines = (count: number) => '// x\n'.repeat(count);

  test.each([
    ['shared/a.ts', LIMITS.fileLines],
    ['shared/a.test.ts', LIMITS.testLines],
    ['node/db/migrations/0001_a.sql', LIMITS.fileLines],
  ])('%s may have %d lines, not one more', (path, limit) => {
    expect(checkFileLines([parseSource(path, lines(limit))], {})).toEqual([]);
    expect(checkFileLines([parseSource(path, lines(limit + 1))], {})).toMatchObject([{ path, line: limit }]);
  });

  test('functions of every kind', () => {
    const body = `{${'\n'.repeat(LIMITS.functionLines)}}`;
    const code = `function a() ${body}\nconst b = () => ${body};\nclass C {\nd() ${body}\n}\n`;
    expect(checkFunctionLines([parseSource('shared/a.ts', code)], {})).toHaveLength(3);
    expect(checkFunctionLines([parseSource('shared/a.ts', code.replaceAll('{\n', '{'))], {})).toEqual([]);
  });

  test('lines are counted in characters', () => {
    const line = `// ${'ế'.repeat(LIMITS.lineLength - 3)}`;
    expect(checkLineLength([parseSource('a.ts', line)])).toEqual([]);
    expect(checkLineLength([parseSource('a.ts', `\n${line}.`)])).toMatchObject([{ path: 'a.ts', line: 2 }]);
  });

  test('bytes', () => {
    expect(checkBytes([parseSource('a.csv', 'ế'.repeat(LIMITS.fileBytes / 2))], {})).toHaveLength(1);
    expect(checkBytes([parseSource('a.csv', 'e'.repeat(LIMITS.fileBytes))], {})).toEqual([]);
  });
});

test('an allowance excuses, and is itself a problem when it excuses nothing', () => {
  const problems = checkHeaders([parseSource('shared/a.ts', 'export const a = 1;\n')]);
  expect(checkAllowed({ 'shared/a.ts': 'reason' }, problems)).toEqual([]);
  expect(checkAllowed({ 'shared/b.ts': 'reason' }, problems)).toMatchObject([
    { path: 'shared/a.ts' },
    { what: 'the allowance for shared/b.ts (reason) is not needed' },
  ]);
});

test.each([
  ['a.ts', '/**\n * What this file owns and must not do.\n */\n', 0],
  ['a.ts', '#!/usr/bin/env node\n// What this file owns and must not do.\n', 0],
  ['a.sql', '-- What this file owns and must not do.\n', 0],
  ['a.ts', '/** */\nexport const whatThisFileOwnsAndMustNotDo = 1;\n', 1],
  ['a.ts', '#!/usr/bin/env node --what-this-file-owns\nstart();\n', 1],
  ['a.ts', "import 'node:fs';\n// What this file owns and must not do.\n", 1],
  ['.ci/run', '#!/usr/bin/env bash\nset -euo pipefail\n', 1],
  ['shared/gen/a.ts', 'export const a = 1;\n', 0],
])('checkHeaders: %s opening with %j', (path, text, problems) => {
  expect(checkHeaders([parseSource(path, text)])).toHaveLength(problems);
});

test('checkDefaultExports', () => {
  const text = '// x\nexport default 1;\n';
  expect(checkDefaultExports([parseSource('a.ts', text)], {})).toMatchObject([{ path: 'a.ts', line: 2 }]);
  expect(checkDefaultExports([parseSource('a.config.ts', text)], { 'a.config.ts': 'a tool' })).toEqual([]);
});

test('checkNames', () => {
  const bad = [
    'shared/utils.ts',
    'node/helpers/a.ts',
    'hub/common.ts',
    'hub/manager.test.ts',
    'tests/util.mjs',
  ];
  const good = [
    'proto/truyvet/v1/common.proto',
    'shared/commons-mapping.ts',
    'node/casework/cases/operations.ts',
  ];
  expect(checkNames([...bad, ...good]).map(({ path }) => path)).toEqual(bad);
});

describe('checkText', () => {
  const path = (...names: string[]) => `/${names.join('/')}`;
  test.each([
    [`see ${path('work', 'main')}`, 'a path of one machine'],
    [`"${path('home', 'lan', 'a.csv')}"`, 'a path of one machine'],
    [['https://registry', 'npmjs', 'org/pino'].join('.'), 'a registry host'],
    [['"resolved"', ' "https://mirror.example/pino.tgz"'].join(':'), 'a resolved address in the lockfile'],
    [['export interface Cases', 'Context {'].join(''), 'a *Context of ours'],
    [['while (!', 'signal.aborted) {'].join(''), 'a loop by hand'],
    ['a line\r', 'a CR LF line ending'],
    ['a line ', 'white space at the end of a line'],
  ])('refuses %j', (line, what) => {
    expect(checkText([parseSource('a.md', `first\n${line}\n`)])).toMatchObject([{ line: 2, what }]);
  });

  test.each([
    ...['deploy/work/list.csv', 'GET /v1/traces', 'https://example.org/home/lan', 'the roots/leaves'],
    ...['import { type SecureContext, createSecureContext }', 'c: Context<HttpEnv>'],
  ])('lets %j pass', (line) => expect(checkText([parseSource('a.md', `${line}\n`)])).toEqual([]));

  test('wants the last line ended', () => {
    expect(checkText([parseSource('a.md', 'a\nb')])).toMatchObject([
      { line: 2, what: 'no line ending at the end' },
    ]);
    expect(checkText([parseSource('empty', '')])).toEqual([]);
  });
});

test('checkDependencies', () => {
  const readme = [
    '# X',
    '## Dependencies',
    '| `pino` | writes the logs as JSON lines |',
    '| `zod` | schemas |',
    '| `gone` | was once useful to us |',
    '## End',
    '| `hono` | serves HTTP in both programs |',
    '',
  ].join('\n');
  expect(checkDependencies(readme, ['pino', 'zod', 'hono']).map(({ what }) => what)).toEqual([
    'no sentence for the dependency zod',
    'no sentence for the dependency hono',
    'a sentence for gone, which is no dependency',
  ]);
  expect(checkDependencies('# X\n', ['pino'])).toHaveLength(1);
});

test('checkShared', () => {
  const file = (path: string, ...imports: string[]) =>
    parseSource(path, `// A file.\n${imports.map((one) => `import '${one}';`).join('\n')}\n`);
  const sources = [
    ...[file('node/a.ts', '../shared/b.ts'), file('shared/b.ts', './c.ts'), file('shared/c.ts')],
    ...[file('deploy/d.ts', '../shared/e.ts'), file('shared/e.ts'), file('shared/b.test.ts', './f.ts')],
    ...[file('shared/f.ts'), file('shared/entry.ts', './below.ts'), file('shared/below.ts')],
  ];
  const found = checkShared(sources, { 'shared/entry.ts': 'an entry' }).map(({ path }) => path);
  expect(found).toEqual(['shared/e.ts', 'shared/f.ts']);
});

test('checkCitations', () => {
  const paths = new Set(['README.md', 'deploy/decisions.md', 'tests/bench/RESULTS.md']);
  const cited = (path: string, text: string) =>
    checkCitations([parseSource(path, text)], paths).map(({ what }) => what);
  expect(cited('shared/a.ts', '// README.md, deploy/decisions.md: https://x.org/y.md\n')).toEqual([]);
  expect(cited('tests/bench/a.ts', '// RESULTS.md\n')).toEqual([]);
  expect(cited('shared/a.ts', '// (plan.md 3) and decisions.md\n')).toEqual([
    'cites plan.md: no such page',
    'cites decisions.md: no such page',
  ]);
  expect(cited('node/db/migrations/0001_a.sql', '-- plan.md\n')).toEqual([]);
});

test('checkLinks', () => {
  const paths = new Set(['README.md', 'deploy/decisions.md']);
  const links = (path: string, text: string) =>
    checkLinks([parseSource(path, text)], paths).map(({ line }) => line);
  expect(links('README.md', '[a](deploy/decisions.md#x) [b](https://example.org/x) [c](#here)\n')).toEqual(
    [],
  );
  expect(links('README.md', 'x\n[a](decisions.md) and [b](gone.md#x)\n')).toEqual([2, 2]);
  expect(links('deploy/decisions.md', '[a](../README.md)\n')).toEqual([]);
});

test.each([
  ['node/**', 'node/a/b.ts', true],
  ['node/**', 'hub/node/b.ts', false],
  ['**/http.ts', 'http.ts', true],
  ['{node,hub}/*/http.ts', 'hub/a/b/http.ts', false],
  ['{node,hub}/*/http.ts', 'hub/a/http.ts', true],
  ['a.ts', 'axts', false],
])('glob %s on %s', (pattern, path, expected) => {
  expect(matchesAny([pattern], path)).toBe(expected);
});

describe('listFiles', () => {
  test('walks without what .gitignore names, and refuses patterns that it cannot read', () => {
    const root = mkdtempSync(join(tmpdir(), 'truyvet-tidy-'));
    try {
      for (const folder of ['src', 'dist', '.git']) mkdirSync(join(root, folder));
      writeFileSync(join(root, '.gitignore'), 'dist/\n*.log\n');
      for (const path of ['src/a.ts', 'src/a.log', 'dist/a.js', '.git/HEAD'])
        writeFileSync(join(root, path), '');
      expect(listFiles(root)).toEqual(['.gitignore', 'src/a.ts']);
      writeFileSync(join(root, '.gitignore'), 'src/*.ts\n');
      expect(() => listFiles(root)).toThrow('.gitignore: cannot read src/*.ts');
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

test('describeProblems prints path, line and reason', () => {
  expect(describeProblems([{ path: 'a.ts', line: 3, what: 'is bad', why: 'it hurts' }])).toBe(
    'a.ts:3 is bad\n    why: it hurts',
  );
});
