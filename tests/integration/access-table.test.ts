/**
 * Every route of a node, every role, every area, against records in the area, outside it and in none. What is
 * expected is stated here, apart from the program's own table; a new route without its line fails.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROLES } from '../../shared/acts/access.ts';
import { createApps, routesOf } from '../support/http-apps.ts';
import type { Answer, CallOptions } from '../support/node-http.ts';
import { type AccessWorld, createAccessWorld, HERE, THERE } from './access-fixture.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await createAccessWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const MISSING_CASE = '00000000-0000-4000-8000-000000000000';
const MISSING_TRACE = 'f'.repeat(32);
const MISSING_ID = MISSING_CASE;

interface Line {
  readonly route: string;
  /** Roles to which the route is open at all. */
  readonly roles: string;
  /** Whether only the whole province will do. */
  readonly whole?: true;
  /** How to ask for what lies in `HERE.ward`. */
  readonly ask: (as: CallOptions) => Promise<Answer>;
  /** How to ask for what is not there at all; what lies outside the area must answer the same. */
  readonly askMissing?: (as: CallOptions) => Promise<Answer>;
  /** Status in the area. */
  readonly status: number;
  /** Status outside the area, if it is not that of something missing. */
  readonly outside?: number;
}

const get = (path: () => string) => (as: CallOptions) => world.node.call('GET', path(), as);
const post = (path: () => string, json?: unknown, method = 'POST') => {
  return (as: CallOptions) =>
    world.node.call(method, path(), { ...as, json: typeof json === 'function' ? json() : json });
};
const importing = (kind: string) => (as: CallOptions) =>
  world.node.call('POST', `/v1/imports/${kind}`, { ...as, headers: { 'content-type': 'text/csv' } });
const newCase = { identifiers: ['phone:0912999999'], onset_on: '2021-06-01', ward: HERE.ward };
const onset = { onset_on: '2021-06-02' };
const startOf = (id: () => string) => () => ({ cases: [id()], direction: 'forward' });
const glass = { reason: 'contacts of a ship', area: '217', minutes: 5 };
const account = { name: 'PC-Covid', scopes: ['cases.write'] };

const READERS = 'epidemiologist ward_tracer operator';
const DESK = 'epidemiologist ward_tracer';

