/**
 * The oracle: a second, independent reading of README.md (What a trace is, exactly) over the merged data, as
 * plain as its text. Correctness before speed. It shares no code with the implementation and must not import
 * any of it (rule-pack types only).
 *
 * API (stable):
 *   trace(dataset, rules, request)      the contacts, sorted by first identifier
 *   oracleOf(dataset, rules)            for several requests: .contacts(request), .labels(request),
 *                                       .windows(request)
 *   standing(dataset)                   the records that stand after the history that the dataset is
 * A request is {direction, cases: ids of dataset.cases, maxDegree, asOf (epoch seconds)}. maxDegree is taken
 * as it is. Unknown case ids and cases with neither onset nor sampling throw.
 *
 * Where the text leaves room, it is read so:
 *   1 `people` and `cases` are histories. A row of a key that stands corrects it: each value that it has
 *     replaces the one before, the list of identifiers as a whole. A row after the withdrawal begins the
 *     record anew, with nothing of what it said before. A case's key is its id.
 *   2 a row with no identifier or with two `cccd` is refused and changes nothing, also as a correction. So is
 *     a case; it is then unknown.
 *   3 the key of a row without `record`: `{phone:a}` without a name and `{phone:a}` of An are two records,
 *     `{cccd:b}` of An and of Bình is one, whose name was corrected. A key given and a set of identifiers are
 *     never the same key.
 *   4 a case states neither birth year nor sex; only its `cccd` tells. Of a stated date, month or year the
 *     year counts; what a `cccd` carries stands also against what is stated. The digits of a `cccd` that is
 *     not of twelve tell nothing (only examples have such).
 *   5 (a) to (c) ask of a handle that both records name; two records that name two handles together are
 *     opposed at both. A record that names the handle alone is opposed to none. (c): some kind of number of
 *     which both name one; since none are tied, they differ.
 *     What the text says of a parent and a child with an insurance card follows from (b), where birth year
 *     and sex of the child are known; of whom nothing but the card is known (a) to (c) tell nothing: one.
 *   6 ties are made by all standing records, cases included, as links are; those of a class that falls apart
 *     too.
 *   7 "linked, except through shared handles": of a record, what it names beside its shared handles stays
 *     linked among itself. A class that falls apart is counted without shared handles, and what is named
 *     together with a `cccd` is asked of every standing record.
 *   8 a close contact needs a cut event (or a household), even if close_contact_seconds is 0; events of
 *     weight 0 are events: they have starts, ends, settings and provinces, and no seconds.
 *   9 exposures come from sources of which the contact is a close contact, each by its undominated label (q,
 *     k - 1, t); all their cut events count for instants, settings, kinds and provinces, also those outshone
 *     by a stronger one. A case with several index persons (a shared handle among its identifiers) is several
 *     sources, and their seconds are added.
 *  10 rejected rows (out before in, until before from, unknown place) count nowhere: they end no assumed stay
 *     and make no province know an identifier. Empty ones do both, and are no event. An encounter of an
 *     identifier with itself is no event.
 *  11 "the next check-in" is the one with the least later in, whether it has an out or is empty; one at the
 *     same instant at another place is not later.
 *  12 a case that is withdrawn is no index case: no window, no index person, no part in L. A trace of none
 *     has no contacts.
 *  13 the window that "the result says is empty" is the index person's: the union over its cases.
 *  14 residentIn: provinces of which a standing record names an identifier of the contact and gives that
 *     province as residence; home_province of a check-in is no residence. knownIn: also by cases, check-ins,
 *     encounters.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { CaseRow, Dataset, TraceRequest } from './dataset.ts';
import { acceptedCheckIns, acceptedEncounters, eventsOf, type Interval } from './oracle-events.ts';
import { type Label, labelsOf } from './oracle-labels.ts';
import { closeContactsOf, type Meeting } from './oracle-meetings.ts';
import { type Person, resolvePersons } from './oracle-persons.ts';
import { type StandingRecord, standing, standingCases } from './oracle-records.ts';
import { type Windows, windowsOf } from './oracle-windows.ts';

export { standing };

export interface OracleContact {
  /** Sorted, as all lists of this type are; none holds anything twice. */
  identifiers: string[];
  degree: number;
  firstExposedAt: number;
  lastExposedAt: number;
  seconds: number;
  /** Among `encounter`, `household`, `place`. */
  settings: string[];
  placeKinds: string[];
  /** Provinces that saw an exposure. */
  exposedIn: string[];
  /** Provinces of which the person is a resident by their own records. */
  residentIn: string[];
  /** Provinces of which a record, case, check-in or encounter names one of its identifiers. */
  knownIn: string[];
}

/** An undominated label (p, k, t) of a person that is not an index person. */
export interface OracleLabel {
  identifiers: string[];
  degree: number;
  at: number;
}

/** Of an index person: disjoint intervals in order; none = the window is empty, which the result must say. */
export interface OracleWindow {
  identifiers: string[];
  window: Interval[];
}

export interface Oracle {
  /** Sorted by first identifier. */
  contacts(request: TraceRequest): OracleContact[];
  /** Sorted by first identifier, then degree. */
  labels(request: TraceRequest): OracleLabel[];
  /** Of every index person; sorted by first identifier. */
  windows(request: TraceRequest): OracleWindow[];
}

