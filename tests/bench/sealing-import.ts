/**
 * Imports the bench's files once with one build of the node, in a process of its own: `ROOT DATABASE_URL`
 * (the build's `dist`, an empty database). Prints what each file took, as JSON. Runs any build since callers
 * were threaded through imports.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { monotonicMs } from '../../shared/clock.ts';
import { personWith } from '../support/callers.ts';
import { cpuMsOf } from './processes.ts';
import { type BenchFile, benchFiles } from './sealing-files.ts';

/** What one file took: wall clock, and processor time of the node and of its database connection. */
export interface ImportFigures {
  readonly file: string;
  readonly rows: number;
  readonly wallMs: number;
  readonly nodeMs: number;
  readonly databaseMs: number;
}

type Build = Awaited<ReturnType<typeof load>>;

/** The parts of a build; of one without sealing there are no data keys. */
async function load(root: string) {
  const part = (path: string) => import(pathToFileURL(join(root, path)).href);
  return {
    ...((await part('shared/db/database.js')) as typeof import('../../shared/db/database.ts')),
    ...((await part('shared/db/migrate.js')) as typeof import('../../shared/db/migrate.ts')),
    ...((await part(
      'node/records/intake/operations.js',
    )) as typeof import('../../node/records/intake/operations.ts')),
    ...((await part('node/app.js')) as Pick<typeof import('../../node/app.ts'), 'MIGRATIONS'>),
    sealing: (await part('node/sealing/data-keys.js').catch(() => undefined)) as
      | typeof import('../../node/sealing/data-keys.ts')
      | undefined,
  };
}

const [root = '', databaseUrl = ''] = process.argv.slice(2);
const build = await load(root);
await using db = build.openDatabase(databaseUrl, { max: 1, name: 'bench import' });
await build.migrateDatabase(db, build.MIGRATIONS);
const [backend] = await db.sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
const figures: ImportFigures[] = [];
for (const file of benchFiles()) figures.push(await importOnce(build, file));
process.stdout.write(`${JSON.stringify(figures)}\n`);

async function importOnce({ importRows, sealing }: Build, file: BenchFile): Promise<ImportFigures> {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i);
  const dataKeys = sealing && new sealing.DataKeys({ current: 1, keys: new Map([[1, key]]) });
  const nothing = () => undefined;
  const changes = { identifiersChanged: nothing, staysChanged: nothing, encountersChanged: nothing };
  const clock = { nowMs: () => Date.parse('2021-06-01T00:00:00Z') };
  const rules = { inForceAt: nothing };
  const ctx = { db, dataKeys, clock, rules, province: '24', changes, tokenizer: { kick: nothing } };
  const caller = personWith(['integrator@24'], 'bench');
  const pid = backend?.pid as number;
  const before = { wall: monotonicMs(), node: process.cpuUsage(), database: await cpuMsOf(pid) };
  const source = { format: 'csv' as const, bytes: file.bytes() };
  const report = await importRows(ctx as never, caller, { kind: file.kind, source });
  const node = process.cpuUsage(before.node);
  if (report.rejected > 0) throw new Error(`${file.name}: ${JSON.stringify(report.errors[0])}`);
  return {
    file: file.name,
    rows: report.accepted,
    wallMs: monotonicMs() - before.wall,
    nodeMs: (node.user + node.system) / 1000,
    databaseMs: (await cpuMsOf(pid)) - before.database,
  };
}