/** 409: the door let it in; who has died is not followed up, and what is done is not done again. */
const SAID: Readonly<Record<string, object>> = {
  quarantine: { place: 'home' },
  refile: { ward: HERE.ward },
  ...Object.fromEntries(['exempt', 'lose', 'reopen', 'cancel'].map((command) => [command, { reason: 'x' }])),
};
const FOLLOW_UP_COMMANDS: readonly (readonly [roles: string, commands: string])[] = [
  [DESK, 'reach quarantine exempt report end-quarantine release refuse die refile'],
  ['epidemiologist', 'lose reopen cancel'],
];
const FOLLOW_UP_LINES: readonly Line[] = [
  ...['tasks', 'follow-ups'].map((list): Line => {
    const ask = get(() => `/v1/${list}`);
    return { route: `GET /v1/${list}`, roles: DESK, ask, status: 200, outside: 200 };
  }),
  {
    ...{ route: 'GET /v1/tasks/{id}', roles: DESK, status: 200 },
    ask: get(() => `/v1/tasks/${world.here.task}`),
    askMissing: get(() => '/v1/tasks/999999'),
  },
  {
    ...{ route: 'GET /v1/follow-ups/{id}', roles: DESK, status: 200 },
    ask: get(() => `/v1/follow-ups/${world.here.followUp}`),
    askMissing: get(() => `/v1/follow-ups/${MISSING_CASE}`),
  },
  ...['claim', 'release', 'done', 'cancel', 'outcomes'].map((command): Line => {
    const json = { outcomes: { outcome: 'reached' }, done: {}, cancel: {} }[command];
    return {
      ...{ route: `POST /v1/tasks/{id}/${command}`, status: 409 },
      roles: command === 'cancel' ? 'epidemiologist' : DESK,
      ask: post(() => `/v1/tasks/${world.here.task}/${command}`, json),
      askMissing: post(() => `/v1/tasks/999999/${command}`, json),
    };
  }),
  ...FOLLOW_UP_COMMANDS.flatMap(([roles, commands]) =>
    commands.split(' ').map((command): Line => {
      const json = SAID[command] ?? {};
      return {
        ...{ route: `POST /v1/follow-ups/{id}/${command}`, roles, status: 409 },
        ask: post(() => `/v1/follow-ups/${world.here.followUp}/${command}`, json),
        askMissing: post(() => `/v1/follow-ups/${MISSING_CASE}/${command}`, json),
      };
    }),
  ),
];
const LINES: readonly Line[] = [
  ...['persons', 'places', 'check-ins', 'encounters'].map((kind): Line => {
    // 400: the door let it in, and the body is empty.
    return {
      route: `POST /v1/imports/${kind}`,
      roles: 'integrator operator',
      whole: true,
      ask: importing(kind),
      status: 400,
    };
  }),
  {
    route: 'POST /v1/cases',
    roles: 'epidemiologist lab integrator',
    ask: post(() => '/v1/cases', newCase),
    status: 201,
    outside: 400,
  },
  {
    route: 'GET /v1/cases',
    roles: 'epidemiologist lab',
    ask: get(() => '/v1/cases'),
    status: 200,
    outside: 200,
  },
  {
    ...{ route: 'GET /v1/cases/{id}', roles: 'epidemiologist lab', status: 200 },
    ask: get(() => `/v1/cases/${world.here.caseId}`),
    askMissing: get(() => `/v1/cases/${MISSING_CASE}`),
  },
  {
    ...{ route: 'PATCH /v1/cases/{id}', roles: 'epidemiologist lab integrator', status: 200 },
    ask: post(() => `/v1/cases/${world.here.caseId}`, onset, 'PATCH'),
    askMissing: post(() => `/v1/cases/${MISSING_CASE}`, onset, 'PATCH'),
  },
  {
    ...{ route: 'GET /v1/records', roles: 'epidemiologist ward_tracer', status: 200, outside: 200 },
    ask: get(() => '/v1/records?identifier=cmnd:000000001'),
  },
  {
    ...{ route: 'PATCH /v1/records/{id}', roles: 'epidemiologist integrator', status: 200 },
    ask: post(() => `/v1/records/${world.here.recordId}`, { name: 'Ân' }, 'PATCH'),
    askMissing: post(() => '/v1/records/999999', { name: 'Ân' }, 'PATCH'),
  },
  {
    ...{ route: 'DELETE /v1/records/{id}', roles: 'epidemiologist integrator', status: 204 },
    ask: (as) => world.node.call('DELETE', `/v1/records/${world.here.recordId}`, as),
    askMissing: (as) => world.node.call('DELETE', '/v1/records/999999', as),
  },
  {
    ...{ route: 'GET /v1/records/waiting', roles: 'epidemiologist', status: 200, outside: 200 },
    ask: get(() => '/v1/records/waiting'),
  },
  // 422: they do not wait.
  ...['confirm', 'reject'].map((command): Line => {
    return {
      ...{ route: `POST /v1/records/{id}/${command}`, roles: 'epidemiologist', status: 422 },
      ask: post(() => `/v1/records/${world.here.recordId}/${command}`),
      askMissing: post(() => `/v1/records/999999/${command}`),
    };
  }),
  {
    ...{ route: 'POST /v1/traces', roles: 'epidemiologist', status: 202 },
    ask: post(
      () => '/v1/traces',
      startOf(() => world.here.caseId),
    ),
    askMissing: post(
      () => '/v1/traces',
      startOf(() => MISSING_CASE),
    ),
  },
  { route: 'GET /v1/traces', roles: READERS, ask: get(() => '/v1/traces'), status: 200, outside: 200 },
  {
    ...{ route: 'GET /v1/traces/{id}', roles: READERS, status: 200 },
    ask: get(() => `/v1/traces/${world.here.trace}`),
    askMissing: get(() => `/v1/traces/${MISSING_TRACE}`),
  },
  {
    ...{ route: 'GET /v1/traces/{id}/contacts', roles: 'epidemiologist ward_tracer', status: 200 },
    ask: get(() => `/v1/traces/${world.here.trace}/contacts`),
    askMissing: get(() => `/v1/traces/${MISSING_TRACE}/contacts`),
  },
  {
    ...{ route: 'GET /v1/traces/{id}/contacts.csv', roles: 'epidemiologist ward_tracer', status: 200 },
    ask: get(() => `/v1/traces/${world.here.trace}/contacts.csv`),
    askMissing: get(() => `/v1/traces/${MISSING_TRACE}/contacts.csv`),
  },
  {
    ...{ route: 'POST /v1/traces/{id}/contacts/{contact}/take-over', roles: 'epidemiologist ward_tracer' },
    status: 202,
    ask: post(() => `/v1/traces/${world.here.trace}/contacts/${world.here.contacts[0]}/take-over`),
    askMissing: post(() => `/v1/traces/${world.here.trace}/contacts/${MISSING_TRACE}/take-over`),
  },
  {
    ...{ route: 'GET /v1/traces/{id}/events', roles: READERS, status: 200 },
    ask: (as) => firstEvent(`/v1/traces/${world.here.trace}/events`, as),
    askMissing: get(() => `/v1/traces/${MISSING_TRACE}/events`),
  },
  {
    ...{ route: 'POST /v1/traces/{id}/close', roles: 'epidemiologist', status: 202 },
    ask: post(() => `/v1/traces/${world.here.trace}/close`),
    askMissing: post(() => `/v1/traces/${MISSING_TRACE}/close`),
  },
  ...FOLLOW_UP_LINES,
  {
    // In the area: there is nothing to break.
    ...{ route: 'POST /v1/break-glass', roles: 'epidemiologist ward_tracer lab', status: 422, outside: 201 },
    ask: post(() => '/v1/break-glass', { ...glass, area: HERE.ward }),
  },
  {
    route: 'GET /v1/break-glass',
    roles: 'epidemiologist',
    whole: true,
    ask: get(() => '/v1/break-glass'),
    status: 200,
  },
  {
    ...{ route: 'POST /v1/break-glass/{id}/review', roles: 'epidemiologist', whole: true, status: 404 },
    ask: post(() => `/v1/break-glass/${MISSING_ID}/review`, { verdict: 'justified' }),
  },
  {
    route: 'POST /v1/service-accounts',
    roles: 'operator',
    whole: true,
    ask: post(() => '/v1/service-accounts', account),
    status: 201,
  },
  {
    route: 'GET /v1/service-accounts',
    roles: 'operator',
    whole: true,
    ask: get(() => '/v1/service-accounts'),
    status: 200,
  },
  {
    ...{ route: 'POST /v1/service-accounts/{id}/revoke', roles: 'operator', whole: true, status: 404 },
    ask: post(() => `/v1/service-accounts/${MISSING_ID}/revoke`),
  },
  { route: 'GET /v1/budgets', roles: 'operator', whole: true, ask: get(() => '/v1/budgets'), status: 200 },
  {
    ...{ route: 'PUT /v1/budgets', roles: 'operator', whole: true, status: 204 },
    ask: post(() => '/v1/budgets', { province: '79', budget: null }, 'PUT'),
  },
  ...['newcomers', 'key'].map(
    (what): Line => ({
      ...{ route: `GET /v1/federation/${what}`, roles: 'operator', whole: true, status: 200 },
      ask: get(() => `/v1/federation/${what}`),
    }),
  ),
  {
    // Whoever gets in has compared nothing.
    ...{ route: 'POST /v1/federation/approvals', roles: 'operator', whole: true, status: 422 },
    ask: post(() => '/v1/federation/approvals', { province: '79', fingerprint: 'AAAA-AAAA-AAAA-AAAA' }),
  },
  {
    // The federation has its key already.
    ...{ route: 'POST /v1/federation/key', roles: 'operator', whole: true, status: 422 },
    ask: post(() => '/v1/federation/key'),
  },
  {
    ...{ route: 'POST /v1/federation/key/rotations', roles: 'operator', whole: true, status: 201 },
    ask: post(() => '/v1/federation/key/rotations', {}),
  },
  {
    route: 'GET /v1/audit',
    roles: 'epidemiologist operator',
    whole: true,
    ask: get(() => '/v1/audit'),
    status: 200,
  },
  {
    // 422: the door let it in, and no log is refused.
    ...{ route: 'POST /v1/audit/restores', roles: 'operator', whole: true, status: 422 },
    ask: post(() => '/v1/audit/restores', { peer: 'hub', reason: 'restored_from_backup' }),
  },
  { route: 'GET /v1/outgoing', roles: 'operator', whole: true, ask: get(() => '/v1/outgoing'), status: 200 },
  ...['retry', 'discard'].map(
    (what): Line => ({
      ...{ route: `POST /v1/outgoing/{id}/${what}`, roles: 'operator', whole: true, status: 404 },
      ask: post(() => `/v1/outgoing/999999/${what}`),
    }),
  ),
  ...['/v1/me', '/v1/areas'].map(
    (path): Line => ({
      ...{ route: `GET ${path}`, roles: 'ward_tracer epidemiologist lab integrator operator' },
      ...{ status: 200, outside: 200, ask: get(() => path) },
    }),
  ),
];

