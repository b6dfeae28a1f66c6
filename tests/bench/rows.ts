/**
 * Ways to hand a world's rows to COPY: chosen rows in order of arrival, gathered a piece at a time.
 */
import { createHash } from 'node:crypto';
import { copyIn } from '../../shared/db/copy.ts';
import type { Database } from '../../shared/db/database.ts';
import { BENCH_TIME, identifierValue, type StayColumns, type World } from './world.ts';

const PIECE_ROWS = 100_000;

/**
 * Loads `count` rows in pieces; `piece` gives the columns of the rows `from` (included) to `until` (not
 * included).
 */
export async function copyInPieces(
  db: Database,
  target: string,
  count: number,
  piece: (from: number, until: number) => ArrayLike<unknown>[],
): Promise<void> {
  for (let from = 0; from < count; from += PIECE_ROWS) {
    const until = Math.min(count, from + PIECE_ROWS);
    await copyIn(db.sql, target, piece(from, until) as Parameters<typeof copyIn>[2]);
  }
}

/** `column` at `rows[from]` to `rows[until - 1]`. */
export function gather(column: ArrayLike<number>, rows: Int32Array, from: number, until: number): Int32Array {
  const out = new Int32Array(until - from);
  for (let i = from; i < until; i++) out[i - from] = column[rows[i] as number] as number;
  return out;
}

const BUCKET_SECONDS = 60;
const BUCKETS = (BENCH_TIME.days + 1) * (86_400 / BUCKET_SECONDS);

/** Rows of stays grouped by `groupOf` (0 to `groups` - 1), each group by the minute of its check-ins. */
export function byArrival(
  { count, inAt }: StayColumns,
  groups: number,
  groupOf: (row: number) => number,
): { rows: Int32Array; start: Int32Array } {
  const bucketOf = (row: number) =>
    groupOf(row) * BUCKETS + Math.floor(((inAt[row] as number) - BENCH_TIME.from) / BUCKET_SECONDS);
  const ends = new Int32Array(groups * BUCKETS + 1);
  for (let row = 0; row < count; row++) ends[bucketOf(row) + 1]!++;
  for (let b = 1; b < ends.length; b++) ends[b]! += ends[b - 1]!;
  const start = Int32Array.from({ length: groups + 1 }, (_, group) => ends[group * BUCKETS] as number);
  const rows = new Int32Array(count);
  for (let row = 0; row < count; row++) rows[ends[bucketOf(row)]!++] = row;
  return { rows, start };
}

/**
 * Tokens of all identifiers, packed: made ready, as the bench may have them; the same function at every node.
 */
export function tokensOf({ people }: World): Uint8Array {
  const tokens = new Uint8Array(people.count * 2 * 16);
  for (let identifier = 0; identifier < people.count * 2; identifier++) {
    tokens.set(tokenOf(identifier), identifier * 16);
  }
  return tokens;
}

/** 16 bytes. */
export function tokenOf(identifier: number): Uint8Array {
  return createHash('sha256').update(identifierValue(identifier)).digest().subarray(0, 16);
}

/** Rows as an array of values. */
export function mapRows<T>(from: number, until: number, cell: (row: number) => T): T[] {
  return Array.from({ length: until - from }, (_, i) => cell(from + i));
}
