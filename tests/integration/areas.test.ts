/**
 * How far an account of a ward reaches into who is who: what it reads of people, and what it writes about
 * them, over HTTP.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecords } from '../../node/tracing/asking/queries.ts';
import { newTraceId } from '../../shared/ids.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { askPlain } from '../support/sealed.ts';
import { waitFor } from '../support/wait.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

const A = '07210';
const T = '07303';
const ward = (code: string, subject = 'mallory') => ({ roles: [`epidemiologist@${code}`], subject });

/** Each test has people of its own. */
let people = 0;
const someone = () => {
  const n = String(++people).padStart(6, '0');
  return { phone: `phone:+84911${n}`, cccd: `cccd:024090${n}`, insurance: `insurance:4024${n}` };
};

async function importPersons(...rows: string[]): Promise<void> {
  const text = ['identifiers,name,province,ward,address', ...rows, ''].join('\n');
  const headers = { 'content-type': 'text/csv' };
  const { body } = await node.call('POST', '/v1/imports/persons', { text, headers });
  expect(body).toMatchObject({ accepted: rows.length, rejected: 0 });
}

async function idsOf(identifiers: readonly string[]): Promise<number[]> {
  const list = identifiers.map((value) => `'${value}'`).join();
  const rows = await askPlain<{ id: number }>(
    node.db,
    node.dataKeys,
    `SELECT id FROM identifiers WHERE value IN (${list}) ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}

/** A contact as the hub delivers it when it takes these identifiers for one person; its trace. */
async function deliver(identifiers: readonly string[], desk: string | null): Promise<string> {
  const trace = newTraceId();
  await node.db.sql`INSERT INTO openings VALUES (${trace}, '79', 0, 'x', 0)`;
  await node.db.sql`
    INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds, settings,
      place_kinds, exposed_in, identifier_ids, ward, delivery)
    VALUES (${trace}, ${newTraceId()}, 1, 1622505600, 1622509200, 900, 2, 0, '{24}',
      ${await idsOf(identifiers)}::int[], ${desk}, 1)`;
  return trace;
}

async function contactsOf(trace: string, as: { roles: readonly string[]; subject: string }) {
  const { body } = await node.call('GET', `/v1/traces/${trace}/contacts`, as);
  return body.contacts as { identifiers: string[]; known_elsewhere: number; name: string | null }[];
}

describe('a contact at a desk', () => {
  it('is named by records of the own area alone, whatever made it one person', async () => {
    const [k, x] = [someone(), someone()];
    await importPersons(
      `${k.phone},Bà Ka,24,${A},`,
      `${x.phone} ${x.cccd} ${x.insurance},Ông Đích,24,${T},12 phố Kín`,
    );
    const trace = await deliver([k.phone, x.phone, x.cccd, x.insurance], A);
    const file = (await node.call('GET', `/v1/traces/${trace}/contacts.csv`, ward(A))).body;
    expect(await contactsOf(trace, ward(A))).toMatchObject([
      { identifiers: [k.phone], name: 'Bà Ka', address: null, known_elsewhere: 3 },
    ]);
    for (const secret of [x.phone, x.cccd, x.insurance, 'Đích', 'Kín']) expect(file).not.toContain(secret);
    const whole = { roles: ['epidemiologist@24'], subject: 'supervisor' };
    expect(await contactsOf(trace, whole)).toMatchObject([
      { identifiers: [x.cccd, x.insurance, k.phone, x.phone].sort(), known_elsewhere: 0 },
    ]);
    const both = { roles: [`epidemiologist@${A}`, `ward_tracer@${T}`], subject: 'both' };
    expect(await contactsOf(trace, both)).toMatchObject([{ name: 'Ông Đích', known_elsewhere: 0 }]);
  });

  it('of a shared phone shows who of the area it may be', async () => {
    const [child, parent] = [someone(), someone()];
    await importPersons(
      `${child.phone} ${child.insurance},Con,24,${A},`,
      `${child.phone} ${parent.cccd},Mẹ,24,${T},`,
    );
    const trace = await deliver([child.phone], A);
    const con = { name: 'Con', address: null, identifiers: [child.insurance] };
    expect(await contactsOf(trace, ward(A))).toMatchObject([{ shared_handle: true, may_be: [con] }]);
    const file = (await node.call('GET', `/v1/traces/${trace}/contacts.csv`, ward(A))).body;
    expect(file).toContain(`Con ${child.insurance}`);
    expect(file).not.toContain('Mẹ');
    const [whole] = await contactsOf(trace, { roles: ['epidemiologist@24'], subject: 'supervisor' });
    expect(whole).toMatchObject({ name: 'Con / Mẹ', may_be: [{ name: 'Mẹ' }, con] });
  });

  it('shows more while a break-glass is open, and no longer', async () => {
    const x = someone();
    await importPersons(`${x.phone} ${x.cccd},Ông Đích,24,${T},`);
    const trace = await deliver([x.phone, x.cccd], A);
    const doctor = ward(A, 'doctor');
    const nothing = { identifiers: [], name: null, known_elsewhere: 2 };
    expect(await contactsOf(trace, doctor)).toMatchObject([nothing]);
    const json = { area: T, reason: 'bệnh nhân chuyển viện, cần liên hệ người nhà', minutes: 30 };
    expect((await node.call('POST', '/v1/break-glass', { ...doctor, json })).status).toBe(201);
    expect(await contactsOf(trace, doctor)).toMatchObject([{ name: 'Ông Đích', known_elsewhere: 0 }]);
    expect(await contactsOf(trace, ward(A, 'nurse'))).toMatchObject([{ name: null }]);
  });

  it('of another ward’s record keeps to itself what it said there, when the record moves', async () => {
    const x = someone();
    await importPersons(`${x.cccd},Ông Đích,24,${T},12 phố Kín`);
    const { body } = await node.call('GET', `/v1/records?identifier=${x.cccd}`);
    const path = `/v1/records/${body.records[0].id}`;
    await node.call('PATCH', path, { json: { ward: A, address: 'nơi mới' } });
    const read = await node.call('GET', `/v1/records?identifier=${x.cccd}`, ward(A));
    expect(read.body.records).toMatchObject([{ address: 'nơi mới', history: [] }]);
    const corrected = await node.call('PATCH', path, { ...ward(A), json: { name: 'Ông Đ.' } });
    expect(corrected.body.history).toMatchObject([{ ward: A, address: 'nơi mới' }]);
    const whole = await node.call('GET', `/v1/records?identifier=${x.cccd}`);
    expect(whole.body.records[0].history).toHaveLength(2);
  });
});

const everybody = { roles: ['epidemiologist@24'], subject: 'supervisor' };
const onset_on = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

async function enter(as: { roles: readonly string[]; subject: string }, ...identifiers: string[]) {
  const desk = as.roles[0]?.split('@')[1];
  const json = { identifiers, onset_on, ...(desk === '24' ? {} : { ward: desk }) };
  const { status, body } = await node.call('POST', '/v1/cases', { ...as, json });
  expect(status).toBe(201);
  return body as { id: string; warnings: { reason: string }[] };
}

/** What records of this node name together with one of these now, as it would answer the hub. */
async function linksOf(...identifiers: string[]): Promise<string[]> {
  const { record, identifier } = await readRecords(node.db, '24', await idsOf(identifiers));
  const rows = await askPlain<{ id: number; value: string }>(
    ...[node.db, node.dataKeys, 'SELECT id, value FROM identifiers'],
  );
  const values = new Map(rows.map(({ id, value }) => [id, value]));
  const named = new Map<number, string[]>();
  for (const [i, id] of identifier.entries()) {
    const one = named.get(record[i] as number) ?? [];
    named.set(record[i] as number, [...one, values.get(id) as string]);
  }
  return [...new Set([...named.values()].filter((one) => one.length > 1).map(together))];
}

const together = (identifiers: readonly string[]) => [...identifiers].sort().join(' ');

async function waiting(as: { roles: readonly string[]; subject: string }) {
  const { body } = await node.call('GET', '/v1/records/waiting', as);
  return body.records as { id: number; written_by: string; waits_for: string[]; identifiers: string[] }[];
}

const waits = (warnings: { reason: string }[]) =>
  warnings.some(({ reason }) => reason === 'WAITS_FOR_OTHER_WARD');
const decideOn = (verdict: 'confirm' | 'reject', id: number | undefined, as: { roles: readonly string[] }) =>
  node.call('POST', `/v1/records/${id}/${verdict}`, as);

describe('what an account of a ward writes of people of another', () => {
  /** Somebody of the own ward, and of the other: number and handle. */
  const pair = async () => {
    const [k, x] = [someone(), someone()];
    await importPersons(`${k.phone},Bà Ka,24,${A},`, `${x.phone} ${x.cccd},Ông Đích,24,${T},12 phố Kín`);
    await importPersons(`${k.cccd},Bà Ka,24,${A},`);
    return { k, x };
  };

  it('links nobody, and its case is traced all the same', async () => {
    const { k, x } = await pair();
    const entered = await enter(ward(A), k.phone, x.phone);
    expect(waits(entered.warnings)).toBe(true);
    expect(await linksOf(k.phone, x.phone)).toEqual([together([x.cccd, x.phone])]);
    const read = await node.call('GET', `/v1/cases/${entered.id}`, ward(A));
    expect(read.body.identifiers).toEqual([k.phone, x.phone]);
    const json = { cases: [entered.id], direction: 'forward' };
    expect((await node.call('POST', '/v1/traces', { ...ward(A), json })).status).toBe(202);
  });

  /** What names somebody of the other ward, and how it does. */
  it.each<[string, (k: Person, x: Person) => Promise<unknown>]>([
    ['a case, by a phone', (k, x) => enter(ward(A), k.phone, x.phone)],
    ['a case, by a number', (k, x) => enter(ward(A), k.phone, x.cccd)],
    ['a case of one alone', (_, x) => enter(ward(A), x.cccd)],
    ['a case by way of somebody new', (_, x) => enter(ward(A), someone().phone, x.phone)],
    ['a case by a lab', (k, x) => enter({ roles: [`lab@${A}`], subject: 'lab' }, k.phone, x.phone)],
    [
      'a corrected case',
      async (k, x) => {
        const { id } = await enter(ward(A), k.phone);
        await node.call('PATCH', `/v1/cases/${id}`, {
          ...ward(A),
          json: { identifiers: [k.phone, x.phone] },
        });
      },
    ],
    [
      'a case withdrawn and restored',
      async (k, x) => {
        const { id } = await enter(ward(A), k.phone, x.phone);
        await node.call('PATCH', `/v1/cases/${id}`, { ...ward(A), json: { withdrawn: true } });
        await node.call('PATCH', `/v1/cases/${id}`, { ...ward(A), json: { withdrawn: false } });
      },
    ],
    ['a corrected record', (k, x) => correct(k.phone, { identifiers: [k.phone, x.phone] })],
    ['a record that names somebody else now', (k, x) => correct(k.phone, { identifiers: [x.phone] })],
    [
      'a household',
      async (k, x) => {
        const text = `identifiers,ward,household\n${x.cccd},${T},HO ${x.cccd}\n`;
        const headers = { 'content-type': 'text/csv' };
        await node.call('POST', '/v1/imports/persons', { text, headers });
        await correct(k.phone, { household: `HO ${x.cccd}` });
      },
    ],
  ])('waits: %s', async (_, write) => {
    const { k, x } = await pair();
    const trace = await deliver([x.phone, x.cccd], T);
    await write(k, x);
    const [found, ...others] = (await waiting(ward(T, 'other'))).filter(({ identifiers }) =>
      [x.phone, x.cccd].some((one) => identifiers.includes(one)),
    );
    const home = (await waiting(ward(T, 'other')))[0];
    expect(others).toEqual([]);
    expect(found ?? home).toMatchObject({ waits_for: [T] });
    expect(await linksOf(k.phone, x.phone)).toEqual([together([x.cccd, x.phone])]);
    // The person stays at their desk, under their name, and the writer has nothing to decide.
    expect(await contactsOf(trace, ward(T, 'other'))).toMatchObject([{ name: 'Ông Đích' }]);
    expect(await contactsOf(trace, ward(A))).toBeUndefined();
    expect(await waiting(ward(A))).toEqual([]);
    const refused = await decideOn('confirm', (found ?? home)?.id, ward(A));
    expect([refused.status, refused.body.reason]).toEqual([404, 'NO_SUCH_RECORD']);
  });

  it('stands when somebody who covers them has confirmed it, on record', async () => {
    const { k, x } = await pair();
    await enter(ward(A), k.phone, x.phone);
    const [record] = await waiting(ward(T, 'other'));
    // Whose other identifiers it names is not told to the other ward either.
    expect(record).toMatchObject({ written_by: 'mallory', identifiers: [x.phone], further_identifiers: 1 });
    const before = (await node.changed()).length;
    expect((await decideOn('confirm', record?.id, ward(T, 'other'))).status).toBe(204);
    const told = (await node.changed()).slice(before).flat();
    expect(told.sort()).toEqual((await idsOf([k.phone, x.phone])).sort());
    expect(await linksOf(k.phone, x.phone)).toContain(together([k.phone, x.phone]));
    expect(await waiting(ward(T, 'other'))).not.toContainEqual(expect.objectContaining({ id: record?.id }));
    const again = await decideOn('confirm', record?.id, everybody);
    expect([again.status, again.body.reason]).toEqual([422, 'RECORD_NOT_WAITING']);
    const [entry] = await node.db.sql<{ body: string }[]>`
      SELECT body FROM audit_records WHERE body LIKE '%records.confirmed%' AND body LIKE '%"done"%' LIMIT 1`;
    const on = [{ record: String(record?.id) }];
    expect(JSON.parse(entry?.body ?? '')).toMatchObject({ outcome: 'done', actor: { id: 'other' }, on });
  });

  it('waits from when another ward’s record names whom it named first', async () => {
    const [k, x] = [someone(), someone()];
    await importPersons(`${k.phone},Bà Ka,24,${A},`);
    // Nobody knows the phone yet: its holder is registered a day later.
    const entered = await enter(ward(A), k.phone, x.phone);
    expect(waits(entered.warnings)).toBe(false);
    expect(await linksOf(x.phone)).toEqual([together([k.phone, x.phone])]);
    const before = (await node.changed()).length;
    await importPersons(`${x.phone} ${x.cccd},Ông Đích,24,${T},`);
    expect(await linksOf(x.phone)).toEqual([together([x.phone, x.cccd])]);
    expect((await node.changed()).slice(before).flat()).toEqual(
      expect.arrayContaining(await idsOf([k.phone, x.phone])),
    );
    const [record] = await waiting(ward(T, 'other'));
    expect(record).toMatchObject({ written_by: 'mallory', waits_for: [T], identifiers: [x.phone] });
    expect((await decideOn('confirm', record?.id, ward(T, 'other'))).status).toBe(204);
    // Confirmed is confirmed, whoever else is registered.
    await importPersons(`${x.phone} ${x.insurance},Ông Đích,24,07213,`);
    expect(await linksOf(x.phone)).toContain(together([k.phone, x.phone]));
  });

  it('is gone when they reject it; the case stays', async () => {
    const { k, x } = await pair();
    const { id } = await enter(ward(A), k.phone, x.phone);
    const [record] = await waiting(everybody);
    expect((await decideOn('reject', record?.id, everybody)).status).toBe(204);
    expect(await linksOf(k.phone, x.phone)).toEqual([together([x.cccd, x.phone])]);
    expect((await node.call('GET', `/v1/cases/${id}`, ward(A))).body.withdrawn_at).toBeNull();
    expect((await decideOn('confirm', record?.id, everybody)).body.reason).toBe('RECORD_NOT_WAITING');
  });

  it('does not wait when it stays within the area, or somebody of the province writes it', async () => {
    const { k, x } = await pair();
    const free = [
      await enter(ward(A), k.phone, k.cccd),
      await enter(ward(A), someone().phone, someone().cccd),
      await enter(everybody, k.phone, x.phone),
      await enter({ roles: [`epidemiologist@${A}`, `epidemiologist@${T}`], subject: 'both' }, k.phone),
    ];
    expect(free.map(({ warnings }) => waits(warnings))).toEqual([false, false, false, false]);
    const two = { roles: [`epidemiologist@${A}`, `lab@${T}`], subject: 'two' };
    expect(waits((await enter(two, k.cccd, x.cccd.replace('cccd:', 'cmnd:').slice(0, 14))).warnings)).toBe(
      false,
    );
  });

  it('waits for the province’s desk where the others are of no ward', async () => {
    const { k, x } = await pair();
    const nobody = someone();
    await importPersons(`${nobody.phone},Không rõ,24,,`);
    await enter(ward(A), k.phone, nobody.phone, x.phone);
    expect(await waiting(everybody)).toContainEqual(expect.objectContaining({ waits_for: [T, '24'].sort() }));
    expect(await waiting(ward(T, 'other'))).not.toContainEqual(
      expect.objectContaining({ waits_for: [T, '24'].sort() }),
    );
  });
});

type Person = ReturnType<typeof someone>;

/** Corrects, as an account of ward A, the record that names an identifier. */
async function correct(identifier: string, json: unknown): Promise<void> {
  const { body } = await node.call('GET', `/v1/records?identifier=${identifier}`, ward(A));
  const { status } = await node.call('PATCH', `/v1/records/${body.records[0].id}`, { ...ward(A), json });
  expect(status).toBe(200);
}

describe('what is said aloud of a case', () => {
  const onset = { onset_on };
  const said = (warnings: { field: string; reason: string }[]) =>
    warnings.map(({ field, reason }) => `${field} ${reason}`);
  const add = async (identifiers: string[], as = everybody, more = {}) =>
    (await node.call('POST', '/v1/cases', { ...as, json: { identifiers, ...onset, ...more } })).body;

  it('says that a forward trace would find nobody, when entered and when corrected', async () => {
    const x = someone();
    await importPersons(`${x.cccd},An,24,${A},`);
    const at = (days: number) => new Date(Date.parse(onset_on) + days * 86_400_000).toISOString();
    const { id, warnings } = await add([x.cccd], everybody, { isolated_at: at(-9) });
    const isEmpty = 'isolated_at INDEX_WINDOW_EMPTY';
    expect(said(warnings)).toEqual(['isolated_at BEFORE_FIELD', isEmpty]);
    const corrected = async (json: object) =>
      said((await node.call('PATCH', `/v1/cases/${id}`, { ...everybody, json })).body.warnings);
    expect(await corrected({ isolated_at: null })).toEqual([]);
    // Two days before the onset the window begins; midnight in Vietnam is seven hours earlier.
    expect(await corrected({ isolated_at: at(-2) })).not.toContain(isEmpty);
    expect(await corrected({ isolated_at: at(-3) })).toContain(isEmpty);
    expect(await corrected({ ward: A })).toEqual([isEmpty]);
    expect(await corrected({ withdrawn: true })).toEqual([]);
  });

  it('names each identifier that nobody knows but the case', async () => {
    const [x, y] = [someone(), someone()];
    await importPersons(`${x.phone} ${x.cccd},An,24,${A},`);
    const place = `place,name,kind,ward\nP ${y.phone},Quán,cafe,${A}\n`;
    const headers = { 'content-type': 'text/csv' };
    await node.call('POST', '/v1/imports/places', { text: place, headers });
    const at = new Date(Date.now() - 3_600_000).toISOString();
    const checkIn = `identifier,place,in_at,out_at\n${y.phone},P ${y.phone},${at},\n`;
    await node.call('POST', '/v1/imports/check-ins', { text: checkIn, headers });
    expect(said((await add([x.phone, x.insurance])).warnings)).toEqual(['identifiers[1] KNOWN_TO_NOBODY']);
    expect(said((await add([y.phone])).warnings)).toEqual([]);
    const z = someone();
    const slip = await add([z.phone, z.cccd]);
    expect(said(slip.warnings)).toEqual([
      ...['identifiers[0] KNOWN_TO_NOBODY', 'identifiers[1] KNOWN_TO_NOBODY'],
    ]);
    // Put right, nothing is left to say, and what was typed stays on record.
    const json = { identifiers: [x.cccd] };
    const { body } = await node.call('PATCH', `/v1/cases/${slip.id}`, { ...everybody, json });
    expect(body.warnings.map(({ reason }: { reason: string }) => reason)).toEqual(['CASE_ALREADY']);
    expect(body.superseded).toMatchObject([
      { identifier: z.phone, by: 'supervisor' },
      { identifier: z.cccd, by: 'supervisor' },
    ]);
  });

  it('names a case of the same person, by whatever number, to who may read it', async () => {
    const x = someone();
    await importPersons(`${x.phone} ${x.cccd} ${x.insurance},An,24,${A},`);
    const first = await add([x.cccd]);
    expect(first.warnings).toEqual([]);
    const again = await add([x.insurance]);
    expect(again.warnings).toMatchObject([
      { field: 'identifiers', reason: 'CASE_ALREADY', params: { case: first.id } },
    ]);
    expect(again.warnings[0].message).toContain(first.id);
    const english = await node.call('POST', '/v1/cases', {
      ...everybody,
      json: { identifiers: [x.insurance], ...onset },
      headers: { 'accept-language': 'en' },
    });
    expect(english.body.warnings[0].message).toMatch(/^the person is a case already: /);
    const integrator = { roles: ['integrator@24'], subject: 'app' };
    expect(said((await add([x.cccd], integrator)).warnings)).toEqual([]);
    await node.call('PATCH', `/v1/cases/${again.id}`, { ...everybody, json: { withdrawn: true } });
    const other = await add([x.cccd], ward(T, 'other'), { ward: T });
    expect(said(other.warnings)).toEqual(['identifiers WAITS_FOR_OTHER_WARD']);
  });

  it('names an open trace of which the person is a contact, to who may read it', async () => {
    const x = someone();
    await importPersons(`${x.phone} ${x.cccd},An,24,${T},`);
    const trace = await deliver([x.phone], T);
    const warned = await add([x.cccd]);
    expect(warned.warnings).toMatchObject([{ reason: 'CONTACT_ALREADY', params: { trace } }]);
    expect(said((await add([x.phone], ward(A), { ward: A })).warnings)).not.toContain(
      'identifiers CONTACT_ALREADY',
    );
    expect(said((await add([x.phone], { roles: ['lab@24'], subject: 'lab' })).warnings)).toEqual([
      'identifiers CASE_ALREADY',
    ]);
    await node.db.sql`UPDATE contacts SET withdrawn_at = now() WHERE trace_id = ${trace}`;
    expect(said((await add([x.cccd])).warnings)).not.toContain('identifiers CONTACT_ALREADY');
  });

  it('is on record by the ids of identifiers, and never their values', async () => {
    const [x, y] = [someone(), someone()];
    const { id } = await add([x.phone, x.cccd]);
    await node.call('PATCH', `/v1/cases/${id}`, { ...everybody, json: { identifiers: [x.phone, y.cccd] } });
    const rows = await node.db.sql<{ body: string }[]>`
      SELECT body FROM audit_records WHERE body LIKE ${`%${id}%`} ORDER BY id`;
    const entries = rows.map(({ body }) => JSON.parse(body));
    const ids = (...identifiers: string[]) => idsOf(identifiers);
    const onIds = (entry: { on: { identifier?: string }[] }) =>
      entry.on.flatMap(({ identifier }) => (identifier ? Number(identifier) : [])).sort((a, b) => a - b);
    expect(entries.map(({ action }) => action)).toEqual(['cases.entered', 'cases.corrected']);
    expect(onIds(entries[0])).toEqual(await ids(x.phone, x.cccd));
    expect(onIds(entries[1])).toEqual(await ids(x.phone, x.cccd, y.cccd));
    for (const { body } of rows)
      for (const value of [x.phone, x.cccd, y.cccd]) expect(body).not.toContain(value.slice(6));
    const read = await node.call('GET', `/v1/cases/${id}`, everybody);
    expect(read.body).toMatchObject({ identifiers: [x.phone, y.cccd], superseded: [{ identifier: x.cccd }] });
  });
});

describe('what is said aloud of a trace', () => {
  const open = async (cases: string[]) => {
    const json = { cases, direction: 'forward' };
    const { status, body } = await node.call('POST', '/v1/traces', { ...everybody, json });
    expect(status).toBe(202);
    return body as { id: string; warnings: { reason: string; case: string; identifier?: number }[] };
  };
  const shownAt = async (id: string, as = everybody) =>
    (await node.call('GET', `/v1/traces/${id}`, as)).body.warnings;

  it('names cases without a window and identifiers that nobody knows, in answer and status', async () => {
    const [x, y] = [someone(), someone()];
    await importPersons(`${x.phone} ${x.cccd},An,24,${A},`);
    const known = await enter(everybody, x.cccd);
    const slip = await enter(everybody, x.phone, y.phone);
    const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString();
    const json = { identifiers: [x.cccd], onset_on, isolated_at: day(-9) };
    const isolated = (await node.call('POST', '/v1/cases', { ...everybody, json })).body;
    const early = isolated.id;
    const isEmpty = { field: 'isolated_at', reason: 'INDEX_WINDOW_EMPTY' };
    expect(isolated.warnings).toContainEqual(expect.objectContaining(isEmpty));
    expect((await open([known.id])).warnings).toEqual([]);
    const { id, warnings } = await open([known.id, slip.id, early]);
    const expected = [
      { reason: 'INDEX_UNKNOWN', case: slip.id, identifier: 1 },
      { reason: 'INDEX_WINDOW_EMPTY', case: early },
    ];
    expect(warnings).toEqual(expected);
    expect(await shownAt(id)).toEqual(expected);
    // Who sees the trace by its contacts alone is not told of its cases.
    await importPersons(`${y.cccd},Bà Ka,24,${T},`);
    const [contact] = await idsOf([y.cccd]);
    await node.db.sql`
      INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
        settings, place_kinds, exposed_in, identifier_ids, ward, delivery)
      VALUES (${id}, ${newTraceId()}, 1, 0, 900, 900, 2, 0, '{24}', ARRAY[${contact as number}]::int[], ${T},
        1)`;
    expect(await shownAt(id, ward(T))).toEqual([]);
    // Put right, it has nothing to say; and the same request is answered alike.
    const right = { ...everybody, json: { identifiers: [x.phone] } };
    await node.call('PATCH', `/v1/cases/${slip.id}`, right);
    await waitFor('the amended trace', async () => (await shownAt(id)).length === 1);
    const again = { ...everybody, json: { cases: [early], direction: 'forward' } };
    const headers = { 'idempotency-key': 'said-aloud' };
    const [first, second] = [
      await node.call('POST', '/v1/traces', { ...again, headers }),
      await node.call('POST', '/v1/traces', { ...again, headers }),
    ];
    expect(first.body.warnings).toEqual([{ reason: 'INDEX_WINDOW_EMPTY', case: early }]);
    expect(second.body).toEqual(first.body);
  });
});
