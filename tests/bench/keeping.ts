/**
 * `npm run bench -- keeping [MILLIONS]`: what a province of so many million identifiers pays for each start
 * of its node, and for each daily look at what is to be erased. Only measures.
 */
import type { Participant } from '../../deploy/federation/participant.ts';
import { erasuresOf } from '../../node/erasures.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { openDatabase } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { BenchFederation } from './bench-federation.ts';
import { median } from './median.ts';
import { cpuMsOf, memoryOf } from './processes.ts';
import { BENCH_TIME, MILLION, makeWorld } from './world.ts';

/** A million identifiers, of which each is seen about once: what is kept of people, and little else. */
const BLOCKS = 5;
const SHAPE = { ...MILLION, staysPerPerson: 1 };
const STARTS = 3;
const MONTHS_SECONDS = 60 * 86_400;

interface KeepingOptions {
  /** Of identifiers. */
  readonly millions: number;
  readonly rules: RulePack;
  say(what: string): void;
}

/** A Markdown table. */
export async function benchKeeping({ millions, rules, say }: KeepingOptions): Promise<string> {
  const world = makeWorld({ shape: SHAPE, blocks: BLOCKS * millions, provinces: 1, seed: 1 });
  await using bench = await BenchFederation.start(world, { say });
  say('starting');
  const start = await measureStarts(bench);
  say('looking for what is to be erased');
  const [{ name, databaseUrl }] = bench.federation.nodes as readonly [Participant];
  // It would look for what to erase, too.
  await bench.federation.kill(name, 'SIGTERM');
  const sweep = (now: number) => measureSweep(databaseUrl, { now, rules });
  const rows = [
    ['a start, until it is ready', start],
    ['a sweep that finds nothing', await sweep(BENCH_TIME.asOf)],
    ['a sweep when all that was seen is over', await sweep(BENCH_TIME.asOf + MONTHS_SECONDS)],
  ];
  return [
    '| step | time | processor: program | processor: database | memory |',
    '|---|---|---|---|---|',
    ...rows.map(([step, costs]) => `| ${step} | ${costs} |`),
  ].join('\n');
}

/** Medians; what of it the database's connections used ends with them. */
async function measureStarts({ federation }: BenchFederation): Promise<string> {
  const [node] = federation.nodes as readonly [Participant];
  const [walls, own, peaks] = [[], [], []] as [number[], number[], number[]];
  for (let i = 0; i < STARTS; i++) {
    await federation.kill(node.name, 'SIGTERM');
    const begun = monotonicMs();
    await federation.restart();
    walls.push(monotonicMs() - begun);
    own.push(await cpuMsOf(node.pid));
    peaks.push((await memoryOf(node.pid)).peakMib);
  }
  return `${seconds(median(walls))} | ${seconds(median(own))} | – | ${Math.round(median(peaks))} MiB`;
}

/** All passes of one day (shared/erasing.ts). */
async function measureSweep(url: string, { now, rules }: { now: number; rules: RulePack }): Promise<string> {
  await using db = openDatabase(url, { max: 1, name: 'bench sweep' });
  const [backend] = await db.sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  const serverMs = () => cpuMsOf(backend?.pid as number);
  const clock = { nowMs: () => now * 1000 };
  const erasures = erasuresOf({ db, clock, rules: { inForceAt: () => rules, pack: () => rules } });
  const [begun, used, served] = [monotonicMs(), process.cpuUsage(), await serverMs()];
  for (let more = true; more; ) {
    more = false;
    for (const erase of erasures) more = (await erase()) || more;
  }
  const wall = monotonicMs() - begun;
  const { user, system } = process.cpuUsage(used);
  const server = (await serverMs()) - served;
  return `${seconds(wall)} | ${seconds((user + system) / 1000)} | ${seconds(server)} | –`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
