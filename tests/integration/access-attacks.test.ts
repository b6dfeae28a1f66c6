/**
 * Ways out of an area, and ways to learn whether something exists beyond it: each would succeed without the
 * defence that it names.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '../../shared/cli/events.ts';
import { Direction, TraceState } from '../../shared/gen/truyvet/v1/common_pb.ts';
import { newId, newTraceId } from '../../shared/ids.ts';
import { runningLoops } from '../../shared/loop.ts';
import { waitFor } from '../support/wait.ts';
import { type AccessWorld, createAccessWorld, HERE, startTrace, THERE } from './access-fixture.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await createAccessWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const tracer = { roles: [`ward_tracer@${HERE.ward}`], subject: 'tracer' };
const doctor = { roles: [`epidemiologist@${HERE.ward}`], subject: 'doctor' };
const supervisor = { roles: ['epidemiologist@24'], subject: 'supervisor' };
const call: AccessWorld['node']['call'] = (...args) => world.node.call(...args);

async function identifierCount(): Promise<number> {
  const [row] = await world.node.db.sql<{ count: number }[]>`SELECT count(*)::int AS count FROM identifiers`;
  return row?.count ?? 0;
}

/** A trace that led to contacts in both wards and in none, started from the case of `THERE`. */
async function mixedTrace(): Promise<string> {
  const id = await startTrace(world.node, world.there.caseId);
  await world.node.db.sql`
    INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
      place_kinds, exposed_in, identifier_ids, ward, delivery)
    SELECT ${id}, lpad(to_hex(n), 32, '0'), 1, 0, 900, 900, 1, 1, '{24}', '{}',
      (ARRAY[${HERE.ward}, ${THERE.ward}, NULL])[1 + n % 3], 1
    FROM generate_series(0, 29) AS n`;
  return id;
}

describe('by trace', () => {
  let id: string;
  beforeAll(async () => {
    id = await mixedTrace();
  });

  it('shows a ward its own contacts alone, and not which cases it starts from', async () => {
    const { body } = await call('GET', `/v1/traces/${id}/contacts`, tracer);
    expect(body.contacts).toHaveLength(10);
    expect(new Set(body.contacts.map(({ ward }: { ward: string }) => ward))).toEqual(new Set([HERE.ward]));
    expect((await call('GET', `/v1/traces/${id}`, tracer)).body.cases).toEqual([]);
    expect((await call('GET', `/v1/traces/${id}`, doctor)).body.cases).toEqual([]);
    expect((await call('GET', `/v1/traces/${id}`, supervisor)).body.cases).toEqual([world.there.caseId]);
  });

  it('is not closed by whoever has only contacts of it', async () => {
    const refused = await call('POST', `/v1/traces/${id}/close`, doctor);
    expect([refused.status, refused.body.reason]).toEqual([403, 'CASES_OUTSIDE_AREA']);
    const [row] = await world.node.db.sql`SELECT closing FROM traces WHERE id = ${id}`;
    expect(row?.closing).toBe(false);
  });

  it('is not opened from a case elsewhere, alone or beside one’s own', async () => {
    const json = (cases: string[]) => ({ json: { cases, direction: 'forward' } });
    const missing = await call('POST', '/v1/traces', { ...doctor, ...json([world.here.caseId, newId()]) });
    for (const other of [world.there.caseId, world.nowhere.caseId]) {
      const refused = await call('POST', '/v1/traces', { ...doctor, ...json([world.here.caseId, other]) });
      expect({ ...refused.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' });
    }
  });

  it('sends a ward its own contacts alone over an event stream', async () => {
    const left = new AbortController();
    const token = await world.node.issuer.issue({ audience: 'truyvet-node-24', ...tracer });
    const headers = { authorization: `Bearer ${token}` };
    const response = await world.node.fetch(`/v1/traces/${id}/events`, { headers, signal: left.signal });
    for await (const { event, data } of readEvents(response)) {
      if (event !== 'contacts') continue;
      const { contacts } = data as { contacts: { ward: string }[] };
      expect(contacts).toHaveLength(10);
      expect(contacts.every(({ ward }) => ward === HERE.ward)).toBe(true);
      break;
    }
    left.abort();
  });

  it('asks the hub once for all who watch it, and shows each what is theirs', async () => {
    const { hub } = world.node;
    const status = { rules: 1, direction: Direction.FORWARD, maxDegree: 2, asOf: 1, province: '24' };
    hub.statuses.set(id, { ...status, state: TraceState.RUNNING, questions: 1 });
    const left = new AbortController();
    const watchers = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const as = { ...(n % 2 === 0 ? supervisor : tracer), subject: `watcher ${n}` };
        const token = await world.node.issuer.issue({ audience: 'truyvet-node-24', ...as });
        const headers = { authorization: `Bearer ${token}` };
        const response = await world.node.fetch(`/v1/traces/${id}/events`, { headers, signal: left.signal });
        const seen: { progress?: { questions: number }; cases?: string[] }[] = [];
        const over = (async () => {
          for await (const { data } of readEvents(response)) seen.push(data as (typeof seen)[number]);
        })();
        return { seen, over };
      }),
    );
    const allSaw = (questions: number) =>
      waitFor(`step ${questions} at every watcher`, () =>
        watchers.every(({ seen }) => seen.some(({ progress }) => progress?.questions === questions)),
      );
    await allSaw(1);
    const [before, startedAt] = [hub.asked.length, performance.now()];
    for (const questions of [2, 3, 4]) {
      hub.statuses.set(id, { ...status, state: TraceState.RUNNING, questions });
      await allSaw(questions);
    }
    // Every 200 ms while it runs, whoever watches; each of its own would be twenty times as many.
    const looks = (performance.now() - startedAt) / 200 + 1;
    expect(hub.asked.length - before).toBeLessThanOrEqual(2 * Math.ceil(looks));
    for (const [n, { seen }] of watchers.entries())
      for (const { cases } of seen.filter((data) => data.cases))
        expect(cases).toEqual(n % 2 === 0 ? [world.there.caseId] : []);
    expect(runningLoops().filter((name) => name === 'watched-trace')).toHaveLength(1);
    left.abort();
    await Promise.all(watchers.map(({ over }) => over));
    await waitFor('the end of the last look', () => !runningLoops().includes('watched-trace'));
  });
});

