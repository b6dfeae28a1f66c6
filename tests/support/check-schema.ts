/**
 * Compares the schema that the migrations make with the committed dumps `node/db/schema.sql` and
 * `hub/db/schema.sql`; with `--write` it rewrites them. `npm run check:schema`.
 */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startPostgres } from '../../deploy/postgres/embedded.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { describeSchema } from './describe-schema.ts';

const HEADER =
  '-- Made from the migrations by `npm run check:schema -- --write`; compared in CI. Never edited.\n\n';

async function main(write: boolean): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'truyvet-schema-'));
  await using postgres = await startPostgres({ dataDir, durable: false, temporary: true });
  const wrong: string[] = [];
  for (const program of ['node', 'hub']) {
    const path = join(packageRoot, program, 'db', 'schema.sql');
    const dump = HEADER + (await migratedSchema(postgres, program));
    if (write) await writeFile(path, dump);
    else if ((await readFile(path, 'utf8').catch(() => '')) !== dump) wrong.push(`${program}/db/schema.sql`);
  }
  for (const path of wrong)
    console.error(`${path}: not what the migrations make; run with --write and review`);
  return wrong.length === 0 ? 0 : 1;
}

async function migratedSchema(postgres: EmbeddedPostgres, program: string): Promise<string> {
  await postgres.createDatabase(program);
  await using db = openDatabase(postgres.url(program), { max: 2, name: 'check-schema' });
  await migrateDatabase(db, join(packageRoot, program, 'db', 'migrations'));
  return await describeSchema(db);
}

process.exitCode = await main(process.argv.includes('--write'));
