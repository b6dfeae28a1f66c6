/**
 * A generated world with what the oracle says of its traces, for those who ask what worlds contain.
 */
import { type OracleContact, type OracleLabel, type OracleWindow, oracleOf } from './oracle.ts';
import type { World } from './world.ts';

/** A world and what its traces find, in the order of `world.traces`. */
export interface Story {
  readonly world: World;
  readonly contacts: readonly OracleContact[][];
  readonly labels: readonly OracleLabel[][];
  readonly windows: readonly OracleWindow[][];
}

export function tell(world: World): Story {
  const oracle = oracleOf(world, world.rules);
  return {
    world,
    contacts: world.traces.map((request) => oracle.contacts(request)),
    labels: world.traces.map((request) => oracle.labels(request)),
    windows: world.traces.map((request) => oracle.windows(request)),
  };
}

/** Name, least share in percent, and whether a world has it. */
export type Feature = readonly [name: string, percent: number, holds: (story: Story) => boolean];
