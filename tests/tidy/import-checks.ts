/**
 * Checks of who imports whom: sources in, problems out. What is allowed is data, in import-rules.ts.
 */
import { matchesAny } from './glob.ts';
import {
  CYCLE_WHY,
  DEPENDENCY_WHY,
  FEATURE_DOORS,
  FEATURE_WHY,
  IMPORT_RULES,
  ROOMS,
  SHARED_ENTRIES,
  SHARED_WHY,
  TARGET_WHY,
  TESTS,
} from './import-rules.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';

/** Imports that a rule of import-rules.ts refuses. */
export function checkImports(sources: readonly Source[]): Problem[] {
  return IMPORT_RULES.flatMap((rule) => {
    const refused = (target: string) =>
      matchesAny(rule.to, target) && !matchesAny(rule.toExcept ?? [], target);
    return sources
      .filter(({ path }) => matchesAny(rule.from, path) && !matchesAny(rule.except ?? [], path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => refused(target))
          .map(({ target, line }) => ({
            path,
            line,
            what: `${rule.name}: imports ${target}`,
            why: rule.why,
          })),
      );
  });
}

/** Features that reach into another feature, and a db/ that knows a feature. */
export function checkFeatures(sources: readonly Source[]): Problem[] {
  return sources
    .filter(({ path }) => featureOf(path) !== undefined && !matchesAny(TESTS, path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => !mayReach(featureOf(path), target))
        .map(({ target, line }) => ({ path, line, what: `reaches into ${target}`, why: FEATURE_WHY })),
    );
}

/**
 * The feature folder that a path lies in (`node/casework/cases`, `hub/traces`); undefined outside node and
 * hub, directly in them, and directly in a room that holds features.
 */
export function featureOf(path: string): string | undefined {
  const inRoom = new RegExp(`^node/(?:${ROOMS.join('|')})/[^/]+(?=/)`);
  return (inRoom.exec(path) ?? /^(?:node|hub)\/[^/]+(?=\/)/.exec(path))?.[0];
}

function mayReach(from: string | undefined, target: string): boolean {
  const to = featureOf(target);
  if (to === undefined || to === from) return true;
  if (from?.endsWith('/db')) return false;
  return to.endsWith('/db') || matchesAny(Object.keys(FEATURE_DOORS), target);
}

/** Cycles of imports, each reported once; imports of types count as well. */
export function checkCycles(sources: readonly Source[]): Problem[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const problems: Problem[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const imports = byPath.get(path)?.imports ?? [];
    const start = trail.indexOf(path);
    if (start >= 0) {
      const cycle = [...trail.slice(start), path];
      const line = imports.find(({ target }) => target === cycle[1])?.line ?? 1;
      problems.push({ path, line, what: `import cycle: ${cycle.join(' → ')}`, why: CYCLE_WHY });
    } else if (!done.has(path)) {
      for (const { target } of imports) visit(target, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of byPath.keys()) visit(path, []);
  return problems;
}

/** Files of shared that neither program uses, directly or through shared; SHARED_ENTRIES says which may. */
export function checkShared(sources: readonly Source[], allowed = SHARED_ENTRIES): Problem[] {
  const importsOf = new Map(sources.map(({ path, imports }) => [path, imports]));
  const used = new Set<string>();
  const visit = (path: string): void => {
    if (used.has(path)) return;
    used.add(path);
    for (const { target } of importsOf.get(path) ?? []) if (target.startsWith('shared/')) visit(target);
  };
  const programs = sources.filter(({ path }) => /^(?:node|hub)\//.test(path) && !matchesAny(TESTS, path));
  // What an allowed file stands upon is used with it.
  const entries = sources.filter(({ path }) => matchesAny(Object.keys(allowed), path));
  for (const { imports } of [...programs, ...entries]) for (const { target } of imports) visit(target);
  const unused = sources
    .filter(({ path }) => /^shared\/.*\.ts$/.test(path) && !matchesAny(TESTS, path) && !used.has(path))
    .map(({ path }) => ({ path, line: 1, what: 'neither node nor hub uses it', why: SHARED_WHY }));
  return unused.filter(({ path }) => !matchesAny(Object.keys(allowed), path));
}

/** Relative imports that lead to no file; `paths` are all files there are. */
export function checkTargets(sources: readonly Source[], paths: ReadonlySet<string>): Problem[] {
  return sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => !/^(?:npm|node):/.test(target) && !paths.has(target))
      .map(({ target, line }) => ({ path, line, what: `imports ${target}: no such file`, why: TARGET_WHY })),
  );
}

/** What runs in browsers: its packages are built into dist, and none of them is installed with a program. */
const PAGES = ['**/web/**'];

/** Packages imported by the programs that are not among their (runtime) `dependencies`. */
export function checkPackages(sources: readonly Source[], dependencies: readonly string[]): Problem[] {
  return sources
    .filter(({ path }) => matchesAny(['{shared,node,hub,deploy}/**'], path))
    .filter(({ path }) => !matchesAny([...TESTS, ...PAGES], path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target.startsWith('npm:') && !dependencies.includes(target.slice(4)))
        .map(({ target, line }) => ({ path, line, what: `imports ${target.slice(4)}`, why: DEPENDENCY_WHY })),
    );
}

/**
 * Runtime dependencies that no program names: neither imported nor looked up (`require.resolve('pkg/file')`).
 */
export function checkUnused(sources: readonly Source[], dependencies: readonly string[]): Problem[] {
  const programs = sources.filter(({ path }) => matchesAny(['{shared,node,hub,deploy}/**/*.ts'], path));
  const isNamed = (name: string) =>
    programs.some(({ text }) => text.includes(`'${name}`) || text.includes(`\`${name}/`));
  return dependencies
    .filter((name) => !isNamed(name))
    .map((name) => ({ path: 'package.json', line: 1, what: `${name} is not used`, why: DEPENDENCY_WHY }));
}
