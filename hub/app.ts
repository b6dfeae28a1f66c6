/**
 * Puts the national hub together: the only place that builds things. Everything is torn down in the reverse
 * order of how it was built.
 */

import { createPublicKey } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startForgetting } from '../shared/acts/forgetting.ts';
import { HUB_ORIGIN } from '../shared/audit/checkpoint.ts';
import { AuditLog } from '../shared/audit/log.ts';
import { PeerLogs } from '../shared/audit/peer-logs.ts';
import { RefusalLog } from '../shared/audit/refusals.ts';
import { TreeGrower } from '../shared/audit/tree-grower.ts';
import { type Clock, nowSeconds, systemClock } from '../shared/clock.ts';
import type { Database } from '../shared/db/database.ts';
import { openAsProgram } from '../shared/db/program-database.ts';
import { Disposal } from '../shared/disposal.ts';
import { startErasing } from '../shared/erasing.ts';
import { AppError } from '../shared/errors.ts';
import { startGrpcServer } from '../shared/grpc/server.ts';
import { readTlsMaterial, type TlsMaterial } from '../shared/grpc/tls.ts';
import { createHttpApp } from '../shared/http/app.ts';
import { findCursorKey } from '../shared/http/cursor-keys.ts';
import {
  createMetrics,
  type Metrics,
  measureAudit,
  measureKeyService,
  measureLoops,
} from '../shared/http/metrics.ts';
import { programDoor } from '../shared/http/program-door.ts';
import { startHttpServer } from '../shared/http/server.ts';
import { createLogger, type Logger, type LogTarget } from '../shared/log.ts';
import { LoopWatch } from '../shared/loop.ts';
import { Outgoing } from '../shared/outgoing/outgoing.ts';
import { packageRoot } from '../shared/package-root.ts';
import { checkCertificate } from '../shared/pki/certificate.ts';
import { demandPrivate } from '../shared/pki/identity.ts';
import { LiveTls } from '../shared/pki/live-tls.ts';
import { deriveOprfKey } from '../shared/pseudonym/oprf-key.ts';
import { type OprfWorkers, startOprfWorkers } from '../shared/pseudonym/oprf-pool.ts';
import { caPublicKey, spkiSha256 } from '../shared/signed/ca-statement.ts';
import { verifyHubStatement } from '../shared/signed/hub-statement.ts';
import { auditHandlers } from './audit/grpc.ts';
import type { HubAuditCtx } from './audit/operations.ts';
import { loadCa } from './authority/operations.ts';
import type { HubConfig } from './config.ts';
import { enrolmentService, NEWCOMER_MESSAGE_LIMIT, renewalHandlers } from './enrolment/grpc.ts';
import type { EnrolmentCtx } from './enrolment/operations.ts';
import { federationService } from './federation/grpc.ts';
import { federationKeyHandlers } from './federation-keys/grpc.ts';
import { keyHandlers } from './key-service/grpc.ts';
import { KeyGenerations } from './key-service/key-generations.ts';
import { openKeyRing } from './key-service/key-ring.ts';
import { LowBudgets } from './key-service/operations.ts';
import { ruleHandlers } from './packs/grpc.ts';
import { type IssuedRules, issueRules } from './packs/operations.ts';
import { provinceHandlers } from './provinces/grpc.ts';
import { provisionMembers } from './provinces/operations.ts';
import { Roster } from './provinces/roster.ts';
import { HUB_ACTS, hubRoutes } from './rooms.ts';
import { TraceEngine } from './traces/engine.ts';
import { eraseTraces } from './traces/erasing.ts';
import { measureAlarms, measureTraces } from './traces/figures.ts';
import { traceHandlers } from './traces/grpc.ts';
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
  readonly loops: LoopWatch;
  readonly tls: LiveTls;
  readonly roster: Roster;
  readonly low: LowBudgets;
  readonly stack: Disposal;
}

/**
 * A running hub: migrated and listening; its open traces are taken up in the background. Disposal stops
 * listening, drains, then closes.
 */
