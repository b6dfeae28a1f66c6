/**
 * `/v1/records` against a real database: records are found by what they name, put right and withdrawn with
 * all that they link, by those whose area holds them.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

const HEADER = 'record,identifiers,name,born_on,sex,province,ward,address,household';
const load = async (...rows: string[]) => {
  const headers = { 'content-type': 'text/csv' };
  const text = [HEADER, ...rows, ''].join('\n');
  const { body } = await node.call('POST', '/v1/imports/persons', { text, headers });
  return body;
};
const find = async (identifier: string, roles?: string[]) => {
  const path = `/v1/records?identifier=${encodeURIComponent(identifier)}`;
  const { status, body } = await node.call('GET', path, { ...(roles && { roles }) });
  expect(status).toBe(200);
  return body.records;
};
let heard = 0;
/** Local ids that tracing was told of since the last call. */
const told = async () => {
  const events = await node.changed();
  const news = events.slice(heard).flat();
  heard = events.length;
  return news;
};
const WARD = '07210';
const ELSEWHERE = '07213';

describe('a record', () => {
  it('is found by each identifier that it names, with what it said before', async () => {
    await load(`R1,cccd:024090000001 phone:0912000001,An,1990-02,nam,24,${WARD},Thôn Đông,HO 1`);
    await load('R1,cccd:024090000001 phone:0912000001,An,,,,,Thôn Tây,');
    const [byPhone] = await find('phone:0912 000 001');
    expect(byPhone).toMatchObject({
      ...{ source: 'import', record: 'R1', name: 'An', born_on: '1990-02', sex: 'male', province: '24' },
      ...{ ward: WARD, address: 'Thôn Tây', household: 'HO 1', version: 2, withdrawn_at: null },
      identifiers: ['cccd:024090000001', 'phone:+84912000001'],
      history: [
        {
          version: 1,
          address: 'Thôn Đông',
          name: 'An',
          identifiers: ['cccd:024090000001', 'phone:+84912000001'],
        },
      ],
    });
    expect(await find('cccd:024090000001')).toEqual([byPhone]);
    expect(await find('cccd:024090000002')).toEqual([]);
  });

  it('is put right: what is absent stays, null erases, and tracing hears of whom it concerns', async () => {
    await load(`R2,cccd:024090000003 phone:0912000003,Ba,1990,nữ,24,${WARD},,HO 2`);
    const [{ id }] = await find('phone:0912000003');
    await told();
    const json = { identifiers: ['phone:0912000003', 'cccd:024090000004'], household: null };
    const { status, body, headers } = await node.call('PATCH', `/v1/records/${id}`, { json });
    expect([status, headers.get('etag')]).toEqual([200, '"2"']);
    expect(body).toMatchObject({ id, name: 'Ba', household: null, ward: WARD, version: 2 });
    expect(body.identifiers).toEqual(['phone:+84912000003', 'cccd:024090000004']);
    expect(new Set(await told()).size).toBe(3);
    expect(await find('cccd:024090000003')).toEqual([]);
    // The same again changes nothing.
    const again = await node.call('PATCH', `/v1/records/${id}`, { json });
    expect(again.body.version).toBe(2);
    expect(await told()).toEqual([]);
  });

  it('that is withdrawn takes what it linked with it, stays found, and may be written anew', async () => {
    const row = `R3,cccd:024090000005 phone:0912000005,Chi,,,,${WARD},,`;
    await load(row);
    const [{ id }] = await find('phone:0912000005');
    await told();
    const withdraw = () => node.call('DELETE', `/v1/records/${id}`);
    expect((await withdraw()).status).toBe(204);
    expect(await told()).toHaveLength(2);
    expect((await withdraw()).status).toBe(204);
    expect(await told()).toEqual([]);
    const [withdrawn] = await find('phone:0912000005');
    expect(withdrawn).toMatchObject({ id, withdrawn_at: expect.any(String) });
    const corrected = await node.call('PATCH', `/v1/records/${id}`, { json: { name: 'Chín' } });
    expect([corrected.status, corrected.body.reason]).toEqual([422, 'RECORD_RETRACTED']);
    await load(row);
    expect(
      (await find('phone:0912000005')).map((one: { withdrawn_at: unknown }) => one.withdrawn_at),
    ).toEqual([null, expect.any(String)]);
  });

  it('of a case is found, and corrected and withdrawn as a case', async () => {
    const json = { identifiers: ['cccd:024090000006', 'phone:0912000006'], onset_on: '2021-06-01' };
    const { body: entered } = await node.call('POST', '/v1/cases', { json });
    const [{ id, source }] = await find('phone:0912000006');
    expect(source).toBe('case');
    for (const method of ['PATCH', 'DELETE']) {
      const refused = await node.call(method, `/v1/records/${id}`, {
        ...(method === 'PATCH' && { json: { name: 'X' } }),
      });
      expect([refused.status, refused.body.reason]).toEqual([422, 'RECORD_OF_CASE']);
    }
    const right = { identifiers: ['cccd:024090000007', 'phone:0912000006'] };
    await node.call('PATCH', `/v1/cases/${entered.id}`, { json: right });
    const [corrected] = await find('phone:0912000006');
    expect(corrected).toMatchObject({
      id,
      version: 2,
      identifiers: ['cccd:024090000007', 'phone:+84912000006'],
    });
    await node.call('PATCH', `/v1/cases/${entered.id}`, { json: { withdrawn: true } });
    expect((await find('phone:0912000006'))[0].withdrawn_at).not.toBeNull();
    await node.call('PATCH', `/v1/cases/${entered.id}`, { json: { withdrawn: false } });
    expect(
      (await find('phone:0912000006')).filter((one: { withdrawn_at: unknown }) => !one.withdrawn_at),
    ).toHaveLength(1);
  });

  it('of two citizen ids is refused by name, and so is a case', async () => {
    const two = ['cccd:024090000008', 'cccd:024090000009'];
    const report = await load(`R5,${two.join(' ')},X,,,,,,`);
    expect(report).toMatchObject({ accepted: 0, errors: [{ field: 'identifiers', reason: 'SEVERAL_CCCD' }] });
    const json = { identifiers: two, onset_on: '2021-06-01' };
    const { status, body } = await node.call('POST', '/v1/cases', { json });
    expect([status, body.errors]).toMatchObject([400, [{ field: 'identifiers', reason: 'SEVERAL_CCCD' }]]);
    await load(`R6,${two[0]},X,,,,${WARD},,`);
    const [{ id }] = await find(two[0] as string);
    const patched = await node.call('PATCH', `/v1/records/${id}`, { json: { identifiers: two } });
    expect([patched.status, patched.body.errors]).toMatchObject([400, [{ reason: 'SEVERAL_CCCD' }]]);
    expect(await find(two[1] as string)).toEqual([]);
  });
});

