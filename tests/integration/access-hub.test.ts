/**
 * The hub's routes and what they leave on record; and every RPC of the contract, by every kind of peer, over
 * real mTLS. Who may call what is stated here, apart from the program's own table.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTokenIssuer, type TokenIssuer } from '../../deploy/federation/token-issuer.ts';
import { HUB_ACTS } from '../../hub/rooms.ts';
import { TraceEngine } from '../../hub/traces/engine.ts';
import { traceRoutes } from '../../hub/traces/http.ts';
import { NODE_ROLES, ROLES, readGrants } from '../../shared/acts/access.ts';
import { PeerLogs } from '../../shared/audit/peer-logs.ts';
import { systemClock } from '../../shared/clock.ts';
import { receivedError } from '../../shared/errors.ts';
import { EnrolmentService } from '../../shared/gen/truyvet/v1/enrolment_pb.ts';
import { FederationService } from '../../shared/gen/truyvet/v1/federation_pb.ts';
import { TracingService } from '../../shared/gen/truyvet/v1/tracing_pb.ts';
import { createChannel, createClient } from '../../shared/grpc/client.ts';
import { startGrpcServer } from '../../shared/grpc/server.ts';
import type { TlsMaterial } from '../../shared/grpc/tls.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import { auditRoutes } from '../../shared/http/audit.ts';
import { restoreRoutes } from '../../shared/http/audit-restores.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { programDoor } from '../../shared/http/program-door.ts';
import type { Routes } from '../../shared/http/route.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { authority, HUB, inTime, node } from '../support/grpc-echo.ts';
import { createApps, routesOf } from '../support/http-apps.ts';

const AUDIENCE = 'truyvet-hub';
const TRACE = 'ab'.repeat(16);
let database: TestDatabase;
let issuer: TokenIssuer;
let app: Routes;
beforeAll(async () => {
  database = await createTestDatabase('hub');
  issuer = await startTokenIssuer();
  const { db } = database;
  const clock = systemClock;
  const logger = pino({ enabled: false });
  const oidc = { issuer: issuer.issuer, audience: AUDIENCE };
  const door = programDoor({ oidc }, { home: 'hub', acts: HUB_ACTS, db, clock });
  // Traces are not opened here: the engine holds none, and nobody is asked.
  const provinces = { links: [], onChange: () => () => undefined };
  const options = { db, clock, logger, provinces, roundDeadlineMs: 1_000, rulePack: () => undefined };
  const engine = new TraceEngine(options);
  const peers = new PeerLogs({ db, clock, logger, countConflict: () => undefined });
  app = createHttpApp({
    info: { title: 'test', version: '1', description: '' },
    routes: [
      traceRoutes({ db, clock, logger, engine } as never),
      auditRoutes({ db, clock, acts: HUB_ACTS }),
      restoreRoutes({ db, clock, peers }),
    ],
    ...door,
    ...{
      logger,
      metrics: createMetrics('hub'),
      checks: {},
      cursorKey: new Uint8Array(32),
      stopping: new AbortController().signal,
    },
  });
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function call(path: string, roles: string[], json?: object) {
  const token = await issuer.issue({ audience: AUDIENCE, roles, subject: roles.join() });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const sent = json ? { method: 'POST', body: JSON.stringify(json) } : {};
  const response = await app.request(path, { headers, ...sent });
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  return { status: response.status, body: (await response.json()) as any };
}

const PATHS = ['/v1/traces', `/v1/traces/${TRACE}`, `/v1/traces/${TRACE}/graph`, '/v1/audit'];

describe('at the hub', () => {
  it.each([
    ['hub_operator', [200, 404, 404, 200]],
    ['analyst', [200, 404, 403, 403]],
    // Roles of nodes, with or without an area, and roles with an area that the hub does not know.
    ['operator', [403, 403, 403, 403]],
    ['epidemiologist@24', [403, 403, 403, 403]],
    ['hub_operator@24', [403, 403, 403, 403]],
    ['hub_operator@', [403, 403, 403, 403]],
  ])('%s gets %j', async (role, statuses) => {
    const answers = [];
    for (const path of PATHS) answers.push((await call(path, [role])).status);
    expect(answers).toEqual(statuses);
  });

  it.each([
    ['hub_operator', 422, 'NO_CONFLICT'],
    ['analyst', 403, 'ROLE_REQUIRED'],
    ['operator', 403, 'ROLE_REQUIRED'],
    ['hub_operator@24', 403, 'ROLE_REQUIRED'],
  ])('%s, who would accept a restored log, gets %i', async (role, status, reason) => {
    const answer = await call('/v1/audit/restores', [role], { peer: '24', reason: 'restored_from_backup' });
    expect([answer.status, answer.body.reason]).toEqual([status, reason]);
  });

  it('a restored log is accepted for a reason of the list alone', async () => {
    for (const json of [
      { peer: '24' },
      { peer: '24', reason: 'as Lan said' },
      { peer: 'x', reason: 'database_lost' },
    ]) {
      expect((await call('/v1/audit/restores', ['hub_operator'], json)).status).toBe(400);
    }
  });

  it('every reading and every refusal is on record', async () => {
    const subject = 'hub_operator';
    for (const path of PATHS.slice(0, 3)) await call(path, [subject]);
    await call(PATHS[2] as string, ['analyst']);
    const { body } = await call('/v1/audit?limit=4', [subject]);
    expect(body.entries).toMatchObject([
      { action: 'access.refused', actor: { id: 'analyst' }, detail: { act: 'graph.read' } },
      { action: 'graph.read', outcome: 'refused', reason: 'TRACE_UNKNOWN', on: [{ trace: TRACE }] },
      { action: 'traces.read', outcome: 'refused', reason: 'TRACE_UNKNOWN', on: [{ trace: TRACE }] },
      { action: 'traces.read', outcome: 'done', on: [] },
    ]);
    const { body: filtered } = await call('/v1/audit?action=audit.read&limit=1', [subject]);
    const actor = { kind: 'person', id: subject };
    expect(filtered.entries[0]).toMatchObject({ action: 'audit.read', actor });
  });
});

/** Every route of the hub and the roles that it is open to. */
const OPEN_TO: Readonly<Record<string, string>> = {
  'GET /v1/traces': 'hub_operator analyst',
  'GET /v1/traces/{id}': 'hub_operator analyst',
  'GET /v1/traces/{id}/graph': 'hub_operator',
  'POST /v1/traces/{id}/exclusions': 'hub_operator',
  'DELETE /v1/traces/{id}/exclusions/{province}': 'hub_operator',
  'GET /v1/provinces': 'hub_operator analyst',
  'POST /v1/provinces/{province}/revoke': 'hub_operator',
  'POST /v1/invitations': 'hub_operator',
  'GET /v1/enrolments': 'hub_operator',
  'GET /v1/enrolments/{id}/request': 'hub_operator',
  'POST /v1/enrolments/{id}/approve': 'hub_operator',
  'POST /v1/enrolments/{id}/reject': 'hub_operator',
  'GET /v1/rules': 'hub_operator analyst',
  'GET /v1/key-budgets': 'hub_operator',
  'PUT /v1/key-budgets': 'hub_operator',
  'GET /v1/audit': 'hub_operator',
  'POST /v1/audit/reconciliations': 'hub_operator',
  'POST /v1/audit/restores': 'hub_operator',
  'GET /v1/outgoing': 'hub_operator',
  'POST /v1/outgoing/{id}/retry': 'hub_operator',
  'POST /v1/outgoing/{id}/discard': 'hub_operator',
  'GET /v1/key-generations': 'hub_operator',
  'POST /v1/key-generations/rotate': 'hub_operator',
  'PUT /v1/key-generations/left-behind': 'hub_operator',
  'GET /v1/me': 'hub_operator analyst',
  'GET /v1/areas': 'hub_operator analyst',
};

