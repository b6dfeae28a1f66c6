/**
 * From contacts that were delivered to the work of a desk: filed to people once, planned, called, withdrawn,
 * opened again, through the real feed and the real routes.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { passDays } from '../../node/casework/follow-ups/days.ts';
import { replanAll, replanSome } from '../../node/casework/follow-ups/replanning.ts';
import { addDays } from '../../node/casework/follow-ups/rules.ts';
import { CONTACT_ASSIGNED } from '../../node/tracing/kinds.ts';
import { systemClock } from '../../shared/clock.ts';
import { withTransaction } from '../../shared/db/database.ts';
import type { FollowUpPlan } from '../../shared/domain/follow-up-rules.ts';
import { vietnamDate, vietnamMidnight } from '../../shared/domain/instant.ts';
import { newTraceId } from '../../shared/ids.ts';
import { signRulePack } from '../../shared/signed/rule-signature.ts';
import { type Answer, createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { askPlain } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';
import { WORK, workPack } from '../support/work-rules.ts';

let node: NodeHttp;
/** It stands still, unless a test moves it. */
const BEGAN = Math.floor(systemClock.nowMs() / 1000) * 1000;
let now = BEGAN;
const DAY = 86_400;
const clock = { ...systemClock, nowMs: () => now };
type Json = Answer['body'];

let people = 0;
beforeAll(async () => {
  node = await createNodeHttp({ clock });
  node.hub.signedRules = [
    ...node.hub.signedRules,
    await signRulePack(workPack(), node.hub.warrantKeys.privateKey),
  ];
  await node.rules.pull();
});
afterAll(() => node[Symbol.asyncDispose]());

/** A person of a ward with a phone of their own; the local id of it. */
async function newPerson(ward = '07213'): Promise<{ id: number; phone: string; name: string }> {
  const phone = `+849000${String(++people).padStart(5, '0')}`;
  const name = `Nguyễn Văn ${people}`;
  const text = `identifiers,name,province,ward\nphone:${phone},${name},24,${ward}\n`;
  await node.call('POST', '/v1/imports/persons', { headers: { 'content-type': 'text/csv' }, text });
  const statement = `SELECT id FROM identifiers WHERE value = 'phone:${phone}'`;
  const [row] = await askPlain<{ id: number }>(node.db, node.dataKeys, statement);
  return { id: row?.id as number, phone, name };
}

interface Contact {
  readonly trace: string;
  readonly id: string;
  readonly identifiers: readonly number[];
  readonly degree?: number;
  readonly last?: number;
  readonly withdrawn?: boolean;
}

/** Stores contacts as a delivery does, and tells of them. */
async function deliver(direction: 'forward' | 'backward', ...contacts: Contact[]): Promise<void> {
  const last = Math.floor(now / 1000) - DAY;
  await withTransaction(node.db, async (tx) => {
    for (const one of contacts)
      await tx.sql`
        INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
          settings, place_kinds, exposed_in, identifier_ids, ward, delivery, withdrawn_at)
        VALUES (${one.trace}, ${one.id}, ${one.degree ?? 1}, ${(one.last ?? last) - 1800},
          ${one.last ?? last}, 1800, 1, 8, '{24}', ${[...one.identifiers]}::int[], '07213', 1,
          ${one.withdrawn ? new Date() : null})
        ON CONFLICT (trace_id, contact_id) DO UPDATE SET last_exposed_at = excluded.last_exposed_at,
          degree = excluded.degree, withdrawn_at = excluded.withdrawn_at`;
    await tx.emit(CONTACT_ASSIGNED, {
      ...{ trace: contacts[0]?.trace as string, direction },
      contacts: contacts.map(({ id }) => id),
    });
  });
}

const contactId = (n: number) => n.toString(16).padStart(32, '0');
const TRACER = { roles: ['ward_tracer@07213'], subject: 'lan' };

/** The follow-up of a person, once what was told has been read. */
async function followUpOf(phone: string, ready: (one: Json) => boolean = () => true): Promise<Json> {
  let found: Json;
  await waitFor('the follow-up', async () => {
    for (const state of ['', '&state=cancelled', '&state=released', '&state=lapsed']) {
      const { body } = await node.call('GET', `/v1/follow-ups?limit=200${state}`);
      found = body.follow_ups?.find((one: Json) => one.phone === phone) ?? found;
    }
    return found !== undefined && ready(found);
  });
  const { body } = await node.call('GET', `/v1/follow-ups/${found.id}`);
  return body;
}