describe('by filter and cursor', () => {
  it('finds nothing by ?ward= that lies elsewhere: the same as for a ward without contacts', async () => {
    const id = await mixedTrace();
    const pages = await Promise.all(
      [THERE.ward, '07204', '24', '79'].map(async (ward) => {
        const path = `/v1/traces/${id}/contacts?ward=${encodeURIComponent(ward)}`;
        return (await call('GET', path, tracer)).body;
      }),
    );
    for (const page of pages) expect(page).toMatchObject({ contacts: [], next: null });
  });

  it.each([
    'Nguyễn Văn A',
    'phone:+84912345678',
    '0912345678',
    '001090123456',
    '7213',
    '2025:07213',
    '07213 ',
    "07213' OR 'a' = 'a",
    '\u202e07213',
  ])('takes %j for no ward, and writes it nowhere', async (ward) => {
    const id = await mixedTrace();
    await world.takeEntries();
    for (const path of ['contacts', 'contacts.csv']) {
      const url = `/v1/traces/${id}/${path}?ward=${encodeURIComponent(ward)}`;
      expect(await call('GET', url, tracer)).toMatchObject({
        status: 400,
        body: { reason: 'INVALID_FIELD', errors: [{ field: 'ward' }] },
      });
    }
    await call('GET', `/v1/audit?subject=${encodeURIComponent(ward)}`, supervisor);
    expect(await world.takeEntries()).toMatchObject([
      { action: 'audit.read', detail: { subject: 'unknown' } },
    ]);
  });

  it('does not count or step over what lies elsewhere', async () => {
    const id = await mixedTrace();
    const seen: { id: string; ward: string }[] = [];
    let after = '';
    do {
      const { body } = await call('GET', `/v1/traces/${id}/contacts?limit=4${after}`, tracer);
      seen.push(...body.contacts);
      after = body.next === null ? '' : `&after=${body.next}`;
    } while (after);
    expect(seen.map(({ ward }) => ward)).toEqual(Array(10).fill(HERE.ward));
    // A cursor of somebody with more carries nobody further.
    const { body: wide } = await call('GET', `/v1/traces/${id}/contacts?limit=1`, supervisor);
    const { body: rest } = await call('GET', `/v1/traces/${id}/contacts?after=${wide.next}`, tracer);
    expect(rest.contacts.every(({ ward }: { ward: string }) => ward === HERE.ward)).toBe(true);
  });

  it('takes no cursor that somebody made up, and says the same of a case elsewhere as of none', async () => {
    const cursor = (id: string) =>
      Buffer.from(`${'\0'.repeat(12)}${JSON.stringify([4e9, id])}`).toString('base64url');
    const at = async (id: string) => {
      const { status, body } = await call('GET', `/v1/cases?after=${cursor(id)}`, doctor);
      return { status, body: { ...body, request_id: undefined } };
    };
    const refused = await at(world.there.caseId);
    expect(refused).toMatchObject({ status: 400, body: { reason: 'INVALID_CURSOR' } });
    expect(refused).toEqual(await at(newId()));
  });
});