/** The status of a stream, and its first bytes' arrival. */
async function firstEvent(path: string, { roles = [] }: CallOptions): Promise<Answer> {
  const left = new AbortController();
  const token = await world.node.issuer.issue({ audience: 'truyvet-node-24', roles });
  const headers = { authorization: `Bearer ${token}` };
  const response = await world.node.fetch(path, { headers, signal: left.signal });
  const body = response.status === 200 ? await response.body?.getReader().read() : await response.json();
  left.abort();
  return { status: response.status, headers: response.headers, body };
}

const AREAS = ['24', HERE.district, HERE.ward, THERE.district, THERE.ward];
const isHere = (area: string) => ['24', HERE.district, HERE.ward].includes(area);

it('has a line for every documented route of the node', () => {
  const { node } = createApps(async () => Promise.reject(new Error('nobody is asked')));
  const documented = routesOf(node).map(({ method, path }) => `${method} ${path}`);
  expect(LINES.map(({ route }) => route).sort()).toEqual(documented.sort());
});

describe.each(LINES)('$route', ({ roles, whole, ask, askMissing, status, outside }) => {
  it.each(ROLES)('as %s, in every area', async (role) => {
    for (const area of AREAS) {
      const subject = `${role}@${area} ${Math.trunc(performance.now())}`;
      const as = { roles: [`${role}@${area}`], subject };
      const answer = await ask(as);
      const isOpen = roles.split(' ').includes(role) && (!whole || area === '24');
      if (!isOpen) {
        const reason = roles.split(' ').includes(role) ? 'AREA_REQUIRED' : 'ROLE_REQUIRED';
        expect([area, answer.status, answer.body.reason]).toEqual([area, 403, reason]);
      } else if (isHere(area)) {
        expect([area, answer.status]).toEqual([area, status]);
      } else if (askMissing) {
        const missing = await askMissing(as);
        expect(missing.status).toBe(404);
        expect([area, without(answer)]).toEqual([area, without(missing)]);
      } else {
        expect([area, answer.status]).toEqual([area, outside]);
      }
    }
  });
});

