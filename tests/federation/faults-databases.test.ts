/**
 * Faults of databases under a running trace: connections cut, a database away for a moment, a node's database
 * replaced by an older copy. Each trace ends equal to the oracle on the data that is there.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Participant } from '../../deploy/federation/participant.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import type { Dataset } from '../simulation/dataset.ts';
import { toImportFiles } from '../simulation/import-files.ts';
import { extent } from '../support/extent.ts';
import { createTcpGate, type TcpGate } from '../support/tcp-gate.ts';
import { waitFor } from '../support/wait.ts';
import { call, importFile } from './drive.ts';
import {
  beginsForATest,
  converges,
  createWorld,
  cutConnections,
  expectedOf,
  holdWriters,
  type Imported,
  importWorld,
  PROVINCES,
  pickRequest,
  rowsOf,
  statusOf,
} from './scenario.ts';

let federation: Federation;
let imported: Imported;
let picked: ReturnType<typeof pickRequest>;
let other: string;

const gates = new Map<string, TcpGate>();

/** The hub and one node reach their databases through gates. */
async function intercept({ hub, nodes }: Wiring): Promise<Record<string, Record<string, string>>> {
  const env: Record<string, Record<string, string>> = {};
  for (const { name, programDatabaseUrl } of [hub, ...nodes]) {
    if (!['hub', '79'].includes(name)) continue;
    const url = new URL(programDatabaseUrl);
    const gate = await createTcpGate({ host: url.hostname, port: Number(url.port) });
    url.port = String(gate.port);
    gates.set(name, gate);
    env[name] = { DATABASE_URL: url.href };
  }
  return env;
}

beforeAll(async () => {
  federation = await createWorld({ intercept });
  imported = await importWorld(federation, 22);
  picked = pickRequest(imported.world, ({ direction }) => direction === 'forward');
  other = PROVINCES.find((province) => province !== picked.owner) as string;
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  for (const gate of gates.values()) await gate[Symbol.asyncDispose]();
});

const begin = beginsForATest(() => ({ federation, imported, picked }));

const participant = (name: string): Participant => (name === 'hub' ? federation.hub : federation.node(name));
const endsWell = (id: string, expected = picked.expected) =>
  converges(federation, id, { at: picked.owner, expected, firm: false });

const WRITERS: [string, string][] = [
  ['hub', 'answers'],
  ['79', 'answered_questions'],
  ['01', 'contacts'],
  ['hub', 'openings'],
  ['hub', 'questions'],
  ['hub', 'deliveries'],
  ['79', 'openings'],
  ['24', 'deliveries'],
];

test.each(extent({ quick: WRITERS.slice(0, 3), all: WRITERS }))(
  '%s loses its connections as it writes %s',
  async (name, table) => {
    await using hold = await holdWriters(participant(name), table);
    const id = await begin();
    await hold.reached();
    expect(await cutConnections(participant(name))).toBeGreaterThan(0);
    await hold[Symbol.asyncDispose]();
    await endsWell(id);
  },
);

/** A connection to the server's own database, for what cannot be done from within. */
const admin = ({ databaseUrl }: Participant) => {
  const url = new URL(databaseUrl);
  url.pathname = '/postgres';
  return { databaseUrl: url.href };
};
const nameOf = ({ databaseUrl }: Participant) => new URL(databaseUrl).pathname.slice(1);

test.each(['hub', '79'])('the database of %s is away for a while', async (name) => {
  const gate = gates.get(name) as TcpGate;
  await using hold = await holdWriters(participant(name), name === 'hub' ? 'answers' : 'answered_questions');
  const id = await begin();
  await hold.reached();
  await gate.shut();
  await hold[Symbol.asyncDispose]();
  await waitFor(
    'it to be noticed',
    async () => (await fetch(`${participant(name).url}/readyz`)).status === 503,
  );
  await gate.open();
  await endsWell(id);
  expect((await fetch(`${participant(name).url}/readyz`)).status).toBe(200);
});

