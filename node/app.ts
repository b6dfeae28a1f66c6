/**
 * Puts a provincial node together: the only place that builds things. Everything is torn down in the reverse
 * order of how it was built.
 */
import { join } from 'node:path';
import { startForgetting } from '../shared/acts/forgetting.ts';
import { nodeOrigin } from '../shared/audit/checkpoint.ts';
import { AuditLog } from '../shared/audit/log.ts';
import { PeerLogs } from '../shared/audit/peer-logs.ts';
import { RefusalLog } from '../shared/audit/refusals.ts';
import { TreeGrower } from '../shared/audit/tree-grower.ts';
import { type Clock, systemClock } from '../shared/clock.ts';
import { type Database, openDatabase } from '../shared/db/database.ts';
import { openAsProgram } from '../shared/db/program-database.ts';
import { Disposal } from '../shared/disposal.ts';
import { startErasing } from '../shared/erasing.ts';
import { Feed } from '../shared/feed/feed.ts';
import { startGrpcServer } from '../shared/grpc/server.ts';
import { createHttpApp } from '../shared/http/app.ts';
import { findCursorKey } from '../shared/http/cursor-keys.ts';
import { createMetrics, type Metrics, measureAudit, measureLoops } from '../shared/http/metrics.ts';
import { programDoor } from '../shared/http/program-door.ts';
import { startHttpServer } from '../shared/http/server.ts';
import { createLogger, type Logger, type LogTarget } from '../shared/log.ts';
import { LoopWatch } from '../shared/loop.ts';
import { Outgoing } from '../shared/outgoing/outgoing.ts';
import { packageRoot } from '../shared/package-root.ts';
import { type Identity, loadIdentity, ownTls } from '../shared/pki/identity.ts';
import { LiveTls } from '../shared/pki/live-tls.ts';
import { startOprfWorkers } from '../shared/pseudonym/oprf-pool.ts';
import { VerifiedWarrants } from '../shared/signed/opening-cache.ts';
import { startDays, startFiling } from './casework/follow-ups/operations.ts';
import type { NodeConfig } from './config.ts';
import { findOpenBreakGlass } from './desk/break-glass/operations.ts';
import { identifyService } from './desk/service-accounts/operations.ts';
import { erasuresOf } from './erasures.ts';
import { CheckpointExchange } from './federation/checkpoints/exchange.ts';
import { auditHandlers, hubCheckpoints } from './federation/checkpoints/grpc.ts';
import { DistrustedSerials } from './federation/enrolment/distrust.ts';
import { hubRenewals } from './federation/enrolment/hub.ts';
import { Renewal } from './federation/enrolment/renewal.ts';
import { connectHub, type HubLink } from './federation/hub/hub.ts';
import { type FederationKeys, startFederationKeys } from './federation/keys/federation-keys.ts';
import { hubKeys } from './federation/keys/hub.ts';
import { OprfKeys } from './federation/oprf-keys/operations.ts';
import { hubRules } from './federation/packs/hub.ts';
import { openRuleBook, type RuleBook, readPack } from './federation/packs/operations.ts';
import { hubProvinces } from './federation/provinces/hub.ts';
import { ProvinceBook } from './federation/provinces/operations.ts';
import { prepareData } from './preparing.ts';
import { startMakingWeeks } from './records/intake/weeks.ts';
import { IdentifierQuota } from './records/people/quota.ts';
import { createTokenizer, type Tokenizer } from './records/people/tokens.ts';
import { NODE_ACTS, NODE_KINDS, nodeRoutes } from './rooms.ts';
import type { DataKeys } from './sealing/data-keys.ts';
import { startKeyKeeper } from './sealing/key-keeper.ts';
import { openDataKeys } from './sealing/operations.ts';
import { sendersOf } from './senders.ts';
import { PROTOCOL_VERSION, tracingService } from './tracing/asking/grpc.ts';
import { createTracing, TRACE_PLANNER, type Tracing } from './tracing/asking/tracing.ts';
import { startRefiling } from './tracing/contacts/operations.ts';
import { HeardAlarms } from './tracing/openings/alarms.ts';
import { hubTraces } from './tracing/openings/hub.ts';
import { findTracesOfContact, reopenTraces } from './tracing/openings/operations.ts';
import { Submitter } from './tracing/openings/submitter.ts';

