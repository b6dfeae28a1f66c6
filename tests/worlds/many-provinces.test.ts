/**
 * Many provinces on one machine, in `.ci/run` as many as there are since 2025, as processes with a server of
 * their own: they start, and a trace whose world is spread over them completes with the answers of all. All
 * 63 of 2021 (about 5 GB) do so alone in a minute and a half, and leave other tests no processor meanwhile.
 */
import { expect, test } from 'vitest';
import { provinces } from '../../shared/gazetteer.ts';
import { enterCases, importDataset } from '../federation/drive.ts';
import {
  converges,
  createWorld,
  open,
  pickRequest,
  rules,
  startScenario,
  statusOf,
} from '../federation/scenario.ts';
import { makeWorld } from '../simulation/world.ts';
import { extent } from '../support/extent.ts';

const COUNT = extent({ quick: 4, all: 34 });
/** As in earnest: what so many programs do every 200 ms leaves two processors time for nothing else. */
const USUAL = { KEY_EXCHANGE_EVERY_MS: '5000', LOOK_EVERY_MS: '2000', REPORT_EVERY_MS: '5000' };
const start = extent<typeof startScenario>({
  quick: createWorld,
  all: (options) => startScenario({ ...options, databaseUrl: undefined, env: { '*': USUAL } }),
});

test(`${COUNT} provinces start, and a trace completes`, { timeout: 300_000 }, async () => {
  const codes = provinces()
    .map(({ code }) => code)
    .slice(0, COUNT);
  await using federation = await start({ provinces: codes });
  const world = makeWorld(7, { people: 80, provinces: codes.slice(0, 8), rules, series: 1 });
  await importDataset(federation, world);
  const imported = { world, caseIds: await enterCases(federation, world) };
  const { request, expected, owner } = pickRequest(world);
  const id = await open(federation, imported, request);
  await converges(federation, id, { at: owner, expected });
  const { coverage } = await statusOf(federation.node(owner), id);
  expect(coverage.map(({ province, state }) => `${province} ${state}`).sort()).toEqual(
    codes.map((code) => `${code} current`).sort(),
  );
});
