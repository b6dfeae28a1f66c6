/**
 * Promise 1 through the fold alone: whatever the order, duplication, replay and age of answers, the federated
 * result is the oracle's. A failing world shrinks to few rows and prints its seed; `FOLD_WORLDS` and
 * `FOLD_SEED` choose others.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldTrace } from './fold.ts';
import { oracleOf } from './oracle.ts';
import { type World, worldArbitrary } from './world.ts';

const WORLDS = Number(process.env.FOLD_WORLDS ?? 10_000);
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
  const expected = oracleOf(world, world.rules).contacts(request);
  const folded = foldTrace(world, request, networkSeed);
  expect(folded.contacts).toEqual(expected.map(({ residentIn: _r, knownIn: _k, ...same }) => same));
  for (const { identifiers, residentIn, knownIn } of expected) {
    const province = folded.assignedTo.get(identifiers[0] as string);
    expect(residentIn.length > 0 ? residentIn : knownIn).toContain(province);
  }
  return expected.length;
}
