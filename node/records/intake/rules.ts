/**
 * What a batch of check-ins changes: which rows are new or get a (later) out, and which check-ins without an
 * out are ended by another next check-in. Pure.
 *
 * `next_in_at` of a check-in without an out is the next check-in of the same identifier, at whatever place,
 * if that is later by at most NEXT_LIMIT; else, and with an out, it is null.
 */
import { LAST_INSTANT } from '../../../shared/domain/instant.ts';
import { LONGEST_STAY_LIMIT } from '../../../shared/domain/rule-pack.ts';

/** No stay is longer, so a later check-in cannot end one. */
export const NEXT_LIMIT = LONGEST_STAY_LIMIT;

export interface CheckInKey {
  readonly identifierId: number;
  readonly placeId: number;
  readonly inAt: number;
}

export interface CheckIn extends CheckInKey {
  readonly outAt: number | null;
}

/** A check-in as stored. */
export interface StoredCheckIn extends CheckIn {
  readonly nextInAt: number | null;
}

/** What is stored around a check-in: of the same identifier, at most NEXT_LIMIT away. */
export interface Surroundings {
  /** The check-in itself. */
  readonly same: StoredCheckIn | undefined;
  /**
   * Those without an out at the last instant before it; may be left out if any check-in at its instant is
   * stored, which has ended them.
   */
  readonly before: readonly StoredCheckIn[];
  /** When the next one after it is; may be left out if the check-in itself is stored or has an out. */
  readonly afterInAt: number | null;
}

/** A row to be written. */
export interface CheckInChange extends StoredCheckIn {
  /** Not stored yet. */
  readonly isNew: boolean;
  /** The stay lies in [inAt, until), whatever the rules. */
  readonly until: number;
  /** As it was before it lay in [inAt, before); empty if it was not there. */
  readonly before: number;
}

/** Each key once; of two outs the later stands. */
export function distinctCheckIns(rows: readonly CheckIn[]): CheckIn[] {
  const byKey = new Map<string, CheckIn>();
  for (const row of rows) {
    const name = keyOf(row);
    const before = byKey.get(name);
    if (before === undefined || laterOf(before.outAt, row.outAt) !== before.outAt) byKey.set(name, row);
  }
  return [...byKey.values()];
}

/** The rows to be written so that `rows` (distinct) are stored, given what surrounds each of them. */
export function planCheckIns(
  rows: readonly CheckIn[],
  around: (index: number) => Surroundings,
): CheckInChange[] {
  const surroundings = rows.map((_, index) => around(index));
  const arrivals = timelines(rows.filter((_, index) => surroundings[index]?.same === undefined));
  const nextArrival = (row: CheckIn) => firstAfter(arrivals.get(row.identifierId) ?? [], row.inAt);
  const changes: CheckInChange[] = [];
  const ended = new Map<string, StoredCheckIn>();
  for (const [index, row] of rows.entries()) {
    const { same, before, afterInAt } = surroundings[index] as Surroundings;
    const outAt = laterOf(same?.outAt ?? null, row.outAt);
    const known = same === undefined ? afterInAt : same.nextInAt;
    const nextInAt = outAt === null ? nextOf(row.inAt, earlier(known, nextArrival(row))) : null;
    const { identifierId, placeId, inAt } = row;
    push(changes, same, { identifierId, placeId, inAt, outAt, nextInAt });
    if (same === undefined) for (const one of before) ended.set(keyOf(one), one);
  }
  // Those among the rows have been looked at with all arrivals already.
  if (ended.size > 0) for (const row of rows) ended.delete(keyOf(row));
  for (const before of ended.values()) {
    push(changes, before, { ...before, nextInAt: earlier(before.nextInAt, nextArrival(before)) });
  }
  return changes;
}

function push(changes: CheckInChange[], before: StoredCheckIn | undefined, after: StoredCheckIn): void {
  if (before !== undefined && before.outAt === after.outAt && before.nextInAt === after.nextInAt) return;
  const { identifierId, placeId, inAt, outAt, nextInAt } = after;
  const isNew = before === undefined;
  const ended = isNew ? inAt : latestEnd(before);
  changes.push({
    identifierId,
    placeId,
    inAt,
    outAt,
    nextInAt,
    isNew,
    until: latestEnd(after),
    before: ended,
  });
}

/** The latest instant at which a stay can end under any rules. */
function latestEnd({ inAt, outAt, nextInAt }: StoredCheckIn): number {
  return Math.min(outAt ?? nextInAt ?? LAST_INSTANT, inAt + NEXT_LIMIT, LAST_INSTANT);
}

/** Instants of check-in by identifier, ascending. */
function timelines(rows: readonly CheckIn[]): Map<number, number[]> {
  const lines = new Map<number, number[]>();
  for (const { identifierId, inAt } of rows) {
    const line = lines.get(identifierId);
    if (line === undefined) lines.set(identifierId, [inAt]);
    else line.push(inAt);
  }
  for (const line of lines.values()) line.sort((a, b) => a - b);
  return lines;
}

/** Binary search: a day's file may scan one phone at one gate thousands of times. */
function firstAfter(ascending: readonly number[], instant: number): number | null {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) > instant) high = middle;
    else low = middle + 1;
  }
  return ascending[low] ?? null;
}

function nextOf(inAt: number, next: number | null): number | null {
  return next !== null && next - inAt <= NEXT_LIMIT ? next : null;
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function laterOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

function keyOf({ identifierId, placeId, inAt }: CheckInKey): string {
  return `${identifierId} ${placeId} ${inAt}`;
}
