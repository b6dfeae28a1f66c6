/**
 * Promise 1 through the fold alone: whatever the order, duplication, replay and age of answers, the federated
 * result is the oracle's. A failing world shrinks to few rows and prints its seed; `FOLD_SEED`
 * chooses others.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extent } from '../support/extent.ts';
import type { Dataset } from './dataset.ts';
import { foldTrace, leaveOut } from './fold.ts';
import { oracleOf } from './oracle.ts';
import { makeWorld, type World, worldArbitrary } from './world.ts';

const WORLDS = extent({ quick: 120, all: 10_000 });
const LEFT_OUT = extent({ quick: 40, all: 400 });
const SEED = Number(process.env.FOLD_SEED ?? 20211123);

test(`${WORLDS} worlds fold to what the oracle says, each contact at one province`, {
  timeout: 900_000,
}, () => {
  let contacts = 0;
  const property = fc.property(worldArbitrary(), fc.nat(), (world, networkSeed) => {
    contacts += compare(world, networkSeed);
  });
  fc.assert(property, { numRuns: WORLDS, seed: SEED });
  expect(contacts).toBeGreaterThan(WORLDS);
});

/**
 * Folds one of the world's traces over the network of `networkSeed`; returns how many contacts were compared.
 */
function compare(world: World, networkSeed: number): number {
  const request = world.traces[networkSeed % world.traces.length];
  if (!request) return 0; // shrunk away
  const oracle = oracleOf(world, world.rules);
  const expected = oracle.contacts(request);
  const folded = foldTrace(world, request, networkSeed);
  expect(folded.contacts).toEqual(expected.map(({ residentIn: _r, knownIn: _k, ...same }) => same));
  expect(folded.labels).toEqual(oracle.labels(request));
  expect(folded.windows).toEqual(oracle.windows(request));
  expect(folded.state.hasEmptyWindow()).toBe(folded.windows.some(({ window }) => window.length === 0));
  for (const { identifiers, residentIn, knownIn } of expected) {
    const province = folded.assignedTo.get(identifiers[0] as string);
    expect(residentIn.length > 0 ? residentIn : knownIn).toContain(province);
  }
  return expected.length;
}

test('a trace recomputed without one province is the oracle’s on the other provinces’ data', () => {
  let changed = 0;
  for (let seed = 1; seed <= LEFT_OUT; seed++) {
    const world = makeWorld(seed);
    const request = world.traces[0]!;
    const owner = world.cases.find(({ id }) => id === request.cases[0])?.province;
    const province = world.provinces.find((other) => other !== owner) as string;
    const folded = foldTrace(world, request, seed);
    const expected = oracleOf(withoutProvince(world, province), world.rules).contacts(request);
    const contacts = leaveOut(world, folded, province);
    expect(contacts, `world ${seed}`).toEqual(
      expected.map(({ residentIn: _r, knownIn: _k, ...same }) => same),
    );
    if (JSON.stringify(contacts) !== JSON.stringify(folded.contacts)) changed++;
  }
  expect(changed).toBeGreaterThan(LEFT_OUT / 2);
});

function withoutProvince(world: World, province: string): Dataset {
  const others = <Row extends { readonly province: string }>(rows: readonly Row[]) =>
    rows.filter((row) => row.province !== province);
  return {
    provinces: world.provinces.filter((other) => other !== province),
    people: others(world.people),
    places: others(world.places),
    checkIns: others(world.checkIns),
    encounters: others(world.encounters),
    cases: others(world.cases),
  };
}
