/**
 * `npm run bench -- insiders`: what a trace of an honest province takes while one province floods it with
 * invented names, one stalls and one lies (promise 6), against the time of the same trace when nobody does. A
 * hub with its database, and six provinces that answer over gRPC, in this process. The first trace of all
 * waits for the one that stalls; it is told apart. No two names that the flood brings are the same, so that
 * the second trace finds it left out of the first.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../deploy/postgres/embedded.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { openDatabase } from '../../shared/db/database.ts';
import { migrateDatabase } from '../../shared/db/migrate.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { flagsOf, KIND_NUMBER } from '../../shared/trace/identifier-flags.ts';
import type { TraceAnswer, TraceQuestion } from '../../shared/trace/messages.ts';
import { openingOf, startTracedHub } from '../support/traced-hub.ts';
import { median } from './median.ts';

const PROVINCES = ['24', '79', '01', '48', '31', '92'];
const PEOPLE = 400;
const TRACES = 15;
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
  const trace = (n: number) => timed(hub, n, published);
  const honest = await medianOf(trace);
  say(`alone: ${honest.ms.toFixed(0)} ms`);
  const owner = openingOf(hub.world, 0).province;
  const [flooder, staller, liar] = hub.provinces.filter(({ province }) => province !== owner);
  if (!flooder || !staller || !liar) throw new Error('too few provinces');
  flooder.lies = flood(FLOOD);
  liar.lies = claimEverybody;
  staller.stalls = true;
  const first = await trace(0);
  say(`the first: ${first.toFixed(0)} ms`);
  const attacked = await medianOf(trace);
  say(`the others: ${attacked.ms.toFixed(0)} ms`);
  const rows = [
    ['alone', honest.ms, honest.most, 1],
    ['with a flood, a stall and a lie', attacked.ms, attacked.most, attacked.ms / honest.ms],
    ['the first of them', first, first, first / honest.ms],
  ] as const;
  return [
    '| trace | median ms | longest ms | ratio |',
    '|---|--:|--:|--:|',
    ...rows.map(
      ([what, ms, most, ratio]) =>
        `| ${what} | ${ms.toFixed(0)} | ${most.toFixed(0)} | ${ratio.toFixed(2)} |`,
    ),
  ].join('\n');
}

async function medianOf(trace: (n: number) => Promise<number>): Promise<{ ms: number; most: number }> {
  const times: number[] = [];
  for (let n = 0; n < TRACES; n++) times.push(await trace(0));
  return { ms: median(times), most: Math.max(...times) };
}

/** Milliseconds from the opening to the first result. */
async function timed(hub: Hub, n: number, published: Map<string, () => void>): Promise<number> {
  const opening = openingOf(hub.world, n);
  const began = monotonicMs();
  const result = new Promise<void>((resolve) => published.set(opening.trace_id, resolve));
  await hub.open(n, opening);
  await result;
  return monotonicMs() - began;
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
