/**
 * The HTTP interface of a node without its listener: real routes, database, bearer check and submitter, and a
 * hub that the test controls. Identifiers get their tokens when the submitter asks for them, unless told
 * otherwise.
 */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { startTokenIssuer, type TokenIssuer } from '../../deploy/federation/token-issuer.ts';
import { startFiling } from '../../node/casework/follow-ups/operations.ts';
import { findOpenBreakGlass } from '../../node/desk/break-glass/operations.ts';
import { identifyService } from '../../node/desk/service-accounts/operations.ts';
import { hubKeys } from '../../node/federation/keys/hub.ts';
import { hubRules } from '../../node/federation/packs/hub.ts';
import { openRuleBook, type RuleBook } from '../../node/federation/packs/operations.ts';
import { IDENTIFIERS_CHANGED } from '../../node/records/kinds.ts';
import { IdentifierQuota, type QuotaLimits } from '../../node/records/people/quota.ts';
import { NODE_ACTS, NODE_KINDS, nodeRoutes } from '../../node/rooms.ts';
import type { DataKeys } from '../../node/sealing/data-keys.ts';
import { startRefiling } from '../../node/tracing/contacts/operations.ts';
import { hubTraces } from '../../node/tracing/openings/hub.ts';
import { findTracesOfContact, reopenTraces } from '../../node/tracing/openings/operations.ts';
import { Submitter } from '../../node/tracing/openings/submitter.ts';
import { NODE_ROLES } from '../../shared/acts/access.ts';
import { PeerLogs } from '../../shared/audit/peer-logs.ts';
import { RefusalLog } from '../../shared/audit/refusals.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import type { Database } from '../../shared/db/database.ts';
import { Disposal } from '../../shared/disposal.ts';
import { Feed } from '../../shared/feed/feed.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import { findCursorKey } from '../../shared/http/cursor-keys.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { type DoorConfig, programDoor } from '../../shared/http/program-door.ts';
import { describeError } from '../../shared/log.ts';
import { createTraceCipher } from '../../shared/pseudonym/trace-cipher.ts';
import { createTestDatabase } from './database.ts';
import { type FakeHub, startFakeHub } from './fake-hub.ts';
import { startLoneKeys } from './key-federation.ts';
import { giveNextTokens, giveTokens, testDataKeys } from './sealed.ts';

/** Every role of a node, for all of the province. */
export const ALL_GRANTS = NODE_ROLES.map((role) => `${role}@24`);
export const FEDERATION_KEY = new Uint8Array(32).fill(7);
const AUDIENCE = 'truyvet-node-24';

export interface CallOptions {
  readonly json?: unknown;
  /** A body that is not JSON; name its type in `headers`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `role@area`; all roles for the whole province unless told. */
  readonly roles?: readonly string[];
  readonly subject?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of many shapes
  readonly body: any;
}

export interface NodeHttp extends AsyncDisposable {
  readonly db: Database;
  /** For connections beside those of the program. */
  readonly databaseUrl: string;
  readonly dataKeys: DataKeys;
  readonly hub: FakeHub;
  readonly rules: RuleBook;
  readonly issuer: TokenIssuer;
  /** Log lines so far. */
  readonly logged: string[];
  /** Ids that the feed tells tracing of, event by event. */
  changed(): Promise<number[][]>;
  /** Whether there is a key service, and the generation of its key that new traces use. */
  readonly keyService: { up: boolean; generation: number };
  /** Generation of the federation key that new traces get. */
  readonly federation: { generation: number };
  readonly stop: AbortController;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** For a listener. */
  handle(request: Request): Promise<Response>;
  /** A call with a token; JSON answers are parsed. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface NodeHttpOptions {
  /** Instead of the bearer check alone, and its usual limits. */
  readonly door?: Partial<DoorConfig>;
  readonly clock?: Clock;
  readonly quota?: QuotaLimits;
  /** What the program takes for its database, instead of the test's own. */
  readonly through?: (db: Database) => Database;
}

