/**
 * What the records of generated worlds must contain, as questions to a world and what the oracle says of it.
 * Owns no generation; part of world-features.ts.
 */
import type { PersonRow } from './dataset.ts';
import { oracleOf } from './oracle.ts';
import { groupBy } from './oracle-events.ts';
import { type Person, resolvePersons, sharedHandles } from './oracle-persons.ts';
import { isCccd, keyOf, kindOf, principalOf, type StandingRecord, standing } from './oracle-records.ts';
import type { Feature, Story } from './story.ts';
import type { World } from './world.ts';

const written: readonly Feature[] = [
  ['a record corrected', 90, ({ world }) => corrections(world).length > 0],
  [
    'a record corrected to other identifiers',
    60,
    ({ world }) =>
      corrections(world).some(([before, after]) => before.identifiers.join() !== after.identifiers.join()),
  ],
  [
    'an empty cell that erases nothing',
    50,
    ({ world }) =>
      corrections(world).some(
        ([before, after]) => before.bornOn && before.sex && !(after.bornOn && after.sex),
      ),
  ],
  ['a record withdrawn', 50, ({ world }) => world.people.some((row) => row.withdrawn)],
  [
    'a record written again after that',
    15,
    ({ world }) => corrections(world).some(([before]) => before.withdrawn),
  ],
  [
    'identifiers in another order than that of their kinds',
    90,
    ({ world }) => world.people.some(({ identifiers }) => identifiers[0] !== principalOf(identifiers)),
  ],
  ['a date, a month and a year of birth', 60, ({ world }) => [4, 7, 10].every((n) => statesBirth(world, n))],
  ['withdrawals that change the contacts', 30, (story) => changes(story, (row) => !row.withdrawn)],
  [
    'corrections that change the contacts',
    50,
    (story) => {
      const firsts = new Set([...groupBy(story.world.people, keyOf).values()].map(([first]) => first));
      return changes(story, (row) => row.withdrawn === true || firsts.has(row));
    },
  ],
  ['a case withdrawn', 4, ({ world }) => world.cases.some((row) => row.withdrawn)],
  [
    'a case corrected',
    4,
    ({ world }) =>
      world.cases.some((row, at) => !row.withdrawn && world.cases.findIndex((c) => c.id === row.id) < at),
  ],
  [
    'an identifier in two households of a province',
    8,
    ({ world }) => {
      const housed = standing(world).filter((record) => record.household !== null);
      const homes = groupBy(housed, (record) => `${record.province} ${principalOf(record.identifiers)}`);
      return [...homes.values()].some(
        (records) => new Set(records.map((record) => record.household)).size > 1,
      );
    },
  ],
  [
    'a person moves to another household',
    15,
    ({ world }) =>
      corrections(world).some(
        ([before, after]) => before.household !== null && before.household !== after.household,
      ),
  ],
];

const identity: readonly Feature[] = [
  [
    'an adult with a cccd and a child with an insurance card on one phone are two',
    6,
    ({ world }) =>
      pairsOnOneHandle(world).some(([one, other, isOnePerson]) => {
        const isParent = one.identifiers.some(isCccd) && (one.birth?.year ?? 3000) < 2005;
        return isParent && names(other, 'insurance') && (other.birth?.year ?? 0) > 2005 && !isOnePerson;
      }),
  ],
  [
    'an old and a new card of one adult, linked by a handle alone',
    15,
    ({ world }) =>
      pairsOnOneHandle(world).some(
        ([one, other, isOnePerson]) =>
          names(one, 'cccd') && !names(one, 'cmnd') && names(other, 'cmnd') && isOnePerson,
      ),
  ],
  [
    'a renewed passport of one guest',
    7,
    ({ world }) =>
      pairsOnOneHandle(world).some(([one, other, isOne]) => passportsDiffer(one, other) && isOne),
  ],
  [
    'two passports on one phone that are two guests, or taken for two',
    12,
    ({ world }) =>
      pairsOnOneHandle(world).some(([one, other, isOne]) => passportsDiffer(one, other) && !isOne),
  ],
  ['a handle shared by two cccd', 15, ({ world }) => sharings(world).some(({ cccds }) => cccds > 1)],
  [
    'a handle shared by birth year or sex',
    30,
    ({ world }) => sharings(world).some(({ cccds, births }) => cccds <= 1 && births > 1),
  ],
  [
    'a handle shared by numbers of one kind, little else being known',
    4,
    ({ world }) => sharings(world).some(({ cccds, births }) => cccds <= 1 && births <= 1),
  ],
  [
    'a handle of records that differ, which tied numbers keep from being shared',
    10,
    ({ world }) => {
      const shared = sharedHandles(standing(world));
      return namingsOf(world).some(
        ([handle, records]) => !shared.has(handle) && differentBirths(records) > 1,
      );
    },
  ],
  [
    'a class with several cccd, which falls apart',
    6,
    ({ world }) => {
      const shared = sharedHandles(standing(world));
      return namingsOf(world).some(([one, records]) => {
        const cccds = records.flatMap((record) => record.identifiers.filter(isCccd));
        return !isCccd(one) && !shared.has(one) && new Set(cccds).size > 1;
      });
    },
  ],
  [
    'a shared handle that is a contact by itself',
    15,
    ({ world, contacts }) => {
      const shared = sharedHandles(standing(world));
      return contacts.flat().some(({ identifiers }) => identifiers.some((one) => shared.has(one)));
    },
  ],
  [
    'a shared handle that is an index person',
    8,
    ({ world, windows }) => {
      const shared = sharedHandles(standing(world));
      return windows.flat().some(({ identifiers }) => identifiers.some((one) => shared.has(one)));
    },
  ],
  [
    'several index persons of one case',
    7,
    ({ world, windows }) =>
      world.traces.some(({ cases }, index) => (windows[index] ?? []).length > 1 && cases.length === 1),
  ],
];

