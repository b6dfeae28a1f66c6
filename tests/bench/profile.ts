/**
 * Where a two-degree trace spends its time: processor profiles of hub and nodes summed up by part of the
 * program, and what the database server spent on each statement. Profiling slows everything: shares count
 * here, not milliseconds.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../shared/db/database.ts';
import { BenchFederation, provinceCodes } from './bench-federation.ts';
import { enterCase, FederatedTracer } from './federated-trace.ts';
import { identifierValue, type World } from './world.ts';

export interface ProfileOptions {
  readonly world: World;
  /** The index person, by its position in block 0. */
  readonly index: number;
  readonly repetitions: number;
  say(what: string): void;
}

/** Runs traces and returns two tables, for one trace on average. */
export async function profileTrace({ world, index, repetitions, say }: ProfileOptions): Promise<string> {
  const profileDir = await mkdtemp(join(tmpdir(), 'truyvet-profile-'));
  try {
    let statements: string;
    {
      await using bench = await BenchFederation.start(world, { say, profileDir });
      // What loading took is not asked for.
      for (const file of readdirSync(profileDir)) await rm(join(profileDir, file));
      await bench.merged.sql.unsafe('CREATE EXTENSION pg_stat_statements');
      const tracer = await newTracer(bench, world, index);
      await tracer(1);
      await bench.merged.sql.unsafe('SELECT pg_stat_statements_reset()');
      say('tracing');
      await tracer(repetitions);
      statements = await renderStatements(bench, repetitions);
    }
    return `${renderProfile(profileDir, repetitions + 1)}\n\n${statements}`;
  } finally {
    await rm(profileDir, { recursive: true, force: true });
  }
}

/** Runs so many two-degree traces, one after the other. */
async function newTracer(bench: BenchFederation, world: World, index: number) {
  const person = world.personOf(index);
  const codes = provinceCodes(world.options.provinces);
  const home = bench.federation.node(codes[world.people.home[person] as number] as string);
  const caseId = await enterCase(home, identifierValue(2 * person));
  return async (count: number) => {
    await using hubDb = openDatabase(bench.federation.hub.databaseUrl, { max: 1, name: 'bench hub' });
    const tracer = new FederatedTracer(home, bench.federation.hub, hubDb);
    for (let i = 0; i < count; i++) await tracer.close((await tracer.run({ caseId, maxDegree: 2 })).traceId);
  };
}

async function renderStatements({ merged }: BenchFederation, traces: number): Promise<string> {
  const rows = await merged.sql<{ database: string; calls: number; ms: number; query: string }[]>`
    SELECT regexp_replace(d.datname, '.*_(hub|node).*', '\\1') AS database, sum(s.calls)::int AS calls,
      sum(s.total_exec_time)::float8 AS ms, left(regexp_replace(s.query, '\\s+', ' ', 'g'), 60) AS query
    FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
    GROUP BY 1, 4 ORDER BY 3 DESC LIMIT 14`;
  return [
    '| program | statement | calls | ms |',
    '|---|---|---|---|',
    ...rows.map(({ database, calls, ms, query }) =>
      [`| ${database}`, `\`${query}\``, (calls / traces).toFixed(1), `${(ms / traces).toFixed(1)} |`].join(
        ' | ',
      ),
    ),
  ].join('\n');
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Which part a frame belongs to, by its file; the first that matches. */
const PARTS: readonly (readonly [part: string, url: RegExp])[] = [
  ['fold (shared/trace)', /dist\/shared\/trace\//],
  ['pseudonyms, tokens', /dist\/shared\/pseudonym\/|node:internal\/crypto/],
  ['signatures', /dist\/shared\/auth\/|\/jose\//],
  ['messages (encode, decode)', /dist\/shared\/gen\/|shared\/grpc\/trace-messages|traces\/wire|@bufbuild/],
  ['gRPC, HTTP/2, TLS', /@grpc|shared\/grpc\/|node:internal\/http2|node:_?tls|node:internal\/tls|node:http2/],
  ['database driver, COPY', /\/postgres\/|shared\/db\/|drizzle/],
  ['memory of identifiers, answers', /dist\/node\/tracing\//],
  ['hub: sessions, assignments, store', /dist\/hub\//],
  ['streams, sockets, timers', /^node:/],
];

/**
 * Two tables of milliseconds, one column for the hub and one for all nodes: by part, and of the costliest
 * functions.
 */
function renderProfile(directory: string, traces: number): string {
  const files = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'));
  const profiles = files.map((file) => ({
    side: file.startsWith('hub') ? ('hub' as const) : ('nodes' as const),
    profile: JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile,
  }));
  return [partOfFrame, functionOfFrame]
    .map((nameOf) => {
      const totals = new Map<string, { hub: number; nodes: number }>();
      for (const { side, profile } of profiles) addSelfTimes(totals, side, profile, nameOf);
      return renderTimes(totals, traces);
    })
    .join('\n\n');
}

const ROWS = 16;

function renderTimes(totals: ReadonlyMap<string, { hub: number; nodes: number }>, traces: number): string {
  const busy = [...totals].filter(([name]) => name !== 'idle');
  const rows = busy.sort(([, a], [, b]) => b.hub + b.nodes - a.hub - a.nodes).slice(0, ROWS);
  const cell = (ms: number) => (ms / traces).toFixed(0);
  return [
    '| where | hub ms | nodes ms |',
    '|---|---|---|',
    ...rows.map(([name, { hub, nodes }]) => `| ${name} | ${cell(hub)} | ${cell(nodes)} |`),
  ].join('\n');
}

function addSelfTimes(
  totals: Map<string, { hub: number; nodes: number }>,
  side: 'hub' | 'nodes',
  { nodes, samples, timeDeltas }: CpuProfile,
  nameOf: (frame: CallFrame) => string,
): void {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  samples.forEach((sample, i) => {
    const name = names.get(sample) ?? 'other';
    const total = totals.get(name) ?? { hub: 0, nodes: 0 };
    total[side] += (timeDeltas[i] ?? 0) / 1000;
    totals.set(name, total);
  });
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

function functionOfFrame(frame: CallFrame): string {
  if (partOfFrame(frame) === 'idle') return 'idle';
  const file = frame.url.replace(/^.*\/(?:dist|node_modules)\//, '').replace(/\.js$/, '.ts');
  return file === '' ? frame.functionName : `${frame.functionName || 'anonymous'}, ${file}`;
}

function partOfFrame({ functionName, url }: CallFrame): string {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url === '') return 'native code';
  return PARTS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'other';
}