describe('every route of the hub', () => {
  const { hub } = createApps(async (request) => {
    const roles = request.headers.get('authorization')?.slice('Bearer '.length).split(',');
    const actor = { kind: 'person', id: 'an' } as const;
    return { subject: 'an', actor, grants: readGrants(roles, 'hub'), expiresAt: 0xffff_ffff };
  });
  const routes = routesOf(hub);

  it('has a line', () => {
    expect(Object.keys(OPEN_TO).sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it.each([...ROLES, ...NODE_ROLES.map((role) => `${role}@24`), 'hub_operator@24', 'analyst@'])(
    'as %s',
    async (role) => {
      for (const { method, path } of routes) {
        const headers = { authorization: `Bearer ${role}` };
        const response = await hub.request(path.replaceAll(/{\w+}/g, 'x'), { method, headers });
        const isOpen = OPEN_TO[`${method} ${path}`]?.split(' ').includes(role) === true;
        expect([method, path, response.status !== 403]).toEqual([method, path, isOpen]);
        if (!isOpen) expect(await response.json()).toMatchObject({ reason: 'ROLE_REQUIRED' });
      }
    },
  );
});

/** What the hub serves is for nodes, what a node serves is for the hub. */
const SERVICES = [
  { service: FederationService, servedBy: HUB, callers: ['node'] },
  { service: TracingService, servedBy: node('24'), callers: ['hub'] },
] as const;
const PEERS = [HUB, node('24'), node('79')];

it('the contract has no other service than these and the one of newcomers', async () => {
  const files = await readdir(join(packageRoot, 'proto'), { recursive: true });
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith('.proto'))
      .map((file) => readFile(join(packageRoot, 'proto', file), 'utf8')),
  );
  const names = texts.flatMap((text) => [...text.matchAll(/^service (\w+)/gm)].map(([, name]) => name));
  // The third has a listener of its own, without client certificates (tests/federation/enrolment.test.ts).
  expect(names.sort()).toEqual(
    [EnrolmentService, ...SERVICES.map(({ service }) => service)].map(({ name }) => name).sort(),
  );
});

describe.each(SERVICES)('$service.typeName', ({ service, servedBy, callers }) => {
  it.each(PEERS)('called by %j', async (peer) => {
    const isOpen = (callers as readonly string[]).includes(peer.kind);
    const tls = await authority.issue(peer);
    await using server = await startServer(service, await authority.issue(servedBy));
    const address = `127.0.0.1:${server.port}`;
    await using channel = createChannel({ address, tls, expectPeer: servedBy });
    const client = createClient(service, channel) as unknown as Record<string, Method>;
    for (const method of service.methods) {
      const answer = ask(client[method.localName] as Method, method.methodKind);
      await expect(answer, method.name).rejects.toMatchObject(
        isOpen ? { reason: 'REACHED' } : { code: 'PERMISSION_DENIED', reason: 'PEER_NOT_ALLOWED' },
      );
    }
  });
});

type Method = (request: unknown, options: object) => Promise<unknown> & AsyncIterable<unknown>;

/** A server of one service, every method of which says that it was reached. */
async function startServer(service: (typeof SERVICES)[number]['service'], tls: TlsMaterial) {
  const reached = () => receivedError('UNIMPLEMENTED', 'REACHED', 'the handler was reached', {});
  const handlers = Object.fromEntries(
    service.methods.map(({ localName, methodKind }) => [
      localName,
      methodKind === 'unary'
        ? async () => Promise.reject(reached())
        : // biome-ignore lint/correctness/useYield: nothing is sent before the error
          async function* () {
            throw reached();
          },
    ]),
  );
  const implementation = { service, handlers };
  const logger = pino({ enabled: false });
  return startGrpcServer({ listen: '127.0.0.1:0', tls, services: [implementation], logger });
}

async function ask(method: Method, kind: string): Promise<unknown> {
  if (kind === 'unary') return method({}, inTime(5_000));
  for await (const answer of method((async function* () {})(), inTime(5_000))) return answer;
  return undefined;
}
