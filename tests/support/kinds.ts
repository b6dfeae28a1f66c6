/**
 * The kinds of tests. Where a file lies says of which kind it is; kinds-reporter.ts sums their seconds.
 */
import { relative } from 'node:path';
import { packageRoot } from '../../shared/package-root.ts';

export type Kind = 'unit' | 'integration' | 'processes' | 'worlds' | 'browser';

export interface KindOfTest {
  readonly name: Kind;
  /** What its tests may do; the folders follow from it. */
  readonly what: string;
  readonly folders: readonly string[];
}

/** In the order in which they start: what waits for processes leaves the processor to what comes after it. */
export const KINDS: readonly KindOfTest[] = [
  { name: 'processes', what: 'starts programs and kills them', folders: ['tests/processes'] },
  { name: 'browser', what: 'looks at a console as people do', folders: ['tests/browser'] },
  {
    name: 'worlds',
    what: 'generated worlds against the oracle',
    folders: ['tests/simulation', 'tests/worlds'],
  },
  { name: 'integration', what: 'databases and sockets, in one process', folders: ['tests'] },
  {
    name: 'unit',
    what: 'neither database nor socket',
    folders: ['shared', 'node', 'hub', 'deploy', 'tests/conformance', 'tests/tidy'],
  },
];

/** Patterns of the files of unit tests, which need neither a cluster nor built programs. */
export const UNIT_FILES: readonly string[] = KINDS.flatMap(({ name, folders }) =>
  name === 'unit' ? folders.map((folder) => `${folder}/**/*.test.ts`) : [],
);

/** The kind of a test file, by the innermost folder that says one. */
export function kindOf(file: string): Kind {
  const path = relative(packageRoot, file);
  const candidates = KINDS.flatMap(({ name, folders }) => folders.map((folder) => ({ name, folder })))
    .filter(({ folder }) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length);
  if (candidates[0] === undefined) throw new Error(`${path} is in no folder of a kind of tests`);
  return candidates[0].name;
}
