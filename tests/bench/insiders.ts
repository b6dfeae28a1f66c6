/**
 * `npm run bench -- insiders`: what traces of honest provinces take to their first result while one province
 * floods them with invented names, one stalls and one lies (promise 6), against the same traces in the same
 * run when nobody does; all kinds of a repetition one after the other. A hub with its database, and six
 * provinces that answer over gRPC, in this process: the flooder's own work counts. No two names that it
 * brings are the same.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../deploy/postgres/embedded.ts';
import { PROVINCE_BUDGET } from '../../hub/traces/allowances.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { flagsOf, KIND_NUMBER } from '../../shared/trace/identifier-flags.ts';
import type { TraceAnswer, TraceQuestion } from '../../shared/trace/messages.ts';
import { type ModelProvince, openingOf, startTracedHub } from '../support/traced-hub.ts';
import { median } from './median.ts';

const PROVINCES = ['24', '79', '01', '48', '31', '92'];
const PEOPLE = 400;
const REPETITIONS = 5;
/** Traces opened at the same moment. */
const AT_ONCE = 4;
/** Invented anew at every answer that may name whom somebody met. */
const FLOOD = 400_000;
/** As the hub has it unless it is configured. */
const ROUND_DEADLINE_MS = 5_000;

type Hub = Awaited<ReturnType<typeof startTracedHub>>;

/** A table of what was measured, in Markdown. */
export async function benchInsiders(say: (what: string) => void): Promise<string> {
  const published = new Map<string, () => void>();
  const onStep = ({ traceId, step }: { traceId: string; step: string }) => {
    if (step === 'publish') published.get(traceId)?.();
  };
  const dataDir = await mkdtemp(join(tmpdir(), 'truyvet-insiders-'));
  await using server = await startPostgres({ dataDir, temporary: true });
  await server.createDatabase('hub');
  const url = server.url('hub');
  const db = openDatabase(url, { max: 1, name: 'bench' });
  await migrateDatabase(db, join(packageRoot, 'hub', 'db', 'migrations'));
  const database = { url, programUrl: url, db, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() };
  await using hub = await startTracedHub({
    database,
    ...{ seed: 7, provinces: PROVINCES, people: PEOPLE },
    engine: { onStep, roundDeadlineMs: ROUND_DEADLINE_MS },
  });
  const scene = new Scene(hub, published);
  // What has not run yet is slower.
  for (let n = 0; n < 3; n++) await scene.wave();
  await scene.clear();
  const times = new Map<string, number[][]>();
  for (let n = 0; n < REPETITIONS; n++) {
    for (const [kind, ms] of await repetition(scene)) {
      times.set(kind, [...(times.get(kind) ?? []), ms]);
      say(`${n + 1} of ${REPETITIONS}: ${kind}: ${median(ms).toFixed(0)} ms`);
    }
  }
  return table(times);
}

/** Each kind of wave once: milliseconds of its traces. */
async function repetition(scene: Scene): Promise<[kind: string, ms: number[]][]> {
  const times: [string, number[]][] = [];
  const measure = async (kind: string) => void times.push([kind, await scene.wave()]);
  const { flooder, staller, liar } = scene;
  await measure(ALONE);
  flooder.lies = flood(FLOOD);
  liar.lies = claimEverybody;
  await measure('flood and lie, the first that meet them');
  staller.stalls = true;
  times.push([
    'flood, stall and lie, the one that meets the stall first',
    [await scene.trace(scene.honest[0] as number)],
  ]);
  await measure('flood, stall and lie, from then on');
  await scene.clear();
  flooder.lies = flood(PROVINCE_BUDGET.atOnce - 100);
  await measure('each with as many names as are let in at once');
  await scene.clear();
  // In another trace, whose first result is out: what was set aside comes in now.
  flooder.lies = flood(PROVINCE_BUDGET.byItself - 1_000);
  await scene.trace(scene.bait);
  flooder.lies = undefined;
  await measure('not flooded, beside one with as many as come in by themselves');
  await scene.clear();
  staller.stalls = false;
  liar.lies = undefined;
  // Answers what it is asked again.
  await scene.wave();
  await scene.clear();
  return times;
}

const ALONE = 'nobody does anything';

