/**
 * Provinces enrolled from nothing, as operators do it: with the command lines and a CA on the hub. Then a
 * trace over three provinces; a fourth joins while it is open; one is revoked.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyRingFile } from '../../node/sealing/key-source.ts';
import { nowSeconds, systemClock } from '../../shared/clock.ts';
import { isoInstant } from '../../shared/domain/instant.ts';
import { newKey } from '../../shared/ids.ts';
import { SHORT_LOOKS } from '../support/federations.ts';
import { Centre, command, type Running, run } from '../support/operator.ts';
import { waitFor } from '../support/wait.ts';
import { call, importFile, type TraceStatus } from './drive.ts';

const FINGERPRINT = /([A-Z2-7]{4}-){3}[A-Z2-7]{4}/;

let centre: Centre;
let hub: Running;
let hubFiles: Record<string, string>;
const nodes = new Map<string, Running>();
const federationKey = Buffer.from(newKey(32)).toString('hex');
/** The invitation that 24 has used. */
let used: string;
/** What 24 was given when it was enrolled. */
let certificateAtFirst: string;
let trace: string;

beforeAll(async () => {
  centre = await Centre.open();
  await run('hub', ['ca', 'create', '--dir', centre.path('ca')]);
  await run('hub', ['ca', 'issue-hub', '--ca-dir', centre.path('ca'), '--dir', centre.path('hub')]);
  const file = (name: string) => centre.path('hub', name);
  const oprfKey = await centre.hexKey('oprf.key');
  const check = await run('hub', ['oprf-check', oprfKey]);
  const stated = await run('hub', ['ca', 'state-oprf-key', check, '--ca-dir', centre.path('ca')]);
  await writeFile(file('oprf.jws'), `${stated}\n`);
  hubFiles = {
    ...{ TLS_CA_FILE: file('ca.pem'), TLS_CERT_FILE: file('tls.pem'), TLS_KEY_FILE: file('tls.key') },
    ...{ WARRANT_KEY_FILE: file('warrant.jwk'), HUB_STATEMENT_FILE: file('statement.jws') },
    ...{ OPRF_KEY_FILE: oprfKey, OPRF_STATEMENTS_FILE: file('oprf.jws') },
  };
  const listen = { GRPC_LISTEN: await centre.address(), ENROLMENT_LISTEN: await centre.address() };
  // Certificates live so short that every node renews its own while the tests run.
  const authority = {
    CA_DIR: centre.path('ca'),
    CERTIFICATE_LIFE_SECONDS: '15',
    ...SHORT_LOOKS,
    ...{ NEWCOMERS_EVERY_MS: '200', REPORT_EVERY_MS: '1000' },
  };
  hub = await centre.start('hub', { ...hubFiles, ...listen, ...authority });
});

afterAll(async () => {
  await centre?.[Symbol.asyncDispose]();
});

interface Pending {
  readonly id: string;
  readonly province: string;
  readonly fingerprint: string;
  readonly state: string;
}

const pendingOf = async (province: string): Promise<Pending | undefined> => {
  const { enrolments } = await call<{ enrolments: Pending[] }>(hub, '/v1/enrolments');
  return enrolments.find((one) => one.province === province && one.state === 'pending');
};

/** What both operators do; the answer is the running node. */
async function enrol(province: string, name = province): Promise<Running> {
  const invitation = await run('hub', ['invite', province], hub);
  if (province === '24') used = invitation;
  const address = await centre.address();
  const directory = centre.path(`node-${name}`);
  const invitationFile = centre.path(`invitation-${name}`);
  await writeFile(invitationFile, invitation);
  const args = ['enrol', '--invitation-file', invitationFile, '--address', address, '--dir', directory];
  const joining = command('node', args);
  await waitFor(`${province} to ask`, async () => (await pendingOf(province)) !== undefined);
  const { id, fingerprint } = (await pendingOf(province)) as Pending;
  await waitFor('its fingerprint', () => FINGERPRINT.test(joining.printed.out));
  expect(FINGERPRINT.exec(joining.printed.out)?.[0]).toBe(fingerprint);
  expect(await run('hub', ['enrolments'], hub)).toContain(fingerprint);
  const wrong = await command('hub', ['approve', id, '--fingerprint', 'AAAA-BBBB-CCCC-DDDD'], hub).ended;
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('FINGERPRINT_MISMATCH') });
  await run('hub', ['approve', id, '--fingerprint', fingerprint], hub);
  expect(await joining.ended).toMatchObject({ code: 0 });
  const keys = join(directory, 'federation-keys.json');
  await writeFile(keys, JSON.stringify({ keys: { 1: federationKey } }), { mode: 0o600 });
  const env = {
    ...SHORT_LOOKS,
    IDENTITY_DIR: directory,
    GRPC_LISTEN: address,
    DATA_KEYS_FILE: await dataKeys(name),
  };
  const node = await centre.start(province, env, name);
  nodes.set(province, node);
  return node;
}

