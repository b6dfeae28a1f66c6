/**
 * Measures one world: the merged query and the federated trace in turn, so that what else happens on the
 * machine meets both, and checks at every size that both found the same contacts.
 */
import { loadavg } from 'node:os';
import { type Database, openDatabase } from '../../shared/db/database.ts';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { type BenchFederation, provinceCodes } from './bench-federation.ts';
import { askMerged, assertSameContacts, contactsOfMerged, contactsOfNodes } from './contacts.ts';
import {
  criticalPathMs,
  enterCase,
  type FederatedRun,
  FederatedTracer,
  type Step,
  sum,
} from './federated-trace.ts';
import { median as medianOf } from './median.ts';
import { childrenOf, cpuMsOf, memoryOf } from './processes.ts';
import { tokenOf } from './rows.ts';
import { BENCH_TIME, identifierValue, type World } from './world.ts';

/** Processor time by program, milliseconds. `databases` are the server processes of hub and nodes. */
export interface CpuTimes {
  readonly hub: number;
  readonly nodes: number;
  readonly databases: number;
}

/** Medians over the repetitions. Milliseconds. */
export interface DegreeMeasurement {
  readonly maxDegree: number;
  readonly contacts: readonly number[];
  readonly contactEvents: number;
  readonly bytes: FederatedRun['bytes'];
  readonly mergedMs: number;
  readonly mergedCpuMs: number;
  readonly wallMs: number;
  readonly cpu: CpuTimes;
  readonly criticalMs: number;
  /** Of the run one by one whose critical path is the median. */
  readonly steps: readonly Step[];
  /** From the accepted request to the end, less the steps; the last step outlives the end by a moment. */
  readonly betweenMs: number;
}

export interface Measurement {
  readonly stays: number;
  readonly provinces: number;
  readonly people: number;
  readonly places: number;
  readonly encounters: number;
  readonly repetitions: number;
  readonly loadAverage: number;
  readonly degrees: readonly DegreeMeasurement[];
  readonly memory: { readonly hubMib: number; readonly nodeMib: number; readonly nodesMib: number };
}

export interface MeasureOptions {
  readonly world: World;
  readonly bench: BenchFederation;
  readonly rules: RulePack;
  /** The index person, by its position in block 0. */
  readonly index: number;
  readonly repetitions: number;
  say(what: string): void;
}

const DEGREES = [1, 2] as const;

/** One kind of trace, run by both sides. */
interface Run {
  readonly mergedMs: number;
  readonly mergedCpuMs: number;
  readonly federated: FederatedRun;
  readonly cpu: CpuTimes;
  readonly contacts: readonly number[];
}

/** Measures; throws if the two sides differ anywhere. */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { world, bench, repetitions, say } = options;
  await using hubDb = openDatabase(bench.federation.hub.databaseUrl, { max: 1, name: 'bench hub' });
  const runner = new Runner(options, hubDb, await enterIndexCase(options));
  say('all provinces at once');
  const together = await runner.repeat(repetitions);
  const memory = await memoryNow(bench);
  say('one province at a time');
  await bench.setFanout(1);
  const apart = await runner.repeat(repetitions);
  return {
    stays: world.stays.count,
    provinces: world.options.provinces,
    people: world.people.count,
    places: world.places.count,
    encounters: world.encounters.count,
    repetitions,
    loadAverage: loadavg()[0] ?? 0,
    degrees: DEGREES.map((degree) => summarize(degree, together.get(degree) ?? [], apart.get(degree) ?? [])),
    memory,
  };
}

async function enterIndexCase({ world, bench, index }: MeasureOptions) {
  const person = world.personOf(index);
  const codes = provinceCodes(world.options.provinces);
  const home = bench.federation.node(codes[world.people.home[person] as number] as string);
  return { person, home, codes, caseId: await enterCase(home, identifierValue(2 * person)) };
}

class Runner {
  readonly #options: MeasureOptions;
  readonly #hubDb: Database;
  readonly #index: Awaited<ReturnType<typeof enterIndexCase>>;

  constructor(options: MeasureOptions, hubDb: Database, index: Awaited<ReturnType<typeof enterIndexCase>>) {
    this.#options = options;
    this.#hubDb = hubDb;
    this.#index = index;
  }

