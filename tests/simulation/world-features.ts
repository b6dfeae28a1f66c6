/**
 * What generated worlds must contain, each as a question to a world and what the oracle says of it, with the
 * share of worlds (percent) that must say yes. Owns no generation; read by world.test.ts.
 */
import type { Dataset } from './dataset.ts';
import { type OracleContact, type OracleLabel, oracleOf } from './oracle.ts';
import { eventsOf, groupBy, staysOf } from './oracle-events.ts';
import { RECORD_FEATURES } from './record-features.ts';
import type { Feature, Story } from './story.ts';
import type { World } from './world.ts';

const reached: readonly Feature[] = [
  ['contacts of three degrees', 60, ({ contacts }) => contacts.some((list) => hasDegrees(list, 3))],
  ['contacts of three degrees, forward', 40, ({ contacts }) => hasDegrees(contacts[0] ?? [], 3)],
  ['contacts of three degrees, backward', 35, ({ contacts }) => hasDegrees(contacts[1] ?? [], 3)],
  ['contacts of four degrees', 8, ({ contacts }) => contacts.some((list) => hasDegrees(list, 4))],
  ['a person with two labels', 80, ({ labels }) => labels.some(hasTwoLabels)],
  ['a person with two labels, forward', 60, ({ labels }) => hasTwoLabels(labels[0] ?? [])],
  ['a person with two labels, backward', 55, ({ labels }) => hasTwoLabels(labels[1] ?? [])],
  [
    'a contact exactly at the threshold',
    30,
    ({ world, contacts }) => {
      return contacts.flat().some((contact) => contact.seconds === world.rules.close_contact_seconds);
    },
  ],
  ['a contact that no province alone can see', 10, needsTwoProvinces],
  [
    'a contact by household',
    25,
    ({ contacts }) => contacts.flat().some(({ settings }) => settings.includes('household')),
  ],
  [
    'a contact by QR beside Bluetooth',
    50,
    ({ contacts }) => {
      return contacts
        .flat()
        .some(({ settings }) => settings.includes('place') && settings.includes('encounter'));
    },
  ],
  [
    'a contact who is resident nowhere',
    60,
    ({ contacts }) => contacts.flat().some(({ residentIn }) => residentIn.length === 0),
  ],
  ['no contacts at all', 2, ({ contacts }) => contacts.some((list) => list.length === 0)],
];

const people: readonly Feature[] = [
  ['a contact of several identifiers linked only in a third province', 15, linkedInAThird],
  [
    'somebody without any record',
    20,
    ({ world }) => {
      const named = new Set([...world.people, ...world.cases].flatMap((row) => row.identifiers));
      return world.checkIns.some((row) => !named.has(row.identifier));
    },
  ],
];

const scans: readonly Feature[] = [
  ['a missing check-out', 60, ({ world }) => world.checkIns.some((row) => row.outAt === null)],
  [
    'a stay ended early by the next scan',
    20,
    ({ world }) => {
      const stays = staysOf(world, world.rules);
      const open = world.checkIns.filter((row) => row.outAt === null);
      return open.some((row) =>
        stays.some(
          (next) =>
            next.identifier === row.identifier &&
            stays.some((stay) => stay.from === row.inAt && stay.until === next.from),
        ),
      );
    },
  ],
  ['an assumed stay ended by a scan at another place', 8, ({ world }) => endsElsewhere(world, false)],
  ['an assumed stay ended by an empty one', 3, ({ world }) => endsElsewhere(world, true)],
  ['an empty encounter', 40, ({ world }) => world.encounters.some((row) => row.from === row.until)],
  [
    'an encounter cut at the longest stay',
    5,
    ({ world }) => world.encounters.some((row) => row.until - row.from > world.rules.longest_stay_seconds),
  ],
  [
    'the same scan with two outs',
    10,
    ({ world }) => {
      const same = groupBy(
        world.checkIns,
        (row) => `${row.identifier} ${row.province} ${row.place} ${row.inAt}`,
      );
      return [...same.values()].some((rows) => new Set(rows.map((row) => row.outAt)).size > 1);
    },
  ],
  [
    'a stay cut at the longest',
    40,
    ({ world }) => {
      const longest = world.rules.longest_stay_seconds;
      return world.checkIns.some((row) => row.outAt !== null && row.outAt - row.inAt > longest);
    },
  ],
  [
    'stays that touch',
    30,
    ({ world }) => {
      const stays = [...groupBy(staysOf(world, world.rules), (stay) => stay.placeKey).values()];
      return stays.some((list) =>
        list.some((one) =>
          list.some((other) => one.identifier !== other.identifier && one.until === other.from),
        ),
      );
    },
  ],
  [
    'weights below one hundred in a contact',
    40,
    ({ contacts }) => {
      return contacts
        .flat()
        .some(({ placeKinds }) =>
          placeKinds.some((kind) => ['market', 'event', 'transport_hub'].includes(kind)),
        );
    },
  ],
  ['a cycle of three who met', 50, hasTriangle],
];

