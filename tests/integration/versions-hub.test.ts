/**
 * `ETag` and `If-Match` at the hub: requests to join, memberships, and who is left out of a trace.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolmentRoutes } from '../../hub/enrolment/http.ts';
import { requestEnrolment } from '../../hub/enrolment/operations.ts';
import { provinceRoutes } from '../../hub/provinces/http.ts';
import { HUB_ACTS } from '../../hub/rooms.ts';
import { traceRoutes } from '../../hub/traces/http.ts';
import { systemClock } from '../../shared/clock.ts';
import { createHttpApp } from '../../shared/http/app.ts';
import { createMetrics } from '../../shared/http/metrics.ts';
import type { Routes } from '../../shared/http/route.ts';
import { parseInvitation } from '../../shared/signed/invitation.ts';
import { personWith } from '../support/callers.ts';
import { type EnrolmentHub, newcomer, silent, startEnrolmentHub } from '../support/enrolment-hub.ts';
import { startTracedHub, type TracedHub } from '../support/traced-hub.ts';
import { waitFor } from '../support/wait.ts';

/** The routes as an operator calls them who is named by the token. */
function operatorsOf(...routes: Routes[]) {
  const app = createHttpApp({
    info: { title: 'test', version: '1', description: '' },
    ...{ routes, acts: HUB_ACTS, logger: silent, metrics: createMetrics('hub'), checks: {} },
    authenticate: async (request) =>
      personWith(['hub_operator'], request.headers.get('authorization') ?? 'an'),
    recordRefusal: async () => undefined,
    ...{ stopping: new AbortController().signal, cursorKey: new Uint8Array(32) },
  });
  return async (method: string, path: string, { ifMatch, json, subject = 'an' }: Asked = {}) => {
    const headers = {
      authorization: subject,
      ...(ifMatch && { 'if-match': ifMatch }),
      ...(json && { 'content-type': 'application/json' }),
    };
    const response = await app.request(path, {
      method,
      headers,
      ...(json && { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, etag: response.headers.get('etag'), body: text && JSON.parse(text) };
  };
}

interface Asked {
  readonly ifMatch?: string;
  readonly json?: object;
  readonly subject?: string;
}

describe('requests to join and memberships', () => {
  let hub: EnrolmentHub;
  let call: ReturnType<typeof operatorsOf>;
  let aheadMs = 0;
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  beforeAll(async () => {
    hub = await startEnrolmentHub();
    const ctx = { ...hub.ctx, clock };
    call = operatorsOf(enrolmentRoutes(ctx), provinceRoutes(ctx));
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  const asked = async (province: string) => {
    const { asking, fingerprint } = await newcomer(province, parseInvitation(await hub.invite(province)));
    const { id } = await requestEnrolment(hub.ctx, asking);
    return { path: `/v1/enrolments/${id}`, json: { fingerprint }, id };
  };
  const versionOf = async (list: string, id: string) => {
    const { body } = await call('GET', `/v1/${list}`);
    return body[list].find((one: { id?: string; province: string }) => [one.id, one.province].includes(id))
      .version;
  };

  it('a request that another operator has decided meanwhile is not decided again', async () => {
    const { path, json, id } = await asked('24');
    expect(await versionOf('enrolments', id)).toBe(1);
    expect((await call('POST', `${path}/approve`, { ifMatch: '"2"', json })).status).toBe(412);
    expect(await call('POST', `${path}/reject`, { ifMatch: '"1"', subject: 'binh' })).toMatchObject({
      ...{ status: 204, etag: '"2"' },
    });
    expect(await versionOf('enrolments', id)).toBe(2);
    expect(await call('POST', `${path}/approve`, { ifMatch: '"1"', json })).toMatchObject({
      status: 412,
      body: { version: 2, changes: [{ action: 'enrolment.rejected', version: 2, actor: { id: 'binh' } }] },
    });
  });

  it('a province that came back meanwhile is not revoked by mistake, and changes are its own', async () => {
    const { path, json } = await asked('79');
    expect(await call('POST', `${path}/approve`, { json })).toMatchObject({ status: 204, etag: '"2"' });
    const revoke = (ifMatch?: string, subject = 'an') =>
      call('POST', '/v1/provinces/79/revoke', {
        ...{ json: { reason: 'khóa bị lộ' }, subject },
        ...(ifMatch && { ifMatch }),
      });
    expect(await versionOf('provinces', '79')).toBe(1);
    expect((await revoke('"7"')).status).toBe(412);
    expect(await revoke('"1"', 'binh')).toMatchObject({ status: 204, etag: '"2"' });
    expect(await revoke('"1"')).toMatchObject({
      status: 412,
      // Not the approval, which names the province beside the request, and has a version of its own.
      body: { version: 2, changes: [{ action: 'province.revoked', version: 2, actor: { id: 'binh' } }] },
    });
    // A statement of the same second does not undo a revocation.
    aheadMs = 2_000;
    const again = await asked('79');
    await call('POST', `${again.path}/approve`, { json: again.json });
    expect(await versionOf('provinces', '79')).toBe(3);
    const { body } = await revoke('"2"');
    expect(body.changes).toMatchObject([{ action: 'statement.accepted', version: 3 }]);
  });
});

describe('a trace at the hub', () => {
  let hub: TracedHub;
  let call: ReturnType<typeof operatorsOf>;
  beforeAll(async () => {
    hub = await startTracedHub();
    call = operatorsOf(traceRoutes(hub.ctx));
  });
  afterAll(() => hub[Symbol.asyncDispose]());

  it('has a version that exclusions change, and is changed by who saw the present one', async () => {
    const id = await hub.open();
    const path = `/v1/traces/${id}`;
    const before = await call('GET', path);
    expect([before.etag, before.body.version]).toEqual(['"1"', 1]);
    await waitFor('answers', async () => (await call('GET', path)).body.state !== 'running');
    expect((await call('GET', path)).etag).toBe('"1"');
    const exclude = (ifMatch: string, province: string, subject = 'an') =>
      call('POST', `${path}/exclusions`, { ifMatch, subject, json: { province, reason: 'compromised' } });
    expect(await exclude('"1"', '79', 'binh')).toMatchObject({ status: 204, etag: '"2"' });
    expect(await exclude('"1"', '01')).toMatchObject({
      status: 412,
      body: { version: 2, changes: [{ action: 'exclusions.changed', version: 2, actor: { id: 'binh' } }] },
    });
    const include = (ifMatch: string, province: string) =>
      call('DELETE', `${path}/exclusions/${province}`, { ifMatch });
    expect((await include('"1"', '79')).status).toBe(412);
    expect((await include('"2"', '01')).status).toBe(404);
    expect(await include('"2"', '79')).toMatchObject({ status: 204, etag: '"3"' });
    const { etag, body } = await call('GET', path);
    expect([etag, body.version]).toEqual(['"3"', 3]);
    expect((await call('GET', '/v1/traces')).body.traces[0].version).toBe(3);
  });

  it('that its province has amended meanwhile is another one than was looked at', async () => {
    const id = await hub.open(1);
    await hub.open(1, { trace_id: id, revision: 1 });
    const { etag } = await call('GET', `/v1/traces/${id}`);
    expect(etag).toBe('"2"');
    const json = { province: '79', reason: 'compromised' };
    expect(await call('POST', `/v1/traces/${id}/exclusions`, { ifMatch: '"1"', json })).toMatchObject({
      status: 412,
      body: { version: 2, changes: [{ action: 'traces.amended', version: 2, actor: { kind: 'node' } }] },
    });
  });
});