describe('by writing', () => {
  it('a case is entered in one’s own area alone, whoever the person is', async () => {
    const known = 'phone:0912000002';
    const enter = (identifier: string, ward?: string | null) =>
      call('POST', '/v1/cases', {
        ...doctor,
        json: { identifiers: [identifier], onset_on: '2021-06-01', ward },
      });
    const before = await identifierCount();
    for (const ward of [undefined, null, THERE.ward, '00001', '99999']) {
      const [ofKnown, ofStranger] = [await enter(known, ward), await enter('phone:0987654321', ward)];
      expect([ward, ofKnown.status, ofKnown.body.errors[0].field]).toEqual([ward, 400, 'ward']);
      expect({ ...ofKnown.body, request_id: '' }).toEqual({ ...ofStranger.body, request_id: '' });
    }
    expect(await identifierCount()).toBe(before);
    expect((await enter(known, HERE.ward)).status).toBe(201);
  });

  it('a case does not leave the area by correction', async () => {
    const path = `/v1/cases/${world.here.caseId}`;
    for (const ward of [THERE.ward, null]) {
      const { status, body } = await call('PATCH', path, { ...doctor, json: { ward } });
      expect([status, body.errors[0].field]).toEqual([400, 'ward']);
    }
    const moved = await call('PATCH', path, { ...supervisor, json: { ward: THERE.ward } });
    expect(moved.body.ward).toBe(THERE.ward);
    expect((await call('GET', path, doctor)).status).toBe(404);
    await call('PATCH', path, { ...supervisor, json: { ward: HERE.ward } });
  });

  it('a ward’s integrator imports nothing', async () => {
    const csv = { headers: { 'content-type': 'text/csv' } };
    const refused = await call('POST', '/v1/imports/persons', { roles: ['integrator@07210'], ...csv });
    expect([refused.status, refused.body.reason]).toEqual([403, 'AREA_REQUIRED']);
  });

  it('the ward of a case is that of the person’s record when the whole province enters it', async () => {
    const enterFor = async (identifier: string) => {
      const json = { identifiers: [identifier], onset_on: '2021-06-01' };
      const { body } = await call('POST', '/v1/cases', { ...supervisor, json });
      return (await call('GET', `/v1/cases/${body.id}`, supervisor)).body.ward;
    };
    const people = [`phone:+84900000011,${THERE.ward}`, 'phone:+84900000012,00001'];
    const token = await world.node.issuer.issue({ audience: 'truyvet-node-24', roles: ['integrator@24'] });
    await world.node.fetch('/v1/imports/persons', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
      body: ['identifiers,ward', ...people, ''].join('\n'),
    });
    expect(await enterFor('phone:+84900000011')).toBe(THERE.ward);
    // A ward of another province handles no case here.
    expect(await enterFor('phone:+84900000012')).toBeNull();
    expect(await enterFor('phone:+84900000013')).toBeNull();
  });
});

