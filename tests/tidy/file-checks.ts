/**
 * Checks of single files: names used, sizes, headers, text that must not be there. Sources in, problems out;
 * what is allowed is data, in code-rules.ts.
 */
import { posix } from 'node:path';
import {
  type Allowances,
  DEFAULT_EXPORTS,
  FORBIDDEN_NAMES,
  FORBIDDEN_TEXT,
  LARGE_FILES,
  LIMITS,
  LONG_FILES,
  LONG_FUNCTIONS,
  NAME_EXCEPTIONS,
  USE_RULES,
  WHY,
} from './code-rules.ts';
import { matchesAny } from './glob.ts';
import { TESTS } from './import-rules.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

const CODE = ['**/*.{ts,mts,mjs,js,sql,proto,sh}', '.ci/*'];
/** Generated code is nobody's style: it is only compared with what it was generated from. */
const GENERATED = ['shared/gen/**', '**/web/api.gen.ts', '*/db/schema.sql', 'package-lock.json'];

const written = (sources: readonly Source[]) => sources.filter(({ path }) => !matchesAny(GENERATED, path));
const isTest = (path: string) => matchesAny(TESTS, path);

/** Names that a rule of code-rules.ts keeps behind a door. */
export function checkUses(sources: readonly Source[], rules = USE_RULES): Problem[] {
  return rules.flatMap(({ name: rule, why, from, names, allowed }) =>
    checkAllowed(
      allowed,
      sources
        .filter(({ path }) => matchesAny(from, path) && !path.endsWith('.test.ts'))
        .flatMap(({ path, uses }) =>
          uses
            .filter(({ name }) => names.includes(name))
            .map(({ name, line }) => ({ path, line, what: `${rule}: uses ${name}`, why })),
        ),
    ),
  );
}

/** `problems` without those that `allowed` excuses, and with every allowance that excuses nothing. */
export function checkAllowed(allowed: Allowances, problems: readonly Problem[]): Problem[] {
  const patterns = Object.keys(allowed);
  const idle = patterns.filter((pattern) => !problems.some(({ path }) => matchesAny([pattern], path)));
  return [
    ...problems.filter(({ path }) => !matchesAny(patterns, path)),
    ...idle.map((pattern) => ({
      path: 'tests/tidy/code-rules.ts',
      line: 1,
      what: `the allowance for ${pattern} (${allowed[pattern]}) is not needed`,
      why: WHY.idleAllowance,
    })),
  ];
}

/** Files with too many lines. */
export function checkFileLines(sources: readonly Source[], allowed = LONG_FILES): Problem[] {
  const limitOf = (path: string) => (isTest(path) ? LIMITS.testLines : LIMITS.fileLines);
  const problems = written(sources)
    .filter(({ path, lines }) => matchesAny(CODE, path) && lines.length - 1 > limitOf(path))
    .map(({ path, lines }) => ({
      path,
      line: limitOf(path),
      what: `${lines.length - 1} lines (limit ${limitOf(path)}): split it, or allow it with a reason`,
      why: WHY.fileLines,
    }));
  return checkAllowed(allowed, problems);
}

/** Functions with too many lines, tests excepted: a describe block is a chapter and not a function. */
export function checkFunctionLines(sources: readonly Source[], allowed = LONG_FUNCTIONS): Problem[] {
  const problems = written(sources)
    .filter(({ path }) => !isTest(path))
    .flatMap(({ path, functions }) =>
      functions
        .filter(({ lines }) => lines > LIMITS.functionLines)
        .map(({ line, lines }) => ({
          path,
          line,
          what: `function of ${lines} lines (limit ${LIMITS.functionLines})`,
          why: WHY.functionLines,
        })),
    );
  return checkAllowed(allowed, problems);
}

