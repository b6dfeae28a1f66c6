/**
 * The oracle on real input: that the files are read whole and split evenly, and that people, degrees,
 * instants and seconds are the same however the places are spread over provinces. Skipped where the files are
 * not there.
 */
import { describe, expect, test } from 'vitest';
import { extent } from '../support/extent.ts';
import type { TracedDataset } from './dataset.ts';
import { trace } from './oracle.ts';
import { asMuchAsIsRun, type Loaded, loadFoursquare, loadPrimarySchool } from './real-data.ts';

/** Contacts of all traces, without what depends on the borders. */
function contactsOf(world: TracedDataset) {
  return world.traces.map((request) =>
    trace(world, world.rules, request).map(({ exposedIn, residentIn, knownIn, ...contact }) => contact),
  );
}

/** The world, or the test is skipped with the reason. */
function worldOf(loaded: Loaded, skip: (reason: string) => never): TracedDataset {
  return loaded.world ?? skip(loaded.reason);
}

describe('Foursquare', () => {
  test('66,962 check-ins of 193 people, as many in each province', ({ skip }) => {
    const world = worldOf(loadFoursquare(8), skip);
    expect(world.checkIns).toHaveLength(66_962);
    expect(world.people).toHaveLength(193);
    expect(world.places).toHaveLength(15_220);
    for (const province of world.provinces) {
      const share = world.checkIns.filter((row) => row.province === province).length / 66_962;
      expect(share).toBeCloseTo(1 / 8, 2);
    }
  });

  const counts = extent({ quick: [2], all: [3, 8] });
  test(`the same contacts in 1 and ${counts.join(', ')} provinces`, ({ skip }) => {
    const one = contactsOf(asMuchAsIsRun(worldOf(loadFoursquare(1), skip)));
    for (const count of counts) {
      expect(contactsOf(asMuchAsIsRun(worldOf(loadFoursquare(count), skip)))).toEqual(one);
    }
    expect(one.every((contacts) => contacts.length > extent({ quick: 5, all: 10 }))).toBe(true);
  });
});

describe('primary school', () => {
  test('125,773 contacts of 242 people in eleven classes, traced', ({ skip }) => {
    const world = worldOf(loadPrimarySchool(), skip);
    expect(world.people).toHaveLength(242);
    expect(world.provinces).toHaveLength(11);
    const first = world.encounters.filter((row) => row.identifierA.startsWith('phone:'));
    expect(first).toHaveLength(125_773); // the others are second reports of contacts between classes
    const [single = [], cluster = []] = contactsOf(asMuchAsIsRun(world));
    expect(single.length).toBeGreaterThan(extent({ quick: 5, all: 50 }));
    expect(new Set(cluster.map((contact) => contact.degree)).size).toBe(extent({ quick: 3, all: 4 }));
  });
});
