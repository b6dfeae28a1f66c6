/**
 * Service accounts, and how often anybody may call: keys that are shown once and end at once, scopes, limits.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/node-http.ts';
import { waitFor } from '../support/wait.ts';
import { type AccessWorld, createAccessWorld, HERE, THERE } from './access-fixture.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await createAccessWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const operator = { roles: ['operator@24'], subject: 'operator' };
const create = (json: Record<string, unknown> = {}) =>
  world.node.call('POST', '/v1/service-accounts', {
    ...operator,
    json: { name: 'PC-Covid', scopes: ['imports.write'], ...json },
  });

/** A call with a key in place of a token. */
async function as(
  key: string,
  method: string,
  path: string,
  body?: string,
): Promise<Pick<Answer, 'status' | 'body'>> {
  const type = path.includes('imports') ? 'text/csv' : 'application/json';
  const headers = { authorization: `Bearer ${key}`, 'content-type': type };
  const response = await world.node.fetch(path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, body: await response.json() };
}

const PLACES = 'place,name,kind\np1,Chợ,market\n';
const CASE = JSON.stringify({ identifiers: ['phone:0912345678'], onset_on: '2021-06-01' });

describe('a key', () => {
  it('is shown once, stored as a hash, in no log', async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body.key).toMatch(/^tvk_[\w-]{43}$/);
    const listed = await world.node.call('GET', '/v1/service-accounts', operator);
    expect(listed.body.service_accounts[0]).toMatchObject({
      id: body.id,
      name: 'PC-Covid',
      revoked_at: null,
    });
    const stored = await world.node.db.sql`SELECT to_jsonb(service_accounts) AS row FROM service_accounts`;
    const audit = await world.node.db.sql`SELECT body FROM audit_records`;
    for (const text of [listed.body, stored, audit, world.node.logged].map((part) => JSON.stringify(part)))
      expect(text).not.toContain(body.key.slice(4));
  });

  it('opens its scopes and nothing else, and acts under the account’s name', async () => {
    const { body } = await create();
    await world.takeEntries();
    expect((await as(body.key, 'POST', '/v1/imports/places', PLACES)).status).toBe(200);
    const actor = { kind: 'service', id: body.id };
    expect(await world.takeEntries()).toMatchObject([
      { action: 'imports.stored', actor, detail: { rows: 1 } },
    ]);
    for (const [method, path, sent] of [
      ['POST', '/v1/cases', CASE],
      ['GET', '/v1/cases', undefined],
      ['GET', '/v1/traces', undefined],
      ['GET', '/v1/service-accounts', undefined],
      ['GET', '/v1/audit', undefined],
      ['GET', '/v1/me', undefined],
      ['POST', '/v1/break-glass', '{}'],
    ] as const) {
      const refused = await as(body.key, method, path, sent);
      expect([path, refused.status, refused.body.reason]).toEqual([path, 403, 'ROLE_REQUIRED']);
    }
    const both = await create({ scopes: ['cases.write', 'imports.write'] });
    expect((await as(both.body.key, 'POST', '/v1/cases', CASE)).status).toBe(201);
  });

  it('ends at once when it is revoked, for good', async () => {
    const { body } = await create();
    const path = `/v1/service-accounts/${body.id}/revoke`;
    const { body: revoked } = await world.node.call('POST', path, operator);
    expect(revoked.revoked_at).toMatch(/Z$/);
    expect(await as(body.key, 'POST', '/v1/imports/places', PLACES)).toMatchObject({
      status: 401,
      body: { reason: 'KEY_INVALID' },
    });
    world.pass(5);
    expect((await world.node.call('POST', path, operator)).body.revoked_at).toBe(revoked.revoked_at);
  });

  it('ends when it was told to', async () => {
    const { body } = await create({ expires_at: new Date(Date.now() + 600_000).toISOString() });
    expect((await as(body.key, 'POST', '/v1/imports/places', PLACES)).status).toBe(200);
    world.pass(700);
    expect((await as(body.key, 'POST', '/v1/imports/places', PLACES)).status).toBe(401);
  });

  it('is not guessed, cut or lengthened', async () => {
    const { key } = (await create()).body;
    const wrong = [`tvk_${'A'.repeat(43)}`, key.slice(0, -1), `${key}A`, key.toLowerCase(), key.slice(4)];
    for (const guess of wrong)
      expect((await as(guess, 'POST', '/v1/imports/places', PLACES)).status).toBe(401);
  });
});

describe('an account is not made', () => {
  it.each([
    ['with a scope of people', { scopes: ['cases.read'] }, 'scopes[0]'],
    ['with a scope of operators', { scopes: ['imports.write', 'service_accounts.write'] }, 'scopes[1]'],
    ['with no scope', { scopes: [] }, 'scopes'],
    ['without a name', { name: ' ' }, 'name'],
    ['that has ended already', { expires_at: '2021-01-01T00:00:00Z' }, 'expires_at'],
  ])('%s', async (_name, change, field) => {
    const { status, body } = await create(change);
    expect([status, body.errors[0].field]).toEqual([400, field]);
  });
});

