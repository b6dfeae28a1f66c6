/**
 * Before all tests: builds `dist` (some tests start programs), starts one throw-away PostgreSQL, and makes
 * the template databases that `createTestDatabase` clones; none of it for unit tests alone. Tests that need
 * none of these run even when they fail.
 */
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { type EmbeddedPostgres, startPostgres } from '../../deploy/postgres/embedded.ts';
import { createRole } from '../../deploy/postgres/server-admin.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { grantProgramRole } from '../../shared/db/program-role.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { removeRoom } from './room.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Whether tests of a kind that needs them run; provided by asks-for-cluster.ts. */
    needsCluster: true | undefined;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!project.getProvidedContext().needsCluster) return removeRoom;
  const building = build().catch(warn('npm run build'));
  const postgres = await startPostgres({
    dataDir: await mkdtemp(join(tmpdir(), 'postgres-')),
    durable: false,
    temporary: true,
    // Cloning and dropping a database walk through all of it; tests hold little data.
    settings: { shared_buffers: '256MB' },
  });
  await makeProgramRole(postgres);
  const kinds = ['node', 'hub'] as const;
  await Promise.all(kinds.map((kind) => makeTemplate(postgres, kind).catch(warn(`${kind} migrations`))));
  await building;
  project.provide('adminUrl', postgres.url('postgres'));
  project.provide('programRole', PROGRAM_ROLE);
  return async () => {
    await postgres[Symbol.asyncDispose]();
    await removeRoom();
  };
}

async function build(): Promise<void> {
  const compiler = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: packageRoot });
  await Promise.all([
    run(compiler, '-p', 'tsconfig.build.json'),
    run(join(packageRoot, 'deploy', 'web', 'build.mjs')),
  ]);
}

async function makeTemplate(postgres: EmbeddedPostgres, kind: 'node' | 'hub'): Promise<void> {
  await postgres.createDatabase(`template_${kind}`);
  await using db = openDatabase(postgres.url(`template_${kind}`), { max: 1, name: 'template' });
  await migrateDatabase(db, join(packageRoot, kind, 'db', 'migrations'));
  await grantProgramRole(db, PROGRAM_ROLE.name);
}

/** The role of running programs, in all test databases. */
const PROGRAM_ROLE = { name: 'test_program', password: 'program' };

async function makeProgramRole(postgres: EmbeddedPostgres): Promise<void> {
  await using admin = openDatabase(postgres.url('postgres'), { max: 1, name: 'template' });
  await createRole(admin.sql, PROGRAM_ROLE.name, PROGRAM_ROLE.password);
}

function warn(step: string) {
  return (error: Error & { stdout?: string }) => {
    console.warn(`\ntests: ${step} failed; tests that need it will too\n${error.stdout ?? error.stack}\n`);
  };
}
