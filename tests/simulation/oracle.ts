/**
 * The oracle: a second, independent reading of README.md (What a trace is, exactly) over the merged data, as
 * plain as its text. Correctness before speed. It shares no code with the implementation and must not import
 * any of it (rule-pack types only).
 *
 * API (stable):
 *   trace(dataset, rules, request)      the contacts, sorted by first identifier
 *   oracleOf(dataset, rules)            for several requests: .contacts(request), .labels(request)
 * A request is {direction, cases: ids of dataset.cases, maxDegree, asOf (epoch seconds)}. maxDegree is taken
 * as it is. Unknown case ids and cases with neither onset nor sampling throw.
 *
 * Where the text leaves room, it is read so:
 *   1 a record is one row of `persons` or one case; rows that "merge at the node" stay separate records for
 *     what is "linked directly" (else who is one person would depend on how rows are spread over provinces).
 *   2 a household is recorded under the first identifier of a row, per province; a later row headed by that
 *     identifier moves it; rows headed by other identifiers of the person do not.
 *   3 a close contact needs a cut event (or a household), even if close_contact_seconds is 0; events of
 *     weight 0 are events: they have starts, ends, settings and provinces, and no seconds.
 *   4 exposures come from sources of which the contact is a close contact, each by its undominated label (q,
 *     k - 1, t); all their cut events count for instants, settings, kinds and provinces, also those outshone
 *     by a stronger one.
 *   5 backward knows no asOf: the text has none in its windows.
 *   6 residentIn: provinces whose own `persons` row names an identifier of the contact and gives that
 *     province as residence; home_province of a check-in is no residence.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type { CaseRow, Dataset, TraceRequest } from './dataset.ts';
import { acceptedCheckIns, eventsOf } from './oracle-events.ts';
import { type Label, labelsOf } from './oracle-labels.ts';
import { closeContactsOf, type Meeting } from './oracle-meetings.ts';
import { type Person, resolvePersons } from './oracle-persons.ts';
import { windowsOf } from './oracle-windows.ts';

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

export interface Oracle {
  /** Sorted by first identifier. */
  contacts(request: TraceRequest): OracleContact[];
  /** Sorted by first identifier, then degree. */
  labels(request: TraceRequest): OracleLabel[];
}

/** Contacts of a trace over the merged data. */
export function trace(dataset: Dataset, rules: RulePack, request: TraceRequest): OracleContact[] {
  return oracleOf(dataset, rules).contacts(request);
}

/** The oracle of a dataset, for several requests: persons and stays are worked out once. */
export function oracleOf(dataset: Dataset, rules: RulePack): Oracle {
  const naming = namingOf(dataset);
  const records = [...dataset.people, ...dataset.cases].map((record) => record.identifiers);
  const persons = resolvePersons(records, [...naming.keys()]);
  const personOf = (identifier: string) => persons.get(identifier) as Person;
  const events = eventsOf(dataset, rules);

  const labels = (request: TraceRequest): Label[] => {
    const cases = request.cases.map((id) => caseOf(dataset, id));
    const windows = windowsOf(cases, rules, request, personOf);
    return labelsOf(request, windows, closeContactsOf(events, personOf, rules, request.direction));
  };
  return {
    contacts: (request) =>
      exposuresOf(labels(request))
        .map((exposure) => contactOf(exposure, dataset, naming))
        .sort((a, b) => compare(a.identifiers[0], b.identifiers[0])),
    labels: (request) =>
      labels(request)
        .filter((label) => label.degree > 0)
        .map(({ person, degree, at }) => ({ identifiers: [...person.identifiers], degree, at }))
        .sort((a, b) => compare(a.identifiers[0], b.identifiers[0]) || a.degree - b.degree),
  };
}

function caseOf(dataset: Dataset, id: string): CaseRow {
  const found = dataset.cases.find((row) => row.id === id);
  if (found === undefined) throw new Error(`no case ${id}`);
  return found;
}

/** The provinces that name each identifier, in whatever they wrote down. */
function namingOf(dataset: Dataset): Map<string, Set<string>> {
  const naming = new Map<string, Set<string>>();
  const name = (identifiers: readonly string[], province: string) => {
    for (const identifier of identifiers) {
      naming.set(identifier, (naming.get(identifier) ?? new Set()).add(province));
    }
  };
  for (const row of dataset.people) name(row.identifiers, row.province);
  for (const row of dataset.cases) name(row.identifiers, row.province);
  for (const row of acceptedCheckIns(dataset)) name([row.identifier], row.province);
  for (const row of dataset.encounters) name([row.identifierA, row.identifierB], row.province);
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
function contactOf({ person, degree, meetings }: Exposure, dataset: Dataset, naming: Naming): OracleContact {
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
    residentIn: residentIn(person, dataset),
    knownIn: sortedSet(person.identifiers.flatMap((identifier) => [...(naming.get(identifier) ?? [])])),
  };
}

type Naming = ReadonlyMap<string, ReadonlySet<string>>;

function residentIn(person: Person, dataset: Dataset): string[] {
  const rows = dataset.people.filter(
    (row) =>
      row.provinceOfResidence === row.province &&
      row.identifiers.some((one) => person.identifiers.includes(one)),
  );
  return sortedSet(rows.map((row) => row.province));
}

function sortedSet(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
