/**
 * What is away for a while, as the programs of a federation go on. All databases: no background task of hub
 * or node ends, leaves a rejection to nobody, or is quiet afterwards. The hub, from one node: what was to be
 * told to it is told when it is back.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { systemClock } from '../../shared/clock.ts';
import { runningLoops } from '../../shared/loop.ts';
import type { Dataset } from '../simulation/dataset.ts';
import { confirmed, DAY, inProvince, met, record, T } from '../simulation/examples.ts';
import { createTcpGate, type TcpGate } from '../support/tcp-gate.ts';
import { waitFor } from '../support/wait.ts';
import {
  call,
  enterCases,
  importDataset,
  listContacts,
  openTrace,
  type ProvincialContact,
  waitForTrace,
} from './drive.ts';
import {
  converges,
  createWorld,
  expectedOf,
  holdWriters,
  importWorld,
  open,
  PROVINCES,
  pickRequest,
  rowsOf,
} from './scenario.ts';

/** Longer than the intervals of all that looks often, and the first tries again of the rest. */
const AWAY_MS = 3_000;

const gates: TcpGate[] = [];
/** Between the node of 79 and the hub. */
let hubGate: TcpGate;
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
let federation: Federation;

async function intercept({ hub, nodes }: Wiring): Promise<Record<string, Record<string, string>>> {
  const env: Record<string, Record<string, string>> = {};
  for (const { name, programDatabaseUrl } of [hub, ...nodes]) {
    const url = new URL(programDatabaseUrl);
    const gate = await createTcpGate({ host: url.hostname, port: Number(url.port) });
    gates.push(gate);
    url.port = String(gate.port);
    env[name] = { DATABASE_URL: url.href };
  }
  const [host = '', port] = hub.grpcAddress.split(':');
  hubGate = await createTcpGate({ host, port: Number(port) });
  return { ...env, '79': { ...env['79'], HUB_ADDRESS: `127.0.0.1:${hubGate.port}` } };
}

/** Whom a round gives up after a second loses contacts to who answers, and they stand there. */
const PATIENT = { ROUND_DEADLINE_MS: '10000' };

beforeAll(async () => {
  process.on('unhandledRejection', note);
  federation = await createWorld({ intercept, env: { hub: { TRACE_REST_MS: '300', ...PATIENT } } });
});
afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  for (const gate of [...gates, hubGate]) await gate?.[Symbol.asyncDispose]();
  process.off('unhandledRejection', note);
});

const readiness = (url: string) => fetch(`${url}/readyz`).then(({ status }) => status);

test('every background task outlives it', { timeout: 240_000 }, async () => {
  const imported = await importWorld(federation, 1);
  const { request, owner, expected } = pickRequest(imported.world);
  const id = await open(federation, imported, request);
  await converges(federation, id, { at: owner, expected });
  const another = await open(federation, imported, request);
  const loops = runningLoops().sort();
  expect(loops).toEqual(expect.arrayContaining(['trace-expiry', 'trace-probe', 'trace-rest']));
  for (const gate of gates) await gate.shut();
  const programs = [federation.hub, ...federation.nodes];
  for (const { url } of programs)
    await waitFor('it to be noticed', async () => (await readiness(url)) === 503);
  await systemClock.sleep(AWAY_MS);
  for (const gate of gates) await gate.open();
  for (const { url } of programs) await waitFor('it to be ready', async () => (await readiness(url)) === 200);
  await converges(federation, another, { at: owner, expected, firm: false });
  await converges(federation, await open(federation, imported, request), {
    at: owner,
    expected,
    firm: false,
  });
  expect(runningLoops().sort()).toEqual(expect.arrayContaining(loops));
  expect(unhandled).toEqual([]);
});