export const RECORD_FEATURES: readonly Feature[] = [...written, ...identity];

/** Each writing of a key with the one before. */
function corrections(world: World): [before: PersonRow, after: PersonRow][] {
  return [...groupBy(world.people, keyOf).values()].flatMap((rows) =>
    rows
      .slice(1)
      .flatMap((after, index): [PersonRow, PersonRow][] =>
        after.withdrawn ? [] : [[rows[index] as PersonRow, after]],
      ),
  );
}

function statesBirth({ people }: World, length: number): boolean {
  return people.some(({ bornOn }) => bornOn?.length === length);
}

/** Whether the contacts are others when only the rows that are kept had been written. */
function changes({ world, contacts }: Story, isKept: (row: PersonRow) => boolean): boolean {
  const oracle = oracleOf({ ...world, people: world.people.filter(isKept) }, world.rules);
  const found = world.traces.map((request) => oracle.contacts(request));
  return JSON.stringify(found) !== JSON.stringify(contacts);
}

/** The standing records that name each identifier. */
function namingsOf(world: World): [identifier: string, records: StandingRecord[]][] {
  const namings = standing(world).flatMap((record) => record.identifiers.map((one) => ({ one, record })));
  return [...groupBy(namings, ({ one }) => one)].map(([one, own]) => [one, own.map(({ record }) => record)]);
}

/** Two records that name one handle and nothing else alike, and whether their principals are one person. */
function pairsOnOneHandle(
  world: World,
): [one: StandingRecord, other: StandingRecord, isOnePerson: boolean][] {
  const persons = resolvePersons(standing(world), []);
  const personOf = (record: StandingRecord): Person | undefined =>
    persons.get(principalOf(record.identifiers));
  return namingsOf(world).flatMap(([handle, records]) =>
    ['phone', 'app'].includes(kindOf(handle))
      ? records.flatMap((one) =>
          records
            .filter((other) =>
              other.identifiers.every((id) => id === handle || !one.identifiers.includes(id)),
            )
            .map((other): [StandingRecord, StandingRecord, boolean] => {
              return [one, other, personOf(one) === personOf(other)];
            }),
        )
      : [],
  );
}

function names({ identifiers }: StandingRecord, kind: string): boolean {
  return identifiers.some((one) => kindOf(one) === kind);
}

function passportsDiffer(one: StandingRecord, other: StandingRecord): boolean {
  return names(one, 'passport') && names(other, 'passport');
}

function differentBirths(records: readonly StandingRecord[]): number {
  return new Set(records.flatMap(({ birth }) => (birth ? `${birth.year} ${birth.sex}` : []))).size;
}

/** Of each shared handle, how many `cccd` and how many different births the records have that name it. */
function sharings(world: World): { cccds: number; births: number }[] {
  const shared = sharedHandles(standing(world));
  return namingsOf(world)
    .filter(([handle]) => shared.has(handle))
    .map(([, records]) => {
      const cccds = new Set(records.flatMap((record) => record.identifiers.filter(isCccd))).size;
      return { cccds, births: differentBirths(records) };
    });
}