export async function startHub(config: HubConfig, clock = systemClock, out?: LogTarget): Promise<HubApp> {
  await using stack = new Disposal();
  const logger = createLogger('hub', config.logLevel, out);
  const metrics = createMetrics('hub');
  const loops = new LoopWatch(measureLoops(metrics));
  const rules = await issueRules(config.warrantKey, config.rules);
  const db = stack.use(
    await openAsProgram({ ...config, migrations: MIGRATIONS, clock }, { max: POOL, name: 'hub' }),
  );
  const refusals = stack.use(new RefusalLog({ db, clock, logger }));
  const tls = stack.use(await startTls({ config, clock, logger, loops }));
  await provisionMembers({ db, clock, ca: tls.current.ca }, config.provinces);
  const roster = stack.use(await Roster.open({ db, clock, logger, tls }));
  const low = new LowBudgets();
  const base: Base = { config, logger, clock, db, rules, refusals, metrics, loops, tls, roster, low, stack };
  const audit = startAudit(base);
  const keys = await startKeyService(base);
  const traces = await startTraces(base, keys);
  const enrolment = await openEnrolment(base);
  const doors = { traces, audit, enrolment, keys };
  await startGrpc(base, doors);
  await startEnrolment(base, enrolment);
  const url = await startHttp(base, doors);
  logger.info({ url, grpc: config.grpcListen, enrolled: roster.links.length }, 'hub started');
  const built = stack.move();
  return { url, [Symbol.asyncDispose]: () => built[Symbol.asyncDispose]() };
}

/** The hub's own certificate, followed while it runs. */
async function startTls(parts: Pick<Base, 'config' | 'clock' | 'logger' | 'loops'>) {
  const { config, clock, logger, loops } = parts;
  const { tlsFiles } = config;
  const read = async () => {
    await demandPrivate(tlsFiles.keyFile, 'TLS_KEY_FILE');
    return readTlsMaterial(tlsFiles);
  };
  const check = ({ ca, cert, key }: TlsMaterial) => {
    const peer = { kind: 'hub' } as const;
    checkCertificate(cert, { ca, peer, publicKey: createPublicKey(key), nowMs: clock.nowMs() });
  };
  const first = await read();
  check(first);
  return new LiveTls({ first, read, check, clock, logger, watch: loops, everyMs: config.lookEveryMs });
}

/** The hub's audit log, and what it holds of those of the provinces. */
function startAudit({ config, logger, clock, db, loops, metrics, roster, stack }: Base): HubAuditCtx {
  const grower = stack.use(new TreeGrower({ db, clock, logger, watch: loops }));
  const signing = { origin: HUB_ORIGIN, key: config.warrantKey, recentMs: config.checkpointEveryMs };
  const log = new AuditLog({ db, clock, grower, ...signing });
  const peers = new PeerLogs({ db, clock, logger, countConflict: measureAudit(metrics) });
  return { log, peers, provinceKeys: roster.keys };
}

/** What handlers stand before. */
interface Doors {
  readonly traces: TracesCtx;
  readonly audit: HubAuditCtx;
  readonly enrolment: EnrolmentCtx;
  readonly keys: KeyGenerations;
}

/** How provinces come in and stay in; the CA's key only where the operator keeps it here. */
async function openEnrolment({ config, db, clock, tls, roster }: Base): Promise<EnrolmentCtx> {
  const { enrolmentAddress, hubAddress, hubStatement, certificateLifeMs: lifeMs, caDir, askAgainMs } = config;
  const { ca } = tls.current;
  if (hubStatement !== undefined) await verifyHubStatement(hubStatement, caPublicKey(ca));
  const signer = caDir === undefined ? undefined : await loadCa(caDir);
  if (signer && spkiSha256(caPublicKey(signer.certificate)) !== spkiSha256(caPublicKey(ca)))
    throw new AppError('INVALID_ARGUMENT', 'INVALID_CONFIG', 'CA_DIR holds another CA than TLS_CA_FILE', {
      details: [{ field: 'CA_DIR', reason: 'OTHER_CA', params: { other: 'TLS_CA_FILE' } }],
    });
  const addresses = { enrolmentAddress, hubAddress };
  const { oprfStatements } = config;
  return { db, clock, roster, ca, signer, lifeMs, ...addresses, hubStatement, oprfStatements, askAgainMs };
}

/** The listener of newcomers, if there is to be one: no client certificate, one method. */
async function startEnrolment({ config, tls, logger, clock, stack }: Base, ctx: EnrolmentCtx): Promise<void> {
  const { enrolmentListen: listen } = config;
  if (listen === undefined) return;
  // Newcomers find the CA that their invitation names in the chain.
  const chained = ({ ca, cert, key }: TlsMaterial) => ({ ca, key, cert: `${cert.trim()}\n${ca}` });
  const limits = { newcomers: true, messageLimit: NEWCOMER_MESSAGE_LIMIT };
  const served = { tls: chained(tls.current), services: [enrolmentService(ctx)], logger, clock };
  const server = stack.use(await startGrpcServer({ listen, ...served, ...limits }));
  stack.defer(tls.onChange((next) => server.useTls(chained(next))));
}

