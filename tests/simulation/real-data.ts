/**
 * Real input as datasets: a year of Foursquare check-ins, and two days of face-to-face contacts in a primary
 * school. The files lie beside the checkout (`../shared/data/real`, see its README) and nothing of them may
 * be committed; a clone without them gets the reason instead, and tests skip with it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { extent } from '../support/extent.ts';
import type { CaseRow, CheckInRow, EncounterRow, PersonRow, TracedDataset, TraceRequest } from './dataset.ts';

/** `world` is there, or `reason` says why not. */
export type Loaded =
  | { readonly world: TracedDataset; readonly reason: undefined }
  | { readonly world: undefined; readonly reason: string };

const HOUR = 3600;
const DAY = 86_400;
const PROVINCES = ['24', '79', '01', '48', '31', '92', '27', '30', '26', '75', '77'] as const;

/**
 * 66,962 check-ins of 193 people at 15,220 places, from 2021-01-04 on (weeks, weekdays and hours made into
 * dates). The data know no outs; whoever is seen elsewhere before the assumed stay is over gets that instant
 * as one, since a province sees only its own next check-in and borders would change what is assumed. Places
 * are split by longitude into `provinceCount` (1 to 11) provinces with about as many check-ins each; people,
 * identifiers, cases and instants are the same for every count. Each person has two identifiers that take
 * turns, linked by one record. Traces: forward from the best-connected person and from the best three,
 * backward.
 */
export function loadFoursquare(provinceCount: number): Loaded {
  return load('foursquare-nyc-weekly-checkins.csv.gz', (text) =>
    foursquareOf(rowsOf(text, ','), provinceCount),
  );
}

/**
 * 125,773 contacts of 20 s between 242 people as encounters, on 2021-10-04 and the day after; the eleven
 * classes (one is the teachers) are provinces. A contact between classes is reported by both, under different
 * identifiers. Traces: as above.
 */
export function loadPrimarySchool(): Loaded {
  return load('sociopatterns-primaryschool.csv.gz', (text) => schoolOf(rowsOf(text, '\t')));
}

function load(file: string, read: (text: string) => TracedDataset): Loaded {
  const path = join(packageRoot, '../shared/data/real', file);
  if (!existsSync(path)) return { world: undefined, reason: `../shared/data/real/${file} is not here` };
  return { world: read(gunzipSync(readFileSync(path)).toString('utf8')), reason: undefined };
}

/** Cells of all rows but the header. */
function rowsOf(text: string, separator: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(separator));
}

const CATEGORY_KINDS = [
  ...[
    'shop',
    'restaurant',
    'bar',
    'office',
    'transport_hub',
    'sport',
    'university',
    'cafe',
    'event',
    'other',
  ],
] as const;

const LONG_RULES: RulePack = {
  number: 1,
  effective_from: '2021-01-01T00:00:00+07:00',
  infectious_days_before: 30,
  latent_days: 2,
  close_contact_seconds: 900,
  longest_stay_seconds: 43_200,
  max_degree: 4,
  source_days: 120,
  trace_open_days: 400,
  retention_days: 4000,
  assumed_stay_seconds: { default: 4 * HOUR, office: 9 * HOUR, university: 8 * HOUR, transport_hub: HOUR },
  weight_percent: { default: 100, transport_hub: 50, event: 80 },
};

function foursquareOf(rows: readonly string[][], provinceCount: number): TracedDataset {
  const startAt = Date.parse('2021-01-04T00:00:00+07:00') / 1000;
  const provinceOf = provincesByLongitude(rows, provinceCount);
  const checkIns = rows.map(([user, venue, , , , week, weekday, hour], index): CheckInRow => {
    const hours = (Number(week) * 7 + Number(weekday)) * 24 + Number(hour);
    return {
      province: provinceOf.get(venue as string) as string,
      identifier: identifiersOf(user as string)[index % 2] as string,
      place: `v${venue}`,
      // the hour is all that is known; minutes spread evenly, the same ones each time
      inAt: startAt + hours * HOUR + ((index * 37) % 60) * 60,
      outAt: null,
      homeProvince: null,
    };
  });
  const places = new Map(rows.map(([, venue, category]) => [venue as string, Number(category)]));
  const kindOf = (place: string) => CATEGORY_KINDS[places.get(place.slice(1)) ?? -1] ?? 'other';
  const people = [...new Set(rows.map(([user]) => user as string))];
  const best = bestConnected(metAtPlaces(rows, checkIns), 3);
  return {
    provinces: PROVINCES.slice(0, provinceCount),
    rules: LONG_RULES,
    people: people.map((user) => personRow(user, PROVINCES[Number(user) % provinceCount] as string)),
    places: [...places.keys()].map((venue) => ({
      province: provinceOf.get(venue) as string,
      place: `v${venue}`,
      kind: kindOf(`v${venue}`),
    })),
    checkIns: leftForTheNext(checkIns, kindOf),
    encounters: [],
    ...casesAndTraces(best, { early: '2021-03-01', late: '2021-05-01', asOf: startAt + 365 * DAY }),
  };
}

