/**
 * The federation key with nodes that are killed: a newcomer that comes to life when its fingerprint has been
 * compared, a rotation while a trace is open and a node is down, and a search for the key elsewhere.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Participant } from '../../deploy/federation/participant.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { FEDERATION_KEYS_FILE, readKeyFile, writeKeyFile } from '../../node/federation/keys/key-file.ts';
import { approvedProvince } from '../../shared/signed/key-approval.ts';
import { call, type ProvincialContact } from '../federation/drive.ts';
import {
  converges,
  createWorld,
  type Imported,
  importWorld,
  open,
  ownerOf,
  PROVINCES,
  pickRequest,
  rowsOf,
  statusOf,
} from '../federation/scenario.ts';
import { runCommandLine } from '../support/command-line.ts';
import { extent } from '../support/extent.ts';
import { SHORT_LOOKS } from '../support/federations.ts';
import { findNeedles, type Needle } from '../support/needles.ts';
import { waitFor } from '../support/wait.ts';

/** In `npm test` nodes end in good order; faults.test.ts kills some there, too. */
const END = extent({ quick: 'SIGTERM', all: 'SIGKILL' } as const);
const NEWCOMER = '01';
const MOTHER = '24';
let directory: string;
let federation: Federation;
let wiring: Wiring;
let imported: Imported;
let picked: ReturnType<typeof pickRequest>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truyvet-federation-key-'));
  federation = await createWorld({
    killed: extent({ quick: [], all: [NEWCOMER, '79'] }),
    logsDir: join(directory, 'logs'),
    env: { '*': { LOG_LEVEL: 'trace', ...SHORT_LOOKS } },
    intercept: async (planned) => {
      wiring = planned;
      const content = await readKeyFile(keyFile(MOTHER));
      const approvals = content.approvals.filter((approval) => approvedProvince(approval) !== NEWCOMER);
      await writeKeyFile(keyFile(MOTHER), { ...content, approvals });
      return {};
    },
  });
  imported = await importWorld(federation, 1);
  const { world } = imported;
  picked = pickRequest(world, (request, found) => found.length > 8 && ownerOf(world, request) !== NEWCOMER);
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const keyFile = (province: string) => join(wiring.keys.identityDir(province), FEDERATION_KEYS_FILE);
const begin = () => open(federation, imported, picked.request);
const ends = (id: string) =>
  converges(federation, id, { at: picked.owner, expected: picked.expected, firm: false });

interface KeyJson {
  readonly generations: readonly { generation: number; held_by: string[] }[];
  readonly current: number | null;
}
const keysAt = (participant: Participant) => call<KeyJson>(participant, '/v1/federation/key');
const generationsAt = async (participant: Participant) =>
  (await keysAt(participant)).generations.map(({ generation }) => generation);

/** The node's command line; rejects with what it printed unless it ends well. */
async function cli({ url, token }: Participant, ...args: string[]): Promise<string> {
  const env = { TRUYVET_LANGUAGE: 'en', TRUYVET_URL: url, TRUYVET_TOKEN: token };
  const { code, out, err } = await runCommandLine('node', args, { env });
  if (code !== 0) throw new Error(err);
  return out;
}

/** Generations under which the nodes have admitted a trace. */
async function admittedUnder(trace: string): Promise<number[]> {
  const statement = `SELECT DISTINCT federation_key AS generation FROM openings WHERE trace_id = '${trace}'`;
  const rows = await Promise.all(
    federation.nodes.map((node) => rowsOf<{ generation: number }>(node, statement)),
  );
  expect(rows.every((found) => found.length === 1)).toBe(true);
  return rows.flat().map(({ generation }) => generation);
}

test('a node without the key says so, and comes to life when its fingerprint has been compared', async () => {
  await federation.kill(NEWCOMER, END);
  await rm(keyFile(NEWCOMER));
  const ready = federation.restart();
  const [newcomer, mother] = [federation.node(NEWCOMER), federation.node(MOTHER)];
  await waitFor('a node that is not ready for want of the key', async () => {
    const response = await fetch(`${newcomer.url}/readyz`);
    return response.status === 503 && (await response.text()).includes('federation_key');
  });
  const { pid } = newcomer;

  const id = await begin();
  const isRefused = (one: { province: string; state: string; reason?: string }) =>
    one.province === NEWCOMER && one.state === 'refused' && one.reason === 'FEDERATION_KEY_MISSING';
  await waitFor('a partial trace that names the node without a key', async () => {
    const { state, coverage } = await statusOf(federation.node(picked.owner), id);
    return state === 'partial' && coverage.some(isRefused);
  });

  const listed = await cli(mother, 'newcomers');
  const fingerprint = /^01 .*?((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})/m.exec(listed)?.[1] as string;
  const wrong = fingerprint.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'));
  await expect(cli(mother, 'approve', NEWCOMER, '--fingerprint', wrong)).rejects.toThrow(
    'FINGERPRINT_MISMATCH',
  );
  expect(await generationsAt(newcomer)).toEqual([]);

  await cli(mother, 'approve', NEWCOMER, '--fingerprint', fingerprint);
  await ready;
  expect(federation.node(NEWCOMER).pid).toBe(pid);
  expect(await readKeyFile(keyFile(NEWCOMER))).toMatchObject({ giver: { province: MOTHER } });
  await ends(id);
  expect(await cli(mother, 'newcomers')).not.toContain(fingerprint);
});

