/**
 * `npm run check:proto` after `buf lint`: the committed code is what the contracts generate, byte for byte,
 * and the contracts break nothing that the last commit on main promised. Plain JavaScript: it must run
 * before anything is built.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const GENERATED = 'shared/gen';

/** Standard output of a command in the checkout, which finds buf's plugin; throws with its output. */
function run(command, ...args) {
  const env = { ...process.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter) };
  return execFileSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const buf = (...args) => run(process.execPath, join(root, 'node_modules/@bufbuild/buf/bin/buf'), ...args);

/** Content by path below `directory`. */
function readTree(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(directory, path), readFileSync(path)]));
}

/** What differs between the committed code and the code generated just now. */
function differences() {
  const directory = mkdtempSync(join(tmpdir(), 'truyvet-generated-'));
  try {
    buf('generate', 'proto', '--template', 'proto/buf.gen.yaml', '--output', directory);
    const expected = readTree(join(directory, GENERATED));
    const found = readTree(join(root, GENERATED));
    return [...new Set([...expected.keys(), ...found.keys()])].flatMap((path) => {
      const [fresh, committed] = [expected.get(path), found.get(path)];
      if (fresh && committed?.equals(fresh)) return [];
      const problem = !fresh ? 'is generated no more' : committed ? 'is out of date' : 'is missing';
      return [`${GENERATED}/${path}: ${problem}`];
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The last commit on main that has contracts to compare with; undefined if there is none. */
function lastPromise() {
  for (const branch of ['origin/main', 'main', 'HEAD']) {
    try {
      run('git', 'cat-file', '-e', `${branch}:proto/buf.yaml`);
      return run('git', 'rev-parse', branch).trim();
    } catch {
      // No such branch, no contracts in it, or no git checkout at all.
    }
  }
  return undefined;
}

const problems = differences();
if (problems.length > 0) problems.push('run: npm run generate');

const commit = lastPromise();
if (commit === undefined) {
  console.log('check:proto: no earlier contracts in git, buf breaking skipped');
} else {
  try {
    buf('breaking', 'proto', '--against', `.git#ref=${commit},subdir=proto`);
  } catch (error) {
    problems.push(`breaks what ${commit.slice(0, 12)} promised:`, `${error.stdout}${error.stderr}`.trim());
  }
}

for (const problem of problems) console.error(`check:proto: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
