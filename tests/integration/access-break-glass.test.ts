/**
 * Break-glass: what it opens, for how long, what is on record, and what the supervisor sees; and that it is
 * no way around the rest.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '../../shared/cli/events.ts';
import { newId } from '../../shared/ids.ts';
import { waitFor } from '../support/wait.ts';
import { type AccessWorld, createAccessWorld, HERE, THERE } from './access-fixture.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await createAccessWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const REASON = 'Bệnh nhân nói đã ở Tân Yên cả tuần';
const tracer = { roles: [`ward_tracer@${HERE.ward}`] };
const supervisor = { roles: ['epidemiologist@24'], subject: 'supervisor' };
const call: AccessWorld['node']['call'] = (...args) => world.node.call(...args);
const open = (as: { roles: string[]; subject: string }, change: Record<string, unknown> = {}) =>
  call('POST', '/v1/break-glass', {
    ...as,
    json: { reason: REASON, area: THERE.district, minutes: 30, ...change },
  });
const contactsThere = (as: { roles: string[]; subject: string }) =>
  call('GET', `/v1/traces/${world.there.trace}/contacts`, as);

describe('opened', () => {
  it('lets somebody read in the wider area, each reading under its id, until it ends by itself', async () => {
    const as = { ...tracer, subject: 'an' };
    expect((await contactsThere(as)).status).toBe(404);
    const { status, body } = await open(as);
    expect(status).toBe(201);
    await world.takeEntries();
    expect((await contactsThere(as)).body.contacts).toHaveLength(2);
    expect((await call('GET', '/v1/me', as)).body).toMatchObject({
      grants: [{ role: 'ward_tracer', area: HERE.ward }],
      break_glass: [{ id: body.id, area: THERE.district, ends_at: body.ends_at }],
    });
    const [entry] = await world.takeEntries();
    expect(entry).toMatchObject({ action: 'contacts.read', purpose: 'BTG' });
    expect(entry?.on).toContainEqual({ break_glass: body.id });
    world.pass(30 * 60);
    expect((await contactsThere(as)).status).toBe(404);
    const [refused] = await world.takeEntries();
    expect(refused).toMatchObject({ outcome: 'refused', reason: 'NO_SUCH_TRACE' });
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['by itself', async () => world.pass(60)],
    [
      'by the supervisor',
      async (id) => {
        world.pass(2);
        const json = { verdict: 'unjustified' };
        return call('POST', `/v1/break-glass/${id}/review`, { ...supervisor, json });
      },
    ],
  ])('ends %s on event streams that are open then', async (how, end) => {
    const as = { ...tracer, subject: `bình ${how}` };
    const { body } = await open(as, { minutes: 1 });
    const token = await world.node.issuer.issue({ audience: 'truyvet-node-24', ...as });
    const headers = { authorization: `Bearer ${token}` };
    const response = await world.node.fetch(`/v1/traces/${world.there.trace}/events`, { headers });
    const events: string[] = [];
    let isOver = false;
    const reading = (async () => {
      for await (const { event } of readEvents(response)) events.push(event);
      isOver = true;
    })();
    await waitFor('the first events', () => events.includes('contacts'));
    await end(body.id);
    await waitFor('the end of the stream', () => isOver);
    await reading;
  });

  it('opens reading and nothing else, by the roles that somebody has', async () => {
    const doctor = { roles: [`epidemiologist@${HERE.ward}`], subject: 'chi' };
    const lab = { roles: [`lab@${HERE.ward}`], subject: 'dung' };
    for (const as of [doctor, lab]) expect((await open(as)).status).toBe(201);
    const { caseId, trace } = world.there;
    expect((await call('GET', `/v1/cases/${caseId}`, doctor)).status).toBe(200);
    expect((await call('GET', `/v1/cases/${caseId}`, lab)).status).toBe(200);
    expect((await contactsThere(lab)).status).toBe(403);
    const writes = [
      await call('PATCH', `/v1/cases/${caseId}`, { ...doctor, json: { onset_on: '2021-06-03' } }),
      await call('POST', '/v1/traces', { ...doctor, json: { cases: [caseId], direction: 'forward' } }),
    ];
    for (const { status, body } of writes) expect([status, body.reason]).toEqual([404, 'NO_SUCH_CASE']);
    expect((await call('POST', `/v1/traces/${trace}/close`, doctor)).body.reason).toBe('CASES_OUTSIDE_AREA');
    // What lies in no ward is for the whole province.
    expect((await call('GET', `/v1/cases/${world.nowhere.caseId}`, doctor)).status).toBe(404);
    await open(doctor, { area: '24' });
    expect((await call('GET', `/v1/cases/${world.nowhere.caseId}`, doctor)).status).toBe(200);
  });

  it('belongs to one person', async () => {
    await open({ ...tracer, subject: 'em' });
    expect((await contactsThere({ ...tracer, subject: 'emm' })).status).toBe(404);
    expect((await contactsThere({ ...tracer, subject: 'em' })).status).toBe(200);
  });
});

describe('refused', () => {
  const as = { ...tracer, subject: 'phúc' };
  it.each([
    ['without a reason', { reason: undefined }, 400, 'INVALID_FIELD'],
    ['with a reason that says nothing', { reason: 'gấp' }, 400, 'INVALID_FIELD'],
    ['with spaces for a reason', { reason: ' '.repeat(40) }, 400, 'INVALID_FIELD'],
    ['with a file for a reason', { reason: 'x'.repeat(501) }, 400, 'INVALID_FIELD'],
    ['for longer than three hours', { minutes: 181 }, 400, 'INVALID_FIELD'],
    ['for no time', { minutes: 0 }, 400, 'INVALID_FIELD'],
    ['in another province', { area: '79' }, 400, 'INVALID_FIELD'],
    ['in a ward of another province', { area: '00001' }, 400, 'INVALID_FIELD'],
    ['in one’s own ward', { area: HERE.ward }, 422, 'ALREADY_IN_AREA'],
  ])('%s', async (_name, change, status, reason) => {
    const refused = await open(as, change);
    expect([refused.status, refused.body.reason]).toEqual([status, reason]);
    expect((await contactsThere(as)).status).toBe(404);
  });

  it('to those who have the whole province, to operators, to service accounts', async () => {
    expect((await open(supervisor)).body.reason).toBe('ALREADY_IN_AREA');
    expect((await open({ roles: ['operator@24'], subject: 'op' })).body.reason).toBe('ROLE_REQUIRED');
  });

  it('when five are open', async () => {
    const many = { ...tracer, subject: 'quang' };
    for (const _ of [1, 2, 3, 4, 5]) expect((await open(many)).status).toBe(201);
    const sixth = await open(many);
    expect([sixth.status, sixth.body.reason]).toEqual([429, 'TOO_MANY_OPEN']);
    world.pass(31 * 60);
    expect((await open(many)).status).toBe(201);
  });
});

describe('reviewed', () => {
  it('is by the supervisor, who sees reasons that nobody else and no log does', async () => {
    const as = { ...tracer, subject: 'rạng' };
    world.pass(1);
    const { body: opened } = await open(as);
    const { body } = await call('GET', '/v1/break-glass?limit=1', supervisor);
    expect(body.break_glass).toEqual([
      expect.objectContaining({ id: opened.id, subject: 'rạng', reason: REASON, verdict: null }),
    ]);
    for (const roles of [tracer.roles, ['operator@24'], [`epidemiologist@${HERE.district}`]])
      expect((await call('GET', '/v1/break-glass', { roles })).status).toBe(403);
    expect(world.node.logged.join('')).not.toContain('Tân Yên');
    expect(JSON.stringify(await world.node.db.sql`SELECT body FROM audit_records`)).not.toContain('Tân Yên');
  });

  it('as unjustified, ends at once; once; not by oneself', async () => {
    const as = { roles: [`epidemiologist@${HERE.ward}`], subject: 'sơn' };
    const { body: opened } = await open(as, { area: '24' });
    const review = (id: string, verdict: string, by: { roles: string[]; subject: string }) =>
      call('POST', `/v1/break-glass/${id}/review`, { ...by, json: { verdict } });
    const promoted = { ...supervisor, subject: 'sơn' };
    expect((await review(opened.id, 'justified', promoted)).body.reason).toBe('OWN_BREAK_GLASS');
    expect((await contactsThere(as)).status).toBe(200);
    world.pass(2);
    await world.takeEntries();
    expect((await review(opened.id, 'unjustified', supervisor)).body).toMatchObject({
      verdict: 'unjustified',
      reviewed_by: 'supervisor',
    });
    const [on, detail] = [[{ break_glass: opened.id }], { verdict: 'unjustified' }];
    expect(await world.takeEntries()).toMatchObject([{ action: 'break_glass.reviewed', on, detail }]);
    expect((await contactsThere(as)).status).toBe(404);
    expect(await review(opened.id, 'unjustified', supervisor)).toMatchObject({ status: 200 });
    expect(await review(opened.id, 'justified', supervisor)).toMatchObject({
      status: 409,
      body: { reason: 'WRONG_STATE', state: 'reviewed', allowed: [] },
    });
    expect((await review(newId(), 'justified', supervisor)).body.reason).toBe('NO_SUCH_BREAK_GLASS');
  });
});
