/**
 * A dataset as what a province would import (README.md): four CSV texts, its cases as bodies of `POST
 * /v1/cases`, and its records step by step where their history matters.
 */
import type { CaseRow, Dataset, PersonRow } from './dataset.ts';
import { keyOf, standingCases } from './oracle-records.ts';

export interface ImportFiles {
  /**
   * CSV with header, UTF-8, LF; null is an empty cell; instants with offset +07:00. Of records that were
   * withdrawn only what was written after that, so that importing the file leaves the records that stand.
   */
  readonly persons: string;
  readonly places: string;
  readonly checkIns: string;
  readonly encounters: string;
}

/** The files of `province`, rows in the order of the dataset. Import places before check-ins. */
export function toImportFiles(dataset: Dataset, province: string): ImportFiles {
  const own = <T extends { readonly province: string }>(rows: readonly T[]) =>
    rows.filter((row) => row.province === province);
  return {
    persons: personsCsv(leftStanding(own(dataset.people))),
    places: csv(
      'place,name,kind,ward,capacity,latitude,longitude',
      own(dataset.places).map((row) => [
        row.place,
        `Địa điểm ${row.place}`,
        row.kind,
        null,
        null,
        null,
        null,
      ]),
    ),
    checkIns: csv(
      'identifier,place,in_at,out_at,home_province',
      own(dataset.checkIns).map((row) => {
        return [row.identifier, row.place, isoAt(row.inAt), isoAt(row.outAt), row.homeProvince];
      }),
    ),
    encounters: csv(
      'identifier_a,identifier_b,from,until,rssi',
      own(dataset.encounters).map((row) => {
        return [row.identifierA, row.identifierB, isoAt(row.from), isoAt(row.until), null];
      }),
    ),
  };
}

/** What a province does next with its records. */
export type PersonStep =
  /** A file to import. */
  | { readonly persons: string }
  /** A record to withdraw: that of the key of this row. */
  | { readonly withdraw: PersonRow };

/** All writings of the records of `province`, withdrawals too, in their order; as few files as possible. */
export function personSteps(dataset: Dataset, province: string): PersonStep[] {
  const steps: PersonStep[] = [];
  let rows: PersonRow[] = [];
  const flush = () => {
    if (rows.length > 0) steps.push({ persons: personsCsv(rows) });
    rows = [];
  };
  for (const row of dataset.people.filter((one) => one.province === province)) {
    if (row.withdrawn !== true) {
      rows.push(row);
      continue;
    }
    flush();
    steps.push({ withdraw: row });
  }
  flush();
  return steps;
}

/** The rows that no later one withdraws. */
function leftStanding(rows: readonly PersonRow[]): PersonRow[] {
  const withdrawnAt = new Map(rows.flatMap((row, at) => (row.withdrawn ? [[keyOf(row), at] as const] : [])));
  return rows.filter((row, at) => at > (withdrawnAt.get(keyOf(row)) ?? -1));
}

function personsCsv(rows: readonly PersonRow[]): string {
  return csv(
    'record,identifiers,name,born_on,sex,province,ward,address,household',
    rows.map((row) => {
      const { record = null, name, bornOn = null, sex = null, provinceOfResidence, ward, household } = row;
      const identifiers = row.identifiers.join(' ');
      return [record, identifiers, name, bornOn, sex, provinceOfResidence, ward, null, household];
    }),
  );
}

export interface CaseToPost {
  /** Id in the dataset; the node gives its own. */
  readonly id: string;
  readonly body: {
    identifiers: readonly string[];
    onset_on?: string;
    sampled_at?: string;
    isolated_at?: string;
  };
}

/** The cases of `province` that stand, as they were last corrected, without what is unknown. */
export function casesToPost(dataset: Dataset, province: string): CaseToPost[] {
  return standingCases(dataset)
    .filter((row) => row.province === province)
    .map((row) => ({ id: row.id, body: bodyOf(row) }));
}

function bodyOf({ identifiers, onsetOn, sampledAt, isolatedAt }: CaseRow): CaseToPost['body'] {
  return {
    identifiers,
    ...(onsetOn === null ? {} : { onset_on: onsetOn }),
    ...(sampledAt === null ? {} : { sampled_at: isoAt(sampledAt) }),
    ...(isolatedAt === null ? {} : { isolated_at: isoAt(isolatedAt) }),
  };
}

/** ISO 8601 with the offset of Vietnam, whole seconds; empty for null. */
export function isoAt(at: number): string;
export function isoAt(at: number | null): string | null;
export function isoAt(at: number | null): string | null {
  if (at === null) return null;
  return `${new Date((at + 7 * 3600) * 1000).toISOString().slice(0, 19)}+07:00`;
}

function csv(header: string, rows: readonly (readonly (string | null)[])[]): string {
  return [header, ...rows.map((row) => row.map(cell).join(','))].map((line) => `${line}\n`).join('');
}

function cell(value: string | null): string {
  if (value === null) return '';
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