/** Keys of the node's sealed columns. */
async function dataKeys(name: string): Promise<string> {
  const path = centre.path(`data-keys-${name}.json`);
  await createKeyRingFile(path);
  return path;
}

const certificateOf24 = () => readFile(centre.path('node-24', 'tls.pem'), 'utf8');
const statusOf = (id: string) => call<TraceStatus>(nodes.get('24') as Running, `/v1/traces/${id}`);
const coverageOf = async (id: string) =>
  Object.fromEntries((await statusOf(id)).coverage.map((one) => [one.province, one.reason ?? one.state]));
const at = (daysAgo: number, hour: number) => {
  const midnight = Math.floor(nowSeconds(systemClock) / 86_400) * 86_400;
  return isoInstant(midnight - daysAgo * 86_400 + hour * 3_600);
};

// Never again: who has joined has used an invitation, and a second one of theirs would be good for a thief.
const ONCE = { retry: 0, timeout: 180_000 };

test('three provinces join, and the hub and they agree about their fingerprints', ONCE, async () => {
  for (const province of ['24', '79', '01']) await enrol(province);
  certificateAtFirst = await certificateOf24();
  await waitFor('all to be up', async () => {
    const { provinces } = await call<{ provinces: { province: string; state: string }[] }>(
      hub,
      '/v1/provinces',
    );
    return provinces.length === 3 && provinces.every(({ state }) => state === 'up');
  });
  const pinned = JSON.parse(await readFile(centre.path('node-24', 'hub.json'), 'utf8')).oprf_statements;
  expect(pinned).toEqual([(await readFile(hubFiles.OPRF_STATEMENTS_FILE as string, 'utf8')).trim()]);
});

test('an invitation that was used serves nobody else', async () => {
  expect([...nodes.keys()]).toEqual(['24', '79', '01']);
  const address = await centre.address();
  const invitationFile = centre.path('used');
  await writeFile(invitationFile, used);
  const args = [
    'enrol',
    '--invitation-file',
    invitationFile,
    '--address',
    address,
    '--dir',
    centre.path('thief'),
  ];
  const { code, err } = await command('node', args).ended;
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('INVITATION_INVALID') });
});

test('a trace over the three is complete', async () => {
  const [n24, n79, n01] = ['24', '79', '01'].map((province) => nodes.get(province) as Running) as [
    Running,
    Running,
    Running,
  ];
  await importFile(n24, 'places', 'place,name,kind\nxuong-1,Xưởng,factory\n');
  await importFile(n01, 'places', 'place,name,kind\npho-12,Phở,restaurant\n');
  await importFile(n79, 'persons', 'identifiers,province\ncccd:079085000002 phone:+84912000002,79\n');
  await importFile(n24, 'persons', 'identifiers,province\ncccd:024090000001,24\n');
  const rows = (place: string, other: string) =>
    `identifier,place,in_at,out_at\ncccd:024090000001,${place},${at(4, 8)},${at(4, 9)}\n` +
    `${other},${place},${at(4, 8)},${at(4, 9)}\n`;
  await importFile(n24, 'check-ins', rows('xuong-1', 'cccd:079085000002'));
  await importFile(n01, 'check-ins', rows('pho-12', 'phone:+84912000002'));
  const sick = { identifiers: ['cccd:024090000001'], sampled_at: at(3, 8) };
  const { id } = await call<{ id: string }>(n24, '/v1/cases', { body: JSON.stringify(sick) });
  const wanted = { cases: [id], direction: 'forward' };
  trace = (await call<{ id: string }>(n24, '/v1/traces', { body: JSON.stringify(wanted) })).id;
  await waitFor('a complete trace', async () => (await statusOf(trace)).state === 'complete');
  const status = await statusOf(trace);
  expect(status.contacts).toEqual({ by_degree: { 1: 1 }, by_province: { 79: 1 } });
  expect(await coverageOf(trace)).toEqual({ '01': 'current', 24: 'current', 79: 'current' });
}, 60_000);