describe('who may', () => {
  it('find and change a record: whose area holds it; for others it is not there', async () => {
    await load(
      `R7,cccd:024090000010,Dung,,,24,${WARD},,`,
      'R8,cccd:024090000010 phone:0912000010,Dung,,,24,,,',
    );
    expect(await find('cccd:024090000010')).toHaveLength(2);
    const [mine] = await find('cccd:024090000010', [`ward_tracer@${WARD}`]);
    expect(mine.record).toBe('R7');
    expect(await find('cccd:024090000010', [`ward_tracer@${ELSEWHERE}`])).toEqual([]);
    const path = `/v1/records/${mine.id}`;
    const [here, there] = [[`epidemiologist@${WARD}`], [`epidemiologist@${ELSEWHERE}`]];
    const json = { name: 'Dũng' };
    const foreign = await node.call('PATCH', path, { json, roles: there });
    expect([foreign.status, foreign.body.reason]).toEqual([404, 'NO_SUCH_RECORD']);
    const missing = await node.call('PATCH', '/v1/records/99999', { json, roles: there });
    const { request_id: _one, ...same } = foreign.body;
    expect(missing.body).toMatchObject(same);
    expect((await node.call('DELETE', path, { roles: there })).status).toBe(404);
    expect((await node.call('DELETE', path, { roles: [`ward_tracer@${WARD}`] })).status).toBe(403);
    const away = await node.call('PATCH', path, { json: { ward: ELSEWHERE }, roles: here });
    expect([away.status, away.body.errors]).toMatchObject([400, [{ field: 'ward', reason: 'OUTSIDE_AREA' }]]);
    expect((await node.call('PATCH', path, { json, roles: here })).body.name).toBe('Dũng');
  });

  it('change it: who has seen it as it is', async () => {
    await load(`R9,cccd:024090000011,Em,,,24,${WARD},,`);
    const [{ id }] = await find('cccd:024090000011');
    const path = `/v1/records/${id}`;
    await node.call('PATCH', path, { json: { name: 'Êm' } });
    const stale = { headers: { 'if-match': '"1"' } };
    expect((await node.call('PATCH', path, { ...stale, json: { name: 'E' } })).status).toBe(412);
    expect((await node.call('DELETE', path, stale)).status).toBe(412);
    expect((await node.call('DELETE', path, { headers: { 'if-match': '"2"' } })).status).toBe(204);
  });

  it('read what the log says: which records, never whose', async () => {
    const rows = await node.db.sql<{ body: string }[]>`
      SELECT body FROM audit_records WHERE body LIKE '%records.%' ORDER BY id`;
    const entries = rows
      .map(({ body }) => JSON.parse(body))
      .filter(({ action }) => action !== 'access.refused');
    expect(new Set(entries.map(({ action }) => action))).toEqual(
      new Set(['records.read', 'records.corrected', 'records.withdrawn']),
    );
    const text = JSON.stringify(entries);
    expect(text).not.toMatch(/0240900000|912000|Dũng|Chi/);
    expect(node.logged.join('\n')).not.toMatch(/0240900000|912000/);
  });
});

