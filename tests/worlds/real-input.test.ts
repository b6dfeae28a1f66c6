/**
 * Real input through real programs, in `.ci/run` as processes: a year of Foursquare check-ins over several
 * numbers of provinces, and a primary school whose classes are provinces. The data lies beside the checkout
 * and may not be committed; without it this is skipped.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  differences,
  enterCases,
  importDataset,
  listContacts,
  openTrace,
  waitForTrace,
} from '../federation/drive.ts';
import type { TracedDataset } from '../simulation/dataset.ts';
import { oracleOf } from '../simulation/oracle.ts';
import { asMuchAsIsRun, loadFoursquare, loadPrimarySchool } from '../simulation/real-data.ts';
import { extent } from '../support/extent.ts';
import { startProcesses, World } from '../support/federations.ts';

const start = extent({ quick: World.create, all: startProcesses });

/** Traces the dataset through a federation; returns how many contacts each of its traces found. */
async function traceThroughFederation(world: TracedDataset): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'truyvet-real-'));
  try {
    const rulesFile = join(directory, 'rules.json');
    await writeFile(rulesFile, JSON.stringify(world.rules));
    await using federation = await start({ provinces: world.provinces, rulesFile });
    await importDataset(federation, world);
    const ids = await enterCases(federation, world);
    const oracle = oracleOf(world, world.rules);
    const results: string[] = [];
    for (const request of world.traces) {
      const owner = federation.node(
        world.cases.find(({ id }) => id === request.cases[0])?.province as string,
      );
      const cases = request.cases.map((id) => ids.get(id) as string);
      const id = await openTrace(owner, { ...request, cases });
      await waitForTrace(owner, id, undefined, 120_000);
      const found = await listContacts(federation, id);
      const expected = oracle.contacts(request);
      expect(differences(found, expected), request.direction).toEqual([]);
      expect(expected.length).toBeGreaterThan(0);
      // Without where: the same people met as long, however their check-ins are spread over provinces.
      results.push(
        JSON.stringify(expected.map(({ exposedIn: _e, residentIn: _r, knownIn: _k, ...same }) => same)),
      );
    }
    return results;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const COUNTS = extent({ quick: [2], all: [1, 3, 8] });
test(`Foursquare check-ins give the same contacts over ${COUNTS.join(', ')} provinces`, {
  timeout: 600_000,
}, async ({ skip }) => {
  const perCount: string[][] = [];
  for (const count of COUNTS) {
    const { world, reason } = loadFoursquare(count);
    if (!world) return skip(reason);
    perCount.push(await traceThroughFederation(asMuchAsIsRun(world)));
  }
  for (const found of perCount) expect(found).toEqual(perCount[0]);
});

test('a primary school whose classes are provinces equals the oracle', { timeout: 600_000 }, async ({
  skip,
}) => {
  const { world, reason } = loadPrimarySchool();
  if (!world) return skip(reason);
  await traceThroughFederation(asMuchAsIsRun(world));
});