describe('guessing', () => {
  it('of ids tells nothing apart, and every guess is on record', async () => {
    await world.takeEntries();
    const ids = [world.there.trace, world.nowhere.trace, ...Array.from({ length: 20 }, newTraceId)];
    const answers = await Promise.all(ids.map((id) => call('GET', `/v1/traces/${id}`, tracer)));
    const bodies = answers.map(({ status, body }) => JSON.stringify({ status, ...body, request_id: '' }));
    expect(new Set(bodies).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 404, body: { reason: 'NO_SUCH_TRACE' } });
    const entries = await world.takeEntries();
    const refused = entries.filter(
      ({ outcome, reason }) => outcome === 'refused' && reason === 'NO_SUCH_TRACE',
    );
    expect(refused.flatMap(({ on = [] }) => on.map(({ trace }) => trace)).sort()).toEqual([...ids].sort());
    expect(new Set(refused.map(({ actor }) => actor.id))).toEqual(new Set(['tracer']));
  });
});

describe('on record', () => {
  it('is every reading, with what was read, and nobody by name', async () => {
    await world.takeEntries();
    await call('GET', `/v1/traces/${world.here.trace}/contacts?ward=${HERE.ward}`, tracer);
    await call('GET', `/v1/cases/${world.here.caseId}`, doctor);
    await call('GET', '/v1/cases', { ...doctor, roles: ['lab@07204'] });
    await call('GET', '/v1/budgets', tracer);
    const entries = await world.takeEntries();
    expect(entries).toMatchObject([
      {
        ...{ action: 'contacts.read', outcome: 'done' },
        actor: { kind: 'person', id: 'tracer' },
        on: [{ trace: world.here.trace }, ...world.here.contacts.map((contact) => ({ contact }))],
        detail: { ward: HERE.ward, count: 2 },
      },
      {
        action: 'cases.read',
        outcome: 'done',
        actor: { id: 'doctor' },
        on: [{ case: world.here.caseId }],
      },
      { action: 'cases.read', outcome: 'done' },
      {
        action: 'access.refused',
        outcome: 'refused',
        reason: 'ROLE_REQUIRED',
        detail: { act: 'budgets.read' },
      },
    ]);
    // A list that showed nothing names nothing.
    expect(entries[2]?.on).toBeUndefined();
    expect(JSON.stringify(entries)).not.toMatch(/\+84|phone:/);
  });

  it('is a change in the transaction that makes it: without its entry it is not made', async () => {
    const { db } = world.node;
    const before = await identifierCount();
    await db.sql`
      ALTER TABLE audit_records ADD CONSTRAINT full_disk
      CHECK (body NOT LIKE '%cases.entered%') NOT VALID`;
    const json = { identifiers: ['phone:0977000001'], onset_on: '2021-06-01' };
    const refused = await call('POST', '/v1/cases', { json });
    await db.sql`ALTER TABLE audit_records DROP CONSTRAINT full_disk`;
    expect(refused.status).toBe(500);
    expect(await identifierCount()).toBe(before);
  });

  it('is read by supervisors, page by page, which is on record too', async () => {
    const seen: { id: number; on: Record<string, string>[] }[] = [];
    let after = '';
    do {
      const path = `/v1/audit?action=traces.read&trace=${world.there.trace}&limit=1${after}`;
      const { body } = await call('GET', path, supervisor);
      seen.push(...body.entries);
      after = body.next === null ? '' : `&after=${body.next}`;
    } while (after && seen.length < 50);
    expect(seen.length).toBeGreaterThan(0);
    for (const { on } of seen) expect(on).toContainEqual({ trace: world.there.trace });
    expect(seen.map(({ id }) => id)).toEqual(seen.map(({ id }) => id).sort((a, b) => b - a));
    const { body } = await call('GET', '/v1/audit?action=audit.read&subject=supervisor&limit=1', supervisor);
    expect(body.entries[0]).toMatchObject({ actor: { id: 'supervisor' }, detail: { action: 'traces.read' } });
  });
});

describe('when rights end', () => {
  it('an event stream ends with the token', async () => {
    const token = await world.node.issuer.issue({ audience: 'truyvet-node-24', ...tracer, lifeSeconds: 60 });
    const headers = { authorization: `Bearer ${token}` };
    const response = await world.node.fetch(`/v1/traces/${world.here.trace}/events`, { headers });
    let isOver = false;
    const reading = (async () => {
      for await (const _event of readEvents(response));
      isOver = true;
    })();
    world.pass(120);
    await waitFor('the end of the stream', () => isOver);
    await reading;
  });
});
