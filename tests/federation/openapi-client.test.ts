/**
 * A client generated from the OpenAPI document of each program calls every route of the started program: what
 * is answered is documented, what is refused is refused for a documented reason, and every read succeeds.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { World } from '../support/federations.ts';
import { type Called, createClientOf, type Operation, operationsOf } from '../support/openapi-client.ts';
import { waitFor } from '../support/wait.ts';

let federation: Federation;
beforeAll(async () => {
  federation = await World.create({ provinces: ['24', '79'] });
});
afterAll(() => federation?.[Symbol.asyncDispose]());

const WRONG = `import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
await createClient<paths>().GET('/v1/audits', {});
`;

const NOTHING_IS_DEAD = { retryOutgoing: 'NO_SUCH_ITEM', discardOutgoing: 'NO_SUCH_ITEM' };

/** Rules without work follow up nobody. */
const NOBODY_IS_FOLLOWED_UP = Object.fromEntries([
  ...['read', 'reach', 'quarantine', 'exempt', 'report', 'release', 'lose', 'refuse', 'reopen', 'cancel']
    .concat('die', 'refile')
    .map((command) => [`${command}FollowUp`, 'NO_SUCH_FOLLOW_UP']),
  ['endQuarantine', 'NO_SUCH_FOLLOW_UP'],
  ...['readTask', 'claimTask', 'releaseTask', 'cancelTask', 'finishTask', 'recordOutcome'].map((name) => [
    name,
    'NO_SUCH_TASK',
  ]),
]);

/** Everything that is refused to these calls, and why: another word, or another refusal, is a change. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  node: {
    ...NOTHING_IS_DEAD,
    acceptRestore: 'NO_CONFLICT',
    approveProvince: 'FINGERPRINT_MISMATCH',
    createKey: 'FEDERATION_KEY_EXISTS',
    ...{ confirmRecord: 'RECORD_NOT_WAITING', rejectRecord: 'RECORD_NOT_WAITING' },
    takeOverContact: 'CONTACT_UNKNOWN',
    ...NOBODY_IS_FOLLOWED_UP,
  },
  hub: {
    ...NOTHING_IS_DEAD,
    acceptRestore: 'NO_CONFLICT',
    // Nobody can ask to join a hub without a listener for newcomers.
    inviteProvince: 'NO_ENROLMENT_LISTENER',
    exportEnrolment: 'ENROLMENT_UNKNOWN',
    approveEnrolment: 'ENROLMENT_UNKNOWN',
    rejectEnrolment: 'ENROLMENT_UNKNOWN',
    // Another province was left out.
    includeProvince: 'PROVINCE_UNKNOWN',
    // The hub has one key.
    ...{ rotateOprfKey: 'NO_NEXT_KEY', leaveBehind: 'NO_ROTATION' },
  },
};

/** Whom a break-glass takes further than their own ward. */
const NARROWLY = { node: ['openBreakGlass'], hub: [] };
const narrowToken = () =>
  federation.tokens.issue({
    ...{ audience: 'truyvet-node-24', subject: 'dung', roles: ['ward_tracer@07210'] },
  });

/** The case that the node's client has entered. */
let entered = '';

describe.each(['node', 'hub'] as const)('a client of the %s', (program) => {
  it('compiles, and calls every route of the started program as its document says', async () => {
    const { url, token } = program === 'hub' ? federation.hub : federation.node('24');
    const document = (await (await fetch(`${url}/v1/openapi.json`)).json()) as object;
    await using client = await createClientOf(document, NARROWLY[program]);
    expect(client.complaints).toBe('');
    expect(await client.compile(WRONG)).toContain('other.ts');
    const seen = program === 'hub' ? await openTrace(entered) : {};
    const { called, seen: made } = await client.run({ url, token, narrowToken: await narrowToken(), seen });
    if (program === 'node') entered = made['/v1/cases'] ?? '';
    const operations = operationsOf(document);
    expect(called.map(({ name }) => name).sort()).toEqual(operations.map((one) => one.operationId).sort());
    for (const call of called) expect(undocumented(call, operations)).toBe('');
    const refused = called.filter(({ status }) => status >= 400).map(({ name, reason }) => [name, reason]);
    expect(Object.fromEntries(refused)).toEqual(REFUSED[program]);
  });
});

/** What of a call its operation does not document; nothing if all is. */
function undocumented({ name, status, reason = '' }: Called, operations: readonly Operation[]): string {
  const { responses } = operations.find(({ operationId }) => operationId === name) as Operation;
  const said = responses[status];
  if (said === undefined) return `${name} answers ${status}`;
  const reasons = JSON.stringify(said.content ?? {});
  return status < 400 || reasons.includes(`"${reason}"`) ? '' : `${name} says ${reason}`;
}

/** Opens a trace of a case at the node; its id by the path of its list, once the hub knows it. */
async function openTrace(caseId: string): Promise<Record<string, string>> {
  const { url, token } = federation.node('24');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ cases: [caseId], direction: 'forward' });
  const opened = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body });
  const { id } = (await opened.json()) as { id: string };
  await waitFor('the trace at the hub', async () => {
    const { hub } = federation;
    const found = await fetch(`${hub.url}/v1/traces/${id}`, {
      headers: { authorization: `Bearer ${hub.token}` },
    });
    return found.ok;
  });
  return { '/v1/traces': id };
}
