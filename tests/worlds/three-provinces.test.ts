/**
 * Promise 1 through real programs, in `.ci/run` as processes: three nodes and a hub, worlds of several
 * hundred people imported over HTTP, traced forward and backward; every contact equals the oracle's and is at
 * exactly one province.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import {
  differences,
  enterCases,
  importDataset,
  listContacts,
  openTrace,
  waitForTrace,
} from '../federation/drive.ts';
import { RULES } from '../simulation/examples.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { makeWorld } from '../simulation/world.ts';
import { extent } from '../support/extent.ts';
import { startProcesses, World } from '../support/federations.ts';

const WORLDS = extent({ quick: 2, all: 50 });
const start = extent({ quick: World.create, all: startProcesses });
const PROVINCES = ['24', '79', '01'];
/** Those that keep years: the worlds are of 2021. */
const rules = { ...RULES, max_degree: 4, trace_open_days: 21, retention_days: 4000 };

let directory: string;
let federation: Federation;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truyvet-worlds-'));
  const rulesFile = join(directory, 'rules.json');
  await writeFile(rulesFile, JSON.stringify(rules));
  federation = await start({ provinces: PROVINCES, rulesFile });
});

afterAll(async () => {
  await federation?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test(`${WORLDS} worlds, forward and backward, equal the oracle`, { timeout: 900_000 }, async () => {
  let contacts = 0;
  for (let series = 1; series <= WORLDS; series++) {
    const people = 200 + (series % 5) * 50;
    const world = makeWorld(series, { people, provinces: PROVINCES, rules, series });
    await importDataset(federation, world);
    const ids = await enterCases(federation, world);
    const oracle = oracleOf(world, rules);
    for (const request of world.traces) {
      const owner = federation.node(
        world.cases.find(({ id }) => id === request.cases[0])?.province as string,
      );
      const cases = request.cases.map((id) => ids.get(id) as string);
      const id = await openTrace(owner, { ...request, cases });
      const status = await waitForTrace(owner, id);
      const expected = oracle.contacts(request);
      const found = await listContacts(federation, id);
      expect(differences(found, expected), `world ${series} ${request.direction} ${id}`).toEqual([]);
      const total = Object.values(status.contacts.by_degree).reduce((sum, n) => sum + n, 0);
      expect(total).toBe(expected.length);
      contacts += expected.length;
    }
  }
  expect(contacts).toBeGreaterThan(WORLDS * 20);
});