beforeEach(() => {
  now = BEGAN;
});

describe('a delivered contact', () => {
  it('is a planned follow-up of the desk with a call due, once, however often it is told', async () => {
    const person = await newPerson();
    const trace = newTraceId();
    const contact = { trace, id: contactId(1), identifiers: [person.id] };
    await deliver('forward', contact);
    await deliver('forward', contact);
    const followUp = await followUpOf(person.phone, ({ state }) => state === 'planned');
    const day0 = vietnamDate(now / 1000 - DAY);
    expect(followUp).toMatchObject({
      ...{ ward: '07213', state: 'planned', degree: 1, day: 1, day0, plan: 'f1', pack: 190, priority: 1 },
      ...{ name: person.name, phone: person.phone, reason: 'contact', version: 1, episode: 1 },
      exposures: [{ trace, direction: 'forward', degree: 1, settings: ['place'], withdrawn: false }],
    });
    expect(followUp.tasks.map(({ kind, cause, state }: Json) => [kind, cause, state])).toEqual([
      ['call', 'plan:0', 'ready'],
      ['sample', 'plan:1', 'ready'],
      ['quarantine', 'plan:0', 'ready'],
      ['sample', 'plan:7', 'scheduled'],
    ]);
    expect(followUp.history).toMatchObject([{ command: 'open', by: null, after: { state: 'planned' } }]);

    const { body } = await node.call('GET', '/v1/tasks?kind=call', TRACER);
    const [task] = body.tasks.filter((one: Json) => one.follow_up.id === followUp.id);
    expect(task).toMatchObject({
      ...{ kind: 'call', state: 'ready', priority: 1, ward: '07213', assignee: null, attempts: 0 },
      allowed: ['claim', 'attempt'],
      follow_up: { name: person.name, phone: person.phone, degree: 1, day: 1, flags: [] },
    });
    expect(body.counts.call).toBeGreaterThanOrEqual(1);
    const elsewhere = await node.call('GET', '/v1/tasks', { roles: ['ward_tracer@07210'] });
    expect(elsewhere.body).toMatchObject({ tasks: [], counts: {} });
    expect((await node.call('GET', `/v1/tasks/${task.id}`, { roles: ['ward_tracer@07210'] })).status).toBe(
      404,
    );
  });

  it('of a second trace joins the person: the latest end, the least degree', async () => {
    const person = await newPerson();
    const [one, two] = [newTraceId(), newTraceId()];
    const last = now / 1000 - 3 * DAY;
    await deliver('forward', { trace: one, id: contactId(1), identifiers: [person.id], degree: 2, last });
    const before = await followUpOf(person.phone, ({ state }) => state === 'planned');
    expect(before).toMatchObject({ plan: 'f2', degree: 2, watch_until: vietnamDate(last + 14 * DAY) });
    await deliver('forward', { trace: two, id: contactId(2), identifiers: [person.id] });
    const after = await followUpOf(person.phone, ({ plan }) => plan === 'f1');
    expect(after).toMatchObject({ id: before.id, degree: 1, episode: 2 });
    expect(after.exposures).toHaveLength(2);
    await deliver('forward', { trace: two, id: contactId(2), identifiers: [person.id], withdrawn: true });
    const back = await followUpOf(person.phone, ({ plan }) => plan === 'f2');
    expect(back).toMatchObject({ id: before.id, watch_until: before.watch_until, state: 'planned' });
    await deliver('forward', { trace: one, id: contactId(1), identifiers: [person.id], withdrawn: true });
    const ended = await followUpOf(person.phone, ({ state }) => state === 'cancelled');
    expect(ended).toMatchObject({ outcome: 'not_a_contact' });
    expect(ended.tasks.every(({ state }: Json) => state === 'cancelled')).toBe(true);
    await deliver('forward', { trace: one, id: contactId(1), identifiers: [person.id], degree: 2, last });
    expect(await followUpOf(person.phone, ({ state }) => state === 'planned')).toMatchObject({
      id: before.id,
    });
  });

  it('whose end is past is nobody’s task', async () => {
    const person = await newPerson();
    const last = now / 1000 - 30 * DAY;
    await deliver('forward', { trace: newTraceId(), id: contactId(1), identifiers: [person.id], last });
    const followUp = await followUpOf(person.phone);
    expect(followUp).toMatchObject({ state: 'lapsed', outcome: 'lapsed', tasks: [] });
  });

  it('of a backward trace is called and tested, and not kept apart', async () => {
    const person = await newPerson();
    await deliver('backward', { trace: newTraceId(), id: contactId(1), identifiers: [person.id] });
    const followUp = await followUpOf(person.phone, ({ state }) => state === 'planned');
    expect(followUp).toMatchObject({ reason: 'possible_source', quarantine_until: null, degree: null });
    expect(followUp.tasks.map(({ kind }: Json) => kind).sort()).toEqual(['call', 'sample']);
  });
});

