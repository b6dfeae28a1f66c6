/**
 * `ETag` and `If-Match`: a change meant for a version that is no more is refused, and whoever asked learns
 * who changed what meanwhile.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { createNodeHttp, type NodeHttp } from '../support/node-http.ts';

let node: NodeHttp;
beforeAll(async () => {
  node = await createNodeHttp();
});
afterAll(() => node[Symbol.asyncDispose]());

const enterCase = async (): Promise<string> => {
  const json = { identifiers: ['phone:0912345678'], onset_on: '2021-06-10' };
  return (await node.call('POST', '/v1/cases', { json })).body.id;
};
const patch = (id: string, json: object, ifMatch?: string, subject = 'an') =>
  node.call('PATCH', `/v1/cases/${id}`, {
    ...{ json, subject },
    headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  });

describe('a case', () => {
  it('has a version that grows with each correction, and is corrected without If-Match as ever', async () => {
    const id = await enterCase();
    const read = await node.call('GET', `/v1/cases/${id}`);
    expect([read.headers.get('etag'), read.body.version]).toEqual(['"1"', 1]);
    const corrected = await patch(id, { onset_on: '2021-06-11' });
    expect([corrected.status, corrected.headers.get('etag'), corrected.body.version]).toEqual([
      200,
      '"2"',
      2,
    ]);
  });

  it('is refused to a version that is no more, with who changed what since, newest first', async () => {
    const id = await enterCase();
    await patch(id, { onset_on: '2021-06-11' }, '"1"', 'binh');
    await patch(id, { ward: '07213', isolated_at: null }, '"2"', 'chi');
    const refused = await patch(id, { onset_on: '2021-06-12' }, '"1"');
    expect(refused).toMatchObject({
      status: 412,
      body: {
        reason: 'VERSION_CHANGED',
        version: 3,
        changes: [
          {
            at: expect.stringMatching(/Z$/),
            actor: { kind: 'person', id: 'chi' },
            action: 'cases.corrected',
            version: 3,
            fields: expect.arrayContaining(['ward', 'isolatedAt']),
          },
          { actor: { kind: 'person', id: 'binh' }, version: 2, fields: ['onsetOn'] },
        ],
      },
    });
    expect((await node.call('GET', `/v1/cases/${id}`)).body).toMatchObject({
      onset_on: '2021-06-11',
      version: 3,
    });
    const later = await patch(id, { onset_on: '2021-06-12' }, '"2"');
    expect(later.body.changes.map(({ version }: { version: number }) => version)).toEqual([3]);
  });

  it('is changed once by two who saw the same version', async () => {
    const id = await enterCase();
    const answers = await Promise.all([
      patch(id, { onset_on: '2021-06-11' }, '"1"', 'binh'),
      patch(id, { onset_on: '2021-06-12' }, '"1"', 'chi'),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it.each([
    ['*', 200],
    ['"7", "1"', 200],
    ['"7"', 412],
    ['W/"1"', 412],
    ['"x"', 412],
    ['1', 400],
    ['"1" "2"', 400],
    ['', 400],
  ])('takes If-Match: %s as %i', async (ifMatch, status) => {
    const answer = await patch(await enterCase(), { onset_on: '2021-06-11' }, ifMatch);
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.body.errors).toMatchObject([{ field: 'if-match' }]);
  });

  it('that lies elsewhere is missing, whatever the version', async () => {
    expect(await patch(newId(), { onset_on: '2021-06-11' }, '"1"')).toMatchObject({ status: 404 });
  });
});

describe('everything else that changes', () => {
  const withMatch = (ifMatch: string, json?: object) => ({ json, headers: { 'if-match': ifMatch } });

  it('service accounts', async () => {
    const json = { name: 'PC-Covid', scopes: ['cases.write'] };
    const { id, version } = (await node.call('POST', '/v1/service-accounts', { json })).body;
    expect(version).toBe(1);
    const path = `/v1/service-accounts/${id}/revoke`;
    const revoked = await node.call('POST', path, withMatch('"1"'));
    expect([revoked.status, revoked.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await node.call('POST', path, withMatch('"1"'))).toMatchObject({
      status: 412,
      body: { changes: [{ action: 'service_accounts.revoked', version: 2 }] },
    });
  });

  it('break-glasses', async () => {
    const json = { reason: 'contacts of a ship', area: '217', minutes: 5 };
    const roles = ['ward_tracer@213'];
    const { id } = (await node.call('POST', '/v1/break-glass', { json, roles, subject: 'dung' })).body;
    const review = (ifMatch: string, verdict: string) =>
      node.call('POST', `/v1/break-glass/${id}/review`, withMatch(ifMatch, { verdict }));
    expect((await review('"9"', 'justified')).status).toBe(412);
    expect((await review('"1"', 'justified')).headers.get('etag')).toBe('"2"');
    expect(await review('"1"', 'unjustified')).toMatchObject({
      status: 412,
      body: { changes: [{ action: 'break_glass.reviewed', version: 2 }] },
    });
  });

  it('budgets, as a whole', async () => {
    const limits = { questions_per_hour: 1, persons_per_hour: 1, questions_per_day: 1, persons_per_day: 1 };
    const put = (ifMatch: string) =>
      node.call('PUT', '/v1/budgets', withMatch(ifMatch, { province: '79', budget: limits }));
    const { headers, body } = await node.call('GET', '/v1/budgets');
    expect([headers.get('etag'), body.version]).toEqual(['"1"', 1]);
    expect((await put('"1"')).status).toBe(204);
    expect((await node.call('GET', '/v1/budgets')).headers.get('etag')).toBe('"2"');
    expect(await put('"1"')).toMatchObject({
      status: 412,
      body: { version: 2, changes: [{ action: 'budgets.changed', version: 2, actor: { id: 'an' } }] },
    });
  });

  it('traces: amended by a correction of their case, and ended', async () => {
    const caseId = await enterCase();
    const json = { cases: [caseId], direction: 'forward' };
    const { id } = (await node.call('POST', '/v1/traces', { json })).body;
    const [path, close] = [`/v1/traces/${id}`, `/v1/traces/${id}/close`];
    const read = async () => {
      const { headers, body } = await node.call('GET', path);
      return [headers.get('etag'), body.version];
    };
    expect(await read()).toEqual(['"1"', 1]);
    expect((await node.call('POST', close, withMatch('"5"'))).status).toBe(412);
    await patch(caseId, { onset_on: '2021-06-11' }, undefined, 'binh');
    expect(await read()).toEqual(['"2"', 2]);
    expect(await node.call('POST', close, withMatch('"1"'))).toMatchObject({
      status: 412,
      body: { changes: [{ action: 'traces.amended', version: 2, actor: { id: 'binh' } }] },
    });
    const closed = await node.call('POST', close, withMatch('"2"'));
    expect([closed.status, closed.headers.get('etag')]).toEqual([202, '"3"']);
    expect(await node.call('POST', close, withMatch('"2"'))).toMatchObject({
      status: 412,
      body: { changes: [{ action: 'traces.closed', version: 3 }] },
    });
  });
});
