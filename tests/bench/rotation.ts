/**
 * `npm run bench -- rotation`: what a node with a million identifiers pays for tokens of two generations: the
 * memory of both, the time in which answers wait while the next ones are read, and the look at the whole
 * table before it says that it answers in both. Only measures.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startPostgres } from '../../deploy/postgres/embedded.ts';
import { isAnyWithout } from '../../node/records/people/generations-queries.ts';
import { TokenSealer } from '../../node/sealing/token-sealer.ts';
import { IdentifierIndexes } from '../../node/tracing/asking/identifier-indexes.ts';
import { readIdentifiers } from '../../node/tracing/asking/queries.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { newKey } from '../../shared/ids.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { median } from './median.ts';

const HELD = 1_000_000;
const AT_ONCE = 50_000;
const REPETITIONS = 5;

/** A Markdown table. */
export async function benchRotation(say: (what: string) => void): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'truyvet-rotation-'));
  await using server = await startPostgres({ dataDir, temporary: true });
  await server.createDatabase('rotation');
  await using db = openDatabase(server.url('rotation'), { max: 1, name: 'bench' });
  await migrateDatabase(db, join(packageRoot, 'node', 'db', 'migrations'));
  const tokens = new TokenSealer(newKey(32));
  say('a million identifiers with two tokens each');
  await fill(db, tokens);
  say('reading');
  const indexes = new IdentifierIndexes();
  const read = (generation: number) => async () =>
    indexes.add(generation, await readIdentifiers(db, tokens, { generation }));
  const lines = [
    ['reading the tokens in use, as at a start', await secondsOf(read(1)), bytesHeld()],
    ['reading the next ones: answers wait', await secondsOf(read(2)), bytesHeld()],
    ['looking for anybody without: tokens wait', await secondsOf(() => isAnyWithout(db, 2)), bytesHeld()],
  ];
  const rows = lines.map(([what, seconds, bytes]) => `| ${what} | ${seconds} | ${bytes} |`);
  return ['| step | time | of it processor | memory after it |', '|---|---|---|---|', ...rows].join('\n');
}

async function fill({ sql }: Database, tokens: TokenSealer): Promise<void> {
  for (let at = 0; at < HELD; at += AT_ONCE) {
    const ids = Int32Array.from({ length: AT_ONCE }, (_, i) => at + i + 1);
    const [one, two] = [1, 2].map((generation) =>
      tokens.seal({ ids, generations: new Int32Array(AT_ONCE).fill(generation) }, newKey(AT_ONCE * 16)),
    ) as [Buffer, Buffer];
    await sql`
      INSERT INTO identifiers (id, token, token_generation, next_token, next_generation,
        value_sealed, value_index, key_generation, kind)
      OVERRIDING SYSTEM VALUE
      SELECT ${at}::int + i, substring(${one}::bytea FROM (i - 1) * 24 + 1 FOR 24), 1,
        substring(${two}::bytea FROM (i - 1) * 24 + 1 FOR 24), 2,
        sha256(int4send(i)), decode(lpad(to_hex(${at}::int + i), 32, '0'), 'hex'), 1, 1
      FROM generate_series(1, ${AT_ONCE}::int) i`;
  }
  await sql`VACUUM ANALYZE identifiers`;
}

/** Wall clock, and processor time of this process: medians. */
async function secondsOf(step: () => Promise<unknown>): Promise<string> {
  const [walls, own] = [[], []] as [number[], number[]];
  for (let i = 0; i < REPETITIONS; i++) {
    const [begun, used] = [monotonicMs(), process.cpuUsage()];
    await step();
    walls.push((monotonicMs() - begun) / 1e3);
    const { user, system } = process.cpuUsage(used);
    own.push((user + system) / 1e6);
  }
  return `${median(walls).toFixed(2)} s | ${median(own).toFixed(2)} s`;
}

/** Of typed arrays, which is where the memory of identifiers is. */
function bytesHeld(): string {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return `${Math.round(process.memoryUsage().arrayBuffers / 2 ** 20)} MiB`;
}