export interface NodeApp extends AsyncDisposable {
  /** `http://127.0.0.1:8024`. */
  readonly url: string;
}

/** Directory of the node's migrations. */
export const MIGRATIONS = join(packageRoot, 'node', 'db', 'migrations');

/** Connections: one pool for people and imports, one that answers questions. */
const POOL = { main: 4, trace: 2 };

/** What the steps of the construction hand on. */
interface Base {
  readonly config: NodeConfig;
  readonly identity: Identity;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly db: Database;
  readonly feed: Feed;
  readonly watch: LoopWatch;
  readonly dataKeys: DataKeys;
  readonly metrics: Metrics;
  readonly hub: HubLink;
  readonly provinces: ProvinceBook;
  readonly federationKeys: FederationKeys;
  readonly rules: RuleBook;
  readonly refusals: RefusalLog;
  readonly alarms: HeardAlarms;
  readonly oprfKeys: OprfKeys;
  readonly stack: Disposal;
  readonly stopping: AbortSignal;
}

/** A running node: migrated, listening, answering. Disposal stops listening, drains, closes the pools. */
export async function startNode(config: NodeConfig, clock = systemClock, out?: LogTarget): Promise<NodeApp> {
  await using stack = new Disposal();
  const identity = await loadIdentity(config.identityDir, clock.nowMs());
  const name = `node-${identity.province}`;
  const logger = createLogger(name, config.logLevel, out);
  const opened = { ...config, migrations: MIGRATIONS, clock };
  const db = stack.use(await openAsProgram(opened, { max: POOL.main, name }));
  const metrics = createMetrics(name);
  const watch = new LoopWatch(measureLoops(metrics));
  const feed = stack.use(new Feed({ db, clock, logger, watch, kinds: NODE_KINDS }));
  const dataKeys = await startDataKeys(stack, { db, clock, logger, watch, metrics, config });
  const stop = new AbortController();
  const { tls, distrusted, hub } = await startHubLink(stack, { config, identity, clock, logger, watch });
  const { caKey, statement: own } = identity;
  const enrolled = { caKey, own, source: hubProvinces(hub.client, stop.signal) };
  const provinces = stack.use(await ProvinceBook.open({ db, clock, logger, watch, ...enrolled }));
  provinces.start();
  const federationKeys = stack.use(
    await startFederationKeys({
      ...{ db, clock, logger, watch, identity, provinces, everyMs: config.keyExchangeEveryMs },
      hub: hubKeys(hub.client, stop.signal),
    }),
  );
  const refusals = stack.use(new RefusalLog({ db, clock, logger }));
  const rules = await startRules(stack, { db, hub, identity, clock, logger, watch, refusals, stop });
  const base: Base = {
    ...{ config, identity, logger, clock, db, feed, watch, dataKeys, metrics },
    ...{ hub, provinces, federationKeys, rules, refusals, stack, stopping: stop.signal },
    alarms: new HeardAlarms({ db, clock, logger, metrics }),
    oprfKeys: await OprfKeys.open({ db, clock, logger, caKey: identity.caKey }, identity.oprfStatements),
  };
  const { log, peers } = startAudit(base);
  const tokenizer = await startTokenizer(base);
  const tracing = await startTracing(base, tokenizer);
  stack.use(startRefiling(feed, identity.province));
  stack.use(startFiling(feed, { dataKeys, province: identity.province, rules }));
  const loop = { clock, logger, watch };
  stack.use(startDays({ db, dataKeys, clock, rules, province: identity.province }, loop));
  stack.use(startErasing(erasuresOf({ db, clock, rules }), { ...loop, everyMs: config.eraseEveryMs }));
  const services = [tracingService(tracing.ctx, auditHandlers({ db, clock, log }))];
  const listen = { listen: config.grpcListen, tls: tls.current, check: distrusted.check };
  const server = stack.use(await startGrpcServer({ ...listen, services, logger, clock }));
  stack.defer(tls.onChange(server.useTls));
  distrusted.onChange(server.recheck);
  const url = await startHttp(base, { tracing, tokenizer, peers });
  // First of all, so that event streams end and nothing new is begun.
  stack.defer(() => stop.abort());
  logger.info({ url, grpc: config.grpcListen }, 'node started');
  const built = stack.move();
  return { url, [Symbol.asyncDispose]: () => built[Symbol.asyncDispose]() };
}