test('a fourth that joins is asked by the open trace', async () => {
  await enrol('31');
  await waitFor('31 in the coverage', async () => (await coverageOf(trace))['31'] === 'current');
  expect((await statusOf(trace)).state).toBe('complete');
}, 90_000);

describe('a revoked province', () => {
  const traceOf79 = async () => {
    const n79 = nodes.get('79') as Running;
    const sick = { identifiers: ['cccd:079085000002'], sampled_at: at(3, 8) };
    const { id } = await call<{ id: string }>(n79, '/v1/cases', { body: JSON.stringify(sick) });
    const wanted = { cases: [id], direction: 'forward' };
    return (await call<{ id: string }>(n79, '/v1/traces', { body: JSON.stringify(wanted) })).id;
  };
  const stateAtHub = async (id: string) => (await call<TraceStatus>(hub, `/v1/traces/${id}`)).state;

  test('is cut off within seconds, and shown', async () => {
    const own = await traceOf79();
    await waitFor('its trace', async () => (await stateAtHub(own)) === 'complete');
    const before = systemClock.nowMs();
    await run('hub', ['revoke', '79', '--reason', 'the server was stolen'], hub);
    await waitFor(
      '79 in the coverage',
      async () => (await coverageOf(trace))['79'] === 'PROVINCE_REVOKED',
      5_000,
    );
    expect(systemClock.nowMs() - before).toBeLessThan(10_000);
    expect((await statusOf(trace)).state).toBe('partial');
    await waitFor('the end of its own trace', async () => (await stateAtHub(own)) === 'closed', 5_000);
    const log = () => readFile(centre.path('hub.log'), 'utf8');
    await waitFor('the hub to refuse it', async () => (await log()).includes('"reason":"PROVINCE_REVOKED"'));
  }, 30_000);

  test('opens no trace any more, and the others know', async () => {
    const n79 = nodes.get('79') as Running;
    const opened = await traceOf79();
    await waitFor(
      'the others to know',
      async () => {
        const logs = await Promise.all(
          ['24', '01', '31'].map((p) => readFile(centre.path(`${p}.log`), 'utf8')),
        );
        return logs.every((log) => log.includes('province revoked'));
      },
      8_000,
    );
    expect((await call<TraceStatus>(n79, `/v1/traces/${opened}`)).state).toBe('queued');
  }, 30_000);

  test('comes back with new keys, and only with those', async () => {
    await enrol('79', '79_anew');
    await waitFor('79 in the coverage', async () => (await coverageOf(trace))['79'] === 'current');
    await waitFor('a complete trace', async () => (await statusOf(trace)).state === 'complete');
    const log = () => readFile(centre.path('hub.log'), 'utf8');
    await waitFor('the stolen one refused', async () => (await log()).includes('CERTIFICATE_REVOKED'));
  }, 90_000);
});

test('certificates are renewed and the hub takes a new one, without a restart', async () => {
  const log = () => readFile(centre.path('hub.log'), 'utf8');
  await run('hub', ['ca', 'issue-hub', '--ca-dir', centre.path('ca'), '--dir', centre.path('hub')]);
  await waitFor('the hub', async () => (await log()).includes('a new certificate is in use'));
  await waitFor('a renewal', async () => (await certificateOf24()) !== certificateAtFirst, 60_000);
  await waitFor('all to be up', async () => {
    const { provinces } = await call<{ provinces: { state: string }[] }>(hub, '/v1/provinces');
    return provinces.every(({ state }) => state === 'up');
  });
  expect((await statusOf(trace)).state).toBe('complete');
}, 90_000);
