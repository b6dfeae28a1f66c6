/**
 * SQL over check-ins and encounters, a set of rows at a time. Only the holder of the intake lock writes them, so what
 * one statement has read still holds for the next.
 */
import type { Queryable, Transaction } from '../../shared/db/database.ts';
import { type CheckInChange, type CheckInKey, NEXT_LIMIT, type Surroundings } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

interface SurroundingRow {
  position: number;
  known: boolean;
  out_at: number | null;
  next_in_at: number | null;
  before_in_at: number | null;
  before_out_at: number | null;
  before_next_in_at: number | null;
  after_in_at: number | null;
}

/**
 * What is stored at and beside each of `keys`, by its position; nothing = no entry. One probe of check_ins_key each:
 * subqueries with LIMIT 1 leave the planner no join over whole partitions.
 */
export async function findSurroundings(
  db: Db,
  keys: readonly CheckInKey[],
): Promise<Map<number, Surroundings>> {
  const rows = await db.sql<SurroundingRow[]>`
    SELECT k.position::int AS position, c.in_at IS NOT NULL AS known, c.out_at, c.next_in_at,
      b.in_at AS before_in_at, b.out_at AS before_out_at, b.next_in_at AS before_next_in_at, a.in_at AS after_in_at
    FROM unnest(${keys.map((key) => key.identifierId)}::int[], ${keys.map((key) => key.placeId)}::int[],
      ${keys.map((key) => key.inAt)}::int8[]) WITH ORDINALITY k (identifier_id, place_id, in_at, position)
    LEFT JOIN LATERAL (
      SELECT in_at, out_at, next_in_at FROM check_ins s
      WHERE s.identifier_id = k.identifier_id AND s.place_id = k.place_id AND s.in_at = k.in_at LIMIT 1
    ) c ON true
    LEFT JOIN LATERAL (
      SELECT in_at, out_at, next_in_at FROM check_ins s
      WHERE s.identifier_id = k.identifier_id AND s.place_id = k.place_id
        AND s.in_at < k.in_at AND s.in_at >= k.in_at - ${NEXT_LIMIT}::int8
      ORDER BY s.in_at DESC LIMIT 1
    ) b ON true
    LEFT JOIN LATERAL (
      SELECT in_at FROM check_ins s
      WHERE s.identifier_id = k.identifier_id AND s.place_id = k.place_id
        AND s.in_at > k.in_at AND s.in_at <= k.in_at + ${NEXT_LIMIT}::int8
      ORDER BY s.in_at LIMIT 1
    ) a ON true
    WHERE c.in_at IS NOT NULL OR b.in_at IS NOT NULL OR a.in_at IS NOT NULL`;
  return new Map(
    rows.map((row) => [row.position - 1, surroundingsOf(row, keys[row.position - 1] as CheckInKey)]),
  );
}

function surroundingsOf(row: SurroundingRow, { identifierId, placeId, inAt }: CheckInKey): Surroundings {
  const same = row.known
    ? { identifierId, placeId, inAt, outAt: row.out_at, nextInAt: row.next_in_at }
    : undefined;
  const before =
    row.before_in_at === null
      ? undefined
      : {
          identifierId,
          placeId,
          inAt: row.before_in_at,
          outAt: row.before_out_at,
          nextInAt: row.before_next_in_at,
        };
  return { same, before, afterInAt: row.after_in_at };
}

/** Stores check-ins, new ones and changed ones; their partitions exist. */
export async function writeCheckIns(tx: Tx, rows: readonly CheckInChange[]): Promise<void> {
  await tx.sql`
    INSERT INTO check_ins (identifier_id, place_id, in_at, out_at, next_in_at)
    SELECT * FROM unnest(${rows.map((row) => row.identifierId)}::int[], ${rows.map((row) => row.placeId)}::int[],
      ${rows.map((row) => row.inAt)}::int8[], ${rows.map((row) => row.outAt as number)}::int8[],
      ${rows.map((row) => row.nextInAt as number)}::int8[])
    ON CONFLICT (identifier_id, in_at, place_id)
    DO UPDATE SET out_at = excluded.out_at, next_in_at = excluded.next_in_at`;
}

/** An encounter under local ids, a < b; `rssi` null = unknown. */
export interface Encounter {
  readonly a: number;
  readonly b: number;
  readonly from: number;
  readonly until: number;
  readonly rssi: number | null;
}

/** Stores encounters (each key once) and their signal strength where it is another; the pairs of rows written. */
export async function writeEncounters(
  tx: Tx,
  rows: readonly Encounter[],
): Promise<{ a: number; b: number }[]> {
  return tx.sql<{ a: number; b: number }[]>`
    INSERT INTO encounters AS e (identifier_a, identifier_b, from_at, until_at, rssi)
    SELECT * FROM unnest(${rows.map((row) => row.a)}::int[], ${rows.map((row) => row.b)}::int[],
      ${rows.map((row) => row.from)}::int8[], ${rows.map((row) => row.until)}::int8[],
      ${rows.map((row) => row.rssi as number)}::smallint[])
    ON CONFLICT (identifier_a, from_at, identifier_b, until_at) DO UPDATE SET rssi = excluded.rssi
    WHERE excluded.rssi IS NOT NULL AND excluded.rssi IS DISTINCT FROM e.rssi
    RETURNING identifier_a AS a, identifier_b AS b`;
}