describe('a person whose record is corrected', () => {
  it('is worked on at the desk of the new ward, unless somebody has said where', async () => {
    const person = await newPerson();
    await deliver('forward', { trace: newTraceId(), id: contactId(1), identifiers: [person.id] });
    const { id } = await followUpOf(person.phone, ({ state }) => state === 'planned');
    const move = async (ward: string) => {
      const text = `identifiers,name,province,ward\nphone:${person.phone},${person.name},24,${ward}\n`;
      await node.call('POST', '/v1/imports/persons', { headers: { 'content-type': 'text/csv' }, text });
    };
    await move('07210');
    await waitFor('the other desk', async () => {
      const { body } = await node.call('GET', `/v1/follow-ups/${id}`);
      return body.ward === '07210' && body.tasks.every((task: Json) => task.ward === '07210');
    });
    await node.call('POST', `/v1/follow-ups/${id}/refile`, { json: { ward: '07303' } });
    await move('07213');
    const other = await newPerson();
    await deliver('forward', { trace: newTraceId(), id: contactId(1), identifiers: [other.id] });
    await followUpOf(other.phone);
    expect((await node.call('GET', `/v1/follow-ups/${id}`)).body.ward).toBe('07303');
  });
});

describe('a day that passes', () => {
  const passTo = (ms: number) =>
    passDays({
      ...{ db: node.db, dataKeys: node.dataKeys, rules: node.rules, province: '24' },
      clock: { ...clock, nowMs: () => ms },
    });
  const midnight = (days: number) => vietnamMidnight(addDays(vietnamDate(now / 1000), days)) * 1000;
  const read = async (id: string) => (await node.call('GET', `/v1/follow-ups/${id}`)).body;

  async function quarantined(): Promise<string> {
    const person = await newPerson();
    await deliver('forward', { trace: newTraceId(), id: contactId(1), identifiers: [person.id] });
    const { id } = await followUpOf(person.phone, ({ state }) => state === 'planned');
    await node.call('POST', `/v1/follow-ups/${id}/reach`, { ...TRACER, json: {} });
    await node.call('POST', `/v1/follow-ups/${id}/quarantine`, { ...TRACER, json: { place: 'home' } });
    return id;
  }

  it('asks for reports that did not come, and wants a sample at once that was not taken', async () => {
    const id = await quarantined();
    await passTo(midnight(0) + 17 * 3_600_000 + 3_599_000);
    expect((await read(id)).tasks.some(({ kind }: Json) => kind === 'report_missing')).toBe(false);
    await passTo(midnight(0) + 18 * 3_600_000);
    await passTo(midnight(0) + 18 * 3_600_000);
    const asked = (await read(id)).tasks.filter(({ kind }: Json) => kind === 'report_missing');
    expect(asked).toMatchObject([{ cause: `report:${vietnamDate(now / 1000)}` }]);
    await node.call('POST', `/v1/follow-ups/${id}/report`, { ...TRACER, json: { temp: 36.6 } });
    const done = (await read(id)).tasks.find(({ kind }: Json) => kind === 'report_missing');
    expect(done.state).toBe('done');
    // By the clock of the test it is still to come.
    await passTo(midnight(3));
    const samples = (await read(id)).tasks.filter(({ kind }: Json) => kind === 'sample');
    expect(
      samples.map(({ cause, state }: Json) => [cause.replace(/^missed:\d+$/, 'missed'), state]).sort(),
    ).toEqual([
      ...[
        ['missed', 'scheduled'],
        ['plan:1', 'missed'],
        ['plan:7', 'scheduled'],
      ],
    ]);
  });

  it('ends quarantine and watch when all is met, and lapses who does not meet it', async () => {
    const [well, other] = [await quarantined(), await quarantined()];
    // The two samples are taken and negative, and reports of the last days say that they are well.
    const row = await node.db.sql`SELECT id, episode FROM follow_ups WHERE public_id = ${well}`;
    const { id } = row[0] as unknown as { id: number };
    await node.db.sql`
      UPDATE tasks SET state = 3, outcome = 21, expires_at = NULL
      WHERE follow_up_id = ${id} AND kind = 4`;
    await node.db.sql`
      INSERT INTO tasks (follow_up_id, kind, cause, state, priority, not_before, due_at, outcome)
      SELECT follow_up_id, 5, 'sample:' || id, 3, 1, 0, 0, 22 FROM tasks
      WHERE follow_up_id = ${id} AND kind = 4`;
    const report = (days: number) => node.db.sql`
      INSERT INTO reports VALUES (${id}, ${addDays(vietnamDate(now / 1000), days)}, 'k', 0, 366, 0, 1, NULL)`;
    for (const day of [5, 6, 7, 12, 13, 14]) await report(day);
    // Exposed yesterday: the seventh day is the sixth from today on, the last one of all the thirteenth.
    await passTo(midnight(7) - 1_000);
    expect(await read(well)).toMatchObject({ state: 'quarantined' });
    await passTo(midnight(7));
    expect(await read(well)).toMatchObject({ state: 'watched', place: null });
    expect(await read(other)).toMatchObject({ state: 'quarantined' });
    await passTo(midnight(14) - 1_000);
    expect(await read(well)).toMatchObject({ state: 'watched' });
    await passTo(midnight(14));
    expect(await read(well)).toMatchObject({ state: 'released', outcome: 'released' });
    expect(await read(other)).toMatchObject({ state: 'lapsed', outcome: 'lapsed' });
    const open = (await read(other)).tasks.filter(
      ({ state }: Json) => state === 'ready' || state === 'scheduled',
    );
    expect(open).toEqual([]);
    const { history } = await read(well);
    expect(history.slice(0, 2).map(({ command, by }: Json) => [command, by])).toEqual([
      ...[
        ['release', null],
        ['end_quarantine', null],
      ],
    ]);
  });
});