type LinkParts = Pick<Base, 'config' | 'identity' | 'clock' | 'logger' | 'watch'>;

/** The connection to the hub, and this node’s own certificate, followed and renewed while it runs. */
async function startHubLink(stack: Disposal, { config, identity, ...parts }: LinkParts) {
  const own = ownTls(identity, parts.clock);
  const tls = stack.use(new LiveTls({ ...parts, ...own, everyMs: config.lookEveryMs }));
  const distrusted = stack.use(
    await DistrustedSerials.open(config.identityDir, { ...parts, everyMs: config.lookEveryMs }),
  );
  const address = config.hubAddress ?? identity.hubAddress;
  const seen = { tls: tls.current, check: distrusted.check };
  const hub = stack.use(connectHub({ address, ...seen, protocol: PROTOCOL_VERSION }));
  stack.defer(tls.onChange(hub.useTls));
  distrusted.onChange(hub.reconnect);
  stack.use(new Renewal({ ...parts, identity, tls, ask: hubRenewals(hub.client) }));
  return { tls, distrusted, hub };
}

/** Keys that open what the database holds, kept current while the node runs. */
async function startDataKeys(
  stack: Disposal,
  { config, ...parts }: Pick<Base, 'db' | 'clock' | 'logger' | 'watch' | 'metrics' | 'config'>,
): Promise<DataKeys> {
  const source = config.dataKeys;
  const dataKeys = await openDataKeys(parts, source);
  await prepareData({ ...parts, dataKeys });
  stack.use(startKeyKeeper({ ...parts, dataKeys, source, everyMs: config.lookEveryMs }));
  return dataKeys;
}

/** The node's audit log, shown to the hub, and what it holds of the hub's. */
function startAudit({ config, identity, logger, clock, watch, db, hub, metrics, stack }: Base) {
  const { province, openingKey, warrantKey } = identity;
  const grower = stack.use(new TreeGrower({ db, clock, logger, watch }));
  const log = new AuditLog({ db, clock, grower, origin: nodeOrigin(province), key: openingKey });
  const peers = new PeerLogs({ db, clock, logger, countConflict: measureAudit(metrics) });
  stack.use(
    new CheckpointExchange({
      ...{ log, peers, hub: hubCheckpoints(hub.client), hubKey: warrantKey },
      ...{ clock, logger, watch, everyMs: config.checkpointEveryMs },
    }),
  );
  return { log, peers };
}

type RulesParts = Pick<Base, 'db' | 'hub' | 'identity' | 'clock' | 'logger' | 'watch' | 'refusals'> & {
  readonly stop: AbortController;
};

async function startRules(stack: Disposal, parts: RulesParts): Promise<RuleBook> {
  const { hub, identity, stop, ...rest } = parts;
  const source = hubRules(hub.client, stop.signal);
  const rules = await openRuleBook({ ...rest, warrantKey: identity.warrantKey, source });
  stack.use(startMakingWeeks({ ...rest, rules }));
  const pulling = rules.start();
  stack.defer(async () => {
    stop.abort();
    await pulling[Symbol.asyncDispose]();
  });
  return rules;
}

async function startTokenizer({ stack, logger, hub, ...base }: Base): Promise<Tokenizer> {
  const oprf = stack.use(await startOprfWorkers(1, { logger }));
  const { db, feed, dataKeys, clock, watch, oprfKeys: keys } = base;
  const parts = { db, feed, dataKeys, clock, watch, oprf, logger, keys, evaluate: hub.evaluate };
  return stack.use(createTokenizer(parts));
}

