/**
 * Data keys change in running provinces: `truyvet-node keys rotate` in the middle of imports and traces, with
 * a node killed while it seals anew. Traces find what the oracle finds, imports change nothing, and a node
 * with the wrong keys does not start.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { importDataset, importFile } from '../federation/drive.ts';
import {
  converges,
  createWorld,
  type Imported,
  importWorld,
  linksAreUp,
  open,
  pickRequest,
  rowsOf,
} from '../federation/scenario.ts';
import { runCommandLine } from '../support/command-line.ts';
import { SHORT_LOOKS } from '../support/federations.ts';
import { waitFor } from '../support/wait.ts';

let federation: Federation;
let imported: Imported;
let picked: ReturnType<typeof pickRequest>;

beforeAll(async () => {
  federation = await createWorld({ killed: ['79'], env: { '*': { LOG_LEVEL: 'info', ...SHORT_LOOKS } } });
  imported = await importWorld(federation, 1);
  picked = pickRequest(imported.world);
});
afterAll(() => federation?.[Symbol.asyncDispose]());

/** `truyvet-node keys …` on the machine of a province. */
async function keys(province: string, command: string): Promise<string> {
  const { databaseUrl, dataKeysFile = '' } = federation.node(province);
  const own = { DATABASE_URL: databaseUrl, DATA_KEYS_FILE: dataKeysFile };
  const env = { TRUYVET_LANGUAGE: 'en', ...own };
  const { code, out, err } = await runCommandLine('node', ['keys', command], { env });
  if (code !== 0) throw new Error(err);
  return out;
}

const liveAt = async (province: string) => {
  const rows = await rowsOf<{ generation: number }>(
    federation.node(province),
    'SELECT generation FROM data_keys WHERE retired_at IS NULL ORDER BY 1',
  );
  return rows.map(({ generation }) => generation);
};
const trace = async () => {
  const id = await open(federation, imported, picked.request);
  return converges(federation, id, { at: picked.owner, expected: picked.expected });
};
/** Whom a trace names, wherever they are. */
const named = (contacts: Awaited<ReturnType<typeof trace>>) =>
  contacts.map(({ province, identifiers, name }) => `${province} ${identifiers.join(' ')} ${name}`).sort();
const counts = async (province: string) =>
  rowsOf(
    federation.node(province),
    `SELECT (SELECT count(*)::int FROM identifiers) AS identifiers,
      (SELECT count(*)::int FROM records) AS records,
      (SELECT count(*)::int FROM households) AS households, (SELECT count(*)::int FROM places) AS places`,
  );

test('keys rotate in all provinces while traces run and everything is imported again', async () => {
  const before = named(await trace());
  const rows = await Promise.all(federation.nodes.map(({ name }) => counts(name)));
  for (const generation of [2, 3]) {
    const told = await Promise.all(federation.nodes.map(({ name }) => keys(name, 'rotate')));
    expect(told.every((text) => text.includes(`Generation ${generation} takes effect`))).toBe(true);
    while (
      !(await Promise.all(federation.nodes.map(({ name }) => liveAt(name)))).every(
        (live) => live.join() === `${generation}`,
      )
    ) {
      expect(named(await trace())).toEqual(before);
      await importDataset(federation, imported.world);
    }
  }
  expect(named(await trace())).toEqual(before);
  expect(await Promise.all(federation.nodes.map(({ name }) => counts(name)))).toEqual(rows);
});

test('what the operator is shown names generations and counts, and no key', async () => {
  const status = await keys('24', 'status');
  expect(status).toMatch(/\n1 .* may leave the ring/);
  expect(status).toMatch(/\n2 .* may leave the ring/);
  expect(status).toMatch(/\n3 .* current/);
  const file = await readFile(federation.node('24').dataKeysFile as string, 'utf8');
  const secrets = [...file.matchAll(/[0-9a-f]{64}/g)].map(([key]) => key);
  expect(secrets).toHaveLength(3);
  const log = await readFile(federation.node('24').logFile, 'utf8');
  expect(log).toContain('data keys rotated');
  for (const secret of secrets) expect(status + log).not.toContain(secret);
});

test('a node that is killed while it seals anew goes on when it is back', async () => {
  const door = federation.node('79');
  const many = Array.from({ length: 3_000 }, (_, i) => `cmnd:7${String(i).padStart(8, '0')},Người ${i}`);
  await importFile(door, 'persons', ['identifiers,name', ...many, ''].join('\n'));
  const before = await counts('79');
  await keys('79', 'rotate');
  await waitFor('re-sealing', async () => {
    const [row] = await rowsOf<{ n: number }>(
      door,
      'SELECT count(*)::int AS n FROM identifiers WHERE key_generation = 4',
    );
    return (row?.n ?? 0) > 0;
  });
  await federation.kill('79', 'SIGKILL');
  await federation.restart();
  await linksAreUp(federation);
  await importFile(door, 'persons', ['identifiers,name', ...many, ''].join('\n'));
  await waitFor('the old generation to retire', async () => (await liveAt('79')).join() === '4');
  expect(await counts('79')).toEqual(before);
  await trace();
});

test('the old generations may leave the ring then, and the needed one must not', async () => {
  const file = federation.node('79').dataKeysFile as string;
  const ring = JSON.parse(await readFile(file, 'utf8')) as { current: number; keys: Record<string, string> };
  await federation.kill('79', 'SIGTERM');
  await writeFile(file, JSON.stringify({ current: 4, keys: { 4: ring.keys[3] } }));
  await expect(federation.restart()).rejects.toThrow(/DATA_KEYS_WRONG/);
  await writeFile(file, JSON.stringify({ current: 5, keys: { 5: ring.keys[3] } }));
  await expect(federation.restart()).rejects.toThrow(/DATA_KEYS_INCOMPLETE/);
  await writeFile(file, JSON.stringify({ current: 4, keys: { 4: ring.keys[4] } }));
  await federation.restart();
  await linksAreUp(federation);
  await trace();
});
