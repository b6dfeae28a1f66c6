/**
 * SQL over check-ins and encounters, a set of rows at a time. Who writes check-ins has locked their
 * identifiers, so what one statement has read of them still holds for the next. By hand: the tables are
 * partitioned, and a batch costs drizzle twice as much (tests/bench/RESULTS.md).
 */
import type { Queryable, Transaction } from '../../../shared/db/database.ts';
import { type CheckIn, type CheckInChange, NEXT_LIMIT, type Surroundings } from './rules.ts';

type Db = Pick<Queryable, 'sql'>;
type Tx = Pick<Transaction, 'sql'>;

/**
 * What is stored around each of `rows`, by its position; nothing = no entry. Subqueries with LIMIT 1 leave
 * the planner no join over whole partitions: one probe of check_ins_key a row, a second one where the next
 * check-in may be needed.
 */
export async function findSurroundings(db: Db, rows: readonly CheckIn[]): Promise<Map<number, Surroundings>> {
  const found = await db.sql<SurroundingRow[]>`
    SELECT k.position::int AS position, b.in_at, b.out_at, b.next_in_at, a.in_at AS after_in_at
    FROM unnest(${rows.map((row) => row.identifierId)}::int[], ${rows.map((row) => row.placeId)}::int[],
      ${rows.map((row) => row.inAt)}::int8[], ${rows.map((row) => row.outAt as number)}::int8[])
      WITH ORDINALITY k (identifier_id, place_id, in_at, out_at, position)
    LEFT JOIN LATERAL (
      SELECT in_at, out_at, next_in_at FROM check_ins c
      WHERE c.identifier_id = k.identifier_id AND c.place_id = k.place_id
        AND c.in_at <= k.in_at AND c.in_at >= k.in_at - ${NEXT_LIMIT}::int8
      ORDER BY c.in_at DESC LIMIT 1
    ) b ON true
    LEFT JOIN LATERAL (
      SELECT in_at FROM check_ins c
      WHERE c.identifier_id = k.identifier_id AND c.place_id = k.place_id
        AND c.in_at > k.in_at AND c.in_at <= k.in_at + ${NEXT_LIMIT}::int8
        AND k.out_at IS NULL AND b.in_at IS DISTINCT FROM k.in_at
      ORDER BY c.in_at LIMIT 1
    ) a ON true
    WHERE b.in_at IS NOT NULL OR a.in_at IS NOT NULL`;
  return new Map(
    found.map((row) => [row.position - 1, surroundingsOf(row, rows[row.position - 1] as CheckIn)]),
  );
}

interface SurroundingRow {
  position: number;
  in_at: number | null;
  out_at: number | null;
  next_in_at: number | null;
  after_in_at: number | null;
}

function surroundingsOf(row: SurroundingRow, { identifierId, placeId }: CheckIn): Surroundings {
  const { in_at: inAt, out_at: outAt, next_in_at: nextInAt, after_in_at: afterInAt } = row;
  const atOrBefore = inAt === null ? undefined : { identifierId, placeId, inAt, outAt, nextInAt };
  return { atOrBefore, afterInAt };
}

/**
 * Stores check-ins whose partitions exist: plain inserts, because ON CONFLICT would probe the key once more
 * for what is known already; ordered, so that neighbours in the key meet the same pages.
 */
export async function writeCheckIns(tx: Tx, rows: readonly CheckInChange[]): Promise<void> {
  const fresh = rows.filter(({ isNew }) => isNew);
  const changed = rows.filter(({ isNew }) => !isNew);
  if (fresh.length > 0) {
    await tx.sql`
      INSERT INTO check_ins (identifier_id, place_id, in_at, out_at, next_in_at)
      SELECT * FROM ${rowset(tx, fresh)} ORDER BY identifier_id, in_at`;
  }
  if (changed.length > 0) {
    await tx.sql`
      UPDATE check_ins c SET out_at = g.out_at, next_in_at = g.next_in_at FROM ${rowset(tx, changed)}
      WHERE c.identifier_id = g.identifier_id AND c.place_id = g.place_id AND c.in_at = g.in_at`;
  }
}

function rowset({ sql }: Tx, rows: readonly CheckInChange[]) {
  return sql`unnest(${rows.map((row) => row.identifierId)}::int[], ${rows.map((row) => row.placeId)}::int[],
    ${rows.map((row) => row.inAt)}::int8[], ${rows.map((row) => row.outAt as number)}::int8[],
    ${rows.map((row) => row.nextInAt as number)}::int8[])
    g (identifier_id, place_id, in_at, out_at, next_in_at)`;
}

/** An encounter under local ids, a < b; `rssi` null = unknown. */
export interface Encounter {
  readonly a: number;
  readonly b: number;
  readonly from: number;
  readonly until: number;
  readonly rssi: number | null;
}

/**
 * Stores encounters (each key once) and their signal strength where it is another; the pairs of rows written.
 * In the order of the key, so that two who store the same wait for each other at most once.
 */
export async function writeEncounters(
  tx: Tx,
  rows: readonly Encounter[],
): Promise<{ a: number; b: number }[]> {
  return tx.sql<{ a: number; b: number }[]>`
    INSERT INTO encounters AS e (identifier_a, identifier_b, from_at, until_at, rssi)
    SELECT * FROM unnest(${rows.map((row) => row.a)}::int[], ${rows.map((row) => row.b)}::int[],
      ${rows.map((row) => row.from)}::int8[], ${rows.map((row) => row.until)}::int8[],
      ${rows.map((row) => row.rssi as number)}::smallint[]) g (a, b, from_at, until_at, rssi)
    ORDER BY a, from_at, b, until_at
    ON CONFLICT (identifier_a, from_at, identifier_b, until_at) DO UPDATE SET rssi = excluded.rssi
    WHERE excluded.rssi IS NOT NULL AND excluded.rssi IS DISTINCT FROM e.rssi
    RETURNING identifier_a AS a, identifier_b AS b`;
}
