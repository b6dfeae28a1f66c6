/**
 * A dataset as what a province would import (README.md): four CSV texts, and its cases as bodies of `POST
 * /v1/cases`.
 */
import type { CaseRow, Dataset } from './dataset.ts';

export interface ImportFiles {
  /** CSV with header, UTF-8, LF; null is an empty cell; instants with offset +07:00. */
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
    persons: csv(
      'identifiers,name,born_on,sex,province,ward,address,household',
      own(dataset.people).map((row) => {
        const identifiers = row.identifiers.join(' ');
        return [identifiers, row.name, null, null, row.provinceOfResidence, row.ward, null, row.household];
      }),
    ),
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

/** The cases of `province`, without what is unknown. */
export function casesToPost(dataset: Dataset, province: string): CaseToPost[] {
  return dataset.cases
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
