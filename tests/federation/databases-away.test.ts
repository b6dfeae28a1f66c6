/**
 * All databases of a federation are away for a while, as its programs go on: no background task of hub or
 * node ends, leaves a rejection to nobody, or is quiet afterwards.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { systemClock } from '../../shared/clock.ts';
import { runningLoops } from '../../shared/loop.ts';
import { createTcpGate, type TcpGate } from '../support/tcp-gate.ts';
import { waitFor } from '../support/wait.ts';
import { converges, createWorld, importWorld, open, pickRequest } from './scenario.ts';

/** Longer than the intervals of all that looks often, and the first tries again of the rest. */
const AWAY_MS = 3_000;

const gates: TcpGate[] = [];
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
  return env;
}

beforeAll(async () => {
  process.on('unhandledRejection', note);
  federation = await createWorld({ intercept, env: { hub: { TRACE_REST_MS: '300' } } });
});
afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  for (const gate of gates) await gate[Symbol.asyncDispose]();
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
