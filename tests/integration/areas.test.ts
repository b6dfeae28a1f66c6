/**
 * How far an account of a ward reaches into who is who: what it reads of people, and what it writes about
 * them, over HTTP.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTraceId } from '../../shared/ids.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';
import { askPlain } from '../support/sealed.ts';

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