/** Lines of code that are too long, counted in characters. */
export function checkLineLength(sources: readonly Source[]): Problem[] {
  return written(sources)
    .filter(({ path }) => matchesAny(CODE, path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((text, index) =>
        [...text].length > LIMITS.lineLength
          ? [{ path, line: index + 1, what: `${[...text].length} characters`, why: WHY.lineLength }]
          : [],
      ),
    );
}

/** Large files; a file's size is that of its UTF-8 text. */
export function checkBytes(sources: readonly Source[], allowed = LARGE_FILES): Problem[] {
  const problems = sources
    .filter(({ text }) => Buffer.byteLength(text) > LIMITS.fileBytes)
    .map(({ path, text }) => ({
      path,
      line: 1,
      what: `${Buffer.byteLength(text)} bytes (limit ${LIMITS.fileBytes})`,
      why: WHY.fileBytes,
    }));
  return checkAllowed(allowed, problems);
}

const HEADER = /^(?:#!.*\n)?(?:\/\*[\s\S]*?\*\/|(?:(?:\/\/|--|#).*\n)+)/;
const HEADER_LETTERS = 20;

/** Code that does not say at its top what it owns. */
export function checkHeaders(sources: readonly Source[]): Problem[] {
  const letters = (text: string) => HEADER.exec(text)?.[0].replace(/^#!.*|[^\p{L}]/gmu, '').length ?? 0;
  return (
    written(sources)
      .filter(({ path }) => matchesAny(CODE, path) && !matchesAny(['**/*.{test,config}.ts'], path))
      // A migration that is one included file says it there.
      .filter(({ text }) => letters(text) < HEADER_LETTERS && !/^\\ir \S+\n$/.test(text))
      .map(({ path }) => ({ path, line: 1, what: 'opens without a header comment', why: WHY.header }))
  );
}

/** Default exports. */
export function checkDefaultExports(sources: readonly Source[], allowed = DEFAULT_EXPORTS): Problem[] {
  const problems = sources.flatMap(({ path, defaultExports }) =>
    defaultExports.map((line) => ({ path, line, what: 'default export', why: WHY.defaultExport })),
  );
  return checkAllowed(allowed, problems);
}

/** Files and folders whose name says nothing. */
export function checkNames(paths: readonly string[]): Problem[] {
  return paths
    .filter((path) => FORBIDDEN_NAMES.test(path) && !matchesAny(NAME_EXCEPTIONS, path))
    .map((path) => ({ path, line: 1, what: 'a name that says nothing', why: WHY.name }));
}

/** Text that no file may contain, and a last line that does not end. */
export function checkText(sources: readonly Source[]): Problem[] {
  return sources.flatMap(({ path, text, lines }) => [
    ...lines.flatMap((line, index) =>
      FORBIDDEN_TEXT.filter(
        ({ pattern, except = [] }) => pattern.test(line) && !matchesAny(except, path),
      ).map(({ what, why }) => ({ path, line: index + 1, what, why })),
    ),
    ...(text === '' || text.endsWith('\n')
      ? []
      : [{ path, line: lines.length, what: 'no line ending at the end', why: WHY.lastLine }]),
  ]);
}

const LINK = /\]\(([^)\s#]+)(?:#[^)]*)?\)/g;

/** Links of documents that lead to no file of the checkout; `paths` are all files there are. */
export function checkLinks(sources: readonly Source[], paths: ReadonlySet<string>): Problem[] {
  return sources
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, lines }) =>
      lines.flatMap((text, index) =>
        [...text.matchAll(LINK)]
          .map(([, link]) => link as string)
          .filter((link) => !/^[a-z]+:/.test(link) && !paths.has(posix.join(posix.dirname(path), link)))
          .map((link) => ({ path, line: index + 1, what: `links to ${link}: no such file`, why: WHY.link })),
      ),
    );
}

const CITATION = /(?<![\w./-])((?:[\w.-]+\/)*[\w-]+\.md)\b/g;

/**
 * Pages that code cites and that are not in the checkout: by path from its root, or by the name of a page
 * beside the file. Released migrations are never edited, whatever they cite.
 */
export function checkCitations(sources: readonly Source[], paths: ReadonlySet<string>): Problem[] {
  const isThere = (from: string, page: string) =>
    paths.has(page) || paths.has(posix.join(posix.dirname(from), page));
  return sources
    .filter(
      ({ path }) =>
        !matchesAny(['{node,hub,shared}/db/migrations/**', 'tests/tidy/**', '**/*.{json,csv}'], path),
    )
    .flatMap(({ path, lines }) =>
      lines.flatMap((text, index) =>
        [...text.matchAll(CITATION)]
          .map(([, page]) => page as string)
          .filter((page) => !isThere(path, page))
          .map((page) => ({ path, line: index + 1, what: `cites ${page}: no such page`, why: WHY.citation })),
      ),
    );
}

const ROW = /^\| `([^`]+)` \| (.+) \|$/;

/** Dependencies without their sentence in the README's table, and rows of that table without a dependency. */
export function checkDependencies(readme: string, dependencies: readonly string[]): Problem[] {
  const start = readme.indexOf('## Dependencies');
  const section = start < 0 ? '' : (readme.slice(start).split('\n## ')[0] ?? '');
  const rows = new Map(
    section.split('\n').flatMap((line) => {
      const row = ROW.exec(line);
      return row ? [[row[1] as string, row[2] as string] as const] : [];
    }),
  );
  const line = readme.slice(0, Math.max(start, 0)).split('\n').length;
  const problem = (what: string) => ({ path: 'README.md', line, what, why: WHY.dependency });
  return [
    ...dependencies
      .filter((name) => (rows.get(name) ?? '').split(' ').length < 4)
      .map((name) => problem(`no sentence for the dependency ${name}`)),
    ...[...rows.keys()]
      .filter((name) => !dependencies.includes(name))
      .map((name) => problem(`a sentence for ${name}, which is no dependency`)),
  ];
}