  /** Runs of each degree, in turn; the first of each warms up and is left out. */
  async repeat(repetitions: number): Promise<Map<number, Run[]>> {
    const { home, caseId } = this.#index;
    await new FederatedTracer(home, this.#options.bench.federation.hub, this.#hubDb).findAllProvinces(caseId);
    const runs = new Map<number, Run[]>(DEGREES.map((degree) => [degree, []]));
    for (let i = 0; i <= repetitions; i++) {
      for (const degree of DEGREES) {
        const run = await this.#runBoth(degree);
        if (i > 0) runs.get(degree)?.push(run);
      }
    }
    return runs;
  }

  async #runBoth(maxDegree: number): Promise<Run> {
    const { bench, rules } = this.#options;
    const { person, home, codes, caseId } = this.#index;
    const token = tokenOf(2 * person);
    const question = { token, from: BENCH_TIME.from, until: BENCH_TIME.asOf, maxDegree, rules };
    const backend = await backendOf(bench.merged);
    const cpuBefore = await cpuMsOf(backend);
    const startedMs = performance.now();
    const answer = await askMerged(bench.merged, question);
    const mergedMs = performance.now() - startedMs;
    const mergedCpuMs = (await cpuMsOf(backend)) - cpuBefore;

    const before = await cpuNow(bench, backend);
    const tracer = new FederatedTracer(home, bench.federation.hub, this.#hubDb);
    const federated = await tracer.run({ caseId, maxDegree });
    const after = await cpuNow(bench, backend);

    const merged = contactsOfMerged(answer, codes);
    assertSameContacts(await contactsOfNodes(bench.nodes, federated.traceId), merged);
    const contactEvents = await countEvents(bench, federated.traceId);
    await tracer.close(federated.traceId);
    return {
      mergedMs,
      mergedCpuMs,
      federated: { ...federated, contactEvents },
      cpu: {
        hub: after.hub - before.hub,
        nodes: after.nodes - before.nodes,
        databases: after.databases - before.databases,
      },
      contacts: DEGREES.map((degree) => merged.filter((contact) => contact.degree === degree).length),
    };
  }
}

async function backendOf({ sql }: Database): Promise<number> {
  const [row] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  return row?.pid as number;
}

async function cpuNow({ federation, serverPid }: BenchFederation, except: number): Promise<CpuTimes> {
  const cpuOfAll = async (pids: readonly number[]) => sum(await Promise.all(pids.map(cpuMsOf)), (ms) => ms);
  const backends = (await childrenOf(serverPid)).filter((pid) => pid !== except);
  return {
    hub: await cpuMsOf(federation.hub.pid),
    nodes: await cpuOfAll(federation.nodes.map(({ pid }) => pid)),
    databases: await cpuOfAll(backends),
  };
}

/** Contact events that the provinces answered with, by their own account. */
async function countEvents({ nodes }: BenchFederation, traceId: string): Promise<number> {
  let events = 0;
  for (const { databaseUrl } of nodes) {
    await using db = openDatabase(databaseUrl, { max: 1, name: 'bench count' });
    const answered = { action: 'question.answered', on: [{ trace: traceId }] };
    const [row] = await db.sql<{ events: number }[]>`
      SELECT coalesce(sum((body::jsonb #>> '{detail,events}')::int), 0)::int AS events
      FROM audit_records
      WHERE body::jsonb @> ${JSON.stringify(answered)}::jsonb`;
    events += row?.events ?? 0;
  }
  return events;
}

async function memoryNow({ federation }: BenchFederation): Promise<Measurement['memory']> {
  const nodes = await Promise.all(federation.nodes.map(({ pid }) => memoryOf(pid)));
  const { peakMib } = await memoryOf(federation.hub.pid);
  return {
    hubMib: peakMib,
    nodeMib: Math.max(...nodes.map((node) => node.peakMib)),
    nodesMib: sum(nodes, (node) => node.rssMib),
  };
}

function summarize(maxDegree: number, together: readonly Run[], apart: readonly Run[]): DegreeMeasurement {
  const all = [...together, ...apart];
  const byCritical = [...apart].sort((a, b) => criticalPathMs(a.federated) - criticalPathMs(b.federated));
  const typical = byCritical[Math.floor((byCritical.length - 1) / 2)] as Run;
  const { steps, wallMs, bytes, contactEvents } = typical.federated;
  return {
    maxDegree,
    contacts: typical.contacts,
    contactEvents,
    bytes,
    mergedMs: median(all, (run) => run.mergedMs),
    mergedCpuMs: median(all, (run) => run.mergedCpuMs),
    wallMs: median(together, (run) => run.federated.wallMs),
    cpu: {
      hub: median(together, (run) => run.cpu.hub),
      nodes: median(together, (run) => run.cpu.nodes),
      databases: median(together, (run) => run.cpu.databases),
    },
    criticalMs: criticalPathMs(typical.federated),
    steps,
    betweenMs: Math.max(0, wallMs - sum(steps, ({ ms }) => ms)),
  };
}

function median<T>(items: readonly T[], of: (item: T) => number): number {
  return medianOf(items.map(of));
}
