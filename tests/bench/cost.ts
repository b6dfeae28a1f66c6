/**
 * What a change costs: this build against an earlier one (a built checkout elsewhere), both federations up at
 * the same time, trace and import in turn, so that what else happens on the machine meets both. Each side is
 * measured by its own build's bench code; here they only take turns.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Participant } from '../../deploy/federation/participant.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { Disposal } from '../../shared/disposal.ts';
import { vietnamDate } from '../../shared/domain/instant.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { median } from './median.ts';
import { childrenOf, cpuMsOf, parentOf } from './processes.ts';

type BenchModule = typeof import('./bench-federation.ts');
type LauncherModule = typeof import('../../deploy/federation/federation.ts');
type TraceModule = typeof import('./federated-trace.ts');
type WorldModule = typeof import('./world.ts');

export interface CostOptions {
  /** Root of a built checkout of the earlier build. */
  readonly baseline: string;
  /** Stays of the world, in millions. */
  readonly millions: number;
  readonly provinces: number;
  /** Position of the index person in block 0. */
  readonly index: number;
  readonly repetitions: number;
  say(what: string): void;
}

/** Times of one thing done by both sides in turn, milliseconds; the same position is the same turn. */
interface Turns {
  readonly what: string;
  readonly before: number[];
  readonly now: number[];
}

/** What one thing took: by the wall clock, and of processors. */
interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** One side of the comparison. */
interface Side {
  trace(maxDegree: number): Promise<Took & { contacts: string }>;
  importFile(kind: string, text: string): Promise<Took>;
}

const DEGREES = [1, 2] as const;
const IMPORT_ROWS = 20_000;

/** Runs everything and returns the table for RESULTS.md. Throws if the sides find different contacts. */
export async function measureCost(options: CostOptions): Promise<string> {
  await using held = new Disposal();
  options.say('starting the earlier build');
  const before = await openSide(options.baseline, options, held);
  options.say('starting this build');
  const now = await openSide(packageRoot, options, held);
  const turns = [
    ...(await traceInTurns({ before, now }, options)),
    ...(await importInTurns({ before, now }, options)),
  ];
  return renderCost(turns);
}

async function openSide(root: string, options: CostOptions, held: Disposal): Promise<Side> {
  const load = async <T>(path: string) => (await import(pathToFileURL(join(root, 'dist', path)).href)) as T;
  const { BenchFederation, provinceCodes } = await load<BenchModule>('tests/bench/bench-federation.js');
  const { FederatedTracer, enterCase } = await load<TraceModule>('tests/bench/federated-trace.js');
  const { MILLION, makeWorld, identifierValue } = await load<WorldModule>('tests/bench/world.js');
  const { startFederation } = await load<LauncherModule>('deploy/federation/federation.js');
  const { millions, provinces, index, say } = options;
  const world = makeWorld({ shape: MILLION, blocks: millions, provinces, seed: 1 });
  const bench = held.use(await BenchFederation.start(world, { say }));
  const { hub, nodes } = bench.federation;
  const hubDb = held.use(openDatabase(hub.databaseUrl, { max: 1, name: 'bench hub' }));
  const person = world.personOf(index);
  const home = bench.federation.node(provinceCodes(provinces)[world.people.home[person] as number] as string);
  const caseId = await enterCase(home, identifierValue(2 * person));
  const tracer = new FederatedTracer(home, hub, hubDb);
  await tracer.findAllProvinces(caseId);
  // Into a federation of its own: the bench fills tables directly, and leaves their sequences behind.
  const empty = held.use(await startFederation({ provinces: ['24'] }));
  const cpuNow = () => cpuOf([hub, ...nodes].map(({ pid }) => pid));
  const importer = empty.node('24');
  const server = await serverOf(importer, held);
  const cpuOfImports = async () => cpuOf([importer.pid, ...(await childrenOf(server))]);
  return {
    async trace(maxDegree) {
      const cpuBefore = await cpuNow();
      const { traceId, wallMs } = await tracer.run({ caseId, maxDegree });
      const cpuMs = (await cpuNow()) - cpuBefore;
      const contacts = await countContacts(home, traceId);
      await tracer.close(traceId);
      return { wallMs, cpuMs, contacts };
    },
    async importFile(kind, text) {
      const cpuBefore = await cpuOfImports();
      const wallMs = await importInto(importer, kind, text);
      return { wallMs, cpuMs: (await cpuOfImports()) - cpuBefore };
    },
  };
}

async function cpuOf(pids: readonly number[]): Promise<number> {
  const all = await Promise.all(pids.map(cpuMsOf));
  return all.reduce((total, ms) => total + ms, 0);
}

/** Process id of the database server of a program. The connection stays, so that its process is no news. */
async function serverOf({ databaseUrl }: Participant, held: Disposal): Promise<number> {
  const db = held.use(openDatabase(databaseUrl, { max: 1, name: 'bench server' }));
  const [row] = await db.sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  return parentOf(row?.pid as number);
}

/** Contacts by degree and by province, as the trace shows them. */
async function countContacts({ url, token }: Participant, traceId: string): Promise<string> {
  const response = await fetch(`${url}/v1/traces/${traceId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return JSON.stringify(((await response.json()) as { contacts: unknown }).contacts);
}

/** Milliseconds until the node has stored the file. Throws if it did not take every row. */
async function importInto({ url, token }: Participant, kind: string, text: string): Promise<number> {
  const startedMs = performance.now();
  const response = await fetch(`${url}/v1/imports/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
    body: text,
  });
  const { accepted, rejected } = (await response.json()) as { accepted: number; rejected: number };
  const ms = performance.now() - startedMs;
  if (rejected !== 0 || !(accepted > 0)) throw new Error(`${kind}: ${response.status}, ${rejected} rejected`);
  return ms;
}

