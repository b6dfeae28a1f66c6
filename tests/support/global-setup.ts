/**
 * Before all tests: builds `dist` (some tests start programs), starts one throw-away PostgreSQL, and makes
 * the template databases that `createTestDatabase` clones. Tests that need none of these run even when they
 * fail.
 */
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../shared/db/database.ts';
import { type EmbeddedPostgres, startPostgres } from '../../shared/db/embedded.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { packageRoot } from '../../shared/package-root.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const building = build().catch(warn('npm run build'));
  const postgres = await startPostgres({
    dataDir: await mkdtemp(join(tmpdir(), 'truyvet-tests-')),
    durable: false,
    temporary: true,
  });
  for (const kind of ['node', 'hub'] as const)
    await makeTemplate(postgres, kind).catch(warn(`${kind} migrations`));
  await building;
  project.provide('adminUrl', postgres.url('postgres'));
  return () => postgres[Symbol.asyncDispose]();
}

async function build(): Promise<void> {
  const compiler = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: packageRoot });
}

async function makeTemplate(postgres: EmbeddedPostgres, kind: 'node' | 'hub'): Promise<void> {
  await postgres.createDatabase(`template_${kind}`);
  await using db = openDatabase(postgres.url(`template_${kind}`), { max: 1, name: 'template' });
  await migrateDatabase(db, join(packageRoot, kind, 'db', 'migrations'));
}

function warn(step: string) {
  return (error: Error & { stdout?: string }) => {
    console.warn(`\ntests: ${step} failed; tests that need it will too\n${error.stdout ?? error.stack}\n`);
  };
}
