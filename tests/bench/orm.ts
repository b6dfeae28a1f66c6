/**
 * `npm run bench -- orm`: what a statement costs through drizzle, and hand-written, which the driver
 * prepares. Where hand-written SQL stays, it is for these figures or for what drizzle cannot say.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql as fragment, inArray } from 'drizzle-orm';
import { startPostgres } from '../../deploy/postgres/embedded.ts';
import { answers, openings } from '../../hub/traces/tables.ts';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import { median } from './median.ts';

const KEYS = Array.from({ length: 1_000 }, (_, i) => `trace-${i}`);
const BODY = new Uint8Array(200);

/** A table of milliseconds a statement, each pair measured in turn on one connection. */
export async function benchOrm(say: (what: string) => void): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'truyvet-orm-'));
  await using server = await startPostgres({ dataDir, temporary: true });
  await server.createDatabase('orm');
  await using db = openDatabase(server.url('orm'), { max: 1, name: 'bench' });
  await makeTables(db);
  const lines = ['| statement | drizzle | hand-written | ratio |', '| --- | --- | --- | --- |'];
  for (const { name, times, drizzle, byHand } of statements(db)) {
    say(name);
    const [ours, theirs] = [[], []] as [number[], number[]];
    for (let round = 0; round < 5; round++) {
      theirs.push(await meanOf(times, byHand));
      ours.push(await meanOf(times, drizzle));
    }
    const [a, b] = [median(ours), median(theirs)];
    lines.push(`| ${name} | ${a.toFixed(2)} ms | ${b.toFixed(2)} ms | ${(a / b).toFixed(1)} |`);
  }
  return lines.join('\n');
}

async function makeTables({ sql }: Database): Promise<void> {
  await sql`CREATE TABLE openings (trace_id text, revision int, opening text, countersignature text,
    accepted_at timestamptz, PRIMARY KEY (trace_id, revision))`;
  await sql`INSERT INTO openings SELECT id, 1, 'opening', 'countersignature', now()
    FROM unnest(${KEYS}::text[]) id`;
  await sql`CREATE TABLE answers (trace_id text, seq int, province text, incarnation int8, data_version int8,
    stale bool DEFAULT false, body bytea, answered_at timestamptz(0) DEFAULT now(),
    PRIMARY KEY (trace_id, seq, province))`;
  await sql`ANALYZE`;
}

function statements({ sql, orm }: Database) {
  const { traceId, revision, opening, countersignature } = openings;
  const rows = Array.from({ length: 64 }, (_, seq) => ({
    ...{ traceId: 'trace-1', seq, province: '24', incarnation: 1, dataVersion: 1, body: BODY },
  }));
  return [
    {
      ...{ name: 'a row by its key', times: 2_000 },
      drizzle: () =>
        orm.select({ revision, opening, countersignature }).from(openings).where(eq(traceId, 'trace-2')),
      byHand: () =>
        sql`SELECT revision, opening, countersignature FROM openings WHERE trace_id = ${'trace-2'}`,
    },
    {
      ...{ name: '1,000 rows by their keys', times: 100 },
      drizzle: () => orm.select({ traceId, opening }).from(openings).where(inArray(traceId, KEYS)),
      byHand: () => sql`SELECT trace_id, opening FROM openings WHERE trace_id = ANY (${KEYS}::text[])`,
    },
    {
      ...{ name: '64 answers stored over others', times: 200 },
      drizzle: () =>
        orm
          .insert(answers)
          .values(rows)
          .onConflictDoUpdate({
            target: [answers.traceId, answers.seq, answers.province],
            set: { body: fragment`excluded.body` },
          }),
      byHand: () => sql`
        INSERT INTO answers ${sql(
          rows.map(({ traceId: trace_id, dataVersion: data_version, ...row }) => ({
            ...{ trace_id, data_version, ...row },
          })),
        )}
        ON CONFLICT (trace_id, seq, province) DO UPDATE SET body = excluded.body`,
    },
  ];
}

/** Milliseconds. */
async function meanOf(times: number, run: () => PromiseLike<unknown>): Promise<number> {
  for (let i = 0; i < times / 10; i++) await run();
  const from = performance.now();
  for (let i = 0; i < times; i++) await run();
  return (performance.now() - from) / times;
}