/** Contacts of a trace over the merged data. */
export function trace(dataset: Dataset, rules: RulePack, request: TraceRequest): OracleContact[] {
  return oracleOf(dataset, rules).contacts(request);
}

/** The oracle of a dataset, for several requests: persons and stays are worked out once. */
export function oracleOf(dataset: Dataset, rules: RulePack): Oracle {
  const records = standing(dataset);
  const naming = namingOf(dataset, records);
  const persons = resolvePersons(records, [...naming.keys()]);
  const personOf = (identifier: string) => persons.get(identifier) as Person;
  const closeContacts = closeContactsOf(eventsOf(dataset, rules), personOf, rules);

  const windows = (request: TraceRequest): Windows =>
    windowsOf(indexCasesOf(dataset, request), rules, request, personOf);
  const labels = (request: TraceRequest): Label[] => labelsOf(request, windows(request), closeContacts);
  return {
    contacts: (request) =>
      exposuresOf(labels(request))
        .map((exposure) => contactOf(exposure, records, naming))
        .sort((a, b) => compare(a.identifiers[0], b.identifiers[0])),
    labels: (request) =>
      labels(request)
        .filter((label) => label.degree > 0)
        .map(({ person, degree, at }) => ({ identifiers: [...person.identifiers], degree, at }))
        .sort((a, b) => compare(a.identifiers[0], b.identifiers[0]) || a.degree - b.degree),
    windows: (request) =>
      [...windows(request).indexPersons]
        .map(([person, window]) => ({ identifiers: [...person.identifiers], window: [...window] }))
        .sort((a, b) => compare(a.identifiers[0], b.identifiers[0])),
  };
}

/** The cases that the request names, without those that are withdrawn. */
function indexCasesOf(dataset: Dataset, request: TraceRequest): CaseRow[] {
  const cases = standingCases(dataset);
  return request.cases.flatMap((id) => {
    const found = cases.find((row) => row.id === id);
    const isWithdrawn = dataset.cases.some((row) => row.id === id && row.withdrawn === true);
    if (found === undefined && !isWithdrawn) throw new Error(`no case ${id}`);
    return found ?? [];
  });
}

/** The provinces that name each identifier, in whatever they wrote down. */
function namingOf(dataset: Dataset, records: readonly StandingRecord[]): Map<string, Set<string>> {
  const naming = new Map<string, Set<string>>();
  const name = (identifiers: readonly string[], province: string) => {
    for (const identifier of identifiers) {
      naming.set(identifier, (naming.get(identifier) ?? new Set()).add(province));
    }
  };
  for (const record of records) name(record.identifiers, record.province);
  for (const row of acceptedCheckIns(dataset)) name([row.identifier], row.province);
  for (const row of acceptedEncounters(dataset)) name([row.identifierA, row.identifierB], row.province);
  return naming;
}

interface Exposure {
  readonly person: Person;
  readonly degree: number;
  /** One of each source. */
  readonly meetings: readonly Meeting[];
}

/** "A person's degree is its smallest k; its exposures come from the labels (q, k − 1, ·)." */
function exposuresOf(labels: readonly Label[]): Exposure[] {
  const degrees = new Map<Person, number>();
  for (const { person, degree } of labels) {
    degrees.set(person, Math.min(degree, degrees.get(person) ?? degree));
  }
  return [...degrees].flatMap(([person, degree]) => {
    if (degree === 0) return []; // an index person is no contact
    const sources = labels.filter((label) => label.degree === degree - 1);
    const meetings = sources.flatMap((label) =>
      label.contacts.filter((meeting) => meeting.person === person),
    );
    return [{ person, degree, meetings }];
  });
}

/** "The earliest start", "the latest end", "the sum over sources"; the sets are unions over sources. */
function contactOf(
  { person, degree, meetings }: Exposure,
  records: readonly StandingRecord[],
  naming: Naming,
): OracleContact {
  const events = meetings.flatMap((meeting) => meeting.events);
  const householdIn = meetings.flatMap((meeting) => meeting.householdIn);
  const household = householdIn.length > 0 ? ['household'] : [];
  return {
    identifiers: [...person.identifiers],
    degree,
    firstExposedAt: Math.min(...meetings.map((meeting) => meeting.first)),
    lastExposedAt: Math.max(...meetings.map((meeting) => meeting.last)),
    seconds: meetings.reduce((sum, meeting) => sum + meeting.seconds, 0),
    settings: sortedSet([...events.map((event) => event.setting), ...household]),
    placeKinds: sortedSet(events.flatMap((event) => event.kind ?? [])),
    exposedIn: sortedSet([...events.map((event) => event.province), ...householdIn]),
    residentIn: residentIn(person, records),
    knownIn: sortedSet(person.identifiers.flatMap((identifier) => [...(naming.get(identifier) ?? [])])),
  };
}

type Naming = ReadonlyMap<string, ReadonlySet<string>>;

function residentIn(person: Person, records: readonly StandingRecord[]): string[] {
  const own = records.filter(
    (record) =>
      record.provinceOfResidence === record.province &&
      record.identifiers.some((one) => person.identifiers.includes(one)),
  );
  return sortedSet(own.map((record) => record.province));
}

function sortedSet(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
