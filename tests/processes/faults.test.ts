/**
 * Promises 1, 2 and 6 under faults of processes: nodes and hub down, stopped, killed at chosen statements.
 * Each trace ends equal to the oracle on the merged data, every contact at exactly one province.
 */

import { appendFile, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import type { Wiring } from '../../deploy/federation/program-environments.ts';
import { openingSha256, readAdmittedOpening, signWarrant } from '../../shared/signed/opening.ts';
import { loadPrivateKey } from '../../shared/signed/opening-keys.ts';
import { call, listContacts } from '../federation/drive.ts';
import {
  beginsForATest,
  converges,
  createWorld,
  holdAt,
  holdWriters,
  type Imported,
  importWorld,
  PROVINCES,
  pickRequest,
  rowsOf,
  startScenario,
  statusOf,
} from '../federation/scenario.ts';
import { extent } from '../support/extent.ts';
import { waitFor } from '../support/wait.ts';

/** In `npm test` others are no processes of their own, and end in good order where all end at once. */
const KILLED_PROVINCES = extent({ quick: ['79'], all: PROVINCES });
const start = extent<typeof createWorld>({ quick: createWorld, all: startScenario });

let federation: Federation;
let wiring: Wiring;
let imported: Imported;
let picked: ReturnType<typeof pickRequest>;
/** A province that does not own the trace's case, and whose contacts the trace needs. */
let other: string;

beforeAll(async () => {
  federation = await start({
    killed: ['hub', ...KILLED_PROVINCES],
    intercept: async (planned) => {
      wiring = planned;
      const { key, statement } = await planned.keys.nextOprfKey(2);
      await appendFile(planned.keys.oprfKeyFile, `${key}\n`);
      await appendFile(planned.keys.oprfStatementsFile, `${statement}\n`);
      return {};
    },
  });
  imported = await importWorld(federation, 1);
  picked = pickRequest(imported.world);
  other = PROVINCES.find((province) => province !== picked.owner) as string;
  expect(KILLED_PROVINCES).toContain(other);
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
});

/** Ends everything at once. */
async function endAll(): Promise<void> {
  const signalFor = (name: string) => (['hub', ...KILLED_PROVINCES].includes(name) ? 'SIGKILL' : 'SIGTERM');
  await Promise.all(['hub', ...PROVINCES].map((name) => federation.kill(name, signalFor(name))));
}

const begin = beginsForATest(() => ({ federation, imported, picked }));

const endsWell = (id: string) =>
  converges(federation, id, { at: picked.owner, expected: picked.expected, firm: false });
const owner = () => federation.node(picked.owner);

type Fault = readonly [name: string, run: () => Promise<void>];

/** Once only: the hub has two keys. */
const killedRotating: Fault = [
  'a node killed as it makes tokens of the key service’s next key goes on where it was',
  async () => {
    const id = await begin();
    const before = await endsWell(id);
    await using hold = await holdWriters(federation.node(other), 'identifiers');
    await call(federation.hub, '/v1/key-generations/rotate', { method: 'POST' });
    await hold.reached();
    await federation.kill(other, 'SIGKILL');
    // Its last statement still waits in the database.
    const restarted = federation.restart();
    await hold[Symbol.asyncDispose]();
    await restarted;
    await waitFor('the switch', async () => {
      const { served } = await call<{ served: number[] }>(federation.hub, '/v1/key-generations');
      return served.join() === '1,2';
    });
    // In both at once: nobody is missing.
    const without = `SELECT FROM identifiers WHERE token_generation IS DISTINCT FROM 1
      OR next_generation IS DISTINCT FROM 2`;
    for (const node of federation.nodes) expect(await rowsOf(node, without)).toEqual([]);
    expect(await endsWell(id)).toEqual(before);
    await endsWell(await begin());
  },
];

/** The hub is killed while rows of this table are about to be written. */
const hubKilledAt = (table: string): Fault => [
  `a hub killed as it writes ${table} goes on where it was`,
  async () => {
    await using hold = await holdWriters(federation.hub, table);
    const id = await begin();
    await hold.reached();
    await federation.kill('hub', 'SIGKILL');
    // Its last statements still wait in the database, and will be carried out after its death.
    const restarted = federation.restart();
    await hold[Symbol.asyncDispose]();
    await restarted;
    await endsWell(id);
  },
];

const hubStartedBefore = (table: string): Fault => [
  `a hub started again before the last words of the one killed reach ${table}`,
  async () => {
    await using atTable = await holdWriters(federation.hub, table);
    const id = await begin();
    await atTable.reached();
    // The statement is let through to where its rows are written and the trace's row is still to be checked:
    // from
    // there on the server carries it out, whether or not anybody waits for its answer.
    await using atRow = await holdAt(federation.hub, `SELECT FROM traces WHERE id = '${id}' FOR UPDATE`);
    await atTable[Symbol.asyncDispose]();
    await atRow.reached();
    await federation.kill('hub', 'SIGKILL');
    await federation.restart();
    await atRow.reached(2);
    await atRow[Symbol.asyncDispose]();
    await endsWell(id);
    await federation.kill('hub', 'SIGKILL');
    await federation.restart();
    await endsWell(id);
  },
];

const killedAnswering = (who: string, name: () => string, table: string): Fault => [
  `${who}, killed as it writes ${table}, goes on where it was`,
  async () => {
    await using hold = await holdWriters(federation.node(name()), table);
    const id = await begin();
    await hold.reached();
    await federation.kill(name(), 'SIGKILL');
    await hold[Symbol.asyncDispose]();
    await federation.restart();
    await endsWell(id);
  },
];

/** In `npm test` the first three: each kind of program killed in the middle, and all at once. */
const FAULTS: Fault[] = [
  hubKilledAt('deliveries'),
  killedAnswering('another node', () => other, 'answered_questions'),
  [
    'everything killed at once, in the middle',
    async () => {
      await using hold = await holdWriters(federation.hub, 'answers');
      const id = await begin();
      await hold.reached();
      await endAll();
      await hold[Symbol.asyncDispose]();
      await federation.restart();
      await endsWell(id);
    },
  ],
  [
    'a hub that is down loses no request',
    async () => {
      await federation.kill('hub', 'SIGKILL');
      const id = await begin();
      expect(await statusOf(owner(), id)).toMatchObject({ id, state: 'queued' });
      await federation.kill(picked.owner, 'SIGKILL');
      await federation.restart();
      await endsWell(id);
    },
  ],
  [
    'a node killed as it takes its contacts applies them once',
    async () => {
      const responsible = PROVINCES.find(
        (province) =>
          province !== picked.owner && picked.expected.some((c) => c.residentIn.includes(province)),
      ) as string;
      await using hold = await holdWriters(federation.node(responsible), 'contacts');
      const id = await begin();
      await hold.reached();
      await federation.kill(responsible, 'SIGKILL');
      await hold[Symbol.asyncDispose]();
      const { coverage } = await statusOf(owner(), id);
      await federation.restart();
      await endsWell(id);
      expect(coverage.length).toBe(PROVINCES.length);
    },
  ],
  [
    'a closed trace is closed everywhere, and nothing more is asked',
    async () => {
      const id = await begin();
      const contacts = await endsWell(id);
      await call(owner(), `/v1/traces/${id}/close`, { method: 'POST' });
      for (const province of new Set([picked.owner, ...contacts.map((contact) => contact.province)])) {
        const door = federation.node(province);
        await waitFor('the end', async () => (await statusOf(door, id)).state === 'closed');
      }
      expect(await call(federation.hub, `/v1/traces/${id}`)).toMatchObject({ state: 'closed' });
      const asked = () =>
        rowsOf(
          federation.node(other),
          `SELECT seq, answers FROM answered_questions WHERE trace_id = '${id}' ORDER BY seq`,
        );
      const before = await asked();
      await federation.kill(other, 'SIGKILL');
      await federation.kill('hub', 'SIGKILL');
      await federation.restart();
      // Whatever is asked after a restart is asked by then: another trace runs through.
      await endsWell(await begin());
      expect(await asked()).toEqual(before);
      expect(await call(federation.hub, `/v1/traces/${id}`)).toMatchObject({ state: 'closed' });
    },
  ],
  [
    'a node that is down is named, delays nobody, and catches up',
    async () => {
      await federation.kill(other, 'SIGKILL');
      const id = await begin();
      await waitFor('a partial trace', async () => (await statusOf(owner(), id)).state === 'partial');
      const { coverage, contacts } = await statusOf(owner(), id);
      for (const { province, state, behind } of coverage) {
        if (province !== other)
          expect({ province, state, behind }).toEqual({ province, state: 'current', behind: 0 });
        else {
          expect(state).toBe('unreachable');
          expect(behind).toBeGreaterThanOrEqual(1);
        }
      }
      expect(Object.keys(contacts.by_province).length).toBeGreaterThan(0);
      await federation.restart();
      await endsWell(id);
    },
  ],
  [
    'a node that has stopped delays nobody, and goes on where it was',
    async () => {
      await federation.kill(other, 'SIGSTOP');
      try {
        const id = await begin();
        await waitFor('a partial trace', async () => (await statusOf(owner(), id)).state === 'partial');
        const slow = (await statusOf(owner(), id)).coverage.find(({ province }) => province === other);
        expect(slow?.behind).toBeGreaterThanOrEqual(1);
        expect((await statusOf(owner(), id)).state).toBe('partial');
        // What others know is theirs to work with already.
        const running = { ...federation, nodes: federation.nodes.filter(({ name }) => name !== other) };
        expect((await listContacts(running, id)).length).toBeGreaterThan(0);
        await federation.kill(other, 'SIGCONT');
        await endsWell(id);
      } finally {
        await federation.kill(other, 'SIGCONT');
      }
    },
  ],
  [
    'a trace that the hub has stored, though nobody heard of it, goes on',
    async () => {
      const stored = async () => {
        const [{ opening } = { opening: '' }] = await rowsOf<{ opening: string }>(
          owner(),
          `SELECT opening FROM traces WHERE id = '${await id}'`,
        );
        const { trace_id, revision, expires_at, province } = readAdmittedOpening(opening);
        const warrant = { trace_id, revision, expires_at, opening_sha256: openingSha256(opening) };
        const budget = { questions: 1_000, persons: 1_000_000 };
        const key = loadPrivateKey(await readFile(wiring.keys.warrantKeyFile, 'utf8'));
        const countersignature = await signWarrant({ ...warrant, issued_at: 1, budget }, key);
        return `INSERT INTO traces (id, province, expires_at)
        VALUES ('${trace_id}', '${province}', to_timestamp(${expires_at}));
      INSERT INTO openings (trace_id, revision, opening, countersignature)
        VALUES ('${trace_id}', ${revision}, '${opening}', '${countersignature}')`;
      };
      const lock = 'LOCK TABLE traces IN SHARE ROW EXCLUSIVE MODE';
      await using hold = await holdAt(federation.hub, lock, stored);
      const id = begin();
      await hold.reached();
      // As if this had been the hub's own transaction, and its connection had broken at the commit.
      await hold[Symbol.asyncDispose]();
      await endsWell(await id);
    },
  ],
  [
    'the node that owns the case, killed before it knows that the hub took it, goes on',
    async () => {
      await using atHub = await holdWriters(federation.hub, 'traces');
      const id = await begin();
      await atHub.reached();
      await using atNode = await holdWriters(owner(), 'traces');
      await atHub[Symbol.asyncDispose]();
      await atNode.reached();
      await federation.kill(picked.owner, 'SIGKILL');
      await atNode[Symbol.asyncDispose]();
      await federation.restart();
      await endsWell(id);
    },
  ],
  [
    'a complete trace survives everybody’s restart: asked again, nothing assigned twice',
    async () => {
      const id = await begin();
      const before = await endsWell(id);
      await endAll();
      await federation.restart();
      const incarnations = await rowsOf<{ province: string; incarnation: number }>(
        federation.hub,
        'SELECT province, incarnation FROM provinces',
      );
      await waitFor('answers of the new lives', async () => {
        const rows = await rowsOf<{ province: string; incarnation: number }>(
          federation.hub,
          `SELECT DISTINCT province, incarnation FROM answers WHERE trace_id = '${id}'`,
        );
        return (
          rows.length === PROVINCES.length &&
          rows.every(({ province, incarnation }) =>
            incarnations.some((i) => i.province === province && incarnation >= i.incarnation),
          )
        );
      });
      const after = await endsWell(id);
      const places = (contacts: typeof before) => contacts.map((c) => `${c.province} ${c.id}`).sort();
      expect(places(after)).toEqual(places(before));
    },
  ],
  hubKilledAt('openings'),
  hubKilledAt('questions'),
  hubKilledAt('answers'),
  hubStartedBefore('questions'),
  hubStartedBefore('deliveries'),
  killedAnswering('another node', () => other, 'openings'),
  killedAnswering('the node that owns the case', () => picked.owner, 'answered_questions'),
  killedRotating,
];

test.each(extent({ quick: FAULTS.slice(0, 3), all: FAULTS }))('%s', (_, run) => run());