/** Who is who, and the traces under way. */
class Scene {
  readonly flooder: ModelProvince;
  readonly staller: ModelProvince;
  readonly liar: ModelProvince;
  /** Traces of the world that honest provinces open. */
  readonly honest: readonly number[];
  readonly bait: number;
  readonly #hub: Hub;
  readonly #published: Map<string, () => void>;
  readonly #open: string[] = [];

  constructor(hub: Hub, published: Map<string, () => void>) {
    this.#hub = hub;
    this.#published = published;
    const ownerOf = (n: number) => openingOf(hub.world, n).province;
    const [first, ...others] = hub.world.traces.map((_, n) => n);
    const insiders = hub.provinces.filter(({ province }) => province !== ownerOf(first ?? 0));
    [this.flooder, this.staller, this.liar] = insiders as [ModelProvince, ModelProvince, ModelProvince];
    const bad = [this.flooder, this.staller, this.liar].map(({ province }) => province);
    const honest = [first ?? 0, ...others].filter((n) => !bad.includes(ownerOf(n)));
    this.honest = Array.from({ length: AT_ONCE }, (_, n) => honest[n % honest.length] as number);
    this.bait = honest.at(-1) as number;
  }

  /** Several traces at once: milliseconds from their openings to their first results. */
  wave(): Promise<number[]> {
    return Promise.all(this.honest.map((n) => this.trace(n)));
  }

  async trace(n: number): Promise<number> {
    const opening = openingOf(this.#hub.world, n);
    const began = monotonicMs();
    const result = new Promise<void>((resolve) => this.#published.set(opening.trace_id, resolve));
    this.#open.push(await this.#hub.open(n, opening));
    await result;
    return monotonicMs() - began;
  }

  /** Nobody is on probation any more. */
  async clear(): Promise<void> {
    for (const id of this.#open.splice(0)) await this.#hub.engine.close(id);
  }
}

function table(times: ReadonlyMap<string, readonly number[][]>): string {
  const alone = (times.get(ALONE) ?? []).map(median);
  const rows = [...times].map(([kind, waves]) => {
    const all = waves.flat();
    const ratio = median(waves.map((wave, n) => median(wave) / (alone[n] as number)));
    const figures = [median(all), Math.max(...all)].map((ms) => ms.toFixed(0));
    return `| ${[kind, ...figures, ratio.toFixed(2)].join(' | ')} |`;
  });
  return ['| traces | median ms | longest ms | ratio |', '|---|--:|--:|--:|', ...rows].join('\n');
}

const GUEST = flagsOf(KIND_NUMBER.phone, false);

/** Whoever is asked about met all these people. */
function flood(count: number) {
  return ({ met, metFrom, metUntil }: TraceQuestion, answer: TraceAnswer): TraceAnswer => {
    if (met.length === 0 || (metFrom[0] as number) >= (metUntil[0] as number)) return answer;
    const names = randomBytes(16 * count);
    const first = answer.named.length / 16;
    const column = (before: Uint32Array, of: (n: number) => number) => {
      const grown = new Uint32Array(before.length + count);
      grown.set(before);
      for (let n = 0; n < count; n++) grown[before.length + n] = of(n);
      return grown;
    };
    const bytes = (before: Uint8Array, value: number) => {
      const grown = new Uint8Array(before.length + count).fill(value);
      grown.set(before);
      return grown;
    };
    return {
      ...answer,
      named: Buffer.concat([answer.named, names]),
      namedFlags: bytes(answer.namedFlags, GUEST),
      eventOf: column(answer.eventOf, () => 0),
      eventTo: column(answer.eventTo, (n) => first + n),
      eventFrom: column(answer.eventFrom, () => metFrom[0] as number),
      eventUntil: column(answer.eventUntil, () => metUntil[0] as number),
      eventSetting: bytes(answer.eventSetting, 254),
    };
  };
}

/** All of whom it speaks live there. */
function claimEverybody(_question: TraceQuestion, answer: TraceAnswer): TraceAnswer {
  const resident = (flags: Uint8Array) => flags.map((one) => one | 2);
  return { ...answer, namedFlags: resident(answer.namedFlags), knownFlags: resident(answer.knownFlags) };
}
