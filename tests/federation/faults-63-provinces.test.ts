/**
 * All 63 provinces of 2021 as processes on one machine: they start, and a trace whose world is spread over
 * eight of them completes with the answers of all. Needs about 5 GB of memory: only with `FEDERATION_63=1`.
 */
import { expect, test } from 'vitest';
import { provinces } from '../../shared/gazetteer.ts';
import { makeWorld } from '../simulation/world.ts';
import { enterCases, importDataset } from './drive.ts';
import { converges, open, pickRequest, rules, startScenario, statusOf } from './scenario.ts';

const wanted = process.env.FEDERATION_63 === '1';

test.runIf(wanted)('63 provinces start, and a trace completes', { timeout: 300_000 }, async () => {
  const codes = provinces().map(({ code }) => code);
  await using federation = await startScenario({ provinces: codes });
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
