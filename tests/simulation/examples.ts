/**
 * Short words for the oracle's hand-computed examples: one index case `app:x` with onset at T = midnight of
 * 10 June 2021 in Vietnam, and rows around it. Owns no arithmetic of the rules.
 */
import { expect, test } from 'vitest';
import type { RulePack } from '../../shared/domain/rule-pack.ts';
import type {
  CaseRow,
  CheckInRow,
  Dataset,
  EncounterRow,
  PersonRow,
  PlaceRow,
  Sex,
  TraceRequest,
} from './dataset.ts';
import { trace } from './oracle.ts';

/** T in epoch seconds: 2021-06-09T17:00:00Z. */
export const T = 1_623_258_000;
export const HOUR = 3600;
export const DAY = 86_400;

export const RULES: RulePack = {
  number: 1,
  effective_from: '2021-01-01T00:00:00+07:00',
  infectious_days_before: 2,
  latent_days: 2,
  close_contact_seconds: 900,
  longest_stay_seconds: 43_200,
  max_degree: 4,
  source_days: 14,
  trace_open_days: 21,
  retention_days: 30,
  assumed_stay_seconds: { default: 3600, market: 2700 },
  weight_percent: { default: 100, market: 50, event: 80 },
};

/** An encounter that province 24 recorded; `from` and `until` are seconds after T. */
export function met(a: string, b: string, from: number, until: number): EncounterRow {
  return { province: '24', identifierA: a, identifierB: b, from: T + from, until: T + until };
}

/**
 * A check-in at `shop`, `market` or `event` of province 24, or at `79/shop`; seconds after T, null = no out.
 */
export function scan(identifier: string, where: string, inAt: number, outAt: number | null): CheckInRow {
  const [province, place] = where.includes('/') ? (where.split('/') as [string, string]) : ['24', where];
  return {
    province,
    identifier,
    place,
    inAt: T + inAt,
    outAt: outAt === null ? null : T + outAt,
    homeProvince: null,
  };
}

export function inProvince<Row extends { readonly province: string }>(province: string, row: Row): Row {
  return { ...row, province };
}

/** A record in province 24 of the identifiers separated by spaces. */
export function record(identifiers: string, household: string | null = null): PersonRow {
  const words = identifiers.split(' ');
  return { province: '24', identifiers: words, name: null, provinceOfResidence: null, ward: null, household };
}

/** What a record states of birth and sex, as in `1985 female` or `2015-03-04 male`. */
export function stated(says: string, row: PersonRow): PersonRow {
  const [bornOn = null, sex = null] = says.split(' ').filter(Boolean) as [string?, Sex?];
  return { ...row, bornOn, sex };
}

/** The writing that withdraws what `row` wrote. */
export function withdrawal<Row extends PersonRow | CaseRow>(row: Row): Row {
  return { ...row, withdrawn: true };
}

/** A case of province 24; `app:x` with onset on 10 June unless told otherwise. */
export function confirmed(changes: Partial<CaseRow> = {}): CaseRow {
  const base = { province: '24', id: 'case', identifiers: ['app:x'], onsetOn: '2021-06-10' };
  return { ...base, sampledAt: null, isolatedAt: null, ...changes };
}

const PLACES: readonly PlaceRow[] = [
  { province: '24', place: 'shop', kind: 'shop' },
  { province: '24', place: 'market', kind: 'market' },
  { province: '24', place: 'event', kind: 'event' },
  { province: '79', place: 'shop', kind: 'shop' },
];

export interface Example extends Partial<Omit<Dataset, 'cases'>>, Partial<TraceRequest> {
  readonly rules?: Partial<RulePack>;
  /** All cases; the trace starts from them all unless `cases` names some. */
  readonly confirmed?: readonly CaseRow[];
}

/** The contacts of an example: forward, as of T + 10 days, up to four degrees, unless it says otherwise. */
export function contactsOf(example: Example) {
  return trace(datasetOf(example), { ...RULES, ...example.rules }, requestOf(example));
}

/** The dataset of an example; what it does not mention is empty (places: the four above). */
export function datasetOf(example: Example): Dataset {
  return {
    provinces: ['24', '79', '01'],
    people: example.people ?? [],
    places: example.places ?? PLACES,
    checkIns: example.checkIns ?? [],
    encounters: example.encounters ?? [],
    cases: example.confirmed ?? [confirmed()],
  };
}

export function requestOf(example: Example): TraceRequest {
  const cases = example.cases ?? (example.confirmed ?? [confirmed()]).map((row) => row.id);
  const { direction = 'forward', maxDegree = 4, asOf = T + 10 * DAY } = example;
  return { direction, cases, maxDegree, asOf };
}

/** `identifiers degree [first, last) seconds` of each contact, instants in seconds after T. */
export function summary(example: Example): string[] {
  return contactsOf(example).map(
    ({ identifiers, degree, firstExposedAt, lastExposedAt, seconds }) =>
      `${identifiers.join('+')} F${degree} ${firstExposedAt - T}..${lastExposedAt - T} ${seconds}s`,
  );
}

/** A test for each row: what `summary` says of its example. */
export function check(
  rows: readonly (readonly [name: string, example: Example, expected: readonly string[]])[],
): void {
  test.each(rows)('%s', (_name, example, expected) => expect(summary(example)).toEqual(expected));
}