/** An encounter of the index person with somebody who is no contact yet: contacts grow by it. */
function lateEncounter(province: string, data: Dataset): Dataset {
  const index = data.cases.find(({ id }) => id === picked.request.cases[0]);
  const known = new Set(expectedOf(data, picked.request).flatMap(({ identifiers }) => identifiers));
  const from = Date.parse(`${index?.onsetOn}T06:00:00+07:00`) / 1000;
  for (const { identifiers } of data.people) {
    const [identifierA, identifierB] = [index?.identifiers[0] as string, identifiers[0] as string];
    if (known.has(identifierB) || index?.identifiers.includes(identifierB)) continue;
    const row = { province, identifierA, identifierB, from, until: from + 1800 };
    const larger = { ...data, encounters: [...data.encounters, row] };
    if (expectedOf(larger, picked.request).length > known.size / 10 && differs(larger, data)) return larger;
  }
  throw new Error('everybody is a contact');
}

const differs = (a: Dataset, b: Dataset) =>
  JSON.stringify(expectedOf(a, picked.request)) !== JSON.stringify(expectedOf(b, picked.request));

async function importLate(province: string, data: Dataset): Promise<void> {
  const row = data.encounters.at(-1);
  const { encounters } = toImportFiles({ ...data, encounters: row ? [row] : [] }, province);
  await importFile(federation.node(province), 'encounters', encounters);
}

/** Stops a node and copies its database. */
async function copyDatabase(node: Participant): Promise<void> {
  await federation.kill(node.name, 'SIGTERM');
  await rowsOf(admin(node), `CREATE DATABASE ${nameOf(node)}_copy TEMPLATE ${nameOf(node)}`);
  await federation.restart();
}

/** Stops a node and puts the copy in the place of its database. */
async function restoreDatabase(node: Participant): Promise<void> {
  await federation.kill(node.name, 'SIGTERM');
  await rowsOf(admin(node), `DROP DATABASE ${nameOf(node)} WITH (FORCE)`);
  await rowsOf(admin(node), `ALTER DATABASE ${nameOf(node)}_copy RENAME TO ${nameOf(node)}`);
  await federation.restart();
}

test('a node restored to before the trace is asked everything and gets its contacts again', async () => {
  const node = federation.node(other);
  await copyDatabase(node);
  const id = await begin();
  const before = await endsWell(id);
  const later = lateEncounter(other, imported.world);
  await importLate(other, later);
  await endsWell(id, expectedOf(later, picked.request));
  // Two corrections, so that the trace has three openings of which the restored node knows none.
  const caseId = imported.caseIds.get(picked.request.cases[0] as string);
  const owner = federation.node(picked.owner);
  for (const [revision, isolated_at] of ['2021-07-01T00:00:00+07:00', null].entries()) {
    await call(owner, `/v1/cases/${caseId}`, { method: 'PATCH', body: JSON.stringify({ isolated_at }) });
    await waitFor('the correction', async () => {
      const sql = `SELECT FROM openings WHERE trace_id = '${id}' AND revision = ${revision + 1}`;
      return (await rowsOf(federation.hub, sql)).length > 0;
    });
  }
  await endsWell(id, expectedOf(later, picked.request));
  await restoreDatabase(node);
  const after = await endsWell(id);
  const places = (contacts: typeof before) => contacts.map((c) => c.province).sort();
  expect(places(after)).toEqual(places(before));
  const { coverage } = await statusOf(owner, id);
  expect(coverage.map(({ state }) => state)).toEqual(PROVINCES.map(() => 'current'));
});

test('the node that owns the case is restored to before later data', async () => {
  const node = federation.node(picked.owner);
  const id = await begin();
  await endsWell(id);
  await copyDatabase(node);
  const later = lateEncounter(picked.owner, imported.world);
  await importLate(picked.owner, later);
  await endsWell(id, expectedOf(later, picked.request));
  await restoreDatabase(node);
  await endsWell(id);
});