describe('limits', () => {
  it('hold one caller, say when to come again, and let others be', async () => {
    await using small = await createAccessWorld({ callerLimit: { perSecond: 2, burst: 12 } });
    const ask = (subject: string) => small.node.call('GET', '/v1/me', { subject });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('greedy')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ body: { reason: 'RATE_LIMITED' } });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask('patient')).status).toBe(200);
    small.pass(2);
    expect((await ask('greedy')).status).toBe(200);
    for (let i = 0; i < 20; i++) expect((await small.node.fetch('/healthz')).status).toBe(200);
  });

  it('hold what one caller has under way at once, and let others be', async () => {
    await using small = await createAccessWorld({ atOnce: { requests: 4, streams: 2 } });
    const { trace, caseId } = small.here;
    const list = `/v1/traces/${trace}/contacts`;
    const paths = ['/v1/cases', '/v1/traces?limit=100', `/v1/traces/${trace}`, list, `/v1/cases/${caseId}`];
    for (const path of [...paths, '/v1/records?identifier=phone:0912000001']) {
      const ask = (subject: string) => small.node.call('GET', path, { subject });
      const greedy = Array.from({ length: 40 }, () => ask('greedy'));
      expect((await ask('patient')).status, path).toBe(200);
      const answers = await Promise.all(greedy);
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length, path).toBeGreaterThan(0);
      expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(4);
      expect(refused[0]).toMatchObject({ body: { reason: 'TOO_MANY_AT_ONCE' } });
      expect((await ask('greedy')).status).toBe(200);
    }
  });

  it('hold the event streams of one caller, until one of them has ended', async () => {
    await using small = await createAccessWorld({ atOnce: { requests: 4, streams: 2 } });
    const listen = async (subject: string) => {
      const token = await small.node.issuer.issue({
        ...{ audience: 'truyvet-node-24', roles: ['epidemiologist@24'], subject },
      });
      const left = new AbortController();
      const headers = { authorization: `Bearer ${token}` };
      const path = `/v1/traces/${small.here.trace}/events`;
      return { left, answer: await small.node.fetch(path, { headers, signal: left.signal }) };
    };
    const open = [await listen('watcher'), await listen('watcher')];
    const { answer } = await listen('watcher');
    expect([answer.status, ((await answer.json()) as { reason: string }).reason]).toEqual([
      429,
      'TOO_MANY_AT_ONCE',
    ]);
    const other = await listen('other');
    expect(other.answer.status).toBe(200);
    open[0]?.left.abort();
    await waitFor('a stream to be free', async () => {
      const again = await listen('watcher');
      again.left.abort();
      return again.answer.status === 200;
    });
    for (const { left } of [...open, other]) left.abort();
  });

  it('hold the wrong credentials of an address, and never those that are valid', async () => {
    await using small = await createAccessWorld({
      failureLimit: { perSecond: 1, burst: 3 },
      addressHeader: 'x-forwarded-for',
    });
    const guess = async (address: string, key = `tvk_${'B'.repeat(43)}`) => {
      const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': `10.0.0.1, ${address}` };
      return (await small.node.fetch('/v1/me', { headers })).status;
    };
    for (const _ of [1, 2, 3]) expect(await guess('192.0.2.1')).toBe(401);
    expect(await guess('192.0.2.1')).toBe(429);
    expect(await guess('192.0.2.2')).toBe(401);
    const token = await small.node.issuer.issue({ audience: 'truyvet-node-24', roles: ['lab@24'] });
    for (const _ of [1, 2, 3]) {
      expect(await guess('192.0.2.1', token)).toBe(200);
      expect(await guess('192.0.2.1')).toBe(429);
    }
    small.pass(5);
    expect(await guess('192.0.2.1')).toBe(401);
    // Whatever is wrong with them.
    const expired = await small.node.issuer.issue({
      ...{ audience: 'truyvet-node-24', roles: ['lab@24'], lifeSeconds: -60 },
    });
    const elsewhere = await small.node.issuer.issue({ audience: 'truyvet-node-79', roles: ['lab@79'] });
    const [head, body] = token.split('.');
    const wrong = ['a.b.c', 'x', expired, elsewhere, `${head}.${body}.AAAA`, `tvk_${'C'.repeat(42)}`];
    for (const [i, bad] of wrong.entries()) {
      const address = `198.51.100.${i}`;
      for (let n = 0; n < 5; n++) expect([401, 429]).toContain(await guess(address, bad));
      expect([await guess(address, bad), await guess(address, token)], bad.slice(0, 8)).toEqual([429, 200]);
    }
  });
});

const caseOf = (identifier: string, ward: string) =>
  JSON.stringify({ identifiers: [identifier], onset_on: '2021-06-01', ward });

describe('an area', () => {
  it('is that of the province unless told, and must lie in it', async () => {
    expect((await create()).body.area).toBe('24');
    expect((await create({ area: HERE.district })).body.area).toBe(HERE.district);
    for (const area of ['01', '26734', '999']) {
      const { status, body } = await create({ area });
      expect([status, body.errors[0]]).toMatchObject([400, { field: 'area', reason: 'NOT_OF_PROVINCE' }]);
    }
  });

  it('bounds what the account enters: elsewhere refused, of others’ people waiting; no imports', async () => {
    const { body } = await create({ scopes: ['cases.write', 'imports.write'], area: HERE.ward });
    const enter = (ward: string, identifier: string) =>
      as(body.key, 'POST', '/v1/cases', caseOf(identifier, ward));
    const there = 'cmnd:000000002';
    expect((await enter(THERE.ward, there)).body.errors).toMatchObject([{ reason: 'OUTSIDE_AREA' }]);
    const warnings = async (identifier: string) =>
      (await enter(HERE.ward, identifier)).body.warnings.map(({ reason }: { reason: string }) => reason);
    expect(await warnings(there)).toEqual(['WAITS_FOR_OTHER_WARD']);
    expect(await warnings('cmnd:000000001')).toEqual([]);
    const refused = await as(body.key, 'POST', '/v1/imports/places', PLACES);
    expect([refused.status, refused.body.reason]).toEqual([403, 'AREA_REQUIRED']);
  });
});
