/**
 * What records tell through the feed: local ids and places, never whose. Too much costs a repeated question;
 * too little would leave a trace or a desk wrong.
 */
import { type FeedKind, feedKind } from '../../shared/feed/kinds.ts';

/**
 * Links, residence, household or existence of these identifiers changed (all of a changed household).
 */
export const IDENTIFIERS_CHANGED: FeedKind<readonly number[]> = feedKind('identifiers.changed');

/** These identifiers have got their tokens. */
export const IDENTIFIERS_TOKENIZED: FeedKind<readonly number[]> = feedKind('identifiers.tokenized');

/** The node holds tokens of other generations of the key service's key: of these, whole. */
export const TOKENS_ROTATED: FeedKind<readonly number[]> = feedKind('tokens.rotated');

/** The ward that records say of who has these identifiers may be another than before. */
export const PEOPLE_MOVED: FeedKind<readonly number[]> = feedKind('people.moved');

/**
 * Check-ins stored, changed or ended, as parallel columns. Without identifiers: whoever was at the places.
 */
export interface ChangedStays {
  readonly identifierIds: readonly number[];
  readonly placeIds: readonly number[];
  readonly from: readonly number[];
  /** When the stay can end, epoch seconds. */
  readonly until: readonly number[];
  /** When it could end before; `from` = it was not there. */
  readonly before: readonly number[];
}

/**
 * The columns, each as base64 of unsigned 32-bit numbers in the byte order of the machine: as JSON numbers
 * five thousand stays cost an import 8 % of its processor time instead of 3 %.
 */
export type PackedStays = { readonly [column in keyof ChangedStays]: string };

export const STAYS_CHANGED: FeedKind<PackedStays> = feedKind('stays.changed');

const COLUMNS = ['identifierIds', 'placeIds', 'from', 'until', 'before'] as const;

/** Stays as an event tells them. */
export function packStays(stays: ChangedStays): PackedStays {
  const pack = (column: (typeof COLUMNS)[number]) =>
    Buffer.from(Uint32Array.from(stays[column]).buffer).toString('base64');
  return Object.fromEntries(COLUMNS.map((column) => [column, pack(column)])) as unknown as PackedStays;
}

/** What `packStays` has packed. */
export function unpackStays(packed: PackedStays): ChangedStays {
  const unpack = (column: (typeof COLUMNS)[number]) => {
    const { buffer } = Uint8Array.from(Buffer.from(packed[column], 'base64'));
    return [...new Uint32Array(buffer)];
  };
  return Object.fromEntries(COLUMNS.map((column) => [column, unpack(column)])) as unknown as ChangedStays;
}

/** Encounters stored between a[i] and b[i]. */
export const ENCOUNTERS_CHANGED: FeedKind<{ readonly a: readonly number[]; readonly b: readonly number[] }> =
  feedKind('encounters.changed');

/** All of them. */
export const RECORD_KINDS = [
  ...[IDENTIFIERS_CHANGED, IDENTIFIERS_TOKENIZED, TOKENS_ROTATED, PEOPLE_MOVED],
  ...[STAYS_CHANGED, ENCOUNTERS_CHANGED],
] as const;
