/**
 * Puts the national hub together: the only place that builds things. Everything is torn down in the reverse
 * order of how it was built.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RefusalLog } from '../shared/audit/refusals.ts';
import { Sealer } from '../shared/audit/sealer.ts';
import { recordRefusal } from '../shared/auth/act.ts';
import { createAuthenticate } from '../shared/auth/authenticate.ts';
import { createTokenCheck } from '../shared/auth/bearer.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import type { Database } from '../shared/db/database.ts';
import { openAsProgram } from '../shared/db/program-database.ts';
import { Disposal } from '../shared/disposal.ts';
import { startGrpcServer } from '../shared/grpc/server.ts';
import { createHttpApp } from '../shared/http/app.ts';
import { createMetrics, type Metrics, measureKeyService } from '../shared/http/metrics.ts';
import { startHttpServer } from '../shared/http/server.ts';
import { createLogger, type Logger } from '../shared/log.ts';
import { packageRoot } from '../shared/package-root.ts';
import { deriveOprfKey } from '../shared/pseudonym/oprf-key.ts';
import { startOprfWorkers } from '../shared/pseudonym/oprf-pool.ts';
import type { HubConfig } from './config.ts';
import { federationService } from './federation/grpc.ts';
import { federationKeyHandlers } from './federation-keys/grpc.ts';
import { keyHandlers } from './keys/grpc.ts';
import { keyRoutes } from './keys/http.ts';
import { provinceRoutes } from './provinces/http.ts';
import { ProvinceLink } from './provinces/province-link.ts';
import { ruleHandlers } from './rules/grpc.ts';
import { ruleRoutes } from './rules/http.ts';
import { type IssuedRules, issueRules } from './rules/operations.ts';
import { TraceEngine } from './traces/engine.ts';
import { traceHandlers } from './traces/grpc.ts';
import { traceRoutes } from './traces/http.ts';
import type { TracesCtx } from './traces/operations.ts';
import type { StepReport } from './traces/step-meter.ts';

export interface HubApp extends AsyncDisposable {
  /** `http://127.0.0.1:8000`. */
  readonly url: string;
}

/** Directory of the hub's migrations. */
export const MIGRATIONS = join(packageRoot, 'hub', 'db', 'migrations');

const POOL = 8;

/** What the steps of the construction hand on. */
interface Base {
  readonly config: HubConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly db: Database;
  readonly rules: IssuedRules;
  readonly refusals: RefusalLog;
  readonly metrics: Metrics;
  readonly stack: Disposal;
}

/**
 * A running hub: migrated, its open traces taken up, listening. Disposal stops listening, drains, then
 * closes.
 */
export async function startHub(config: HubConfig, clock: Clock = systemClock): Promise<HubApp> {
  await using stack = new Disposal();
  const logger = createLogger('hub', config.logLevel);
  const rules = await issueRules(config.warrantKey, config.rules);
  const db = stack.use(
    await openAsProgram({ ...config, migrations: MIGRATIONS, clock }, { max: POOL, name: 'hub' }),
  );
  stack.use(new Sealer({ db, clock, logger }));
  const refusals = stack.use(new RefusalLog({ db, clock, logger }));
  const base: Base = { config, logger, clock, db, rules, refusals, metrics: createMetrics('hub'), stack };
  const { traces, links } = await startTraces(base);
  await startGrpc(base, traces);
  const url = await startHttp(base, { traces, links });
  logger.info({ url, grpc: config.grpcListen, provinces: links.length }, 'hub started');
  const built = stack.move();
  return { url, [Symbol.asyncDispose]: () => built[Symbol.asyncDispose]() };
}

/** Links to the provinces, and the engine with all open traces. */
async function startTraces(base: Base): Promise<{ traces: TracesCtx; links: ProvinceLink[] }> {
  const { config, logger, clock, db, rules, refusals, stack } = base;
  const tls = tlsOf(config);
  const links = config.provinces.map((province) => stack.use(new ProvinceLink({ ...province, tls, clock })));
  const { roundDeadlineMs, fanout, provinceKeys, warrantKey } = config;
  const rulePack = rules.pack;
  const onStep = ({ traceId, ...step }: StepReport) => logger.info({ trace: traceId, ...step }, 'trace step');
  const engine = stack.use(
    new TraceEngine({ db, clock, logger, links, roundDeadlineMs, fanout, rulePack, onStep }),
  );
  await engine.start();
  const traces = { db, clock, logger, engine, provinceKeys, warrantKey, refusals, packs: rules.packs };
  return { traces, links };
}

async function startGrpc(
  { config, logger, clock, db, rules, refusals, metrics, stack }: Base,
  traces: TracesCtx,
): Promise<void> {
  const key = deriveOprfKey(config.oprfKey.reveal());
  // One core is left to the traces.
  const threads = Math.max(1, availableParallelism() - 1);
  const oprf = stack.use(await startOprfWorkers(threads, { key, logger }));
  const service = federationService({
    ...keyHandlers({ db, clock, oprf, logger, refusals, figures: measureKeyService(metrics) }),
    ...federationKeyHandlers({ db, clock }),
    ...ruleHandlers(rules),
    ...traceHandlers(traces),
  });
  const tls = tlsOf(config);
  stack.use(await startGrpcServer({ listen: config.grpcListen, tls, services: [service], logger, clock }));
}

/** The HTTP interface; the answer is its address. */
async function startHttp(base: Base, parts: { traces: TracesCtx; links: ProvinceLink[] }): Promise<string> {
  const { config, logger, clock, db, rules, metrics, stack } = base;
  const { traces, links } = parts;
  const stop = new AbortController();
  const app = createHttpApp({
    info: API_INFO,
    routes: [
      traceRoutes(traces),
      provinceRoutes({ db, clock, links }),
      ruleRoutes({ rules, clock }),
      keyRoutes({ db, clock }),
    ],
    authenticate: createAuthenticate({ token: createTokenCheck({ ...config.oidc, home: 'hub', clock }) }),
    recordRefusal: (caller, refusal) => recordRefusal({ db, clock }, caller, refusal),
    logger,
    metrics,
    checks: { database: async () => db.sql`SELECT 1` },
    stopping: stop.signal,
    clock,
  });
  const listener = { fetch: app.fetch, listen: config.httpListen, clock, logger };
  const server = stack.use(await startHttpServer(listener));
  stack.defer(() => stop.abort());
  return server.url;
}

function tlsOf({ tls }: HubConfig) {
  return { ...tls, key: tls.key.reveal() };
}

const API_INFO = {
  title: 'Truy Vết · trung tâm quốc gia',
  version: '1',
  description:
    'Trung tâm quốc gia · The national hub. Pseudonyms only; instants in ISO 8601, errors by RFC 9457.',
};