test('a contact is taken over though the hub is away and its reply is lost', {
  timeout: 90_000,
}, async () => {
  const index = 'cccd:024050999997';
  const [an, binh, own] = ['phone:+84919990002', 'phone:+84919990003', 'phone:+84919990004'] as const;
  const claimed = (one: string) => ['01', '79'].map((code) => inProvince(code, record(one)));
  const here: Dataset = {
    ...{ provinces: PROVINCES, places: [], checkIns: [] },
    people: [...claimed(an), ...claimed(binh), inProvince('79', record(own))].map((row) => {
      return { ...row, provinceOfResidence: row.province };
    }),
    encounters: [an, binh, own].map((one) => met(index, one, 0, 1_200)),
    cases: [confirmed({ id: 'claimed', identifiers: [index] })],
  };
  const taken = { direction: 'forward' as const, maxDegree: 1, asOf: T + DAY };
  await importDataset(federation, here);
  const cases = [...(await enterCases(federation, here)).values()];
  const id = await openTrace(federation.node('24'), { ...taken, cases });
  await converges(federation, id, {
    at: '24',
    expected: expectedOf(here, { ...taken, cases: ['claimed'] }),
  });
  const taker = () => federation.node('79');
  const held = async (who: string) =>
    (await listContacts(federation, id)).filter(({ identifiers }) => identifiers.includes(who));
  const at79 = async (who: string) =>
    (await held(who)).find(({ province }) => province === '79') as ProvincialContact;
  const ask = (contact: string, expected = [202]) =>
    call<object>(taker(), `/v1/traces/${id}/contacts/${contact}/take-over`, { method: 'POST', expected });
  const said = (program: { databaseUrl: string }, outcome: string) =>
    rowsOf<{ reason: string | null }>(
      program,
      `SELECT body::jsonb ->> 'reason' AS reason FROM audit_records WHERE body::jsonb @> '{
        "action": "contacts.taken_over", "outcome": "${outcome}", "on": [{"trace": "${id}"}]}'`,
    );
  const [contact, other, ours] = [await at79(an), await at79(binh), await at79(own)];
  expect([contact, other, ours].map((one) => one.also_claimed)).toEqual([true, true, false]);
  expect(await ask(ours.id)).toEqual({ contact: ours.id, take_over: null });
  expect(await ask('0'.repeat(32), [404])).toMatchObject({ reason: 'CONTACT_UNKNOWN' });

  await hubGate.shut();
  expect(await ask(contact.id)).toEqual({ contact: contact.id, take_over: 'asked' });
  // Stored, not remembered.
  await federation.kill('79', 'SIGTERM');
  await federation.restart();
  expect(await at79(an)).toMatchObject({ also_claimed: true, take_over: 'asked' });
  const hold = await holdWriters(federation.hub, 'taken_over');
  await hubGate.open();
  await hold.reached();
  await hubGate.shut();
  await hold[Symbol.asyncDispose]();
  // What follows from it comes by the hub's own connection, before or after the wish is sent once more.
  await waitFor('the hub to have done it', async () => (await said(federation.hub, 'done')).length > 0);
  await hubGate.open();
  await waitFor('it to be here', async () => !(await at79(an)).also_claimed);
  const by = (await held(an)).map(({ province, also_claimed }) => [province, also_claimed]);
  expect(by.sort()).toEqual([
    ['01', true],
    ['79', false],
  ]);
  expect(await at79(an)).toMatchObject({ take_over: null, take_over_refusal: null });
  expect(await said(federation.hub, 'done')).toHaveLength(1);

  // What the hub says no to is said where it was asked for, in words.
  await hubGate.shut();
  await ask(other.id);
  await call(federation.node('24'), `/v1/traces/${id}/close`, { method: 'POST' });
  await waitForTrace(federation.node('24'), id, ({ state }) => state === 'closed');
  await hubGate.open();
  await waitFor('the refusal', async () => (await at79(binh)).take_over === 'refused');
  expect(await at79(binh)).toMatchObject({
    ...{ also_claimed: true, take_over_refusal: 'TRACE_UNKNOWN' },
    take_over_detail: 'Không có truy vết này. · There is no such trace.',
  });
  expect(await said(taker(), 'refused')).toEqual([
    { reason: 'CONTACT_UNKNOWN' },
    { reason: 'TRACE_UNKNOWN' },
  ]);
});
