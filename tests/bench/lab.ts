/** Scratch program of the bench engineer; removed before hand-over. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../shared/db/database.ts';
import { startPostgres } from '../../shared/db/embedded.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { fillMerged } from './merged-tables.ts';
import { fillNodes } from './node-tables.ts';
import { tokensOf } from './rows.ts';
import { MILLION, makeWorld } from './world.ts';

const [blocks = 1, provinces = 3] = process.argv.slice(2).map(Number);
const server = await startPostgres({
  dataDir: '/tmp/bench-lab/pg',
  temporary: true,
  settings: { max_connections: 600 },
});
const time = async <T>(name: string, work: () => Promise<T> | T): Promise<T> => {
  const at = Date.now();
  const out = await work();
  console.log(name, Date.now() - at, 'ms');
  return out;
};
const world = await time('world', () => makeWorld({ shape: MILLION, blocks, provinces, seed: 1 }));
console.log(world.stays.count, world.people.count, world.encounters.count);
const tokens = await time('tokens', () => tokensOf(world));
await server.createDatabase('merged');
const merged = openDatabase(server.url('merged'), { max: 1, name: 'bench' });
await time('merged', () => fillMerged(world, tokens, merged));
const nodes: { province: string; databaseUrl: string }[] = [];
for (let p = 0; p < provinces; p++) {
  await server.createDatabase(`node_${p}`);
  await using db = openDatabase(server.url(`node_${p}`), { max: 1, name: 'm' });
  await migrateDatabase(db, join(packageRoot, 'node/db/migrations'));
  nodes.push({ province: String(p + 1).padStart(2, '0'), databaseUrl: server.url(`node_${p}`) });
}
await time('nodes', () => fillNodes(world, tokens, nodes));
writeFileSync('/tmp/bench-lab/url', server.url('merged'));
console.log('ready', server.url('merged'), 'person 1000 =', world.personOf(1000));
await new Promise((resolve) => process.once('SIGTERM', resolve));
await merged[Symbol.asyncDispose]();
await server[Symbol.asyncDispose]();
