/**
 * Keys change in a running federation: data keys (`truyvet-node keys rotate`) and the key service's key
 * (`truyvet-hub oprf rotate`), in the middle of imports and traces, with a node killed while it seals anew,
 * and one left behind. Traces find what the oracle finds, imports change nothing, and a node with the wrong
 * keys does not start.
 */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { call, importDataset, importFile, openTrace, waitForTrace } from '../federation/drive.ts';
import {
  converges,
  createWorld,
  holdAt,
  type Imported,
  importWorld,
  linksAreUp,
  open,
  pickRequest,
  rowsOf,
} from '../federation/scenario.ts';
import { runCommandLine } from '../support/command-line.ts';
import { extent } from '../support/extent.ts';
import { SHORT_LOOKS } from '../support/federations.ts';
import { run } from '../support/operator.ts';
import { waitFor } from '../support/wait.ts';

/** Of the rotations in which everything is imported again. */
const GENERATIONS = extent({ quick: [2], all: [2, 3] });
const LAST = 1 + GENERATIONS.length;
const NEXT = LAST + 1;

let federation: Federation;
let imported: Imported;
let picked: ReturnType<typeof pickRequest>;

beforeAll(async () => {
  federation = await createWorld({
    killed: ['79'],
    env: {
      '*': { LOG_LEVEL: 'info', ...SHORT_LOOKS, REPORT_EVERY_MS: '250' },
      // Whom a round gives up after a second loses contacts to who answers, and they stand there.
      hub: { ROUND_DEADLINE_MS: '10000' },
    },
    // The hub has its next key from the start.
    intercept: async ({ keys: files }) => {
      const { key, statement } = await files.nextOprfKey(2);
      await appendFile(files.oprfKeyFile, `${key}\n`);
      await appendFile(files.oprfStatementsFile, `${statement}\n`);
      return {};
    },
  });
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
  for (const generation of GENERATIONS) {
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
  for (let former = 1; former < LAST; former++)
    expect(status).toMatch(new RegExp(`\\n${former} .* may leave the ring`));
  expect(status).toMatch(new RegExp(`\\n${LAST} .* current`));
  const file = await readFile(federation.node('24').dataKeysFile as string, 'utf8');
  const secrets = [...file.matchAll(/[0-9a-f]{64}/g)].map(([key]) => key);
  expect(secrets).toHaveLength(LAST);
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
      `SELECT count(*)::int AS n FROM identifiers WHERE key_generation = ${NEXT}`,
    );
    return (row?.n ?? 0) > 0;
  });
  await federation.kill('79', 'SIGKILL');
  await federation.restart();
  await linksAreUp(federation);
  await importFile(door, 'persons', ['identifiers,name', ...many, ''].join('\n'));
  await waitFor('the old generation to retire', async () => (await liveAt('79')).join() === `${NEXT}`);
  expect(await counts('79')).toEqual(before);
  await trace();
});

test('the old generations may leave the ring then, and the needed one must not', async () => {
  const file = federation.node('79').dataKeysFile as string;
  const ring = JSON.parse(await readFile(file, 'utf8')) as { current: number; keys: Record<string, string> };
  await federation.kill('79', 'SIGTERM');
  const wrong = [
    [{ current: NEXT, keys: { [NEXT]: ring.keys[LAST] } }, /DATA_KEYS_WRONG/],
    [{ current: NEXT + 1, keys: { [NEXT + 1]: ring.keys[LAST] } }, /DATA_KEYS_INCOMPLETE/],
  ] satisfies [object, RegExp][];
  for (const [keysOfNobody, reason] of extent({ quick: wrong.slice(0, 1), all: wrong })) {
    await writeFile(file, JSON.stringify(keysOfNobody));
    await expect(federation.restart()).rejects.toThrow(reason);
  }
  await writeFile(file, JSON.stringify({ current: NEXT, keys: { [NEXT]: ring.keys[NEXT] } }));
  await federation.restart();
  await linksAreUp(federation);
  await trace();
});

describe('the key service’s key', () => {
  const oprf = (...args: string[]) => run('hub', ['oprf', ...args], federation.hub);
  /** When the operator is shown this: which generations are served, or whom the switch waits for. */
  const shown = (said: string) =>
    waitFor(said, async () => (await oprf()).split('\n').some((line) => line.endsWith(`: ${said}`)));
  const [index, contact, late] = [1, 2, 3].map((n) => `phone:+8493777000${n}`);
  const met = (province: string, whom: string, hour: string) => {
    const row = `${index},${whom},2021-06-11T${hour}:00:00Z,2021-06-11T${hour}:20:00Z`;
    const file = `identifier_a,identifier_b,from,until\n${row}\n`;
    return importFile(federation.node(province), 'encounters', file);
  };
  let caseId: string;
  const begin = () => {
    const asOf = Date.parse('2021-06-20T00:00:00Z') / 1000;
    const asked = { cases: [caseId], direction: 'forward', maxDegree: 1, asOf } as const;
    return openTrace(federation.node('24'), asked);
  };
  /** Once it has so many contacts, and 79 is in this state, all others current; why 79 is in it. */
  const stands = async (id: string, contacts: number, away = 'current') => {
    const { coverage } = await waitForTrace(federation.node('24'), id, (status) => {
      const states = status.coverage.map(({ province, state }) => `${province} ${state}`).sort();
      return (
        states.join() === ['01 current', '24 current', `79 ${away}`].join() &&
        status.contacts.by_degree['1'] === contacts
      );
    });
    return coverage.find(({ province }) => province === '79')?.reason;
  };

  test('goes to the next; who is not done is left behind, refused by name, and comes', async () => {
    await met('24', contact as string, '01');
    const body = JSON.stringify({ identifiers: [index], onset_on: '2021-06-10' });
    caseId = (await call<{ id: string }>(federation.node('24'), '/v1/cases', { body })).id;
    const before = await begin();
    await stands(before, 1);

    // Somebody holds a row of it, so that it is not done before the others have gone on.
    await using held = await holdAt(federation.node('79'), 'SELECT FROM identifiers LIMIT 1 FOR UPDATE');
    await oprf('rotate');
    await shown('79');
    await oprf('leave-behind', '79');
    await shown('1, 2');
    let after = before;
    await waitFor('a trace under the new key', async () => {
      after = await begin();
      const generation = `SELECT key_generation AS is FROM traces WHERE id = '${after}'`;
      await waitForTrace(federation.node('24'), after, ({ state }) => state !== 'queued');
      return (await rowsOf<{ is: number }>(federation.hub, generation))[0]?.is === 2;
    });
    // Without the new tokens it says so, and answers in the trace of before.
    expect(await stands(after, 1, 'refused')).toBe('KEY_GENERATION_MISMATCH');
    await met('79', late as string, '04');
    await stands(before, 2);
    await held[Symbol.asyncDispose]();
    await stands(after, 2);
    await trace();
  });

  test('of before is gone when nothing needs it any more', async () => {
    await rowsOf(federation.hub, 'UPDATE traces SET closed_at = now() WHERE key_generation = 1');
    await rowsOf(federation.hub, "UPDATE key_rotations SET used_from = used_from - interval '2 days'");
    await shown('2');
    const stored = `SELECT FROM identifiers WHERE token_generation = 1 OR next_token IS NOT NULL`;
    for (const node of federation.nodes)
      await waitFor('its tokens', async () => (await rowsOf(node, stored)).length === 0);
    await stands(await begin(), 2);
    await trace();
  });
});