/** An answer without what differs between any two. */
function without({ status, headers, body }: Answer) {
  const kept = [...headers].filter(([name]) => name !== 'x-request-id');
  return { status, headers: kept, body: { ...body, request_id: undefined } };
}

describe('lists hold what lies in the area and nothing else', () => {
  it.each([
    [['epidemiologist@24'], ['here', 'there', 'nowhere']],
    [['epidemiologist@213'], ['here']],
    [['lab@07303'], ['there']],
    [
      ['lab@07303', 'epidemiologist@07210'],
      ['here', 'there'],
    ],
    // A role elsewhere does not stretch another role.
    [['lab@07303', 'ward_tracer@24'], ['there']],
    [['lab@217'], []],
  ] as const)('cases for %j', async (roles, found) => {
    const { body } = await world.node.call('GET', '/v1/cases?limit=1000', { roles });
    const known = [world.here, world.there, world.nowhere].map(({ caseId }) => caseId);
    const shown = body.cases.map(({ id }: { id: string }) => id).filter((id: string) => known.includes(id));
    expect(shown.sort()).toEqual(found.map((name) => world[name].caseId).sort());
    const wards = body.cases.map(({ ward }: { ward: string }) => ward);
    if (!roles.some((role) => role === 'epidemiologist@24')) {
      const allowed: (string | null)[] = found.map((name) => world[name].ward);
      for (const ward of wards) expect(allowed).toContain(ward);
    }
  });

  it.each([
    [['epidemiologist@24'], ['here', 'there', 'nowhere', 'foreign']],
    [['operator@24'], ['here', 'there', 'nowhere', 'foreign']],
    [['epidemiologist@07210'], ['here', 'foreign']],
    [['ward_tracer@213'], ['here', 'foreign']],
    [['ward_tracer@07303'], ['there']],
    [['ward_tracer@217'], []],
  ] as const)('traces for %j', async (roles, found) => {
    const { body } = await world.node.call('GET', '/v1/traces?limit=100', { roles });
    const idOf = (name: 'here' | 'there' | 'nowhere' | 'foreign') =>
      name === 'foreign' ? world.foreign : world[name].trace;
    const known = (['here', 'there', 'nowhere', 'foreign'] as const).map(idOf);
    const shown = body.traces.map(({ id }: { id: string }) => id).filter((id: string) => known.includes(id));
    expect(shown.sort()).toEqual(found.map(idOf).sort());
  });
});