/** The check-ins, those with an out that the same identifier's next one, anywhere, cuts short. */
function leftForTheNext(
  checkIns: readonly CheckInRow[],
  kindOf: (place: string) => (typeof CATEGORY_KINDS)[number],
): CheckInRow[] {
  const nextAt = new Map<CheckInRow, number>();
  const later = new Map<string, { at: number; next: number }>();
  for (const row of checkIns.toSorted((a, b) => b.inAt - a.inAt)) {
    const seen = later.get(row.identifier) ?? {
      at: Number.POSITIVE_INFINITY,
      next: Number.POSITIVE_INFINITY,
    };
    const next = seen.at > row.inAt ? seen.at : seen.next; // strictly later
    later.set(row.identifier, { at: row.inAt, next });
    nextAt.set(row, next);
  }
  const { assumed_stay_seconds: assumed } = LONG_RULES;
  return checkIns.map((row) => {
    const until = row.inAt + (assumed[kindOf(row.place)] ?? assumed.default);
    const next = nextAt.get(row) as number;
    return next < until ? { ...row, outAt: next } : row;
  });
}

/**
 * Province of each venue: venues in order of longitude, cut where a fair share of the check-ins is reached.
 */
function provincesByLongitude(rows: readonly string[][], count: number): Map<string, string> {
  const longitudes = new Map<string, number>();
  const visits = new Map<string, number>();
  for (const [, venue = '', , , longitude] of rows) {
    longitudes.set(venue, longitudes.get(venue) ?? Number(longitude));
    visits.set(venue, (visits.get(venue) ?? 0) + 1);
  }
  const provinceOf = new Map<string, string>();
  let before = 0;
  for (const [venue] of [...longitudes].sort(([, a], [, b]) => a - b)) {
    provinceOf.set(venue, PROVINCES[Math.floor((before * count) / rows.length)] as string);
    before += visits.get(venue) ?? 0;
  }
  return provinceOf;
}

/** Pairs of users who checked in at one venue within three hours of each other. */
function metAtPlaces(rows: readonly string[][], checkIns: readonly CheckInRow[]): [string, string][] {
  const visits = rows.map(([user = ''], index) => ({ user, ...(checkIns[index] as CheckInRow) }));
  visits.sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : a.inAt - b.inAt));
  return visits.flatMap((visit, index) => {
    const met: [string, string][] = [];
    for (const other of visits.slice(index + 1, index + 60)) {
      if (other.place !== visit.place || other.inAt - visit.inAt > 3 * HOUR) break;
      if (other.user !== visit.user) met.push([visit.user, other.user]);
    }
    return met;
  });
}

const SCHOOL_RULES: RulePack = {
  ...LONG_RULES,
  infectious_days_before: 0,
  latent_days: 0.1,
  close_contact_seconds: 300,
  source_days: 3,
};

function schoolOf(rows: readonly string[][]): TracedDataset {
  const startAt = Date.parse('2021-10-04T00:00:00+07:00') / 1000;
  const classes = [...new Set(rows.flatMap(([, , , one, other]) => [one as string, other as string]))].sort();
  const provinceOf = (name: string) => PROVINCES[classes.indexOf(name)] as string;
  const classOf = new Map<string, string>();
  const encounters = rows.flatMap(
    ([time, one = '', other = '', classOne = '', classOther = '']): EncounterRow[] => {
      classOf.set(one, classOne).set(other, classOther);
      const from = startAt + Number(time);
      const report = (province: string, phone: 0 | 1): EncounterRow => ({
        province,
        identifierA: identifiersOf(one)[phone] as string,
        identifierB: identifiersOf(other)[phone] as string,
        from,
        until: from + 20,
      });
      const own = report(provinceOf(classOne), 0);
      return classOne === classOther ? [own] : [own, report(provinceOf(classOther), 1)];
    },
  );
  const best = bestConnected(
    rows.map(([, one = '', other = '']) => [one, other]),
    3,
  );
  return {
    provinces: classes.map(provinceOf),
    rules: SCHOOL_RULES,
    people: [...classOf].map(([child, name]) => personRow(child, provinceOf(name))),
    places: [],
    checkIns: [],
    encounters,
    ...casesAndTraces(best, { early: '2021-10-04', late: '2021-10-06', asOf: startAt + 2 * DAY }),
  };
}