describe('a call', () => {
  async function callOf(): Promise<{ followUp: Json; task: Json; person: { phone: string } }> {
    const person = await newPerson();
    await deliver('forward', { trace: newTraceId(), id: contactId(1), identifiers: [person.id] });
    const followUp = await followUpOf(person.phone, ({ state }) => state === 'planned');
    return { followUp, person, task: followUp.tasks.find(({ kind }: Json) => kind === 'call') };
  }
  const outcome = (id: number, json: object, as: object = TRACER) =>
    node.call('POST', `/v1/tasks/${id}/outcomes`, { ...as, json });

  it('that reaches nobody is due again, and one that reaches is done: the person goes on', async () => {
    const { task, followUp } = await callOf();
    const claimed = await node.call('POST', `/v1/tasks/${task.id}/claim`, TRACER);
    expect(claimed).toMatchObject({ status: 200, body: { state: 'assigned', assignee: 'lan' } });
    const other = await node.call('POST', `/v1/tasks/${task.id}/claim`, { ...TRACER, subject: 'minh' });
    expect(other).toMatchObject({ status: 422, body: { reason: 'TASK_TAKEN' } });
    for (const [attempts, minutes] of [
      [1, 60],
      [2, 180],
      [3, 960],
      [4, 960],
    ] as const) {
      const { status, body } = await outcome(task.id, { outcome: 'no_answer' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ applied: true, follow_up: { state: 'planned' }, task: { attempts } });
      expect(Date.parse(body.task.due_at)).toBe(Math.floor(now / 1000) * 1000 + minutes * 60_000);
    }
    const done = await outcome(task.id, { outcome: 'reached', temp: 36.8, symptoms: [], note: 'ở nhà' });
    expect(done.body).toMatchObject({ applied: true, task: { state: 'done', outcome: 'reached' } });
    expect(done.body.follow_up).toMatchObject({ id: followUp.id, state: 'reached' });
    const { body } = await node.call('GET', `/v1/follow-ups/${followUp.id}`, TRACER);
    expect(body.calls).toHaveLength(5);
    expect(body.calls[0]).toMatchObject({ outcome: 'reached', note: 'ở nhà', by: 'lan', late: false });
    expect(body.reports).toMatchObject([{ temp: 36.8, symptoms: [], by: 'tracer' }]);
    const again = await outcome(task.id, { outcome: 'reached' }, { ...TRACER, subject: 'minh' });
    expect(again).toMatchObject({ status: 409, body: { reason: 'WRONG_STATE', state: 'done', allowed: [] } });
  });

  it('is written once however often it is sent, and its answer is the same', async () => {
    const { task } = await callOf();
    const headers = { 'idempotency-key': `call-${task.id}` };
    const first = await outcome(task.id, { outcome: 'busy' }, { ...TRACER, headers });
    const second = await outcome(task.id, { outcome: 'busy' }, { ...TRACER, headers });
    expect(second.status).toBe(200);
    expect(second.body.task.attempts).toBe(1);
    expect(second.body.task.due_at).toBe(first.body.task.due_at);
  });

  it('of a wrong number, twice, asks somebody to find the person', async () => {
    const { task, followUp } = await callOf();
    await outcome(task.id, { outcome: 'wrong_number' });
    const kinds = async () => {
      const { body } = await node.call('GET', `/v1/follow-ups/${followUp.id}`);
      return body.tasks.map(({ kind }: Json) => kind);
    };
    expect(await kinds()).not.toContain('find_person');
    await outcome(task.id, { outcome: 'wrong_number' });
    expect(await kinds()).toContain('find_person');
  });

  it('counts for three days after the person moved to another desk, and is told', async () => {
    const { task, followUp } = await callOf();
    await node.call('POST', `/v1/tasks/${task.id}/claim`, TRACER);
    const path = `/v1/follow-ups/${followUp.id}/refile`;
    expect(await node.call('POST', path, { ...TRACER, json: { ward: '07210' } })).toMatchObject({
      status: 200,
    });
    expect((await node.call('GET', `/v1/tasks/${task.id}`, TRACER)).status).toBe(404);
    const late = await outcome(task.id, { outcome: 'reached' });
    expect(late).toMatchObject({ status: 200, body: { applied: false, task: { ward: '07210' } } });
    const stranger = await outcome(task.id, { outcome: 'reached' }, { ...TRACER, subject: 'minh' });
    expect(stranger.status).toBe(404);
    const { body } = await node.call('GET', `/v1/follow-ups/${followUp.id}`);
    expect(body).toMatchObject({ state: 'planned', calls: [{ late: true, outcome: 'reached' }] });
    await node.db.sql`UPDATE tasks SET last_until = ${Math.floor(now / 1000) - 1} WHERE id = ${task.id}`;
    expect((await outcome(task.id, { outcome: 'reached' })).status).toBe(404);
  });

  it('that tells of symptoms puts the person first, and asks for a sample', async () => {
    const { task, followUp } = await callOf();
    await outcome(task.id, { outcome: 'reached', symptoms: ['fever', 'cough'], temp: 38.2 });
    const { body } = await node.call('GET', `/v1/follow-ups/${followUp.id}`);
    expect(body).toMatchObject({ flags: ['symptomatic'], symptomatic_since: vietnamDate(now / 1000) });
    expect(body.tasks.find(({ cause }: Json) => cause.startsWith('symptoms:'))).toMatchObject({
      kind: 'sample',
    });
  });
});

