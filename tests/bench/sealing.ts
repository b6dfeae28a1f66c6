/**
 * What sealing costs: the same files imported by this build and by one without sealing, in turn, each into a
 * new database of one server. Only measures and prints; sealing-import.ts does the work of one run.
 */
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from '../../deploy/postgres/embedded.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { median } from './median.ts';
import type { ImportFigures } from './sealing-import.ts';

export interface SealingOptions {
  /** `dist` of the build without sealing. */
  readonly baseline: string;
  readonly repetitions: number;
  say(what: string): void;
}

const run = promisify(execFile);

/** A Markdown table: per file the medians of both builds and their ratios. */
export async function benchSealing({ baseline, repetitions, say }: SealingOptions): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'truyvet-sealing-'));
  await using server = await startPostgres({ dataDir, temporary: true });
  const builds = { plain: baseline, sealed: join(packageRoot, 'dist') };
  const runs: Record<keyof typeof builds, ImportFigures[][]> = { plain: [], sealed: [] };
  for (let i = 0; i <= repetitions; i++) {
    for (const name of ['plain', 'sealed'] as const) {
      await server.createDatabase(`${name}_${i}`);
      const script = join(packageRoot, 'dist', 'tests', 'bench', 'sealing-import.js');
      const parameters = [script, builds[name], server.url(`${name}_${i}`)];
      const { stdout } = await run(process.execPath, parameters, { cwd: packageRoot });
      await server.dropDatabase(`${name}_${i}`);
      // The first of each only warms the machine.
      if (i > 0) runs[name].push(JSON.parse(stdout) as ImportFigures[]);
      say(`${name} ${i}`);
    }
  }
  return renderTable(runs);
}

function renderTable({ plain, sealed }: Record<'plain' | 'sealed', ImportFigures[][]>): string {
  const head = [
    'file',
    'rows',
    'wall clock',
    'ratio',
    'node CPU',
    'ratio',
    'database CPU',
    'ratio',
    'CPU ratio',
  ];
  const rows = (plain[0] ?? []).map(({ file, rows }, at) => {
    const of = (runs: ImportFigures[][], value: (figures: ImportFigures) => number) =>
      median(runs.map((figures) => value(figures[at] as ImportFigures)));
    const pair = (value: (figures: ImportFigures) => number) => {
      const [before, now] = [of(plain, value), of(sealed, value)];
      return [`${before.toFixed(0)} → ${now.toFixed(0)} ms`, (now / before).toFixed(2)];
    };
    const cpu = (figures: ImportFigures) => figures.nodeMs + figures.databaseMs;
    return [
      ...[file, String(rows), ...pair((f) => f.wallMs), ...pair((f) => f.nodeMs)],
      ...[...pair((f) => f.databaseMs), pair(cpu)[1]],
    ];
  });
  const line = (cells: readonly (string | undefined)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