async function startTracing(base: Base, tokenizer: Tokenizer): Promise<Tracing> {
  const { config, identity, hub, stack } = base;
  const pool = { max: POOL.trace, name: `node-${identity.province}-trace`, settings: TRACE_PLANNER };
  const traceDb = stack.use(openDatabase(config.databaseUrl.reveal(), pool));
  const { db, dataKeys, feed, watch, clock, logger, refusals, metrics } = base;
  const tracing = stack.use(
    await createTracing({
      ...{ db, traceDb, dataKeys, feed, watch, clock, logger, refusals, metrics },
      ...{ province: identity.province, federationKey: base.federationKeys.keyOf },
      warrants: new VerifiedWarrants({ provinces: base.provinces, hub: identity.warrantKey }),
      ...{ tokens: tokenizer, oprfKeys: base.oprfKeys },
      rulePack: (number) => readPack(base.rules, number),
      rulesInForceAt: (at) => base.rules.inForceAt(at)?.number,
      onRevoked: (listener) => base.provinces.onRevoked(listener),
      report: async (report, signal) => {
        const answer = await hub.report(report, signal);
        base.provinces.hint(answer.provincesVersion);
        await base.alarms.take(answer.alarms);
        if (await base.oprfKeys.heard(answer.oprfKeys)) tokenizer.wake();
        return answer;
      },
    }),
  );
  base.federationKeys.onForgotten(tracing.forgetKeys);
  return tracing;
}

interface HttpParts {
  readonly tracing: Tracing;
  readonly tokenizer: Tokenizer;
  readonly peers: PeerLogs;
}

/** The HTTP interface; the answer is its address. */
async function startHttp(base: Base, { tracing, tokenizer, peers }: HttpParts): Promise<string> {
  const { config, identity, logger, clock, db, feed, watch, dataKeys, rules, metrics, stack } = base;
  const [hub, province] = [hubTraces(base.hub.client), identity.province];
  stack.use(
    await Submitter.start({
      ...{ db, dataKeys, feed, watch, clock, logger, hub, province, tokenizer },
      openingKey: identity.openingKey,
      rulePack: rules.pack,
      pseudonymize: (traceId, generation) => tracing.ctx.cipherOf(traceId, generation).pseudonymsOf,
      federationKey: base.federationKeys.openingGeneration,
    }),
  );
  stack.use(startForgetting({ db, clock, logger, watch }));
  const outgoing = stack.use(new Outgoing({ db, clock, logger, watch, metrics, senders: sendersOf(base) }));
  const door = programDoor(config.door, {
    ...{ home: province, acts: NODE_ACTS, db, clock },
    service: (bearer) => identifyService({ db, clock, province }, bearer),
    breakGlass: (subject) => findOpenBreakGlass({ db, clock }, subject),
  });
  const app = createHttpApp({
    info: { ...API_INFO, title: `Truy Vết · tỉnh ${province}` },
    routes: [
      ...nodeRoutes({
        ...{ db, feed, dataKeys, clock, logger, province, rules, hub, peers },
        traces: { reopen: reopenTraces, ofContacts: findTracesOfContact },
        quota: new IdentifierQuota(clock, config.quota),
        federationKeys: base.federationKeys.ctx,
        stopping: base.stopping,
      }),
      ...door.loginRoutes,
    ],
    ...door,
    ...{ logger, metrics },
    checks: {
      database: async () => db.sql`SELECT 1`,
      rules: rules.check,
      federation_key: base.federationKeys.check,
    },
    warnings: () =>
      [peers, watch, outgoing, base.alarms, base.oprfKeys, tokenizer].flatMap((it) => it.warnings(['hub'])),
    ...{ stopping: base.stopping, clock, cursorKey: await findCursorKey(db), console: 'node/web' },
  });
  return stack.use(await startHttpServer({ fetch: app.fetch, listen: config.httpListen, clock, logger })).url;
}

const API_INFO = {
  version: '1',
  description: 'Nút của một tỉnh · A provincial node. Instants are ISO 8601; errors are RFC 9457 problems.',
};