describe('a follow-up', () => {
  it('goes from call to release by commands, each with its line of history', async () => {
    const person = await newPerson();
    await deliver('forward', { trace: newTraceId(), id: contactId(1), identifiers: [person.id] });
    const { id, version } = await followUpOf(person.phone, ({ state }) => state === 'planned');
    const command = (name: string, json: object = {}, as: object = {}) =>
      node.call('POST', `/v1/follow-ups/${id}/${name}`, { ...TRACER, ...as, json });
    expect(await command('release')).toMatchObject({
      status: 409,
      body: { reason: 'WRONG_STATE', state: 'planned' },
    });
    expect(await command('cancel', { reason: 'nhầm' })).toMatchObject({ status: 403 });
    expect(await command('exempt', { reason: 'nhà xa' })).toMatchObject({
      status: 403,
      body: { reason: 'PLAN_QUARANTINES' },
    });
    const reached = await command('reach', {}, { headers: { 'if-match': `"${version}"` } });
    expect(reached).toMatchObject({ status: 200, body: { state: 'reached' } });
    expect(reached.body.allowed).toContain('quarantine');
    const stale = await command('quarantine', { place: 'home' }, { headers: { 'if-match': `"${version}"` } });
    expect(stale).toMatchObject({ status: 412, body: { reason: 'VERSION_CHANGED' } });
    const kept = await command('quarantine', { place: 'home' });
    expect(kept.body).toMatchObject({
      state: 'quarantined',
      place: 'home',
      next_report_on: vietnamDate(now / 1000),
    });
    expect(await command('end-quarantine')).toMatchObject({
      status: 422,
      body: { reason: 'RELEASE_NOT_MET' },
    });
    const reported = await command('report', { symptoms: [], temp: 36.6 });
    expect(reported.body.next_report_on).toBe(vietnamDate(now / 1000 + DAY));
    for (const on_date of [vietnamDate(now / 1000 - 3 * DAY), vietnamDate(now / 1000 + DAY)])
      expect(await command('report', { on_date })).toMatchObject({
        status: 400,
        body: { reason: 'INVALID_FIELD' },
      });
    const refused = await command('refuse', {});
    expect(refused.body).toMatchObject({ state: 'quarantined', flags: ['refused'] });
    expect(refused.body.tasks.some(({ kind }: Json) => kind === 'visit')).toBe(true);
    const cancelled = await command(
      'cancel',
      { reason: 'nhập nhầm người' },
      { roles: ['epidemiologist@24'] },
    );
    expect(cancelled.body).toMatchObject({ state: 'cancelled', outcome: 'mistake' });
    expect(cancelled.body.tasks.some(({ state }: Json) => state === 'ready' || state === 'scheduled')).toBe(
      false,
    );
    const opened = await command('reopen', { reason: 'đúng người' }, { roles: ['epidemiologist@24'] });
    expect(opened.body).toMatchObject({ state: 'planned', episode: 2, outcome: null });
    expect(opened.body.history.map(({ command: name, reason }: Json) => [name, reason])).toEqual([
      ['reopen', 'đúng người'],
      ['cancel', 'nhập nhầm người'],
      ...[
        ['refuse', null],
        ['report', null],
        ['quarantine', null],
        ['reach', null],
        ['open', null],
      ],
    ]);
  });
});