const traces: readonly Feature[] = [
  ['two index cases', 40, ({ world }) => world.traces.some((request) => request.cases.length === 2)],
  [
    'two index cases of one person',
    10,
    ({ world }) =>
      world.traces.some((request) => {
        const [one, other] = request.cases.map((id) => world.cases.find((row) => row.id === id));
        return (
          one !== undefined && other?.identifiers.some((identifier) => one.identifiers.includes(identifier))
        );
      }),
  ],
  ['a case sampled without onset', 30, ({ world }) => world.cases.some((row) => row.onsetOn === null)],
  [
    'isolation before the infectious window',
    4,
    ({ world }) =>
      world.cases.some((row) => {
        const onsetAt =
          row.onsetOn === null ? row.sampledAt : Date.parse(`${row.onsetOn}T00:00+07:00`) / 1000;
        const from = (onsetAt ?? 0) - world.rules.infectious_days_before * 86_400;
        return row.isolatedAt !== null && row.isolatedAt <= from;
      }),
  ],
  ['an empty window', 3, ({ windows }) => windows.flat().some(({ window }) => window.length === 0)],
  [
    'a backward window that ends at asOf',
    20,
    ({ world, windows }) =>
      world.traces.some(
        ({ direction, asOf }, index) =>
          direction === 'backward' && windows[index]?.some(({ window }) => window.at(-1)?.until === asOf),
      ),
  ],
  ...[1, 2, 3, 4].map(
    (degree): Feature => [
      `up to degree ${degree}`,
      5,
      ({ world }) => world.traces.some((request) => request.maxDegree === degree),
    ],
  ),
];

/** All of them. */
export const FEATURES: readonly Feature[] = [...reached, ...people, ...RECORD_FEATURES, ...scans, ...traces];

function hasDegrees(contacts: readonly OracleContact[], highest: number): boolean {
  const degrees = new Set(contacts.map((contact) => contact.degree));
  return Array.from({ length: highest }, (_, index) => index + 1).every((degree) => degrees.has(degree));
}

function hasTwoLabels(labels: readonly OracleLabel[]): boolean {
  return new Set(labels.map((label) => label.identifiers[0])).size < labels.length;
}

/** A contact of the merged data that is none if the events of any one province are all there is. */
function needsTwoProvinces({ world, contacts }: Story): boolean {
  const firsts = contacts.map((list) =>
    list.filter((contact) => contact.degree === 1 && contact.exposedIn.length > 1),
  );
  if (firsts.flat().length === 0) return false;
  const alone = world.provinces.map((province) => {
    const of = <T extends { province: string }>(rows: readonly T[]) =>
      rows.filter((row) => row.province === province);
    const seen: Dataset = { ...world, checkIns: of(world.checkIns), encounters: of(world.encounters) };
    return oracleOf(seen, world.rules);
  });
  return world.traces.some((request, index) => {
    const found = alone.flatMap((oracle) => oracle.contacts({ ...request, maxDegree: 1 }));
    const known = new Set(found.flatMap((contact) => contact.identifiers));
    return (firsts[index] ?? []).some(({ identifiers }) => !identifiers.some((one) => known.has(one)));
  });
}

/** Met in two provinces, and another contact, or none, if a third one had not linked its identifiers. */
function linkedInAThird({ world, contacts }: Story): boolean {
  return world.traces.some((request, index) =>
    (contacts[index] ?? []).some(({ identifiers, exposedIn, degree, seconds }) => {
      if (degree > 1 || identifiers.length < 2 || exposedIn.length < 2) return false;
      const ofThem = (row: { identifiers: readonly string[] }) =>
        row.identifiers.some((one) => identifiers.includes(one));
      const people = world.people.filter((row) => exposedIn.includes(row.province) || !ofThem(row));
      const unlinked = oracleOf({ ...world, people }, world.rules).contacts({ ...request, maxDegree: 1 });
      return unlinked.filter(ofThem).every((contact) => contact.seconds < seconds);
    }),
  );
}

function hasTriangle({ world }: Story): boolean {
  const events = eventsOf(world, world.rules);
  const all = new Set(world.checkIns.map((row) => row.identifier));
  const met = new Map([...all].map((one) => [one, new Set(events.of(one).map((event) => event.other))]));
  return [...met].some(([one, others]) =>
    [...others].some((other) =>
      [...(met.get(other) ?? [])].some((third) => third !== one && others.has(third)),
    ),
  );
}

/** Without an out, and the stay ends when the identifier is scanned at another place of the province. */
function endsElsewhere(world: World, byAnEmptyOne: boolean): boolean {
  const stays = staysOf(world, world.rules);
  return world.checkIns.some((row) => {
    const stay = stays.find(({ identifier, province, from, placeKey }) => {
      return (
        identifier === row.identifier &&
        province === row.province &&
        from === row.inAt &&
        placeKey.endsWith(row.place)
      );
    });
    if (row.outAt !== null || stay === undefined) return false;
    return world.checkIns.some(
      (next) =>
        next.identifier === row.identifier &&
        next.province === row.province &&
        next.place !== row.place &&
        next.inAt === stay.until &&
        (!byAnEmptyOne || next.outAt === next.inAt),
    );
  });
}