/** The engine with all open traces. */
async function startTraces(base: Base, keyGenerations: KeyGenerations): Promise<TracesCtx> {
  const { config, logger, clock, db, rules, refusals, roster, stack, loops, metrics } = base;
  const { roundDeadlineMs, refusedRetryMs, fanout, restAfterMs, mostOpen, warrantKey } = config;
  const onStep = ({ traceId, cpuMs, storeMs, bytesIn, bytesOut, ...step }: StepReport) => {
    const figures = { cpu_ms: cpuMs, store_ms: storeMs, bytes_in: bytesIn, bytes_out: bytesOut };
    logger.info({ trace: traceId, ...step, ...figures }, 'trace step');
  };
  const engine = stack.use(
    new TraceEngine({
      ...{ db, clock, logger, loops, provinces: roster, rulePack: rules.pack },
      ...{ roundDeadlineMs, refusedRetryMs, fanout, restAfterMs, mostOpen },
      onStep,
    }),
  );
  measureTraces(metrics, () => engine.figures());
  measureAlarms(metrics, () => engine.alarms.figures);
  await engine.start();
  const { keys: provinceKeys } = roster;
  const { packs } = rules;
  const { reportEveryMs } = config;
  const signing = { provinceKeys, warrantKey, keyGenerations };
  return { db, clock, logger, engine, ...signing, refusals, packs, reportEveryMs };
}

/** The key service's threads, for each of its keys, and where a rotation stands. */
async function startKeyService(base: Base): Promise<KeyGenerations> {
  const { config, db, clock, logger, loops: watch, roster, tls, stack } = base;
  // One core is left to the traces.
  const threads = Math.max(1, availableParallelism() - 1);
  const oprf: OprfWorkers[] = [];
  for (const seed of config.oprfKeys.reveal())
    oprf.push(stack.use(await startOprfWorkers(threads, { key: deriveOprfKey(seed), logger })));
  const stated = { statements: config.oprfStatements, caKey: caPublicKey(tls.current.ca) };
  const ring = await openKeyRing({ oprf, ...stated, logger });
  return stack.use(await KeyGenerations.open({ db, clock, logger, watch, ring, roster }));
}

async function startGrpc(
  { config, logger, clock, db, rules, refusals, metrics, tls, roster, stack, low }: Base,
  { traces, audit, enrolment, keys }: Doors,
): Promise<void> {
  const service = federationService({
    ...keyHandlers({ db, clock, keys, logger, refusals, low, figures: measureKeyService(metrics) }),
    ...federationKeyHandlers({ db, clock }),
    ...ruleHandlers(rules),
    ...provinceHandlers(roster),
    ...renewalHandlers(enrolment),
    ...traceHandlers(traces, roster),
    ...auditHandlers(audit),
  });
  const listen = { listen: config.grpcListen, tls: tls.current, check: roster.check };
  const server = stack.use(await startGrpcServer({ ...listen, services: [service], logger, clock }));
  stack.defer(tls.onChange(server.useTls));
  stack.defer(roster.onChange(server.recheck));
}

/** The HTTP interface; the answer is its address. */
async function startHttp(base: Base, { traces, audit, enrolment, keys }: Doors): Promise<string> {
  const { config, logger, clock, db, rules, metrics, roster, loops, stack } = base;
  const stop = new AbortController();
  stack.use(startForgetting({ db, clock, logger, watch: loops }));
  const erasing = { db, clock, packs: rules.packs };
  const when = { clock, logger, watch: loops, everyMs: config.eraseEveryMs };
  stack.use(startErasing([() => eraseTraces(erasing)], when));
  const outgoing = stack.use(new Outgoing({ db, clock, logger, watch: loops, metrics, senders: [] }));
  const door = programDoor(config.door, { home: 'hub', acts: HUB_ACTS, db, clock });
  const app = createHttpApp({
    info: API_INFO,
    routes: [
      ...hubRoutes({
        ...{ db, clock, logger, roster, rules, traces, enrolment },
        ...{ peers: audit.peers, keyGenerations: keys },
      }),
      ...door.loginRoutes,
    ],
    ...door,
    logger,
    metrics,
    checks: { database: async () => db.sql`SELECT 1` },
    warnings: () => [
      ...audit.peers.warnings(roster.links.map(({ province }) => province)),
      ...loops.warnings(),
      ...outgoing.warnings(),
      ...traces.engine.warnings(),
      ...traces.engine.alarms.warnings(),
      ...base.low.warnings(nowSeconds(clock)),
      ...keys.warnings(),
    ],
    ...{ stopping: stop.signal, clock, cursorKey: await findCursorKey(db) },
  });
  const listener = { fetch: app.fetch, listen: config.httpListen, clock, logger };
  const server = stack.use(await startHttpServer(listener));
  stack.defer(() => stop.abort());
  return server.url;
}

const API_INFO = {
  title: 'Truy Vết · trung tâm quốc gia',
  version: '1',
  description:
    'Trung tâm quốc gia · The national hub. Pseudonyms only; instants in ISO 8601, errors by RFC 9457.',
};
