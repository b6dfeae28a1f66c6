/**
 * Promise 1 through real programs, in `.ci/run` as processes: three nodes and a hub, worlds of several
 * hundred people imported over HTTP, traced forward and backward, with records written, corrected and
 * withdrawn in mid-trace; every contact equals the oracle's and is at exactly one province.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Federation } from '../../deploy/federation/federation.ts';
import { enterCases, importDataset, openTrace, writePeople } from '../federation/drive.ts';
import { converges, ownerOf } from '../federation/scenario.ts';
import type { Dataset, PersonRow, TraceRequest } from '../simulation/dataset.ts';
import { RULES } from '../simulation/examples.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { makeWorld } from '../simulation/world.ts';
import { extent } from '../support/extent.ts';
import { startProcesses, World } from '../support/federations.ts';

const WORLDS = extent({ quick: 1, all: 50 });
/** Of the smallest world. */
const PEOPLE = extent({ quick: 70, all: 200 });
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
  let withdrawn = 0;
  for (let series = 1; series <= WORLDS; series++) {
    const people = PEOPLE + (series % 5) * 50;
    const world = makeWorld(series, { people, provinces: PROVINCES, rules, series });
    const written = (rows: readonly PersonRow[]): Dataset => ({ ...world, people: rows });
    const most = Math.floor((world.people.length * 3) / 4);
    await importDataset(federation, written(world.people.slice(0, most)));
    const ids = await enterCases(federation, world);
    const openAt = (request: TraceRequest) => {
      const cases = request.cases.map((id) => ids.get(id) as string);
      return openTrace(federation.node(ownerOf(world, request)), { ...request, cases });
    };
    // While every second trace is under way the rest is written, corrected and withdrawn.
    const isEarly = (at: number) => (at + series) % 2 === 0;
    const early = await Promise.all(world.traces.map((one, at) => (isEarly(at) ? openAt(one) : undefined)));
    withdrawn += await writePeople(federation, written(world.people.slice(most)));
    const oracle = oracleOf(world, rules);
    for (const [i, request] of world.traces.entries()) {
      const [at, expected] = [ownerOf(world, request), oracle.contacts(request)];
      const id = early[i] ?? (await openAt(request));
      const found = await converges(federation, id, { at, expected, firm: !isEarly(i) });
      const owned = found.filter(({ also_claimed }) => !also_claimed);
      expect(owned, `world ${series} ${request.direction} ${id}`).toHaveLength(expected.length);
      contacts += expected.length;
    }
  }
  expect(contacts).toBeGreaterThan(WORLDS * 20);
  expect(withdrawn).toBeGreaterThan(WORLDS);
});