it.each([
  ['a sex of no word', { sex: 'gái' }, 'sex', 'NOT_ONE_OF'],
  ['a half date', { born_on: '1990-1' }, 'born_on', 'NOT_A_BIRTHDAY'],
  ['no identifier', { identifiers: ['0912'] }, 'identifiers[0]', 'NOT_KIND_VALUE'],
  ['no field', {}, '', 'NO_FIELDS'],
])('a correction with %s is refused by name', async (_, json, field, reason) => {
  await load(`R10,cccd:024090000012,Phi,,,24,${WARD},,`);
  const [{ id, version }] = await find('cccd:024090000012');
  const { status, body } = await node.call('PATCH', `/v1/records/${id}`, { json });
  expect([status, body.errors[0].reason]).toEqual([400, reason]);
  if (field) expect(body.errors[0].field).toBe(field);
  expect((await find('cccd:024090000012'))[0].version).toBe(version);
});

describe('at the desk', () => {
  const TRACE = 'c'.repeat(32);
  const contact = async (n: number, ...identifiers: string[]) => {
    const records = await Promise.all(identifiers.map((identifier) => find(identifier)));
    expect(records.every((found) => found.length > 0)).toBe(true);
    const ids = await node.db.sql<{ id: number }[]>`
      SELECT DISTINCT identifier_ids[array_position(identifier_ids, i.id)] AS id FROM identifiers i
      JOIN record_identifiers n ON n.identifier_id = i.id JOIN records r ON r.id = n.record_id
      WHERE n.position = ${n === 1 ? 0 : 1} AND r.id = ${records[0][0].id}`;
    await node.db.sql`
      INSERT INTO contacts (trace_id, contact_id, degree, first_exposed_at, last_exposed_at, seconds,
        settings, place_kinds, exposed_in, identifier_ids, ward, delivery)
      VALUES (${TRACE}, ${String(n).repeat(32)}, 1, 1, ${n}, 900, 1, 1, ARRAY['24'],
        ARRAY[${ids[0]?.id as number}::int], ${WARD}, 1)`;
  };
  const names = async () => {
    const { body } = await node.call('GET', `/v1/traces/${TRACE}/contacts`);
    return Object.fromEntries(
      body.contacts.map(({ identifiers, name }: { identifiers: string[]; name: string }) => [
        identifiers[0],
        name,
      ]),
    );
  };

  it('a number is whose record counts most, a phone anybody’s whom a record names with it', async () => {
    const phone = 'phone:+84912000020';
    await load(
      `P1,cccd:024085000020 ${phone},Mẹ,,,24,${WARD},,`,
      `P2,insurance:0012300020 ${phone},Con,2015,nam,24,${WARD},,`,
      `P3,cccd:024085000020,Mẹ Lan,,,24,${WARD},,`,
    );
    await contact(1, 'insurance:0012300020');
    await contact(2, phone);
    expect(await names()).toEqual({ 'insurance:0012300020': 'Con', [phone]: 'Con / Mẹ' });
    const [{ id }] = await find('insurance:0012300020');
    await node.call('DELETE', `/v1/records/${id}`);
    expect(await names()).toEqual({ 'insurance:0012300020': null, [phone]: 'Mẹ' });
  });
});
