/**
 * The kinds of tests. Where a file lies says of which kind it is; vitest.config.ts makes a project of each,
 * and kinds-reporter.ts sums their seconds.
 */

export type Kind = 'unit' | 'integration' | 'processes' | 'worlds' | 'browser';

export interface KindOfTest {
  readonly name: Kind;
  /** What its tests may do; the folders follow from it. */
  readonly what: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

const PROCESSES = 'tests/processes/**/*.test.ts';
const WORLDS = 'tests/{simulation,worlds}/**/*.test.ts';
const BROWSER = 'tests/browser/**/*.test.ts';
const UNIT = ['{shared,node,hub,deploy}/**/*.test.ts', 'tests/{conformance,tidy}/**/*.test.ts'];

/** In the order in which they start: what waits for processes leaves the processor to what comes after it. */
export const KINDS: readonly KindOfTest[] = [
  { name: 'processes', what: 'starts programs and kills them', include: [PROCESSES], exclude: [] },
  { name: 'browser', what: 'looks at a console as people do', include: [BROWSER], exclude: [] },
  { name: 'worlds', what: 'generated worlds against the oracle', include: [WORLDS], exclude: [] },
  {
    name: 'integration',
    what: 'databases and sockets, in one process',
    include: ['tests/**/*.test.ts'],
    exclude: [PROCESSES, WORLDS, BROWSER, ...UNIT],
  },
  { name: 'unit', what: 'neither database nor socket', include: UNIT, exclude: [] },
];