test('a rotation leaves open traces their key, new ones get the new, a node that was down both', async () => {
  const other = PROVINCES.find((code) => code !== picked.owner && code !== NEWCOMER) ?? NEWCOMER;
  const owner = federation.node(picked.owner);
  await federation.kill(other, END);
  const before = await begin();
  await waitFor('a partial trace', async () => (await statusOf(owner, before)).state === 'partial');

  expect(await cli(owner, 'federation-key', 'rotate')).toContain('generation 2 (held)');
  const third = PROVINCES.find((province) => province !== picked.owner && province !== other) as string;
  await waitFor('the new generation at the third', async () =>
    (await generationsAt(federation.node(third))).includes(2),
  );
  expect((await keysAt(owner)).current).toBe(1);

  await federation.restart();
  const first = await ends(before);
  await waitFor('all to hold the new one', async () => (await keysAt(owner)).current === 2);
  const after = await begin();
  const second = await ends(after);
  // Both are the oracle’s. The first gave somebody to a province while another was down, and that stands
  // (README.md, One province for a contact): whom the second gave to the same one is shown as the same.
  const shown = sharedWith(second, first);
  expect(shown.length).toBeGreaterThan(first.length / 2);
  expect(sharedWith(first, second)).toEqual(shown);
  expect(await admittedUnder(before)).toEqual([1, 1, 1]);
  expect(await admittedUnder(after)).toEqual([2, 2, 2]);
  // No pseudonym of a contact is the same in both.
  const ids = new Set(first.map((contact) => contact.id));
  expect(second.filter((contact) => ids.has(contact.id))).toEqual([]);
});

test('the key is in no database and no log', async () => {
  const { keys } = await readKeyFile(keyFile(MOTHER));
  expect(keys.map(({ generation }) => generation)).toEqual([1, 2]);
  const needles = keys.flatMap(({ generation, key }) => spellingsOf(`generation ${generation}`, key));
  const dumps = await Promise.all([federation.hub, ...federation.nodes].map(dumpOf));
  const logs = await readdir(join(directory, 'logs'));
  expect(logs.length).toBe(PROVINCES.length + 1);
  const texts = await Promise.all(logs.map((name) => readFile(join(directory, 'logs', name))));
  expect(findNeedles([...dumps, ...texts], needles)).toEqual([]);
  // The search finds what is there.
  expect(findNeedles([await readFile(keyFile(MOTHER))], needles)).toHaveLength(2);
});

/** What is shown of the contacts that the other list has at the same province. */
function sharedWith(other: readonly ProvincialContact[], contacts: readonly ProvincialContact[]): string[] {
  const held = new Set(other.map(holderOf));
  return contacts
    .filter((contact) => held.has(holderOf(contact)))
    .map(withoutId)
    .sort();
}

/** The province and the oracle’s person, whichever of its identifiers the province shows. */
function holderOf({ province, identifiers: [shown = ''] }: ProvincialContact): string {
  const person = picked.expected.findIndex(({ identifiers }) => identifiers.includes(shown));
  return `${province} ${person}`;
}

/** Nor whether others claim it, which is told after it was given. */
function withoutId({ id: _, also_claimed: _told, ...contact }: ProvincialContact): string {
  return JSON.stringify({ ...contact, identifiers: [...contact.identifiers].sort() });
}

function spellingsOf(word: string, key: Uint8Array): Needle[] {
  const bytes = Buffer.from(key);
  const forms = ['hex', 'base64', 'base64url'] as const;
  const texts = forms.map((form) => ({
    word,
    form,
    bytes: Buffer.from(bytes.toString(form).replace(/=+$/, '')),
  }));
  return [...texts, { word, form: 'as it is', bytes }];
}

/** Every row of every table, bytea in hex. */
async function dumpOf(participant: Participant): Promise<Buffer> {
  const tables = await rowsOf<{ name: string }>(
    participant,
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const rows: object[] = [];
  for (const { name } of tables) rows.push(...(await rowsOf(participant, `SELECT t::text FROM ${name} t`)));
  return Buffer.from(JSON.stringify(rows));
}