describe('a new pack', () => {
  it('plans all anew who are open, where it was made for them, and goes on where it stopped', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const person = await newPerson();
      await deliver('forward', { trace: newTraceId(), id: contactId(1), identifiers: [person.id] });
      ids.push((await followUpOf(person.phone, ({ state }) => state === 'planned')).id);
    }
    const read = async (id: string) => (await node.call('GET', `/v1/follow-ups/${id}`)).body;
    const { tasks } = await read(ids[0] as string);
    await node.call('POST', `/v1/tasks/${tasks[0].id}/outcomes`, { json: { outcome: 'reached' } });
    const plan = {
      ...(WORK.plans[0] as FollowUpPlan),
      quarantine: { where: 'home', days: 3 },
      watch_days: 2,
    };
    const plans = [{ ...plan, tests: [{ day: 3, method: 'antigen_rapid' }] }] as FollowUpPlan[];
    const pack = workPack({
      ...{ number: 191, effective_from: '2022-02-01T00:00:00+07:00', applies_to: 'open' },
      follow_up: { ...WORK, plans },
    });
    const signed = await signRulePack(pack, node.hub.warrantKeys.privateKey);
    node.hub.signedRules = [...node.hub.signedRules, signed];
    await node.rules.pull();
    const ctx = { ...{ db: node.db, dataKeys: node.dataKeys, rules: node.rules }, clock, province: '24' };
    // As if it were stopped after the first one.
    const one = { pack: 191, batch: 1 };
    expect(await withTransaction(node.db, (tx) => replanSome(tx, ctx, one))).toBe(true);
    const [row] = await node.db.sql`SELECT done_at FROM follow_up_replans WHERE pack = 191`;
    expect(row).toEqual({ done_at: null });
    await replanAll(ctx, 2);
    for (const id of ids) {
      const after = await read(id);
      expect(after).toMatchObject({ pack: 191, watch_until: vietnamDate(now / 1000 + 4 * DAY), episode: 1 });
      const samples = after.tasks.filter(({ kind }: Json) => kind === 'sample');
      expect(samples.map(({ cause, state }: Json) => `${cause} ${state}`).sort()).toEqual([
        ...['plan:1 cancelled', 'plan:3 scheduled', 'plan:7 cancelled'],
      ]);
    }
    // What is done stays done, and once more changes nothing.
    const call = (await read(ids[0] as string)).tasks.find(({ kind }: Json) => kind === 'call');
    expect(call).toMatchObject({ state: 'done', outcome: 'reached' });
    const versions = await node.db.sql`SELECT id, version FROM follow_ups ORDER BY id`;
    await node.db.sql`DELETE FROM follow_up_replans`;
    await replanAll(ctx);
    expect(await node.db.sql`SELECT id, version FROM follow_ups ORDER BY id`).toEqual(versions);
  });
});