/** Two identifiers of a person with a short number as name. */
function identifiersOf(person: string): [string, string] {
  const digits = person.padStart(8, '0');
  return [`phone:+849${digits}`, `app:${digits}-0000-4000-8000-000000000000`];
}

function personRow(person: string, province: string): PersonRow {
  const identifiers = identifiersOf(person);
  return { province, identifiers, name: null, provinceOfResidence: province, ward: null, household: null };
}

/** The people who met most different others, best first; ties by name. */
function bestConnected(pairs: readonly (readonly [string, string])[], count: number): string[] {
  const met = new Map<string, Set<string>>();
  for (const [one, other] of pairs) {
    met.set(one, (met.get(one) ?? new Set()).add(other));
    met.set(other, (met.get(other) ?? new Set()).add(one));
  }
  const ranked = [...met].sort(([a, metA], [b, metB]) => metB.size - metA.size || (a < b ? -1 : 1));
  return ranked.slice(0, count).map(([person]) => person);
}

interface Times {
  readonly early: string;
  readonly late: string;
  readonly asOf: number;
}

/**
 * Cases of `best`, all in the first province: an early one each to trace forward from, a late one to trace
 * back from.
 */
function casesAndTraces(best: readonly string[], { early, late, asOf }: Times) {
  const caseRow = (person: string, onsetOn: string): CaseRow => {
    const identifiers = identifiersOf(person).slice(0, 1);
    const id = `${person}-${onsetOn}`;
    return { province: PROVINCES[0], id, identifiers, onsetOn, sampledAt: null, isolatedAt: null };
  };
  const earlyCases = best.map((person) => caseRow(person, early));
  const lateCases = best.map((person) => caseRow(person, late));
  const all = earlyCases.map((row) => row.id);
  const traces: TraceRequest[] = [
    { direction: 'forward', cases: all.slice(0, 1), maxDegree: 2, asOf },
    { direction: 'forward', cases: all, maxDegree: 4, asOf },
    { direction: 'backward', cases: lateCases.slice(0, 1).map((row) => row.id), maxDegree: 4, asOf },
  ];
  return { cases: [...earlyCases, ...lateCases], traces };
}

/**
 * In `npm test` of the year of check-ins the weeks before the first case, of the two days at school what
 * the classes of its cases have seen of the second until three; in `.ci/run` all.
 */
export function asMuchAsIsRun(world: TracedDataset): TracedDataset {
  return extent({ quick: partOf, all: (whole: TracedDataset) => whole })(world);
}

function partOf(world: TracedDataset): TracedDataset {
  const localAt = (instant: number) => new Date((instant + 7 * 3_600) * 1_000).toISOString();
  const cases = new Set(world.cases.flatMap(({ identifiers }) => identifiers));
  const isCase = ({ identifiers }: PersonRow) => identifiers.some((identifier) => cases.has(identifier));
  const homes = world.people.filter(isCase).map(({ province }) => province);
  const provinces = world.encounters.length > 0 ? [...new Set(homes)] : world.provinces;
  const isHere = ({ province }: { readonly province: string }) => provinces.includes(province);
  const checkIns = world.checkIns.filter(({ inAt }) => /^2021-02/.test(localAt(inAt)));
  const visited = new Set(checkIns.map(({ place }) => place));
  return {
    ...{ ...world, provinces, checkIns },
    people: world.people.filter(isHere),
    places: world.places.filter(({ place }) => visited.has(place)),
    encounters: world.encounters.filter(
      (row) => isHere(row) && /^2021-10-05T(?:0\d|1[0-4])/.test(localAt(row.from)),
    ),
  };
}
