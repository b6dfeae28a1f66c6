/**
 * The hub's traces alone: its engine and operations on a real database, before provinces that answer over
 * real gRPC from the rows of a generated world. For what happens between hub and provinces without a node in
 * the way: what is held in memory, what is asked again, what a database that is away costs.
 */
import { generateKeyPairSync } from 'node:crypto';
import { pino } from 'pino';
import { createAuthority } from '../../deploy/pki/authority.ts';
import { ProvinceLink } from '../../hub/provinces/province-link.ts';
import { TraceEngine, type TraceEngineOptions } from '../../hub/traces/engine.ts';
import { openTrace, type TracesCtx } from '../../hub/traces/operations.ts';
import { RefusalLog } from '../../shared/audit/refusals.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { type Database, openDatabase, retryWhileStarting } from '../../shared/db/database.ts';
import { Disposal } from '../../shared/disposal.ts';
import { type ErrorCode, receivedError } from '../../shared/errors.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { type GrpcServer, startGrpcServer } from '../../shared/grpc/server.ts';
import { implement } from '../../shared/grpc/service.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';
import { encodeAnswer, fragmentsOf, questionFromWire } from '../../shared/grpc/trace-messages.ts';
import { newTraceId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import { signOpening } from '../../shared/signed/opening.ts';
import type { Opening } from '../../shared/signed/opening-shape.ts';
import { PROTOCOL, type TraceAnswer, type TraceQuestion } from '../../shared/trace/messages.ts';
import { termsOf } from '../simulation/fold.ts';
import { ModelNode, Pseudonyms, partOf } from '../simulation/model-node.ts';
import { makeWorld, type World } from '../simulation/world.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createTcpGate, type TcpGate } from './tcp-gate.ts';

const logger = pino({ enabled: false }) as Logger;
const authority = await createAuthority();
const hubTls = await authority.issue({ kind: 'hub' });

/** What a province answers in links, and what in records. */
type ModelsByProtocol = ReadonlyMap<number, ModelNode>;

/** A province that answers from its part of a world. */
export class ModelProvince implements AsyncDisposable {
  readonly province: string;
  incarnation = 1;
  dataVersion = 1;
  /** The last step of the protocol that it speaks: what an older node does not say, it does not say. */
  protocol: number = PROTOCOL.records;
  /** Takes questions, and says nothing. */
  stalls = false;
  /** What it says in the place of what it knows. */
  lies: ((question: TraceQuestion, answer: TraceAnswer) => TraceAnswer) | undefined;
  /** Refuses every warrant for this reason. */
  refusal: { code: ErrorCode; reason: string } | undefined;
  /** Questions answered, and deliveries applied, by trace. */
  readonly answered: { traceId: string; seq: number }[] = [];
  readonly delivered = new Map<string, number>();
  readonly #tls: TlsMaterial;
  readonly #models: ModelsByProtocol;
  #server: GrpcServer | undefined;
  #port = 0;

  constructor(province: string, models: ModelsByProtocol, tls: TlsMaterial) {
    this.province = province;
    this.#models = models;
    this.#tls = tls;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const service = implement(TracingService, {
      trace: (requests) => this.#answers(requests),
      assign: async ({ traceId, seq }) => {
        this.delivered.set(traceId, seq);
        return { applied: seq };
      },
      readAuditLog: () => {
        throw receivedError('UNIMPLEMENTED', 'NOT_HERE', 'not here', {});
      },
    });
    const listen = `127.0.0.1:${this.#port}`;
    this.#server = await startGrpcServer({ listen, tls: this.#tls, services: [service], logger, drainMs: 0 });
    this.#port = this.#server.port;
  }

  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#server = undefined;
  }

  async *#answers(requests: Parameters<Trace>[0]): ReturnType<Trace> {
    let traceId = '';
    let spoken: number = PROTOCOL.links;
    for await (const { message, protocol } of requests) {
      if (message.case === 'warrant') {
        spoken = Math.min(this.protocol, protocol || PROTOCOL.links);
        if (this.refusal) throw receivedError(this.refusal.code, this.refusal.reason, 'refused', {});
        const [, payload] = message.value.opening.split('.');
        const text = Buffer.from(payload as string, 'base64url').toString();
        traceId = /"trace_id":"(\w+)"/.exec(text)?.[1] ?? '';
        const value = { incarnation: BigInt(this.incarnation), protocol: this.protocol };
        yield { message: { case: 'accepted' as const, value } };
      } else if (message.case === 'question' && !this.stalls) {
        const question = questionFromWire(message.value);
        const { incarnation, dataVersion } = this;
        this.answered.push({ traceId, seq: question.seq });
        const truth = (this.#models.get(spoken) as ModelNode).answer(question);
        const answer = this.lies?.(question, truth) ?? truth;
        const body = encodeAnswer(answer, { incarnation, dataVersion, dataAt: 1, pendingIdentifiers: 0 });
        yield* fragmentsOf(question.seq, body);
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

type Trace = Parameters<typeof implement<typeof TracingService>>[1]['trace'];

export interface TracedHub extends AsyncDisposable {
  readonly world: World;
  readonly ctx: TracesCtx;
  readonly engine: TraceEngine;
  /** As the hub has it: through the gate. */
  readonly db: Database;
  readonly test: TestDatabase;
  readonly gate: TcpGate;
  readonly provinces: readonly ModelProvince[];
  readonly keys: ReadonlyMap<string, ReturnType<typeof generateKeyPairSync>>;
  /** Ends the engine and starts another on what is stored; with `lost`, what is not stored yet never is. */
  restart(lost?: 'lost'): Promise<void>;
  /** Enrols a province that was absent. */
  join(province: string): void;
  /** Opens a trace of the world's n-th request; the answer is its id. */
  open(n?: number, changes?: Partial<Opening>): Promise<string>;
}

export interface TracedHubOptions {
  readonly seed?: number;
  /** 24, 79 and 01 unless told. */
  readonly provinces?: readonly string[];
  /** With the schema of a hub; a clone of the tests' template unless told. */
  readonly database?: TestDatabase;
  /** Of the world: a few unless told. */
  readonly people?: number;
  readonly engine?: Partial<TraceEngineOptions>;
  /** Provinces that are not enrolled yet. */
  readonly absent?: readonly string[];
}

/** A hub with its engine at work, and all provinces up. */
export async function startTracedHub(options: TracedHubOptions = {}) {
  const { seed = 1, engine: changed = {}, absent = [], provinces: codes = ['24', '79', '01'] } = options;
  const { people } = options;
  await using stack = new Disposal();
  const world = makeWorld(seed, { provinces: codes, ...(people === undefined ? {} : { people }) });
  const test = stack.use(options.database ?? (await createTestDatabase('hub')));
  const { hostname, port } = new URL(test.url);
  const gate = stack.use(await createTcpGate({ host: hostname, port: Number(port) }));
  const db = stack.use(openDatabase(throughGate(test.url, gate.port), { max: 8, name: 'hub' }));
  const provinces = await Promise.all(world.provinces.map((code) => startProvince(world, code, stack)));
  const roster = new GrowingRoster();
  stack.use(roster);
  for (const province of provinces) if (!absent.includes(province.province)) roster.join(province);
  const keys = new Map(world.provinces.map((code) => [code, generateKeyPairSync('ed25519')]));
  const refusals = stack.use(new RefusalLog({ db, clock: systemClock, logger }));
  const newEngine = async () => {
    const engine = new TraceEngine({
      ...{ db, clock: systemClock, logger, provinces: roster, roundDeadlineMs: 1_000 },
      rulePack: (number) => (number === world.rules.number ? world.rules : undefined),
      ...changed,
    });
    await engine.start();
    return engine;
  };
  let engine = await newEngine();
  stack.defer(() => engine[Symbol.asyncDispose]());
  const ctx = {
    ...{ db, clock: systemClock, logger, refusals, packs: [world.rules] },
    warrantKey: generateKeyPairSync('ed25519').privateKey,
    provinceKeys: { get: (province: string) => keys.get(province)?.publicKey },
    keyGenerations: { demandToBegin: () => undefined, heard: () => undefined, told: [] },
    get engine() {
      return engine;
    },
  };
  const built = stack.move();
  return {
    ...{ world, ctx, db, test, gate, provinces, keys },
    get engine() {
      return engine;
    },
    async restart(lost?: 'lost') {
      if (lost) await gate.shut();
      await engine[Symbol.asyncDispose]();
      if (lost) {
        await gate.open();
        // Connections of the pool that were cut off are noticed when they are used.
        await retryWhileStarting(async () => db.sql`SELECT 1`, { clock: systemClock });
      }
      engine = await newEngine();
    },
    join(code: string) {
      roster.join(provinces.find(({ province }) => province === code) as ModelProvince);
    },
    async open(n = 0, changes: Partial<Opening> = {}) {
      const opening = { ...openingOf(world, n), ...changes };
      const key = keys.get(opening.province);
      if (!key) throw new Error(`no province ${opening.province}`);
      const jws = await signOpening(opening, key.privateKey);
      return (await openTrace(ctx, opening.province, jws)).traceId;
    },
    [Symbol.asyncDispose]: () => built[Symbol.asyncDispose](),
  } satisfies TracedHub;
}

/** Links to the provinces that are enrolled, as the hub's roster has them. */
class GrowingRoster implements AsyncDisposable {
  readonly links: ProvinceLink[] = [];
  readonly #listeners = new Set<(change: { joined: readonly ProvinceLink[] }) => void>();

  onChange(listener: (change: { joined: readonly ProvinceLink[] }) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  join({ province, address }: ModelProvince): void {
    const link = new ProvinceLink({ province, address, tls: hubTls, clock: systemClock });
    this.links.push(link);
    for (const listener of this.#listeners) listener({ joined: [link] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.links) await link[Symbol.asyncDispose]();
  }
}

async function startProvince(world: World, code: string, stack: Disposal): Promise<ModelProvince> {
  const modelOf = (protocol: number) =>
    new ModelNode(partOf(world, code), world.rules, new Pseudonyms(world), { tellsAhead: true, protocol });
  const models = new Map(Object.values(PROTOCOL).map((protocol) => [protocol, modelOf(protocol)]));
  const tls = await authority.issue({ kind: 'node', province: code });
  const province = stack.use(new ModelProvince(code, models, tls));
  await province.start();
  return province;
}

/** The opening of a request of the world, as its province would sign it. */
export function openingOf(world: World, n: number): Opening {
  const request = world.traces[n % world.traces.length];
  if (!request) throw new Error('a world without traces');
  const terms = termsOf(world, request);
  const owner = world.cases.find(({ id }) => id === request.cases[0]);
  return {
    version: 1,
    trace_id: newTraceId(),
    revision: 0,
    province: owner?.province ?? '24',
    direction: terms.direction,
    rules: world.rules.number,
    max_degree: terms.maxDegree,
    as_of: terms.asOf,
    expires_at: nowSeconds(systemClock) + 86_400,
    purpose: 'contact-tracing',
    generation: 1,
    index: terms.index.map(({ pseudonym, from, until }, i) => ({
      ...{ case_ref: String(i), from, until },
      pseudonym: Buffer.from(pseudonym).toString('hex'),
    })),
  };
}

function throughGate(url: string, port: number): string {
  const gated = new URL(url);
  gated.hostname = '127.0.0.1';
  gated.port = String(port);
  return gated.href;
}
