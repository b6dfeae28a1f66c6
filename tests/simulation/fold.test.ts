/**
 * Promise 1 through the fold alone: whatever the order, duplication, replay and age of answers, the federated result
 * is the oracle's. A failing world prints its seed; `FOLD_SEED` and `FOLD_WORLDS` choose others.
 */
import { expect, test } from 'vitest';
import { foldTrace } from './fold.ts';
import { oracleOf } from './oracle.ts';
import { makeWorld } from './world.ts';

const WORLDS = Number(process.env.FOLD_WORLDS ?? 10_000);
const FIRST_SEED = Number(process.env.FOLD_SEED ?? 1);

test(`${WORLDS} worlds fold to what the oracle says, each contact at one province`, {
  timeout: 900_000,
}, () => {
  let contacts = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + WORLDS; seed++) {
    const world = makeWorld(seed);
    const oracle = oracleOf(world, world.rules);
    const request = world.traces[seed % world.traces.length]!;
    const expected = oracle.contacts(request);
    const folded = foldTrace(world, request, seed);
    const plain = expected.map(({ residentIn: _r, knownIn: _k, ...same }) => same);
    expect(folded.contacts, `world ${seed}`).toEqual(plain);
    for (const { identifiers, residentIn, knownIn } of expected) {
      const province = folded.assignedTo.get(identifiers[0] as string);
      expect(residentIn.length > 0 ? residentIn : knownIn, `world ${seed}`).toContain(province);
    }
    contacts += expected.length;
  }
  expect(contacts).toBeGreaterThan(WORLDS);
});
