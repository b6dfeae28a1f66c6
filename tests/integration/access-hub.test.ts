/**
 * The hub's routes and what they leave on record; and every RPC of the auth table, by every kind of peer, over
 * real mTLS.
 */
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTokenIssuer, type TokenIssuer } from '../../deploy/demo/token-issuer.ts';
import { TraceEngine } from '../../hub/traces/engine.ts';
import { traceRoutes } from '../../hub/traces/http.ts';
import { systemClock } from '../../shared/clock.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import { auditRoutes } from '../../shared/http/audit.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import { programDoor } from '../../shared/http/program-door.ts';
import type { Routes } from '../../shared/http/route.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

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
  const door = programDoor({ oidc: { issuer: issuer.issuer, audience: AUDIENCE } }, { home: 'hub', db, clock });
  // Traces are not opened here: the engine holds none, and nobody is asked.
  const engine = { get: () => undefined } as unknown as TraceEngine;
  app = createHttpApp({
    info: { title: 'test', version: '1', description: '' },
    routes: [traceRoutes({ db, clock, logger, engine } as never), auditRoutes({ db, clock }, 'hub.audit.read')],
    ...door,
    ...{ logger, metrics: createMetrics('hub'), checks: {}, stopping: new AbortController().signal },
  });
});
afterAll(async () => {
  await issuer[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function call(path: string, roles: string[]) {
  const token = await issuer.issue({ audience: AUDIENCE, roles, subject: roles.join() });
  const response = await app.request(path, { headers: { authorization: `Bearer ${token}` } });
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

  it('every reading and every refusal is on record', async () => {
    const subject = 'hub_operator';
    for (const path of PATHS.slice(0, 3)) await call(path, [subject]);
    await call(PATHS[2] as string, ['analyst']);
    const { body } = await call('/v1/audit?limit=4', [subject]);
    expect(body.entries).toMatchObject([
      { action: 'access.refused', actor: { id: 'analyst' }, detail: { group: 'hub.graph.read' } },
      { action: 'graph.read', outcome: 'refused', reason: 'TRACE_UNKNOWN', trace: TRACE },
      { action: 'traces.read', outcome: 'refused', reason: 'TRACE_UNKNOWN', trace: TRACE },
      { action: 'traces.read', outcome: 'done', detail: { traces: [] } },
    ]);
    const { body: filtered } = await call('/v1/audit?action=audit.read&limit=1', [subject]);
    expect(filtered.entries[0]).toMatchObject({ action: 'audit.read', actor: { kind: 'person', id: subject } });
  });
});
