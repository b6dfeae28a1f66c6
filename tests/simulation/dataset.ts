/**
 * The merged data of all provinces, as plain as possible: the rows of the import files (README.md) and the
 * cases, each with the province where it was recorded. Owns the shape only; says nothing about what the rows
 * mean. Instants are epoch seconds (UTC), null or absent = unknown (an empty cell). The order of rows is the
 * order in which they were written: of `people` and `cases` it is a history, in which a row may correct or
 * withdraw what an earlier one said.
 */
import type { RulePack } from '../../shared/domain/rule-pack.ts';

export type Sex = 'male' | 'female' | 'other';

/**
 * A row of `persons`: one writing of a record. Rows of one province with one key are writings of one record:
 * `record` if given, else the set of identifiers, and the name too if they are handles alone.
 */
export interface PersonRow {
  readonly province: string;
  /** The column `record`. */
  readonly record?: string | null;
  /** Canonical `kind:value`, in the order in which they were typed, which means nothing. */
  readonly identifiers: readonly string[];
  readonly name: string | null;
  /** As stated: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`. */
  readonly bornOn?: string | null;
  /** As stated. */
  readonly sex?: Sex | null;
  /** The column `province` of the file. */
  readonly provinceOfResidence: string | null;
  readonly ward: string | null;
  /** Local to the recording province. */
  readonly household: string | null;
  /** This writing withdraws the record of its key; nothing else of the row matters. */
  readonly withdrawn?: boolean;
}

/** A row of `places`; `place` is local to the province. */
export interface PlaceRow {
  readonly province: string;
  readonly place: string;
  readonly kind: string;
}

/** A row of `check-ins`; its place is one of the same province. */
export interface CheckInRow {
  readonly province: string;
  readonly identifier: string;
  readonly place: string;
  readonly inAt: number;
  readonly outAt: number | null;
  readonly homeProvince: string | null;
}

/** A row of `encounters`. */
export interface EncounterRow {
  readonly province: string;
  readonly identifierA: string;
  readonly identifierB: string;
  readonly from: number;
  readonly until: number;
}

/**
 * One writing of a case, which is a record too: as posted to `/v1/cases`, or as corrected, or withdrawn. `id`
 * is its key and unique in the dataset. One of onset and sampling is known.
 */
export interface CaseRow {
  readonly province: string;
  readonly id: string;
  readonly identifiers: readonly string[];
  /** `YYYY-MM-DD` in Asia/Ho_Chi_Minh; means its midnight. */
  readonly onsetOn: string | null;
  readonly sampledAt: number | null;
  readonly isolatedAt: number | null;
  /** This writing withdraws the case; nothing else of the row matters. */
  readonly withdrawn?: boolean;
}

export interface Dataset {
  /** Official two-digit codes, of every province that takes part, with data or without. */
  readonly provinces: readonly string[];
  readonly people: readonly PersonRow[];
  readonly places: readonly PlaceRow[];
  readonly checkIns: readonly CheckInRow[];
  readonly encounters: readonly EncounterRow[];
  readonly cases: readonly CaseRow[];
}

/** What `POST /v1/traces` asks for; `cases` are ids of `CaseRow`. */
export interface TraceRequest {
  readonly direction: 'forward' | 'backward';
  readonly cases: readonly string[];
  readonly maxDegree: number;
  readonly asOf: number;
}

/** A dataset with the rules in force and the traces to run on it. */
export interface TracedDataset extends Dataset {
  readonly rules: RulePack;
  readonly traces: readonly TraceRequest[];
}