interface Sides {
  readonly before: Side;
  readonly now: Side;
}

async function traceInTurns({ before, now }: Sides, { repetitions, say }: CostOptions): Promise<Turns[]> {
  const turns = DEGREES.flatMap((degree) => [
    newTurns(`trace, ${degree} degree(s), wall clock`),
    newTurns(`trace, ${degree} degree(s), processor time of hub and nodes`),
  ]);
  for (let i = 0; i <= repetitions; i++) {
    say(`traces, turn ${i}`);
    for (const [at, degree] of DEGREES.entries()) {
      // Who goes first changes: the second finds warmer disks, or a busier machine.
      const [first, second] = i % 2 === 0 ? [before, now] : [now, before];
      const one = await first.trace(degree);
      const other = await second.trace(degree);
      if (one.contacts !== other.contacts) throw new Error(`${one.contacts} against ${other.contacts}`);
      const [old, ours] = i % 2 === 0 ? [one, other] : [other, one];
      // The first of each warms up.
      if (i === 0) continue;
      push(turns[2 * at] as Turns, old.wallMs, ours.wallMs);
      push(turns[2 * at + 1] as Turns, old.cpuMs, ours.cpuMs);
    }
  }
  return turns;
}

async function importInTurns({ before, now }: Sides, { repetitions, say }: CostOptions): Promise<Turns[]> {
  const kinds = ['places', 'persons', 'check-ins', 'encounters', 'persons again'] as const;
  const turns = kinds.flatMap((kind) => [
    newTurns(`import of ${kind}, wall clock`),
    newTurns(`import of ${kind}, processor time of node and database`),
  ]);
  for (let i = 0; i <= repetitions; i++) {
    say(`imports, turn ${i}`);
    for (const [at, name] of kinds.entries()) {
      const kind = name === 'persons again' ? 'persons' : name;
      const text = FILES[kind](i);
      const [first, second] = i % 2 === 0 ? [before, now] : [now, before];
      const one = await first.importFile(kind, text);
      const other = await second.importFile(kind, text);
      const [old, ours] = i % 2 === 0 ? [one, other] : [other, one];
      if (i === 0) continue;
      push(turns[2 * at] as Turns, old.wallMs, ours.wallMs);
      push(turns[2 * at + 1] as Turns, old.cpuMs, ours.cpuMs);
    }
  }
  return turns;
}

/** Files of people who are in no world, other ones each turn. */
const FILES = {
  places: (turn: number) =>
    csv('place,name,kind,ward', 2_000, (row) => `bench-${turn}-${row},Quán ${row},cafe,`),
  persons: (turn: number) =>
    csv('identifiers,name,born_on,province,address,household', IMPORT_ROWS, (row) => {
      const name = `Nguyễn Văn ${row.toString(36)}`;
      const address = `số ${row} đường Lê Lợi`;
      return `${cccd(turn, row)} ${phone(turn, row)},${name},1990-01-01,24,${address},h${turn}-${row >> 2}`;
    }),
  'check-ins': (turn: number) =>
    csv('identifier,place,in_at,out_at', 2 * IMPORT_ROWS, (row) => {
      const place = `bench-${turn}-${(row * 7) % 2_000}`;
      const date = daysAgo(1 + (row % 14));
      return `${phone(turn, row % IMPORT_ROWS)},${place},${date}T08:00:${two(row % 60)}+07:00,`;
    }),
  encounters: (turn: number) =>
    csv('identifier_a,identifier_b,from,until,rssi', IMPORT_ROWS, (row) => {
      const pair = `${phone(turn, row)},${phone(turn, (row + 1) % IMPORT_ROWS)}`;
      const until = `${daysAgo(5)}T08:${two(1 + (row % 59))}:00+07:00`;
      return `${pair},${daysAgo(5)}T08:00:00+07:00,${until},-60`;
    }),
};

const STARTED = Math.floor(Date.now() / 1000);

/** A date that the rules' retention still reaches. */
function daysAgo(days: number): string {
  return vietnamDate(STARTED - days * 86_400);
}

function csv(header: string, rows: number, line: (row: number) => string): string {
  return `${header}\n${Array.from({ length: rows }, (_, row) => line(row)).join('\n')}\n`;
}

function cccd(turn: number, row: number): string {
  return `cccd:9${String(turn * 1_000_000 + row).padStart(11, '0')}`;
}

function phone(turn: number, row: number): string {
  return `phone:+848${String(turn * 1_000_000 + row).padStart(8, '0')}`;
}

function two(count: number): string {
  return String(count).padStart(2, '0');
}

function newTurns(what: string): Turns {
  return { what, before: [], now: [] };
}

function push(turns: Turns, before: number, now: number): void {
  turns.before.push(before);
  turns.now.push(now);
}

/** Medians, and the median of the ratios turn by turn. */
function renderCost(all: readonly Turns[]): string {
  const rows = all.map(({ what, before, now }) => {
    const ratios = now.map((ms, i) => ms / (before[i] as number));
    const span = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    const cells = [`${median(before).toFixed(0)} ms`, `${median(now).toFixed(0)} ms`];
    return `| ${[what, ...cells, median(ratios).toFixed(2), span].join(' | ')} |`;
  });
  return ['| | before | now | ratio | of all turns |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}
