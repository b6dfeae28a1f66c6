/**
 * Reads the checkout for the tidy tests: which files there are, and what each TypeScript file imports and
 * uses. It parses (with the parser that vite brings along), because a search through the text would trip over
 * strings.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'vite';

/** One `import … from`, `export … from` or `import()`. */
export interface Import {
  /** Path in the checkout (`shared/ids.ts`), `npm:package` or `node:module`. */
  readonly target: string;
  readonly line: number;
}

/** A name that the code mentions (`setTimeout`, `Date.now`, `new Date()`). */
export interface Use {
  readonly name: string;
  readonly line: number;
}

/** A function with a body: its first line and how many lines it has. */
export interface FunctionSize {
  readonly line: number;
  readonly lines: number;
}

/** One file of the checkout; the last four are empty for what is not TypeScript or JavaScript. */
export interface Source {
  /** Relative to the checkout, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
  readonly uses: readonly Use[];
  readonly functions: readonly FunctionSize[];
  readonly defaultExports: readonly number[];
}

const CODE = /\.(?:tsx?|mts|js|mjs)$/;

/**
 * Paths of all files below `root`, sorted, without those that .gitignore names. It understands `name/`,
 * `*.ext` and plain names, and throws at any other pattern.
 */
export function listFiles(root: string): string[] {
  const ignored = ['.git', ...readLines(join(root, '.gitignore')).map(ignorePattern)];
  const skip = (name: string) =>
    ignored.some((p) => (p.startsWith('*') ? name.endsWith(p.slice(1)) : p === name));
  const walk = (directory: string): string[] =>
    readdirSync(join(root, directory), { withFileTypes: true })
      .filter((entry) => !skip(entry.name))
      .flatMap((entry) => {
        const path = posix.join(directory, entry.name);
        return entry.isDirectory() ? walk(path) : [path];
      });
  return walk('.').sort();
}

function ignorePattern(line: string): string {
  const name = line.replace(/\/$/, '');
  if (/[/!?[\]]/.test(name) || name.lastIndexOf('*') > 0) throw new Error(`.gitignore: cannot read ${line}`);
  return name;
}

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** All text files of the checkout at `root`, parsed; files with a NUL byte are left out. */
export function readSources(root: string): Source[] {
  return listFiles(root)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'))
    .map(({ path, text }) => parseSource(path, text));
}

/** `text` as the file `path`. Throws when it is code that does not parse. */
export function parseSource(path: string, text: string): Source {
  const lines = text.split('\n');
  if (!CODE.test(path)) {
    return { path, text, lines, imports: [], uses: [], functions: [], defaultExports: [] };
  }
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const requests = [
    ...module.staticImports.map((i) => ({ start: i.start, specifier: i.moduleRequest.value })),
    ...module.staticExports.flatMap((e) =>
      e.entries.flatMap(({ moduleRequest: m }) => (m ? [{ start: e.start, specifier: m.value }] : [])),
    ),
    ...module.dynamicImports.map(({ start, moduleRequest: m }) => ({
      start,
      specifier: text.slice(m.start + 1, m.end - 1),
    })),
  ];
  const imports = requests.map(({ start, specifier }) => ({
    target: importTarget(path, specifier),
    line: lineAt(start),
  }));
  const defaultExports = module.staticExports
    .filter((e) => e.entries.some((entry) => entry.exportName.kind === 'Default'))
    .map((e) => lineAt(e.start));
  return { path, text, lines, imports, defaultExports, ...scan(program, lineAt) };
}

/** Where `specifier`, written in the file `path`, leads. */
function importTarget(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier);
  if (specifier.startsWith('node:')) return specifier;
  const [scope, name] = specifier.split('/');
  return `npm:${scope?.startsWith('@') ? `${scope}/${name}` : scope}`;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Names used and functions written, found by walking the syntax tree. */
function scan(program: object, lineAt: (offset: number) => number): Pick<Source, 'uses' | 'functions'> {
  const uses: Use[] = [];
  const functions: FunctionSize[] = [];
  const visit = (node: Node, role: string): void => {
    const name = nameUsed(node, role);
    if (name !== undefined) uses.push({ name, line: lineAt(node.start) });
    if (isNode(node.body) && node.body.type === 'BlockStatement' && 'params' in node) {
      const line = lineAt(node.start);
      functions.push({ line, lines: lineAt(node.end) - line + 1 });
    }
    for (const [key, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, key);
    }
  };
  visit(program as Node, 'program');
  return { uses, functions };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

/** `role` is the key under which the parent holds the node: names of properties and of types are not uses. */
function nameUsed(node: Node, role: string): string | undefined {
  if (node.type === 'Identifier')
    return ['property', 'key', 'exprName'].includes(role) ? undefined : `${node.name}`;
  if (node.type === 'NewExpression' && isNode(node.callee) && node.callee.name === 'Date') {
    return (node.arguments as unknown[]).length === 0 ? 'new Date()' : undefined;
  }
  if (node.type !== 'MemberExpression' || !isNode(node.object) || !isNode(node.property)) return undefined;
  const { object, property } = node;
  return object.type === 'Identifier' ? `${object.name}.${property.name ?? property.value}` : undefined;
}