/** A node of province 24 with an empty database. */
export async function createNodeHttp(options: NodeHttpOptions = {}): Promise<NodeHttp> {
  const stack = new Disposal();
  const database = stack.use(await createTestDatabase('node'));
  const db = options.through?.(database.db) ?? database.db;
  const dataKeys = testDataKeys();
  const hub = stack.use(await startFakeHub());
  const issuer = stack.use(await startTokenIssuer());
  const logged: string[] = [];
  const keyService = { up: true, generation: 1 };
  const federation = { generation: 1 };
  const sink = new Writable({ write: (chunk, _encoding, done) => done(void logged.push(String(chunk))) });
  const logger = pino({ serializers: { err: describeError }, level: 'debug' }, sink);
  const stop = new AbortController();
  const { clock = systemClock } = options;
  const { publicKey: warrantKey } = hub.warrantKeys;
  const refusals = stack.use(new RefusalLog({ db, clock, logger }));
  const rules = await openRuleBook({
    refusals,
    db,
    warrantKey,
    source: hubRules(hub.link.client, stop.signal),
    clock,
    logger,
  });
  await rules.pull();
  const hurry = () => tokenize(db, dataKeys, keyService);
  const tokenizer = { hurry, generationInUse: async () => keyService.generation };
  const feed = stack.use(new Feed({ db, clock, logger, kinds: NODE_KINDS }));
  stack.use(
    await Submitter.start({
      ...{ db, dataKeys, feed, clock, logger, tokenizer, province: '24', hub: hubTraces(hub.link.client) },
      openingKey: hub.openingKey,
      rulePack: rules.pack,
      pseudonymize: (traceId) => createTraceCipher(FEDERATION_KEY, traceId).pseudonymsOf,
      federationKey: async () => federation.generation,
    }),
  );
  const traces = { reopen: reopenTraces, ofContacts: findTracesOfContact };
  const province = '24';
  stack.use(startRefiling(feed, province));
  stack.use(startFiling(feed, { dataKeys, province, rules }));
  const ctx = {
    ...{ db, dataKeys, clock, logger, province, rules, feed, traces },
    quota: new IdentifierQuota(clock, options.quota),
    hub: hubTraces(hub.link.client),
    peers: new PeerLogs({ db, clock, logger, countConflict: () => undefined }),
    federationKeys: await startLoneKeys(stack, {
      db,
      clock,
      logger,
      hub: hubKeys(hub.link.client, stop.signal),
    }),
    stopping: stop.signal,
  };
  const oidc = { issuer: issuer.issuer, audience: AUDIENCE };
  const door = programDoor(
    { oidc, ...options.door },
    {
      ...{ home: province, acts: NODE_ACTS, db, clock },
      service: (bearer) => identifyService({ db, clock, province }, bearer),
      breakGlass: (subject) => findOpenBreakGlass({ db, clock }, subject),
    },
  );
  const app = createHttpApp({
    info: { title: 'test', version: '1', description: '' },
    routes: [...nodeRoutes(ctx), ...door.loginRoutes],
    ...door,
    logger,
    metrics: createMetrics('node-24'),
    checks: { database: async () => db.sql`SELECT 1`, rules: rules.check },
    stopping: stop.signal,
    cursorKey: await findCursorKey(db),
  });
  stack.defer(() => stop.abort());
  const fetch = async (path: string, init?: RequestInit) => app.request(path, init);
  return {
    databaseUrl: database.url,
    ...{ db, dataKeys, hub, rules, issuer, logged, keyService, federation, stop, fetch },
    changed: async () => {
      const events = await db.sql<{ body: number[] }[]>`
        SELECT body FROM feed WHERE kind = ${IDENTIFIERS_CHANGED.name} ORDER BY id`;
      return events.map(({ body }) => body);
    },
    handle: async (request) => app.fetch(request),
    call: async (method, path, { json, text, headers, roles = ALL_GRANTS, subject = 'an' } = {}) => {
      const token = await issuer.issue({ audience: AUDIENCE, roles, subject });
      const response = await fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(text === undefined ? {} : { body: text }),
      });
      const isJson = response.headers.get('content-type')?.includes('json');
      const body = isJson ? await response.json() : await response.text();
      return { status: response.status, headers: response.headers, body };
    },
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** The token of an identifier is its id in 16 bytes: whoever reads a pseudonym back knows whose it was. */
async function tokenize(
  db: Database,
  dataKeys: DataKeys,
  { up, generation }: NodeHttp['keyService'],
): Promise<void> {
  if (!up) throw new Error('the key service is away');
  await giveTokens(db, dataKeys);
  if (generation > 1) await giveNextTokens(db, dataKeys, generation);
}
